import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.checking import modelled, put

from lading.check.context import folder_context, unknown_context
from lading.check.dockerfile.parse import parse
from lading.check.model.entry import Owner
from lading.check.model.state import State
from lading.check.model.step import Copying, Model, Step
from lading.check.stages.evaluate import evaluate


def end(model: Model) -> State:
    return model.ships.end


def copied(model: Model, index: int = 0) -> tuple[Copying, ...]:
    return [step for step in model.ships.steps if step.copyings][index].copyings


def test_an_environment_that_was_copied_leads_to_the_interpreter_of_its_new_stage(tmp_path: Path) -> None:
    text = """
        FROM python:3.13-slim AS builder
        RUN python -m venv /opt/venv
        FROM {base}
        COPY --from=builder /opt/venv /opt/venv
    """
    same = end(modelled(tmp_path, text.format(base="python:3.13-slim"))).files.look("/opt/venv/bin/python")
    other = end(modelled(tmp_path, text.format(base="debian:trixie-slim"))).files.look("/opt/venv/bin/python")

    assert same.present
    assert same.path == "/usr/local/bin/python3.13"
    assert other.absent
    assert (other.path, other.origin.text) == ("/usr/local/bin/python", "debian:trixie-slim")


def test_who_made_a_copied_file_is_known_through_the_stages(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM debian:trixie-slim AS one
        RUN touch /made
        FROM scratch AS two
        COPY --from=one /made /copied
        FROM scratch
        COPY --from=two /copied /again
        """,
    )

    origin = end(model).files.look("/again").origin
    assert origin.text == "COPY --from=two /copied /again"
    assert origin.earlier is not None
    assert origin.earlier.text == "COPY --from=one /made /copied"
    assert origin.earlier.earlier is not None
    assert (origin.earlier.earlier.text, origin.earlier.earlier.stage) == ("RUN touch /made", 0)


def test_sources_of_a_copy_are_told(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM scratch
        COPY app.py docs/guide.md none.txt *.lock /app/
        """,
        {"app.py": "", "docs/guide.md": "", ".dockerignore": "docs"},
    )

    app, guide, none, lock = copied(model)
    assert (app.presence, app.targets) == ("present", ("/app/app.py",))
    assert (guide.presence, guide.ignored) == ("absent", "docs")
    assert (none.presence, none.ignored) == ("absent", "")
    assert (lock.presence, lock.is_pattern) == ("absent", True)
    assert end(model).files.look("/app/none.txt").presence == "unknown"


def test_a_copy_from_a_stage_says_which(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM debian:trixie-slim AS builder
        WORKDIR /build
        FROM scratch
        COPY --from=builder /build/dist /app
        COPY --from=0 /bin/sh /sh
        COPY --from=ghcr.io/astral-sh/uv:0.8 /uv /usr/bin/
        """,
    )

    (dist,), (shell,), (uv,) = (copied(model, index) for index in range(3))
    assert (dist.presence, dist.stage, dist.found[0].origin.act) == ("absent", 0, "workdir")
    assert (shell.presence, shell.found[0].path, shell.targets) == ("present", "/usr/bin/dash", ("/sh",))
    assert (uv.presence, uv.image, uv.stage) == ("present", "ghcr.io/astral-sh/uv:0.8", None)
    assert end(model).files.look("/usr/bin/uv").present


def test_variables_are_replaced_where_builds_know_them(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        ARG RELEASE=3.13
        ARG SUFFIX
        FROM python:${RELEASE}-slim
        ARG RELEASE
        ARG SUFFIX
        ARG FOLDER=/srv
        ENV HERE=$FOLDER/$RELEASE THERE=${SUFFIX:-none} NOWHERE=[$UNSET]
        WORKDIR $HERE
        COPY app.py .
        """,
        {"app.py": ""},
    )
    state = end(model)

    assert model.ships.image == "python:3.13-slim"
    assert state.workdir == "/srv/3.13"
    assert state.env.get("THERE") is None, "a build may be given it"
    assert state.env.get("NOWHERE") == "[]"
    assert state.files.look("/srv/3.13/app.py").present


def test_what_a_build_is_given_counts(tmp_path: Path) -> None:
    text = "ARG BASE=alpine\nFROM $BASE AS one\nARG NAME=a\nWORKDIR /$NAME\nFROM scratch\n"
    model = evaluate(
        parse(text, "Dockerfile"), folder_context(tmp_path), arguments={"BASE": "debian", "NAME": "b"}, target="one"
    )

    assert model.ships.image == "debian"
    assert end(model).workdir == "/b"
    assert model.used == {0}


