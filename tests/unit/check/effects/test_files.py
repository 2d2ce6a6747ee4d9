from tests.unit.check.effects.stage import Stage

BASE = "debian:trixie-slim"


def test_making_copying_moving_and_removing() -> None:
    stage = Stage(BASE, {"/app/src/main.py": "x", "/app/run.sh": "#!/bin/sh\n"}).run(
        "mkdir -p /srv/a/b build",
        "cp -r src build && cp run.sh /usr/local/bin/start && mv src/main.py /srv/a",
        "touch /srv/new && rm -rf /srv/a/b",
    )
    assert stage.holds(
        "/app/build/src/main.py", "/usr/local/bin/start", "/srv/a/main.py", "/srv/new", "/srv/a/b", "/app/src/main.py"
    ) == {
        "/app/build/src/main.py": "present",
        "/usr/local/bin/start": "present",
        "/srv/a/main.py": "present",
        "/srv/new": "present",
        "/srv/a/b": "absent",
        "/app/src/main.py": "absent",
    }
    assert stage.text("/usr/local/bin/start") == "#!/bin/sh\n"


def test_copying_a_folders_content() -> None:
    stage = Stage(BASE, {"/src/a/x": "1"}).run("mkdir /out && cp -a /src/. /out/ && cp -r /src/a /out/b")
    assert stage.holds("/out/a/x", "/out/b/x", "/out/src") == {
        "/out/a/x": "present", "/out/b/x": "present", "/out/src": "absent",
    }  # fmt: skip


def test_patterns_are_replaced_by_what_matches() -> None:
    stage = Stage(BASE, {"/app/a.sh": "", "/app/b.sh": "", "/app/c.py": "", "/app/.d.sh": ""})
    stage.run("chmod +x *.sh && mkdir bin && cp *.sh bin/ && rm -f *.sh")
    assert stage.mode("/app/bin/a.sh") == 0o755
    assert stage.holds("/app/a.sh", "/app/c.py", "/app/.d.sh", "/app/bin/b.sh", "/app/bin/c.py") == {
        "/app/a.sh": "absent", "/app/c.py": "present", "/app/.d.sh": "present", "/app/bin/b.sh": "present",
        "/app/bin/c.py": "absent",
    }  # fmt: skip


def test_modes_and_owners() -> None:
    stage = Stage(BASE, {"/app/entrypoint.sh": "", "/app/data/x": ""}).run(
        "useradd -u 1500 app", "chmod +x entrypoint.sh && chown -R app:app /app && chown :100 /app/data"
    )
    assert (stage.mode("/app/entrypoint.sh"), stage.mode("/app/data/x")) == (0o755, 0o644)
    assert (stage.owner("/app/data/x"), stage.owner("/app/data")) == ((1500, 1500), (1500, 100))
    stage.run("install -d -m 0700 -o app -g root /var/lib/app && install -m 755 entrypoint.sh /usr/bin/start")
    assert (stage.mode("/var/lib/app"), stage.owner("/var/lib/app"), stage.mode("/usr/bin/start")) == (
        0o700, (1500, 0), 0o755,
    )  # fmt: skip


def test_a_shell_that_is_taken_away() -> None:
    stage = Stage(BASE).run("rm /bin/sh && ln -s /bin/false /bin/sh")
    assert stage.scene.look("/bin/sh").path == "/usr/bin/false"


def test_links_into_folders_and_over_others() -> None:
    stage = Stage(BASE, {"/app/tool": ""}).run(
        "ln -s /app/tool /usr/local/bin && ln -sf /app/other /usr/local/bin/tool2"
    )
    assert stage.scene.look("/usr/local/bin/tool").path == "/app/tool"
    assert stage.scene.look("/usr/local/bin/tool2").absent


def test_what_is_not_there_cannot_be_changed() -> None:
    assert Stage(BASE).run("chmod +x /entrypoint.sh").missing() == ["/entrypoint.sh"]
    assert Stage(BASE).run("cp config.yaml /etc/app/").missing() == ["/app/config.yaml"]
    assert Stage(BASE).run("rm config.yaml").missing() == ["/app/config.yaml"]
    assert Stage(BASE).run("rm -f config.yaml").missing() == []


def test_a_path_that_is_not_known_makes_modes_unknown() -> None:
    stage = Stage(BASE, {"/app/run.sh": ""}).run('chmod 644 "$(find . -name run.sh)"')
    assert stage.mode("/app/run.sh") is None
    assert stage.holds("/app/run.sh") == {"/app/run.sh": "present"}


def test_a_target_that_is_not_known_may_be_any() -> None:
    stage = Stage(BASE, {"/app/curl": ""}).run('cp curl "$(dirname /usr/bin/x)"')
    assert stage.finds("curl", "bash") == {"curl": "unknown", "bash": "present"}


def test_find_changes_what_it_finds() -> None:
    stage = Stage(BASE, {"/app/run.sh": "", "/app/lib/a.py": "", "/app/lib/a.pyc": ""})
    stage.run(r"chmod -R 755 /app && find /app -type f -exec chmod 644 {} \;")
    assert (stage.mode("/app/run.sh"), stage.mode("/app/lib")) == (0o644, 0o755)
    stage.run("find . -name '*.pyc' -delete && find /app -name '*.sh' -exec chmod +x {} +")
    assert stage.holds("/app/lib/a.pyc", "/app/lib/a.py") == {"/app/lib/a.pyc": "absent", "/app/lib/a.py": "present"}
    assert (stage.mode("/app/run.sh"), stage.mode("/app/lib/a.py")) == (0o755, 0o644)


