"""Stand-ins for the Docker Official Images of Python, as tests of other people's Dockerfiles need them.

    python_base(docker, bases, "3.13")     # an image in the engine: /usr/local/bin/python3.13, Debian, apt, no curl

Where those images have a Python of their own below /usr/local, this one has a copy of this machine's of the same
release, with the links and the programs that https://github.com/docker-library/python makes.

What is of this machine, and not of those images: its certificate authorities; and where Poetry is to look for packages,
since not every registry answers in the one form that Poetry asks of the public one (a plugin of Poetry's that pip is
told to bring along). `curl` of root trusts every server: a stand-in for Poetry's own site is not signed by anybody.
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from pip._internal.models.index import PyPI
from tests.engine.conftest import Program
from tests.support.public_bases import CERTIFICATES, PublicBases
from tests.support.tools import missing
from tools.engine.home import find_home
from uv import find_uv_bin

_LEFT_OUT = shutil.ignore_patterns("test", "tests", "__pycache__", "idle_test", "site-packages", "*.a", "config-3*")
_LIBRARIES = (
    "ca-certificates netbase passwd tzdata libbz2-1.0 libffi8 liblzma5 libncursesw6 libreadline8t64 libsqlite3-0 "
    "libssl3t64 libuuid1 zlib1g"
)
_PIP = """#!/usr/local/bin/python{release}
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""
_TEXT = """
FROM debian
COPY --from=python . /usr/local
RUN apt-get update && apt-get install -y --no-install-recommends {libraries} && rm -rf /var/lib/apt/lists/* \\
    && ldconfig && cd /usr/local/bin && ln -s python{release} python3 && ln -s python3 python \\
    && ln -s pip pip3 && ln -s pip pip{release}
COPY --from=python-of-here . /
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin {variables}
CMD ["python3"]
"""
_CERTIFIED = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
_PLUGINS = "/etc/poetry-plugins.txt"


def python_base(docker: Program, bases: PublicBases, release: str) -> str:
    """The name of an image in the engine that stands in for `python:RELEASE-slim`; it is made once."""
    name = f"lading-tests/python-{release}:{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]}"
    if docker.attempt("image", "inspect", name).returncode:
        with tempfile.TemporaryDirectory() as work:
            _make(docker, release, bases.debian("trixie"), Path(work), name)
    return name


def _make(docker: Program, release: str, debian: Path, work: Path, name: str) -> None:
    copy_of_python(release, work / "python")
    variables = {
        **dict.fromkeys(_CERTIFIED, str(CERTIFICATES)),
        "POETRY_PYPI_MIRROR_URL": PyPI.simple_url,
        "PIP_REQUIREMENT": _PLUGINS,
    }
    _put(work / "here", _PLUGINS, "poetry-plugin-pypi-mirror<0.6")
    _put(work / "here", "/root/.curlrc", "insecure")
    _put(work / "here", str(CERTIFICATES), CERTIFICATES.read_text())
    written = " ".join(f"{key}={value}" for key, value in variables.items())
    (work / "Dockerfile").write_text(_TEXT.format(release=release, libraries=_LIBRARIES, variables=written))
    contexts = (f"debian=oci-layout://{debian}:1", f"python={work}/python", f"python-of-here={work}/here")
    flags = [word for context in contexts for word in ("--build-context", context)]
    docker("buildx", "build", "--quiet", "--load", "--network=host", "--tag", name, *flags, work)


def _put(folder: Path, path: str, text: str) -> None:
    file = folder / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n")


def copy_of_python(release: str, folder: Path) -> None:
    """Copy this machine's Python of a release, with its pip, as it is to lie in /usr/local."""
    prefix = _prefix(release)
    library = folder / "lib" / f"python{release}"
    shutil.copytree(prefix / "lib" / f"python{release}", library, symlinks=True, ignore=_LEFT_OUT)
    (library / "site-packages").mkdir()
    own = prefix / "lib" / f"python{release}" / "site-packages"
    for part in (own / "pip", *own.glob("pip-*.dist-info")):
        shutil.copytree(part, library / "site-packages" / part.name, ignore=shutil.ignore_patterns("__pycache__"))
    for shared in (prefix / "lib").glob("libpython3*.so*"):
        shutil.copy2(shared, folder / "lib" / shared.name, follow_symlinks=False)
    (folder / "bin").mkdir()
    shutil.copy2(prefix / "bin" / f"python{release}", folder / "bin")
    pip = folder / "bin" / "pip"
    pip.write_text(_PIP.format(release=release))
    pip.chmod(0o755)


def _prefix(release: str) -> Path:
    """Where this machine has a Python of that release that can be moved, or uv puts one; the test is skipped where
    there is none to be had."""
    known = [*Path.home().glob(f".pyenv/versions/{release}.*/bin/python{release}")]
    found = shutil.which(f"python{release}")
    programs = (*known, *([Path(found)] if found else []))
    prefix = next((prefix for prefix in map(_prefix_of, programs) if _has_pip(prefix, release)), None)
    return prefix or _fetched(release)


def _fetched(release: str) -> Path:
    """One that uv fetches, once."""
    folder = find_home().folder / "pythons"
    command = (find_uv_bin(), "python", "install", "--quiet", "--install-dir", str(folder), release)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        missing(
            f"no Python {release} with pip is on this machine, and uv cannot fetch one: {done.stderr.strip()[-300:]}"
        )
    return _prefix_of(next(folder.glob(f"cpython-{release}.*/bin/python{release}")))


def _prefix_of(program: Path) -> Path:
    command = (str(program), "-c", "import sys; print(sys.base_prefix)")
    return Path(subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip())


def _has_pip(prefix: Path, release: str) -> bool:
    return (prefix / "lib" / f"python{release}" / "site-packages" / "pip").is_dir()
