from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lading.buildkit.secrets import Secrets, secrets_of


def test_values_of_variables_and_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN KEY-----\nabcdefgh\n")
    env = {"TOKEN": "t0ken-value", "other": "by-its-id", "SRC": "from-src"}
    found = secrets_of(
        ["id=a,env=TOKEN", f'id=b,"src={tmp_path}/key"', "id=other", "type=env,id=c,src=SRC", "id=d,src=absent"],
        env,
        tmp_path,
    )
    assert found.hide("x t0ken-value by-its-id from-src abcdefgh y") == "x *** *** *** *** y"


def test_what_is_secret_in_a_file_of_credentials(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine git.example login builder password netrc-t0ken\n")
    (tmp_path / "env").write_text("GOPROXY=https://env-t0ken@go.example,https://ann:env-password@go2.example,direct\n")
    (tmp_path / "npmrc").write_text("//npm.example/:_authToken = npm-t0ken\nalways-auth=true\n")
    found = secrets_of([f"id={name},src={name}" for name in ("netrc", "env", "npmrc")], {}, tmp_path)
    log = "true direct machine login builder git.example ann"
    assert found.hide(f"netrc-t0ken env-t0ken env-password npm-t0ken {log}") == f"*** *** *** *** {log}"


def test_relative_paths_start_where_the_command_does(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("abcdefgh")
    assert secrets_of(["id=a,src=key"], {}, tmp_path).hide("abcdefgh") == "***"


def test_credentials_in_a_command_are_not_shown() -> None:
    words = [
        "--cache-to=type=s3,access_key_id=AKIA,secret_access_key=hush,mode=max",
        "--cache-from=type=gha,token=hush",
        "--build-context=a=https://ann:hush@git.example/a.git",
        "--label=a=b",
    ]
    shown = Secrets(()).hide_in(words)
    assert not any("hush" in word for word in shown)
    assert shown[0].endswith(",mode=max")
    assert shown[2] == "--build-context=a=https://***@git.example/a.git"
    assert shown[3] == words[3]


@given(st.lists(st.text(min_size=4)), st.text())
def test_no_secret_is_left(values: list[str], text: str) -> None:
    hidden = Secrets(values).hide(text.join(values))
    assert not any(value.strip() in hidden for value in values if len(value.strip()) >= 4 and "*" not in value)
