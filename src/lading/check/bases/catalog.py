"""Which parts make the image of a name. A name that leaves the release open may mean any of several: what is known of
it is what these have in common."""

import re
from collections.abc import Callable, Mapping

import msgspec

CURRENT_DEBIAN = ("trixie", "bookworm")
"""Releases that the names of Docker Official Images without a release have meant of late."""
CURRENT_ALPINE = ("3.20", "3.18")
"""Releases of Alpine whose files are known; the base system hardly changes from one to the next."""
_CODE_NAMES = {"13": "trixie", "12": "bookworm", "11": "bullseye", "stable": "trixie", "oldstable": "bookworm"}


_MIRRORS = (
    "docker.io/", "index.docker.io/", "registry.hub.docker.com/", "mirror.gcr.io/", "public.ecr.aws/docker/",
    "library/",
)  # fmt: skip
"""Where the Docker Official Images are, too."""


class Variant(msgspec.Struct, frozen=True):
    """Parts that lie one upon the other, and the version that they speak of."""

    parts: tuple[str, ...]
    version: str = ""


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """An image's name without registry, tag and digest apart: `repository` is short for official images."""

    repository: str
    tag: str


def variants(image: str) -> tuple[Variant, ...]:
    """What an image's name may mean; empty where nothing is known of it."""
    name = split(image)
    find = _IMAGES.get(name.repository)
    if find is None and name.repository.startswith("gcr.io/distroless/"):
        find = _distroless
    return () if find is None else find(name)


def split(image: str) -> Name:
    """A name's parts; Docker Hub's own prefixes and a digest are left away.

    >>> split("docker.io/library/python:3.13-slim@sha256:…").tag
    '3.13-slim'
    """
    bare = image.partition("@")[0]
    repository, _, tag = bare.rpartition(":") if ":" in bare.rpartition("/")[2] else (bare, "", "latest")
    for prefix in _MIRRORS:
        repository = repository.removeprefix(prefix)
    return Name(repository=repository, tag=tag or "latest")


def _debian(name: Name) -> tuple[Variant, ...]:
    release = re.match(r"(\d+|[a-z]+)", name.tag)
    suite = _CODE_NAMES.get(release[1], release[1]) if release else "trixie"
    suites = CURRENT_DEBIAN if suite == "latest" else (suite,)
    return tuple(Variant((f"debian-{one}",)) for one in suites) if set(suites) <= set(_SUITES) else ()


def _alpine(name: Name) -> tuple[Variant, ...]:
    found = re.match(r"(3\.\d+)", name.tag)
    return tuple(Variant((base,)) for base in _alpines(found[1] if found else ""))


def _ubuntu(name: Name) -> tuple[Variant, ...]:
    releases = {"22.04": "22.04", "jammy": "22.04", "24.04": "24.04", "noble": "24.04", "latest": "24.04"}
    found = releases.get(re.split(r"-", name.tag)[0])
    return (Variant((f"ubuntu-{found}",)),) if found else ()


def _python(name: Name) -> tuple[Variant, ...]:
    found = re.match(r"(3\.\d+)(?:\.\d+)?(?=-|\Z)", name.tag)
    if not found:
        return ()
    minor = int(found[1].partition(".")[2])
    own = ["python"] + ["python-2to3"] * (minor < 13) + ["python-setuptools"] * (minor < 12)
    if "alpine" in name.tag:
        return tuple(Variant((base, "python-alpine", *own), found[1]) for base in _tagged_alpines(name))
    below = "python-slim" if "slim" in name.tag else "buildpack-deps"
    return tuple(Variant((base, below, *own), found[1]) for base in _tagged_debians(name))


def _node(name: Name) -> tuple[Variant, ...]:
    found = re.match(r"(\d+)", name.tag)
    both = ("node", "node-25")
    owns = both if found is None else both[int(found[1]) >= 25 :][:1]
    if "alpine" in name.tag:
        return tuple(Variant((base, own, "node-alpine")) for base in _tagged_alpines(name) for own in owns)
    below = () if "slim" in name.tag else ("buildpack-deps",)
    return tuple(Variant((base, *below, own)) for base in _tagged_debians(name) for own in owns)


def _golang(name: Name) -> tuple[Variant, ...]:
    if "alpine" in name.tag:
        return tuple(Variant((base, "golang-alpine", "golang")) for base in _tagged_alpines(name))
    return tuple(Variant((base, "buildpack-deps-scm", "golang-debian", "golang")) for base in _tagged_debians(name))


