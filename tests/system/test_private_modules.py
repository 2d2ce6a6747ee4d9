"""Go modules of a proxy or of git that ask who comes: they arrive, and the token is in nothing made or said."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.support.buildx import install_buildx
from tests.support.goprojects import needs_go
from tests.support.goworld import GoWorld, go_world
from tests.support.images import layer_of, make_image
from tests.support.leaks import forms, holders
from tests.support.private_modules import HOST, MODULE, PASSWORD, USER, Private, served
from tests.support.world import Result
from tests.unit.buildkit.samples import LOGS

pytestmark = needs_go

TEXT = "words of a private module"
FILES = {
    "go.mod": "module git.example.test/team/shop\n\ngo 1.24\n",
    "main.go": f'package main\n\nimport greet "{MODULE}"\n\nfunc main() {{ println(greet.Text) }}\n',
}
SECRETS = forms(USER, PASSWORD)
Env = Mapping[str, str | None]


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    """The servers, for all tests."""
    with served(tmp_path_factory.mktemp("private"), TEXT) as made:
        yield made


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Go's own cache."""
    return tmp_path_factory.mktemp("go-cache")


@pytest.fixture
def shop(tmp_path: Path, private: Private, cache: Path) -> Iterator[GoWorld]:
    """A service that requires the private module, locked."""
    with go_world(tmp_path, {}, cache) as made:
        private.project(FILES, made.folder)
        made.lading("lock")
        yield made


def proxy_by_netrc(shop: GoWorld, private: Private, password: str) -> Env:
    """A proxy whose credentials are in .netrc: for go, a host is one with its port."""
    _netrc(shop, f"127.0.0.1:{private.proxy.port}", password)
    return {"GOPROXY": private.proxy.base}


def proxy_by_address(shop: GoWorld, private: Private, password: str) -> Env:
    """A proxy with the credentials in its address, said by `go env -w`."""
    file = shop.world.home / ".config/go/env"
    file.parent.mkdir(parents=True)
    file.write_text(f"GOPROXY={_login(private.proxy.base, f'{USER}:{password}')}\n")
    return {"GOPROXY": None}


def proxy_by_token(shop: GoWorld, private: Private, password: str) -> Env:
    """The same in the environment, with nothing but a token: where a name stands otherwise."""
    return {"GOPROXY": _login(private.proxy.base, password)}


def git_by_netrc(shop: GoWorld, private: Private, password: str) -> Env:
    """A repository that git fetches with what .netrc has: for git, a host is one without its port."""
    _netrc(shop, "127.0.0.1", password)
    (shop.world.home / ".gitconfig").write_text(f'[url "{private.git.base}/"]\n\tinsteadOf = https://{HOST}/\n')
    return {"GOPROXY": None, "GOPRIVATE": HOST}


def git_by_address(shop: GoWorld, private: Private, password: str) -> Env:
    """A repository whose address git replaces by one with credentials, as CI systems have it."""
    return {
        "GOPROXY": None,
        "GOPRIVATE": HOST,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{_login(private.git.base, f'{USER}:{password}')}/.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://{HOST}/",
    }


def _netrc(shop: GoWorld, machine: str, password: str) -> None:
    file = shop.world.home / ".netrc"
    file.write_text(f"machine {machine} login {USER} password {password}\n")
    file.chmod(0o600)


def _login(base: str, login: str) -> str:
    return base.replace("://", f"://{login}@")


Way = Callable[[GoWorld, Private, str], Env]
WAYS: tuple[Way, ...] = (proxy_by_netrc, proxy_by_address, proxy_by_token, git_by_netrc, git_by_address)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_private_modules_arrive_and_the_token_does_not(shop: GoWorld, private: Private, way: Way) -> None:
    env = {**_trusting(private), **way(shop, private, PASSWORD)}
    image = shop.world.root / "image"
    done = shop.run("build", "-v", "--output", image, env=env)
    assert done.code == 0, done.err
    assert list(holders([image], [TEXT.encode()])), "the search does not see what is in layers"
    refuse_secret(shop, done)
    refuse_secret(shop, shop.run("plan", "--why", "--format", "json", env=env))
    refuse_secret(shop, shop.run("render", "dockerfile", "--write", env=env))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_wrong_token_is_told_without_telling_it(shop: GoWorld, private: Private, way: Way) -> None:
    env = {**_trusting(private), **way(shop, private, f"{PASSWORD}-wrong")}
    done = shop.run("build", "-v", env=env)
    assert done.code == 3, done.err
    assert done.err.count("error: ") == 1
    assert MODULE in done.err
    assert "credentials in .netrc or git's own settings" in done.err
    refuse_secret(shop, done)


def test_buildkit_gets_them_as_secrets(shop: GoWorld, private: Private, tmp_path: Path) -> None:
    """The file holds no credentials, and a log that does is shown without them."""
    proxy_by_address(shop, private, PASSWORD)
    _netrc(shop, HOST, PASSWORD)
    says = tmp_path / "says"
    says.write_text(f"ERROR: git said {PASSWORD}, go read {_login(private.proxy.base, PASSWORD)}/x\n")
    secrets = ("id=netrc,src=.netrc", "id=go-env,src=.config/go/env")
    words = [word for secret in secrets for word in ("--secret", secret.replace("src=", f"src={shop.world.home}/"))]
    for code, log in ((0, LOGS / "success.log"), (1, says)):
        image = make_image([layer_of({"app": None})], User="65532:65532")
        buildx = install_buildx(tmp_path / str(code), says=log, code=code, image=image)
        done = shop.run("build", "-v", "--engine", "buildkit", *words, env={"PATH": f"{buildx.bin}:/usr/bin:/bin"})
        assert bool(done.code) == bool(code), done.err
        refuse_secret(shop, done)
        file = buildx.files()["Dockerfile"]
        assert not any(secret.decode() in file for secret in SECRETS)
        for target in ("id=netrc,target=/root/.netrc", "id=go-env,target=/root/.config/go/env"):
            assert file.count(f"--mount=type=secret,{target}") == 2
        assert f"GOPRIVATE={MODULE}" in file


def _trusting(private: Private) -> dict[str, str | None]:
    ca = str(private.authority.ca_file)
    return {"SSL_CERT_FILE": ca, "GIT_SSL_CAINFO": ca}


def refuse_secret(shop: GoWorld, done: Result) -> None:
    """The token must be in nothing that was said or kept, whatever it was packed into."""
    for text in (done.out, done.err):
        assert not any(secret in text.encode() for secret in SECRETS), text
    world = shop.world
    kept = [folder for folder in (world.store, shop.folder, world.root / "image") if folder.is_dir()]
    assert not list(holders(kept, SECRETS))
