"""What is a secret for certain, and what only looks like one."""

import base64
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.prove.audit.samples import image, messages, rules, told
from tests.unit.prove.audit.secret_samples import aws, key, samples, text, web_token, with_checksum
from tests.unit.prove.samples import Content

from lading.prove.audit.credentials import credentials_in, holds_credentials, password_in_address
from lading.prove.audit.scanner import WINDOW, Scanner, secrets_in

SAMPLES = samples()


@pytest.mark.parametrize("name", SAMPLES)
def test_each_kind_is_found_wherever_it_stands(name: str) -> None:
    secret = SAMPLES[name]
    for around in ("{}", "KEY={}\n", '"{}"', "x\n{}\ny", "\0\xff{}\0"):
        assert secrets_in(around.format(secret)) == (name,)


@pytest.mark.parametrize("kind", ["rsa", "ec", "ed25519"])
def test_keys_as_openssl_writes_them(kind: str) -> None:
    how = {"rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], "ed25519": ["-algorithm", "ED25519"]}
    words = how.get(kind, ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
    made = subprocess.run(["openssl", "genpkey", *words], capture_output=True, text=True, check=True).stdout
    assert secrets_in(made) == ("a private key",)


def test_keys_in_other_clothes() -> None:
    made = key()
    assert secrets_in(made.replace("\n", "\\n")) == ("a private key",)  # a string of JSON
    assert secrets_in(made.replace("\n", "\r\n")) == ("a private key",)
    assert secrets_in("".join(f'  "{line}\\n" +\n' for line in made.splitlines())) == ("a private key",)
    held = key("RSA", head="Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123")
    assert secrets_in(held) == ("a private key with a passphrase",)
    pgp = key("PGP", data=b"\x95" + bytes(200)).replace("PRIVATE KEY-----", "PRIVATE KEY BLOCK-----")
    assert secrets_in(pgp.replace("-----END", "=abcd\n-----END")) == ("a PGP private key",)


NONE = {
    "a certificate": key().replace("PRIVATE KEY", "CERTIFICATE"),
    "a public key": key().replace("PRIVATE KEY", "PUBLIC KEY"),
    "a key that is cut off": key()[:200],
    "a key that is no key": key(data=bytes(300)),
    "a key that is shorter than it says": key(data=b"\x30\x82\x02\x28" + bytes(296)),
    "words about a key": "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "code about keys": 'if (line == "-----BEGIN RSA PRIVATE KEY-----") { return "-----END RSA PRIVATE KEY-----"; }',
    "a token whose checksum is wrong": with_checksum("ghp_")[:-1] + "_",
    "a token of another length": with_checksum("ghp_") + "a",
    "a part of a name": f"my{with_checksum('ghp_')}",
    "an id without its secret": aws().partition("\n")[0],
    "an id of documentation": f"AKIAIOSFODNN7EXAMPLE\n{text(40)}",
    "a digest beside an id": aws().partition("\n")[0] + "\n" + text(40, "0123456789abcdef"),
    "the key of Azure's emulator": "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"
    "/K1SZFPTOtr/KBHBeksoGMGw==",
    "a placeholder": "glpat-xxxxxxxxxxxxxxxxxxxx sk_live_EXAMPLEEXAMPLEEXAMPLE1a",
    "the token of documentation": web_token({"sub": "1234567890", "name": "John Doe", "iat": 1516239022}),
    "a token that ends soon": web_token({"sub": "user", "iat": 0, "exp": 3600}),
    "an unsigned token": web_token({"sub": "user"}, "none"),
    "names": "PASSWORD=hunter2 SECRET_KEY=abc API_TOKEN=123",
}


@pytest.mark.parametrize("name", NONE)
def test_what_only_looks_like_one_is_none(name: str) -> None:
    assert secrets_in(NONE[name]) == ()


@settings(max_examples=30)
@given(st.data())
def test_it_is_found_whatever_the_pieces_and_the_place(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SAMPLES)))
    secret = SAMPLES[name].encode()
    before = data.draw(st.integers(WINDOW - 20_000, WINDOW + 1000))
    stream = b" " * before + secret + b" " * data.draw(st.integers(0, 20_000))
    piece = data.draw(st.integers(1000, WINDOW))
    scanner = Scanner()
    for at in range(0, len(stream), piece):
        scanner.feed(stream[at : at + piece])
    assert scanner.finish() == (name,)
    assert scanner.finish() == ()


PARTS = (
    b"PRIVATE KEY",
    b"-----BEGIN ",
    b"-----",
    b"-----END ",
    b"\n",
    b"eyJ",
    b".",
    b"ghp_",
    b"A" * 30,
    b"AKIA",
    b"\xff",
)


@given(st.lists(st.sampled_from(PARTS), max_size=40))
def test_nothing_that_is_put_together_of_their_parts_does_harm(parts: list[bytes]) -> None:
    scanner = Scanner()
    for part in parts:
        scanner.feed(part)
    scanner.finish()


@given(st.binary(max_size=3000))
def test_random_bytes_hold_none(data: bytes) -> None:
    scanner = Scanner()
    scanner.feed(data)
    assert scanner.finish() == ()