def test_stages_that_nobody_needs_are_told(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM alpine AS base
        FROM base AS idle
        FROM base AS built
        FROM scratch AS mounted
        COPY . .
        FROM base
        COPY --from=built /bin/sh /one
        RUN --mount=type=bind,from=mounted,target=/m cp /m/x /
        """,
    )

    assert model.target == 4
    assert model.used == {0, 2, 3, 4}
    assert model.ships.base == 0


def test_named_contexts_stand_for_stages_and_images(tmp_path: Path) -> None:
    put(tmp_path, "lib/module.py", "")
    put(tmp_path, "app/Dockerfile", "FROM team/base AS base\nCOPY --from=lib module.py /\nCOPY --from=base x /y\n")
    text = (tmp_path / "app/Dockerfile").read_text()
    contexts = {"lib": folder_context(tmp_path / "lib"), "team/base": unknown_context("docker-image://other")}

    model = evaluate(parse(text, "Dockerfile"), folder_context(tmp_path / "app"), contexts=contexts)

    assert end(model).files.look("/module.py").present
    assert end(model).files.look("/bin/sh").presence == "unknown"


def test_onbuild_runs_where_somebody_builds_on_the_stage(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM debian:trixie-slim AS parent
        ONBUILD COPY app.py /app/
        FROM parent
        RUN touch /app/more
        """,
        {"app.py": ""},
    )

    parent, child = model.stages
    assert parent.end.files.look("/app").absent
    assert child.end.files.look("/app/app.py").present
    assert [step.from_base for step in child.steps] == [True, False]
    assert child.end.config.onbuild == ()


def test_what_is_set_in_one_run_is_gone_in_the_next(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM debian:trixie-slim
        WORKDIR /one
        RUN mkdir /two && cd /two && export NAME=x && touch here
        RUN touch "there$NAME"
        """,
    )

    assert end(model).files.look("/two/here").present
    assert end(model).files.look("/one/there").present
    assert end(model).workdir == "/one"
    assert [len(step.calls) for step in model.ships.steps] == [0, 4, 1]
    assert model.ships.steps[1].calls[0].after.files.look("/two").present
    assert model.ships.steps[1].calls[0].after.files.look("/two/here").absent


def test_mounts_are_gone_after_their_run(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM debian:trixie-slim
        RUN --mount=type=bind,source=src,target=/mounted --mount=type=secret,id=token cp /mounted/app.py /app.py
        """,
        {"src/app.py": "print()"},
    )
    state = end(model)

    entry = state.files.look("/app.py").entry
    assert entry is not None
    assert entry.text == "print()"
    assert state.files.look("/mounted/app.py").presence == "unknown"


