import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.checking import put

from lading.check.context import Context, folder_context, unknown_context


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "Dockerfile": "FROM scratch",
        "README.md": "",
        "docs/guide.md": "",
        "docs/keep/me.txt": "kept",
        "node_modules/left/pad.js": "",
        "src/app.py*": "#!/usr/bin/env python3\n",
        "src/link.py": "-> app.py",
        "src/out": "-> ../../etc",
    }
    for name, content in files.items():
        put(tmp_path / "context", name, content)
    return tmp_path / "context"


def ignoring(folder: Path, *patterns: str) -> Context:
    (folder / ".dockerignore").write_text("\n".join(patterns))
    return folder_context(folder)


def test_a_context_shows_files_with_their_modes_and_links_as_links(folder: Path) -> None:
    files = folder_context(folder).files

    assert files.names("/src") == ("app.py", "link.py", "out")
    app = files.look("/src/link.py").entry
    assert app is not None
    assert (app.mode, app.text, app.origin.act) == (0o755, "#!/usr/bin/env python3\n", "context")
    assert files.look("/none").absent


def test_no_link_leads_out_of_a_context(folder: Path) -> None:
    (folder.parent / "etc").mkdir()
    (folder.parent / "etc" / "secret").write_text("")

    assert folder_context(folder).files.look("/src/out/secret").absent
    assert folder_context(folder).files.look("/../../etc/secret").absent


def test_ignored_files_are_not_seen_and_the_pattern_is_known(folder: Path) -> None:
    context = ignoring(folder, "# comment", "**/*.md", "!README.md", "node_modules")

    assert context.files.look("/docs/guide.md").absent
    assert context.everything.look("/docs/guide.md").present
    assert context.hidden_by("docs/guide.md") == "**/*.md"
    assert context.hidden_by("/node_modules/left/pad.js") == "node_modules"
    assert context.files.look("/README.md").present
    assert context.hidden_by("README.md") == ""
    assert context.ignore_file == ".dockerignore"


def test_a_hidden_folder_is_seen_where_something_in_it_is_taken_back(folder: Path) -> None:
    files = ignoring(folder, "docs", "node_modules", "!docs/keep/me.txt").files

    assert files.look("/docs/keep/me.txt").present
    assert files.names("/docs") == ("keep",)
    assert files.look("/node_modules").absent


def test_a_dockerfile_may_have_an_ignore_file_of_its_own(folder: Path) -> None:
    (folder / ".dockerignore").write_text("src")
    (folder / "Dockerfile.dockerignore").write_text("docs")

    context = folder_context(folder, dockerfile=folder / "Dockerfile")

    assert (context.ignore_file, context.patterns) == ("Dockerfile.dockerignore", ("docs",))
    assert context.files.look("/src/app.py").present
    assert context.files.look("/docs").absent


def test_folders_are_read_only_where_somebody_looks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    scan = os.scandir

    def watched(path: str) -> Iterator[os.DirEntry[str]]:
        read.append(os.path.relpath(path, folder))
        return scan(path)

    monkeypatch.setattr(os, "scandir", watched)
    files = folder_context(folder).files
    files.look("/src/app.py")
    files.look("/src/link.py")

    assert read == [".", "src"]


def test_what_is_no_file_is_not_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "big").write_bytes(b"\0" * (2 << 20))
    files = folder_context(folder).files

    assert files.look("/pipe").absent
    big = files.look("/big").entry
    assert big is not None
    assert big.content is not None
    assert big.content.read() is None
    assert big.text is None
    assert big.content.head(3) == b"\0\0\0"
    (folder / "src/app.py").unlink()
    gone = folder_context(folder).files.look("/src/link.py")
    assert gone.absent


def test_nothing_is_known_of_a_context_that_is_not_at_hand() -> None:
    context = unknown_context("https://git.example/team/app.git")

    assert context.files.look("/Dockerfile").presence == "unknown"
    assert context.hidden_by("/src") == ""