def test_a_search_with_conditions_that_nobody_knows_makes_modes_unknown() -> None:
    stage = Stage(BASE, {"/app/run.sh": ""}).run("find /app -newer /etc/passwd -exec chmod +x {} +")
    assert stage.mode("/app/run.sh") is None


def test_what_is_written_by_hand() -> None:
    stage = Stage(BASE, {"/app/windows.sh": "#!/bin/sh\r\necho\r\n"}).run(
        'echo "appuser:x:1000:1000::/app:/bin/false" >> /etc/passwd && echo "appuser:x:1000:" >> /etc/group',
        "printf '%s\\n' '#!/bin/sh' 'exec app' > /start && chmod +x /start",
        "sed -i 's/\\r$//' windows.sh && sed -i 's/a/b/' /start",
    )
    user = stage.scene.now.accounts.user("appuser")
    assert user is not None
    assert (user.uid, user.gid, user.home, user.shell) == (1000, 1000, "/app", "/bin/false")
    assert stage.scene.now.accounts.has_group("appuser") == "present"
    assert stage.text("/app/windows.sh") == "#!/bin/sh\necho\n"
    assert (stage.text("/start"), stage.mode("/start")) == (None, 0o755)


def test_a_script_that_is_written_with_a_pipe_or_a_heredoc() -> None:
    stage = Stage(BASE).run(
        "echo 'exec app' | tee /a > /dev/null", "cat <<'EOF' > /b\n#!/bin/bash\nexec app\nEOF", "cat /a /b > /c"
    )
    assert stage.text("/a") == "exec app\n"
    assert stage.text("/b") == "#!/bin/bash\nexec app\n"
    assert stage.text("/c") == "exec app\n#!/bin/bash\nexec app\n"


def test_fetching_and_unpacking() -> None:
    stage = Stage(BASE).run(
        "curl -fsSLo /usr/local/bin/tool https://tools.example/tool && chmod +x /usr/local/bin/tool",
        "wget -q https://tools.example/a.tar.gz && tar -xzf a.tar.gz -C /opt && rm a.tar.gz",
        "git clone --depth 1 https://code.example/me/project.git && curl -O https://tools.example/x.zip",
    )
    assert stage.mode("/usr/local/bin/tool") == 0o755
    expected = {
        "/app/a.tar.gz": "absent", "/opt/bin": "unknown", "/app/project": "present", "/app/project/setup.py": "unknown",
        "/app/x.zip": "present", "/srv/x": "absent",
    }  # fmt: skip
    assert stage.holds(*expected) == expected
    assert stage.run("tar xf none.tar").missing() == ["/app/none.tar"]


def test_a_command_that_may_not_have_run() -> None:
    stage = Stage(BASE).run('if [ -n "$X" ]; then mkdir /made; fi')
    assert stage.holds("/made", "/other") == {"/made": "unknown", "/other": "absent"}


def test_a_program_that_nobody_knows_may_do_anything_but_to_the_base() -> None:
    stage = Stage(BASE, {"/app/x": ""}).run("./mystery --now")
    assert stage.holds("/app/x", "/usr/bin/curl", "/bin/bash") == {
        "/app/x": "unknown", "/usr/bin/curl": "unknown", "/bin/bash": "present",
    }  # fmt: skip
    assert stage.scene.now.accounts.has_user("app") == "unknown"


def test_a_projects_own_build_leaves_the_system_alone() -> None:
    stage = Stage(BASE, {"/app/Makefile": ""}).run("make build")
    assert stage.holds("/app/Makefile", "/app/out", "/usr/bin/curl") == {
        "/app/Makefile": "present", "/app/out": "unknown", "/usr/bin/curl": "absent",
    }  # fmt: skip
    assert stage.run("make install").holds("/usr/local/bin/x") == {"/usr/local/bin/x": "unknown"}


def test_a_script_does_what_its_commands_do() -> None:
    files = {
        "/app/install.sh": '#!/bin/sh\nset -e\nmkdir -p "$1/made"\ncd /srv && touch here\n',
        "/app/again.sh": "#!/bin/bash\ntouch /again\n./again.sh\n",
        "/app/tool.py": "#!/usr/bin/env python3\n",
        "/app/bare.sh": "touch /bare\n",
    }
    stage = Stage(BASE, files).run("chmod +x *.sh && ./install.sh /srv && sh bare.sh && touch after")
    expected = {
        "/srv/made": "present",
        "/srv/here": "present",
        "/bare": "present",
        "/app/after": "present",
        "/no": "absent",
    }
    assert stage.holds(*expected) == expected
    assert Stage(BASE, files).run("./tool.py").holds("/no") == {"/no": "unknown"}
    assert Stage(BASE, files).run("./again.sh").holds("/again", "/no") == {"/again": "unknown", "/no": "unknown"}
    assert Stage(BASE).run("sh none.sh").missing() == ["/app/none.sh"]


def test_the_old_form_of_tar_has_its_values_behind_all_letters() -> None:
    assert Stage("debian:trixie").run("touch a.tgz", "tar xvfz a.tgz").missing() == []
    assert Stage("debian:trixie").run("tar xvfzC a.tgz /opt").missing() == ["/app/a.tgz"]
