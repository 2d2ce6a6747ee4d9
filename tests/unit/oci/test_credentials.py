import base64
import json
import os
import stat
from pathlib import Path

import pytest

from lading.errors import UsageError
from lading.oci.credentials import Credential, Credentials, config_files
from lading.oci.references import parse_reference
from lading.proc import Runner

SECRET = "hunter2"


def auth(user: str, password: str = SECRET) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


class Home:
    """A home folder with logins in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        self.environ = {"HOME": str(folder), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}

    def write(self, path: str, **fields: object) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(fields))

    def helper(self, name: str, script: str) -> None:
        file = self.folder / "bin" / f"docker-credential-{name}"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def find(self, text: str, **environ: str) -> Credential | None:
        return self.look(text, **environ)[0]

    def look(self, text: str, **environ: str) -> tuple[Credential | None, str]:
        return Credentials({**self.environ, **environ}, Runner()).find(parse_reference(text))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def user(credential: Credential | None) -> str | None:
    return credential.username if credential else None


def test_no_file_no_login(home: Home) -> None:
    assert home.look("registry.example/app") == (None, "")
    assert Credentials({}, Runner()).find(parse_reference("registry.example/app")) == (None, "")


def test_docker_s_file(home: Home) -> None:
    home.write(".docker/config.json", auths={"registry.example": auth("me")})
    assert home.find("registry.example/app") == Credential(username="me", password=SECRET)
    assert home.find("other.example/app") is None
    assert home.find("registry.example:5000/app") is None


def test_user_and_password_as_they_are(home: Home) -> None:
    home.write(".docker/config.json", auths={"registry.example": {"username": "me", "password": SECRET, "auth": None}})
    assert home.find("registry.example/app") == Credential(username="me", password=SECRET)


def test_a_password_may_hold_colons_and_docker_pads_it(home: Home) -> None:
    home.write(".docker/config.json", auths={"registry.example": auth("me", "a:b:c\0\0")})
    assert home.find("registry.example/app") == Credential(username="me", password="a:b:c")


@pytest.mark.parametrize(
    ("key", "image"),
    [
        ("https://index.docker.io/v1/", "python:3.13"),
        ("https://index.docker.io/v1/", "docker.io/team/app"),
        ("index.docker.io", "team/app"),
        ("docker.io", "team/app"),
        ("https://registry.example", "registry.example/app"),
        ("https://registry.example/v2/", "registry.example/app"),
        ("http://registry.example:5000/v1/", "registry.example:5000/app"),
        ("[::1]:5000", "[::1]:5000/app"),
    ],
)
def test_keys_in_all_their_spellings(home: Home, key: str, image: str) -> None:
    home.write(".docker/config.json", auths={key: auth("me")})
    assert user(home.find(image)) == "me"


def test_the_repository_comes_before_its_parents_and_the_host(home: Home) -> None:
    keys = {"registry.example": "host", "registry.example/team": "team", "registry.example/team/app": "app"}
    home.write(".config/containers/auth.json", auths={key: auth(name) for key, name in keys.items()})
    assert user(home.find("registry.example/team/app:1")) == "app"
    assert user(home.find("registry.example/team/other")) == "team"
    assert user(home.find("registry.example/teams/app")) == "host"


def test_files_in_the_order_of_their_weight(home: Home) -> None:
    entry = {"registry.example": auth("docker")}
    home.write(".docker/config.json", auths=entry)
    home.write("d/config.json", auths={"registry.example": auth("DOCKER_CONFIG")})
    home.write("file.json", auths={"registry.example": auth("REGISTRY_AUTH_FILE")})
    home.write("run/containers/auth.json", auths={"registry.example": auth("run")})
    home.write("xdg/containers/auth.json", auths={"registry.example": auth("xdg")})
    home.write(".config/containers/auth.json", auths={"registry.example": auth("config")})
    folder = home.folder
    everything = {
        "DOCKER_CONFIG": str(folder / "d"),
        "REGISTRY_AUTH_FILE": str(folder / "file.json"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "XDG_CONFIG_HOME": str(folder / "xdg"),
    }
    expected = ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "run", "xdg"]
    for path, name in zip(config_files({**home.environ, **everything}), expected, strict=True):
        assert user(home.find("registry.example/app", **everything)) == name
        path.unlink()
    assert user(home.find("registry.example/app")) == "docker"
    (folder / ".docker" / "config.json").unlink()
    assert user(home.find("registry.example/app")) == "config"


@pytest.mark.parametrize("entry", [{"identitytoken": SECRET}, auth("<token>")])
def test_identity_tokens(home: Home, entry: dict[str, str]) -> None:
    home.write(".docker/config.json", auths={"registry.example": entry})
    assert home.find("registry.example/app") == Credential(identity_token=SECRET)


def test_a_token_for_the_registry_itself(home: Home) -> None:
    home.write(".docker/config.json", auths={"registry.example": {"registrytoken": SECRET}})
    assert home.find("registry.example/app") == Credential(registry_token=SECRET)


class TestHelpers:
    def test_a_helper_for_one_registry(self, home: Home) -> None:
        home.helper("one", 'read server; echo "{\\"Username\\": \\"$1 $server\\", \\"Secret\\": \\"hunter2\\"}"')
        home.write(".docker/config.json", credHelpers={"registry.example": "one"}, auths={"registry.example": {}})
        found = home.find("registry.example/app")
        assert found == Credential(username="get registry.example", password=SECRET)
        assert home.find("other.example/app") is None

    def test_a_helper_for_all_of_them_and_docker_hub_s_own_name(self, home: Home) -> None:
        home.helper("all", 'read server; echo "{\\"Username\\": \\"$server\\", \\"Secret\\": \\"x\\"}"')
        home.write(".docker/config.json", credsStore="all")
        assert user(home.find("registry.example/app")) == "registry.example"
        assert user(home.find("python")) == "https://index.docker.io/v1/"

    def test_a_helper_s_identity_token(self, home: Home) -> None:
        home.helper("one", 'echo "{\\"Username\\": \\"<token>\\", \\"Secret\\": \\"hunter2\\"}"')
        home.write(".docker/config.json", credHelpers={"registry.example": "one"})
        assert home.find("registry.example/app") == Credential(identity_token=SECRET)

    def test_a_helper_that_knows_nothing_is_no_trouble(self, home: Home) -> None:
        home.helper("all", "echo 'credentials not found in native keychain'; exit 1")
        home.write(".docker/config.json", credsStore="all")
        home.write(".config/containers/auth.json", auths={"registry.example": auth("podman")})
        credential, trouble = home.look("registry.example/app")
        assert (user(credential), trouble) == ("podman", "")

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("echo 'the keychain is locked'; exit 1", "the keychain is locked"),
            ("exit 3", "exit code 3"),
            ("echo hunter2", "no JSON"),
            ('echo "{\\"Secret\\": \\"hunter2\\"}"; exit 1', ""),
        ],
    )
    def test_a_helper_that_fails_is_told_without_what_it_holds(self, home: Home, script: str, said: str) -> None:
        home.helper("all", script)
        home.write(".docker/config.json", credsStore="all")
        credential, trouble = home.look("registry.example/app")
        assert credential is None
        assert said in trouble
        assert SECRET not in trouble

    def test_a_helper_that_is_not_there(self, home: Home) -> None:
        home.write(".docker/config.json", credsStore="desktop.exe")
        assert "docker-credential-desktop.exe" in home.look("registry.example/app")[1]

    @pytest.mark.parametrize("name", ["../../bin/sh", "a b", "", ".x", "a/b"])
    def test_a_helper_s_name_is_no_path(self, home: Home, name: str) -> None:
        home.write(".docker/config.json", credHelpers={"registry.example": name})
        credential, trouble = home.look("registry.example/app")
        assert credential is None
        assert "no name of a credential helper" in trouble


class TestDamage:
    @pytest.mark.parametrize("text", ["{", '{"auths": [], "x": "hunter2"}', '{"auths": {"a": "hunter2"}}', "\udcff"])
    def test_a_file_that_is_not_what_it_should_be(self, home: Home, text: str) -> None:
        (home.folder / ".docker").mkdir()
        (home.folder / ".docker" / "config.json").write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(UsageError, match="not valid JSON") as caught:
            home.find("registry.example/app")
        assert SECRET not in str(caught.value)
        assert caught.value.where.endswith("config.json")

    def test_an_empty_file_holds_nothing(self, home: Home) -> None:
        (home.folder / ".docker").mkdir()
        (home.folder / ".docker" / "config.json").write_bytes(b"")
        assert home.find("registry.example/app") is None

    @pytest.mark.parametrize("value", ["hunter2", "/w==", "ü"])
    def test_a_login_that_is_not_base64(self, home: Home, value: str) -> None:
        home.write(".docker/config.json", auths={"registry.example": {"auth": value}})
        with pytest.raises(UsageError, match="not base64") as caught:
            home.find("registry.example/app")
        assert caught.value.where.endswith("config.json › auths › registry.example")
        assert SECRET not in str(caught.value)

    def test_null_everywhere(self, home: Home) -> None:
        home.write(".docker/config.json", auths=None, credHelpers=None, credsStore=None)
        assert home.find("registry.example/app") is None


def test_no_repr_holds_a_secret() -> None:
    for credential in (
        Credential(username="me", password=SECRET),
        Credential(identity_token=SECRET),
        Credential(registry_token=SECRET),
    ):
        assert SECRET not in repr(credential)
        assert SECRET not in f"{[credential]}"
