"""The model of a Dockerfile claims that paths are there or not: the real engine builds it, and every claim is held
against what is in the image."""

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.engine.modelled import Real, build, certain, model_of, wrong_claims
from tests.support.checking import put, scene
from tests.support.public_bases import PublicBases
from tests.support.python_bases import python_base
from tools.engine.home import Home

from lading.check.model.files import Files

if TYPE_CHECKING:
    from tests.engine.conftest import Program

PYTHON = "python:3.13-slim"
FILES = {
    ".dockerignore": "node_modules\n*.md\n!README.md\n.env\n**/deep\n",
    ".env": "SECRET=1\n",
    "README.md": "Read me\n",
    "bin/run.sh*": "#!/bin/sh\necho running\n",
    "bin/up": "-> ../docs/d.md",
    "dangling": "-> nowhere",
    "docs/d.md": "d\n",
    "node_modules/x/index.js": "1\n",
    "pyproject.toml": '[project]\nname = "service"\nversion = "1.0"\n',
    "requirements.txt": "idna==3.10\n",
    "sp ace/z": "z\n",
    "src/app.py": "print('started')\n",
    "src/deep/hidden.txt": "hidden\n",
    "src/link.py": "-> app.py",
    "src/linked": "-> package",
    "src/package/__init__.py": "",
}

COPIES = """
    FROM scratch AS from-context
    COPY src /new
    COPY src/ /new/slash/
    COPY src /made/on/the/way
    WORKDIR /job/deep
    COPY src/app.py .
    COPY src/app.py renamed.py
    COPY src/app.py pyproject.toml ./into/
    COPY . /all/
    COPY README.* pyproject.toml nope* /matched/
    COPY src/*.py /links/
    COPY s*c /folder/
    COPY src/link.py /followed
    COPY src/linked /followed-folder
    COPY --chmod=640 src /moded
    COPY --chown=12:34 src /owned
    COPY --chown=12 --chmod=755 bin/run.sh /usr/local/bin/
    COPY <<EOF /etc/conf
    hello
    EOF
    COPY <<one <<two /etc/more/
    1
    one
    2
    two
    ADD src/app.py /added
    USER 1000:1000
    WORKDIR /as/user
    COPY src/app.py ./
    COPY src /as/user
"""
STAGES = """
    FROM scratch AS made
    COPY src /copied
    COPY --chown=12:34 src /owned
    COPY src/app.py pyproject.toml /job/
    COPY . /all/
    FROM scratch
    WORKDIR /app
    COPY --from=made /copied ./
    COPY --from=made --chown=5:6 /owned/ /app/owned
    COPY --from=made /owned /app/kept
    COPY --from=made /job/app.py /job/pyproject.toml ./
    COPY --from=0 /copied/package/ package
    COPY --from=made /all/bin /app/package
    COPY --link src/app.py /linked/
    COPY --link --chown=7:8 src /linked/src
"""
FILES_AND_USERS = """
    FROM python:3.13-slim
    RUN groupadd --gid 1000 app && useradd --uid 1000 --gid app --create-home app
    WORKDIR /app
    COPY --chown=app:app . .
    RUN mkdir -p data/logs && touch data/empty && echo one > data/one && cp -r src copied && mv bin programs
    RUN ln -s src/app.py main.py && ln -sf /nowhere broken && rm -rf docs pyproject.toml
    RUN chmod -R 750 data && chmod u+x main.py && chown -R app:app data && find . -name '*.txt' -delete
    RUN if [ -d perhaps ]; then touch not-there; else touch there; fi; cd src && touch below
    RUN rm /bin/sh.distrib 2>/dev/null || true; ln -s /usr/bin/env /usr/local/bin/env2
    USER app
    RUN touch /home/app/mine && mkdir -p /tmp/a/b
    RUN --mount=type=bind,source=src,target=/mounted cp -r /mounted /tmp/from-mount
    RUN --mount=type=cache,target=/tmp/cache,uid=1000 touch /tmp/cache/gone
"""
LINKS = """
    FROM python:3.13-slim AS base
    RUN mkdir /links /real && echo old > /real/file && ln -s /real /links/folder && ln -s /real/file /links/file \\
        && ln -s /nowhere /links/dangling && ln -s real /relative
    FROM base
    COPY src/app.py /links/file
    COPY src/app.py /links/dangling
    COPY src /links/folder
    COPY src/app.py /relative/
    COPY src/app.py /links/folder/new/deep
    COPY src/app.py /bin/
    COPY --from=base /bin/sh /shell
    COPY --from=base /bin/das? /shells/
    COPY --from=base /relative /followed
    COPY --from=base /links /kept
"""
STRANGERS = """
    FROM python:3.13-slim
    WORKDIR /app
    COPY . .
    RUN python - <<EOF
    import os, pathlib, shutil
    os.remove("README.md")
    shutil.move("src", "moved")
    pathlib.Path("/usr/local/bin/new").symlink_to("/app/bin/run.sh")
    os.chmod("/app/bin/run.sh", 0o600)
    EOF
    COPY src/app.py src/
    RUN /app/bin/missing || perl -e 'mkdir "/by-perl"; unlink "pyproject.toml"'
    RUN echo 'rm -rf docs; touch made' > /tmp/script && sh /tmp/script && cp bin/run.sh /run.sh
"""
ARGUMENTS = """
    ARG VERSION=3.13
    ARG FOLDER=/outer
    FROM python:${VERSION}-slim AS parent
    ARG FOLDER
    ARG NAME=app
    ONBUILD COPY src/${NAME:-none}.py ${FOLDER}/from-parent/
    ONBUILD RUN touch $FOLDER/$NAME.triggered
    FROM parent
    ENV HOME_OF=$FOLDER/home NAME=other
    WORKDIR $HOME_OF
    RUN touch "$NAME" && cd .. && touch ${UNSET:-beside} && export NAME=third && echo "$NAME" > $NAME
    COPY --chown=1:2 --chmod=600 src/app.py ${NAME%er}er.py
    RUN mkdir one two && for d in one two three; do mkdir -p $d/sub; done && rm -r one && cp -r two copy
    RUN umask 077 && mkdir private && touch private/file && (cd private && touch inside)
    USER daemon:daemon
    RUN cd /tmp && touch mine && ln -s mine alias && mv mine yours && cat alias 2>/dev/null || touch failed
"""
ENVIRONMENTS = """
    FROM python:3.13-slim AS builder
    RUN python -m venv /opt/venv
    ENV PATH=/opt/venv/bin:$PATH
    COPY requirements.txt .
    RUN pip install --no-cache-dir -r requirements.txt
    FROM python:3.13-slim
    COPY --from=builder /opt/venv /opt/venv
    ENV PATH="/opt/venv/bin:$PATH"
    WORKDIR /srv
    COPY src .
    RUN pip install --no-cache-dir --target /srv/lib idna==3.10
"""
PACKAGES = """
    FROM python:3.13-slim
    RUN apt-get update && apt-get install -y --no-install-recommends curl postgresql-client \\
        && rm -rf /var/lib/apt/lists/*
    RUN apt-get purge -y curl && apt-get autoremove -y && apt-get clean
"""
SHELLS = """
    FROM python:3.13-slim
    SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
    RUN <<EOF
    mkdir -p /a/{b,c}
    for name in one two; do echo "$name" > "/a/b/$name"; done
    cat > /a/script.sh <<'INNER'
    #!/bin/sh
    exec "$@"
    INNER
    chmod +x /a/script.sh
    install -m 640 -D /a/b/one /a/d/e/one
    EOF
    RUN tar -C / -cf /a.tar a && mkdir /unpacked && tar -C /unpacked -xf /a.tar && rm /a.tar
    RUN python -c "open('/by-python', 'w')"
    ARG WHERE=/from-argument
    RUN touch "$WHERE" && test -f "$WHERE" && echo 'app2:x:2000:2000::/app:/bin/false' >> /etc/passwd
"""


