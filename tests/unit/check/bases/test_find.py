import pytest
from tests.support.checking import scene

from lading.check.bases.catalog import split, variants
from lading.check.bases.knowledge import DATA, Part, part
from lading.check.model.entry import Binary, Script


@pytest.mark.parametrize(
    ("image", "repository", "tag"),
    [
        ("python", "python", "latest"),
        ("docker.io/library/python:3.13-slim", "python", "3.13-slim"),
        ("python:3.13@sha256:00", "python", "3.13"),
        ("registry.example:5000/team/python", "registry.example:5000/team/python", "latest"),
        ("registry.example:5000/team/python:1", "registry.example:5000/team/python", "1"),
    ],
)
def test_a_name_is_split_as_docker_does(image: str, repository: str, tag: str) -> None:
    name = split(image)

    assert (name.repository, name.tag) == (repository, tag)


@pytest.mark.parametrize(
    ("image", "present", "absent"),
    [
        ("python:3.13-slim", "python python3 python3.13 pip sh bash apt-get openssl", "curl wget git gcc uv poetry"),
        ("python:3.9-slim-bullseye", "python3.9 2to3 sh bash apt-get", "curl gcc python3.13"),
        ("python:3.12-alpine3.20", "python3.12 sh apk wget", "curl bash git apt-get useradd"),
        ("python:3.12", "python3.12 curl git gcc make", "uv poetry"),
        ("node:22-slim", "node npm npx yarn corepack sh", "curl python3 pnpm"),
        ("node:24-alpine", "node npm sh apk", "curl bash python3"),
        ("golang:1.24", "go gofmt git gcc curl", ""),
        ("golang:1.24-alpine", "go sh apk", "git gcc bash curl"),
        ("debian:bookworm-slim", "sh bash apt-get useradd tar", "curl python3 ps ping"),
        ("ubuntu:24.04", "sh bash apt-get", "curl python3 git"),
        ("alpine", "sh wget apk adduser", "curl bash useradd"),
        ("gcr.io/distroless/static-debian12:nonroot", "", "sh bash ls curl"),
        ("gcr.io/distroless/base-debian12", "", "sh bash curl python3"),
        ("gcr.io/distroless/python3-debian12", "python3", "bash curl pip apt-get"),
        ("gcr.io/distroless/java21-debian12", "java", "sh bash curl"),
        ("ghcr.io/astral-sh/uv:0.8", "", "sh python3"),
        ("ghcr.io/astral-sh/uv:python3.13-bookworm-slim", "uv uvx python3.13 sh", ""),
        ("nginx:1.29", "nginx sh", ""),
        ("postgres:17-alpine", "psql pg_isready sh", ""),
        ("ruby:3.4-slim", "ruby bundle sh", ""),
        ("eclipse-temurin:21-jre-alpine", "java sh", ""),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", "dotnet sh", ""),
        ("public.ecr.aws/docker/library/python:3.13-slim", "python pip", "curl"),
        ("scratch", "", "sh python3"),
    ],
)
def test_programs_of_public_bases(image: str, present: str, absent: str) -> None:
    now = scene(image)

    assert [name for name in present.split() if not now.which(name).present] == []
    assert [name for name in absent.split() if not now.which(name).absent] == []


def test_a_name_that_leaves_the_release_open_is_known_as_far_as_releases_agree() -> None:
    old, new, both = (scene(f"debian:{tag}") for tag in ("bookworm-slim", "trixie-slim", "latest"))

    assert old.which("adduser").present
    assert both.which("adduser").presence == "unknown"
    assert new.which("sqv").present
    assert both.which("sqv").presence == "unknown"
    assert both.now.system.release == ""
    assert both.now.system.distribution == "debian"


def test_links_and_natures_of_a_base() -> None:
    now = scene("python:3.13-slim-trixie")

    python = now.which("python")
    assert python.path == "/usr/local/bin/python3.13"
    assert python.links == ("/usr/local/bin/python", "/usr/local/bin/python3")
    assert python.entry is not None
    assert python.entry.program == Binary(libc="glibc")
    assert now.look("/bin/sh").path == "/usr/bin/dash"
    assert now.look("/lib64/ld-linux-x86-64.so.2").present
    pip = now.which("pip").entry
    assert pip is not None
    assert pip.program == Script(words=("/usr/local/bin/python3.13",))
    assert now.look("/lib/ld-musl-x86_64.so.1").absent
    assert scene("alpine:3.20").look("/lib/ld-musl-x86_64.so.1").present
    assert scene("alpine:3.20").look("/lib64").absent


def test_modules_of_a_base_are_known() -> None:
    now = scene("python:3.11-slim")
    modules = "/usr/local/lib/python3.11/site-packages"

    assert now.look(f"{modules}/pip").present
    assert now.look(f"{modules}/requests").absent
    assert now.look(f"{modules}/pip-24.0.dist-info").presence == "unknown"
    assert now.look("/usr/local/lib/python3.11/json").presence == "unknown"


@pytest.mark.parametrize(
    ("image", "user", "workdir", "path"),
    [
        ("golang:1.24", "", "/go", "/go/bin:/usr/local/go/bin:"),
        ("gcr.io/distroless/static-debian12:nonroot", "65532", "/home/nonroot", "/usr/local/sbin:"),
        ("gcr.io/distroless/static-debian12", "", "/", "/usr/local/sbin:"),
        ("node:22", "", "/", "/usr/local/sbin:"),
    ],
)
def test_what_a_base_configures(image: str, user: str, workdir: str, path: str) -> None:
    now = scene(image).now

    assert (now.user, now.workdir) == (user, workdir)
    assert (now.path or "").startswith(path)


def test_accounts_of_a_base() -> None:
    assert scene("debian:trixie-slim").now.accounts.has_user("app") == "absent"
    node = scene("node:22-slim").now.accounts
    assert node.user("1000") is node.user("node")
    assert scene("ubuntu:24.04").now.accounts.user("ubuntu") is not None
    assert scene("debian:trixie-slim").now.packages.has("curl") == "absent"


@pytest.mark.parametrize(
    "image", ["team/app:1", "registry.example/python:3.13", "python:rc", "eclipse-temurin:21", "debian:potato"]
)
def test_nothing_is_known_of_other_images(image: str) -> None:
    now = scene(image)

    assert variants(image) == ()
    assert now.which("sh").presence == "unknown"
    assert now.look("/bin").presence == "unknown"
    assert now.now.user is None
    assert now.now.env.is_set("ANY") is None


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.json")))
def test_every_data_file_is_read_and_says_where_it_is_from(name: str) -> None:
    found = part(name)

    assert isinstance(found, Part)
    assert found.source
    for path, text in found.folders.items():
        assert path.startswith("/"), path
        assert "..." not in text.split()[:-1], path