def test_configuration_is_that_of_the_last_instructions(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM node:22-slim
        EXPOSE 80 443/udp
        LABEL a=b
        CMD ["server.js"]
        ENTRYPOINT exec node "$@"
        HEALTHCHECK CMD curl -f http://localhost
        VOLUME /data
        STOPSIGNAL SIGINT
        USER node:node
        """,
    )
    config = end(model).config

    assert config.entrypoint is not None
    assert (config.entrypoint.words, config.entrypoint.script) == (
        ("/bin/sh", "-c", 'exec node "$@"'),
        'exec node "$@"',
    )
    assert config.cmd is not None
    assert config.cmd.words == ("server.js",)
    assert config.health is not None
    assert config.health.script == "curl -f http://localhost"
    assert (config.ports, config.labels, config.volumes) == (("80", "443/udp"), {"a": "b"}, ("/data",))
    assert end(model).is_root is False


def test_an_entrypoint_takes_the_command_of_its_base_away(tmp_path: Path) -> None:
    model = modelled(tmp_path, 'FROM python:3.13-slim\nENTRYPOINT ["app"]\n')

    assert end(model).config.cmd is None
    assert end(modelled(tmp_path, "FROM python:3.13-slim\n")).config.cmd is not None


def test_owners_and_modes_of_what_is_copied(tmp_path: Path) -> None:
    model = modelled(
        tmp_path,
        """
        FROM debian:trixie-slim
        RUN useradd --uid 1234 app
        COPY --chown=app --chmod=0500 run.sh /a
        COPY --chown=nobody:nogroup run.sh /b
        COPY --chown=$WHO run.sh /c
        COPY run.sh /d
        """,
        {"run.sh*": ""},
    )
    a, b, c, d = (end(model).files.look(f"/{name}").entry for name in "abcd")

    assert a is not None
    assert (a.mode, a.owner and a.owner.uid) == (0o500, 1234)
    assert b is not None
    assert (b.mode, b.owner) == (0o755, Owner(65534, 65534))
    assert c is not None
    assert d is not None
    assert d.owner == Owner(0, 0)


@pytest.mark.parametrize(("how", "is_known"), [("gz", True), ("xz", True), ("", True), ("bz2", False)])
def test_archives_that_are_added_are_unpacked(tmp_path: Path, how: str, is_known: bool) -> None:
    put(tmp_path, "tree/run.sh*", "")
    put(tmp_path, "tree/link", "-> run.sh")
    with tarfile.open(tmp_path / "a.tar", f"w:{how}") as archive:  # type: ignore[call-overload]
        archive.add(tmp_path / "tree", arcname="./tree")
    model = modelled(tmp_path, "FROM scratch\nADD a.tar /app/\nCOPY a.tar /kept/\n")
    files = end(model).files

    assert files.look("/app/tree/link").presence == ("present" if is_known else "unknown")
    assert files.look("/app/none").presence == ("absent" if is_known else "unknown")
    assert files.look("/app/a.tar").present is False
    assert files.look("/kept/a.tar").present


def test_a_broken_archive_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b" + bytes(100))
    model = modelled(tmp_path, "FROM scratch\nADD a.tar.gz /app/\n")

    assert end(model).files.look("/app/x").presence == "unknown"


def test_nothing_is_claimed_of_a_folder_that_is_not_known(tmp_path: Path) -> None:
    model = modelled(tmp_path, "FROM alpine\nARG DIR\nWORKDIR $DIR\nCOPY a b ./\nRUN touch c\n", {"a": "", "b": ""})

    assert end(model).workdir is None
    assert end(model).files.look("/c").presence == "unknown"


PIECES = st.sampled_from(
    [
        "FROM scratch",
        "FROM python:3.13-slim AS a",
        "FROM a",
        "FROM $X",
        "COPY . .",
        "COPY --from=a /x* ./y/",
        "ADD a b c",
        "COPY <<E /x\n$A ${B\nE",
        "RUN <<E\ncat a\nE",
        "RUN rm -rf / ; cp -r . ..",
        "RUN if x; then rm -rf /*; fi",
        "RUN ln -s / /a && cd /a/a/a && touch ../x",
        "RUN a=$(b) c && ( d || e ) | f > g",
        "RUN mv /usr /x && mv /x /usr",
        "RUN --mount=type=cache,target=$T x",
        "WORKDIR ../../$A",
        "WORKDIR",
        "USER $U:",
        "ENV A=$A$A B=${A:-x}",
        "ARG A=1 B",
        "ONBUILD RUN x",
        "ONBUILD ONBUILD RUN x",
        "SHELL []",
        'SHELL ["x"]',
        "CMD []",
        'ENTRYPOINT [""]',
        "HEALTHCHECK NONE",
        'HEALTHCHECK CMD ["a"]',
        "COPY --chown=: --chmod=9 . /",
        "COPY --link . /l/",
        "RUN chmod -R 700 / && chown -R a:b .",
        "\0",
        "COPY [",
        "RUN python -m venv /v && /v/bin/pip install -r r.txt",
        "COPY --parents a/./b /c",
        "RUN apt-get install -y $P && rm -rf /var/lib/apt/lists/*",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=15))
def test_no_text_makes_a_model_fail(lines: list[str]) -> None:
    model = evaluate(parse("\n".join(lines), "Dockerfile"), unknown_context("."))

    for stage in model.stages:
        assert stage.end.files.look("/bin/sh/../sh").presence in ("present", "absent", "unknown")


@pytest.mark.parametrize(
    "line", ["RUN touch /a/b && chmod -R 755 /a", "COPY a /a/", "RUN x", "RUN rm -rf /a", "USER x"]
)
def test_a_long_dockerfile_is_no_harder_than_many_short_ones(tmp_path: Path, line: str) -> None:
    text = "FROM debian:trixie-slim\n" + f"{line}\n" * 600

    model = modelled(tmp_path, text, {"a": ""})

    steps: tuple[Step, ...] = model.ships.steps
    assert len(steps) == 600
    assert end(model).files.look("/usr/bin/bash").presence in ("present", "unknown")