def _buildpack(name: Name) -> tuple[Variant, ...]:
    own = "buildpack-deps-scm" if re.search(r"scm|curl", name.tag) else "buildpack-deps"
    return tuple(Variant((base, own)) for base in _tagged_debians(name))


def _service(own: str, *, debian: str = "", alpine: str = "") -> Callable[[Name], tuple[Variant, ...]]:
    """Images of a service, of which only the most important is told."""

    def find(name: Name) -> tuple[Variant, ...]:
        is_alpine = "alpine" in name.tag
        bases = _tagged_alpines(name) if is_alpine else _tagged_debians(name)
        more = tuple(filter(None, (alpine if is_alpine else debian,)))
        version = re.match(r"\d+", name.tag)
        return tuple(Variant((base, "open", own, *more), version[0] if version else "") for base in bases)

    return find


def _uv(name: Name) -> tuple[Variant, ...]:
    """https://docs.astral.sh/uv/guides/integration/docker/#available-images."""
    python = re.search(r"(?:\A|-)python(3\.\d+.*)", name.tag)
    if python:
        below = _python(Name(repository="python", tag=python[1]))
    elif re.search(r"alpine|trixie|bookworm|debian", name.tag):
        bases = _tagged_alpines(name) if "alpine" in name.tag else _tagged_debians(name)
        below = tuple(Variant((base,)) for base in bases)
    else:
        return (Variant(("uv",)),)
    return tuple(Variant((*one.parts, "open", "uv-added"), one.version) for one in below)


def _dotnet(name: Name) -> tuple[Variant, ...]:
    """https://github.com/dotnet/dotnet-docker/blob/main/documentation/supported-tags.md: Debian up to .NET 9."""
    if not re.match(r"[689]\.0", name.tag) or re.search(r"chiseled|distroless|azurelinux|cbl|jammy|noble", name.tag):
        return ()
    return _service("dotnet")(name)


def _distroless(name: Name) -> tuple[Variant, ...]:
    kind = re.sub(r"-debian\d+\Z", "", name.repository.rpartition("/")[2])
    language = re.match(r"(python|nodejs|java)(?!-base)", kind)
    parts = ["distroless-static"]
    if kind != "static":
        parts.append("distroless-base")
    if language:
        parts.append(f"distroless-{language[1]}")
    elif kind not in ("static", "base", "base-nossl", "cc"):
        return ()
    words = name.tag.split("-")
    parts += [f"distroless-{word}" for word in ("nonroot", "debug") if word in words]
    return (Variant(tuple(parts)),)


def _tagged_debians(name: Name) -> tuple[str, ...]:
    named = next((suite for suite in _SUITES if suite in name.tag), None)
    if named is None and re.search(r"buster|stretch|jessie|sid|forky|nanoserver|windows|ubi", name.tag):
        return ()
    return tuple(f"debian-{suite}" for suite in ((named,) if named else CURRENT_DEBIAN))


def _tagged_alpines(name: Name) -> tuple[str, ...]:
    found = re.search(r"alpine(3\.\d+)?", name.tag)
    return _alpines(found[1] or "" if found else "")


def _alpines(release: str) -> tuple[str, ...]:
    return tuple(f"alpine-{one}" for one in ((release,) if release in CURRENT_ALPINE else CURRENT_ALPINE))


_SUITES = ("trixie", "bookworm", "bullseye")
_IMAGES: Mapping[str, Callable[[Name], tuple[Variant, ...]]] = {
    "alpine": _alpine,
    "buildpack-deps": _buildpack,
    "busybox": lambda _: (Variant(("busybox",)),),
    "debian": _debian,
    "ghcr.io/astral-sh/uv": _uv,
    "golang": _golang,
    "nginx": _service("nginx"),
    "node": _node,
    "eclipse-temurin": lambda name: _service("temurin")(name) if "alpine" in name.tag else (),
    "mcr.microsoft.com/dotnet/aspnet": _dotnet,
    "mcr.microsoft.com/dotnet/runtime": _dotnet,
    "mcr.microsoft.com/dotnet/sdk": _dotnet,
    "php": _service("php"),
    "postgres": _service("postgres", debian="postgres-debian", alpine="postgres-alpine"),
    "python": _python,
    "redis": _service("redis"),
    "ruby": _service("ruby"),
    "rust": _service("rust"),
    "ubuntu": _ubuntu,
}