LOGIN = base64.b64encode(b"ci:kR7wq2Lx").decode()
FILES = {
    "root/.netrc": ("machine git.example login ci password kR7wq2Lx\n", "a password of .netrc"),
    "app/.npmrc": ("//packages.example/:_authToken=kR7wq2Lx9\n", "a login to an npm registry"),
    "root/.pypirc": ("[internal]\nusername: ci\npassword: kR7wq2Lx\n", "a login to a Python index"),
    "etc/pip.conf": (
        "[global]\nindex-url = https://ci:kR7wq2Lx@packages.example/simple\n",
        "a password in a Python index's address",
    ),
    "root/.docker/config.json": (
        f'{{"auths": {{"registry.example": {{"auth": "{LOGIN}"}}}}}}',
        "a login to a container registry",
    ),
    "root/.dockercfg": (f'{{"registry.example": {{"auth": "{LOGIN}"}}}}', "a login to a container registry"),
    "root/.git-credentials": ("https://ci:kR7wq2Lx@git.example\n", "a login to a git server"),
    "app/.git/config": ("[remote]\n\turl = https://ci:kR7wq2Lx@git.example/app\n", "a login to a git server"),
    "root/.aws/credentials": (f"[default]\naws_secret_access_key = {text(40)}\n", "an access key of AWS"),
    "root/.pgpass": ("db.example:5432:app:app:kR7wq2Lx\n", "a password of PostgreSQL"),
    "root/.cargo/credentials.toml": ('[registry]\ntoken = "kR7wq2Lx9"\n', "a login to a crate registry"),
    "root/.kube/config": ("users:\n- user:\n    token: kR7wq2Lx9f\n", "a login to a Kubernetes cluster"),
    "root/.config/gcloud/application_default_credentials.json": (
        '{"type": "authorized_user", "refresh_token": "1//kR7wq2Lx"}',
        "a login to Google Cloud",
    ),
    "etc/shadow": (
        "root:$6$abcdefgh$" + "k" * 86 + ":19000:0:99999:7:::\napp:!:19000::::::\n",
        "the password (hashed) of root",
    ),
}  # fmt: skip
EMPTY = {
    "app/.npmrc": "//packages.example/:_authToken=${NPM_TOKEN}\n; _authToken=kR7wq2Lx9\n",
    "root/.netrc": "machine git.example login ci password <password>\n",
    "root/.docker/config.json": '{"auths": {}, "credsStore": "desktop"}',
    "etc/shadow": "root:*:19000:0:99999:7:::\ndaemon:!:19000:0:99999:7:::\n",
    "etc/pip.conf": "[global]\nindex-url = https://packages.example/simple\n",
    "root/.dockercfg": "no json",
    "app/.git/config": "[remote]\n\turl = git@git.example:app\n",
}


@pytest.mark.parametrize("path", FILES)
def test_files_with_logins(path: str) -> None:
    content, name = FILES[path]
    assert holds_credentials(path, len(content))
    assert credentials_in(path, content.encode()) == (name,)


@pytest.mark.parametrize("path", EMPTY)
def test_files_without_any(path: str) -> None:
    assert credentials_in(path, EMPTY[path].encode()) == ()


def test_other_files_are_not_read_for_logins() -> None:
    assert not holds_credentials("app/config.json", 10)
    assert not holds_credentials("app/netrc", 10)
    assert not holds_credentials("root/.netrc", 1 << 30)


@given(st.sampled_from(sorted(FILES)), st.text(max_size=300))
def test_damaged_files_do_no_harm(path: str, content: str) -> None:
    credentials_in(path, content.encode(errors="replace"))


@pytest.mark.parametrize(
    ("address", "has"),
    [
        ("postgres://app:kR7wq2Lx@db.example/app", True),
        ("redis://:kR7wq2Lx@cache.example", True),
        ("postgres://postgres:postgres@db.example/app", False),
        ("postgres://app:password@db.example/app", False),
        ("postgres://app:${PASSWORD}@db.example/app", False),
        ("https://git.example:8443/team/app@1", False),
    ],
)
def test_passwords_in_addresses(address: str, has: bool) -> None:
    assert password_in_address(address) is has


def test_a_secret_that_a_later_layer_removes_is_still_there() -> None:
    secret = {"root/.ssh/id_rsa": key("RSA")}
    removed = image({"root/.ssh/.wh.id_rsa": b""}, application=secret)
    (message,) = messages(removed, "secret-in-layer")
    assert message == (
        "a private key in /root/.ssh/id_rsa (the team's); a later layer removes it, and everybody can still read it"
    )
    replaced = image({"root/.ssh/id_rsa": b"gone"}, application=secret)
    assert "a later layer replaces it" in messages(replaced, "secret-in-layer")[0]
    assert told(removed).facts.secrets == 1


def test_what_packages_publish_is_no_secret_of_the_team() -> None:
    site = "usr/lib/python3/dist-packages"
    of_python: dict[str, Content] = {f"{site}/x-1.dist-info/RECORD": b"x/key.pem,,\n", f"{site}/x/key.pem": key()}
    assert rules(image(application=of_python)) == [("info", "secret-in-layer")]
    of_debian: dict[str, Content] = {
        "var/lib/dpkg/status.d/x": b"Package: x\nVersion: 1\n",
        "var/lib/dpkg/status.d/x.md5sums": b"0123456789abcdef0123456789abcdef  usr/lib/x\n",
        "usr/lib/x": key(),
    }
    assert rules(image(base=of_debian)) == []
    assert rules(image(base={"usr/local/go/src/crypto/tls/testdata/example-key.pem": key()})) == []
    assert told(image(application=of_python)).facts.secrets == 0


def test_no_secret_is_shown() -> None:
    token = with_checksum("ghp_")
    spoilt = image(application={"app/token": token}, config={"Env": [f"A={token}"], "Labels": {"b": token}})
    shown = str(told(spoilt).findings)
    assert shown.count("a GitHub token") == 2
    assert token[:12] not in shown