class StandIn(NamedTuple):
    """The image that stands in for `PYTHON`: the flags that put it in its place, and its files."""

    flags: tuple[str, ...]
    files: Real


@pytest.fixture(scope="module")
def stand_in(docker: "Program", engine_home: Home, tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    bases = PublicBases(home=engine_home, folder=tmp_path_factory.mktemp("bases"))
    flags = ("--build-context", f"{PYTHON}=docker-image://{python_base(docker, bases, '3.13')}")
    folder = tmp_path_factory.mktemp("base")
    (folder / "Dockerfile").write_text(f"FROM {PYTHON}\n")
    return StandIn(flags, build(docker, folder, *flags))


@pytest.mark.parametrize("text", [pytest.param(COPIES, id="context"), pytest.param(STAGES, id="stages")])
def test_what_is_copied_is_where_the_model_says(docker: "Program", tmp_path: Path, text: str) -> None:
    files, real = both(docker, tmp_path, text)

    assert wrong_claims(files, real) == []
    assert certain(files, real) == 1


@pytest.mark.parametrize(
    ("text", "known"),
    [
        pytest.param(FILES_AND_USERS, 0.8, id="files-and-users"),
        pytest.param(LINKS, 1, id="links"),
        pytest.param(STRANGERS, 0, id="strangers"),
        pytest.param(ARGUMENTS, 0.8, id="arguments"),
        pytest.param(ENVIRONMENTS, 0, id="environments"),
        pytest.param(PACKAGES, 0, id="packages"),
        pytest.param(SHELLS, 0.4, id="shells"),
    ],
)
def test_what_commands_did_is_what_the_model_says(
    docker: "Program", stand_in: "StandIn", tmp_path: Path, text: str, known: float
) -> None:
    files, real = both(docker, tmp_path, text, *stand_in.flags)
    differs = wrong_claims(scene(PYTHON).now.files, stand_in.files)

    assert sorted(set(wrong_claims(files, real)) - set(differs)) == []
    assert certain(files, {path: one for path, one in real.items() if path not in stand_in.files}) >= known


def both(docker: "Program", folder: Path, text: str, *flags: str) -> tuple[Files, Real]:
    """What the model says of the files at the end, and what they are."""
    for name, content in {**FILES, "Dockerfile": dedent(text)}.items():
        put(folder, name, content)
    return model_of(folder).ships.end.files, build(docker, folder, *flags)
