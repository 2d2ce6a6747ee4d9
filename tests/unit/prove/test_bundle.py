import json
from pathlib import Path

import pytest

from lading.errors import UsageError
from lading.oci.documents import RunConfig
from lading.prove.bundle import (
    NO_LIMITS,
    Account,
    Limits,
    account,
    bundle_config,
    environment,
    process_words,
    write_bundle,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nbroken\napp:x:1000:1001::/:\nodd:x:-1:5::/:\n")
    (tmp_path / "etc/group").write_text("staff:x:50:app\n")
    return tmp_path


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("", (0, 0)),
        ("65532:65532", (65532, 65532)),
        ("65532", (65532, 0)),
        ("1000", (1000, 1001)),
        ("app", (1000, 1001)),
        ("app:staff", (1000, 50)),
        ("app:7", (1000, 7)),
    ],
)
def test_whom_the_process_runs_as(root: Path, user: str, expected: tuple[int, int]) -> None:
    assert account(user, root) == expected


@pytest.mark.parametrize("user", ["nobody", "odd", "app:wheel", "4294967295", "9" * 5000, "٣", "-1"])
def test_a_user_that_is_not_there_is_refused(root: Path, user: str) -> None:
    with pytest.raises(UsageError):
        account(user, root)


def test_accounts_are_not_looked_up_outside(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "passwd").write_text("app:x:7:7::/:\n")
    (root / "etc/passwd").unlink()
    (root / "etc/passwd").symlink_to(outside / "passwd")
    with pytest.raises(UsageError, match="'app'"):
        account("app", root)


def test_the_command_follows_the_entrypoint() -> None:
    config = RunConfig(entrypoint=("python",), cmd=("-m", "app"))
    assert process_words(config, None) == ["python", "-m", "app"]
    assert process_words(config, ("-V",)) == ["python", "-V"]
    with pytest.raises(UsageError, match="no command"):
        process_words(RunConfig(), None)


def test_variables_of_the_image_come_first() -> None:
    config = RunConfig(env=("A=1", "B=x=y", "C"))
    assert environment(config, [("A", "2")]).items() >= {"A": "2", "B": "x=y", "C": ""}.items()
    assert environment(RunConfig(), [])["PATH"].startswith("/usr/local/sbin:")


def document(
    *,
    host: Account | None = None,
    read_only: bool = True,
    config: RunConfig | None = None,
    isolated: bool = False,
    limits: Limits = NO_LIMITS,
) -> dict[str, object]:
    return bundle_config(
        config or RunConfig(working_dir="/app"),
        words=["python"],
        env={"A": "1"},
        user=Account(65532, 65532),
        root=Path("/root"),
        read_only=read_only,
        host=host,
        isolated=isolated,
        limits=limits,
        group="lading-x",
    )


def test_the_process_has_no_privilege() -> None:
    process = document()["process"]
    assert isinstance(process, dict)
    assert process["user"] == {"uid": 65532, "gid": 65532}
    assert process["noNewPrivileges"] is True
    assert set(map(tuple, process["capabilities"].values())) == {()}
    assert (process["cwd"], process["env"], process["args"]) == ("/app", ["A=1"], ["python"])


def test_the_root_is_read_only_and_tmp_is_not() -> None:
    made = document(config=RunConfig(volumes={"/data": {}}))
    assert made["root"] == {"path": "/root", "readonly": True}
    assert isinstance(made["mounts"], list)
    writable = {mount["destination"] for mount in made["mounts"] if "mode=1777" in mount["options"]}
    assert writable == {"/tmp", "/data", "/dev/shm"}
    (volume,) = (mount for mount in made["mounts"] if mount["destination"] == "/data")
    assert {"uid=65532", "gid=65532"} <= set(volume["options"])
    assert document(read_only=False)["root"] == {"path": "/root", "readonly": False}


def test_limits_need_a_control_group_and_a_network_of_its_own_a_namespace() -> None:
    linux = document(isolated=True, limits=Limits(64, 10))["linux"]
    assert isinstance(linux, dict)
    assert linux["resources"] == {"memory": {"limit": 64, "swap": 64}, "pids": {"limit": 10}}
    assert linux["cgroupsPath"] == "/lading-x"
    assert {"type": "network"} in linux["namespaces"]
    plain = document()["linux"]
    assert isinstance(plain, dict)
    assert not {"resources", "cgroupsPath"} & set(plain)
    assert {"type": "network"} not in plain["namespaces"]


def test_without_root_the_images_user_is_the_caller_and_nobody_else_exists() -> None:
    linux = document(host=Account(1000, 1001))["linux"]
    assert isinstance(linux, dict)
    assert linux["uidMappings"] == [{"containerID": 65532, "hostID": 1000, "size": 1}]
    assert linux["gidMappings"] == [{"containerID": 65532, "hostID": 1001, "size": 1}]
    assert {"type": "user"} in linux["namespaces"]
    assert {"type": "network"} not in linux["namespaces"]


def test_nobody_else_can_read_the_bundle(tmp_path: Path) -> None:
    write_bundle(tmp_path, {"process": {"env": ["SECRET=1"]}})
    assert (tmp_path / "config.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "config.json").read_text()) == {"process": {"env": ["SECRET=1"]}}
