"""`lading verify` and `lading prove` with the real runtimes: the same evidence from each, and faults that are seen."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import Program
from tests.engine.service import Built, Json
from tests.unit.prove.samples import Content, Owned, an_image
from tools.engine.home import Home
from tools.engine.wrappers import tool_program

from lading.oci.layout import write_layout
from lading.prove.container import slug

RUNTIMES = ("docker", "podman", "crun", "runc")
DIFFERS = ("runtime", "network", "start", "healthy", "memory", "seconds", "name")
"""What may differ from runtime to runtime: times, memory, and what a runtime and its first process are called."""


@pytest.fixture(scope="module", autouse=True)
def _no_images_left(tool: Callable[[str], Program]) -> Iterator[None]:
    """The engines keep what they have run for the next time; these tests have no next time."""
    yield
    for engine in ("docker", "podman"):
        images = tool(engine)("image", "ls", "--format", "{{.Repository}}").split()
        ours = {image for image in images if "lading-run/tmp-" in image}
        if ours:
            tool(engine)("image", "rm", "--force", *sorted(ours))


def alike(value: Any) -> Any:
    """Evidence without what differs from run to run; of a time it stays that there was one."""
    match value:
        case dict():
            return {key: one is not None if key in DIFFERS else alike(one) for key, one in value.items()}
        case list():
            return [alike(one) for one in value]
        case _:
            return value


def verify(lading: Program, image: str, runtime: str, *flags: str) -> Json:
    done = lading.attempt("verify", image, "--runtime", runtime, "--format", "json", *flags)
    assert done.stdout, done.stderr.decode()
    found: Json = json.loads(done.stdout)
    unmet = any(row["status"] == "not met" for row in found["requirements"])
    assert done.returncode == (1 if unmet else 0), done.stderr.decode()
    return found


def statuses(found: Json) -> dict[str, str]:
    return {row["id"]: row["status"] for row in found["requirements"]}


@pytest.fixture(scope="module")
def evidence(lading: Program, riskshield: Built) -> Json:
    """What crun shows of the reference service, to hold the other runtimes against."""
    return verify(lading, f"{riskshield.layout}:1", "crun", "--health", "/health", "--ready", "/health/ready")


@pytest.mark.parametrize("runtime", [name for name in RUNTIMES if name != "crun"])
def test_the_evidence_is_the_same_whatever_the_runtime(
    runtime: str, lading: Program, riskshield: Built, evidence: Json, tool: Callable[[str], Program]
) -> None:
    tool(runtime)
    image = f"{riskshield.layout}:1"
    found = verify(lading, image, runtime, "--health", "/health", "--ready", "/health/ready")
    assert alike(found["evidence"]) == alike(evidence["evidence"])
    assert statuses(found) == statuses(evidence)
    if runtime in ("docker", "podman"):
        ours = f"name=lading-{slug(image)}"
        assert tool(runtime)("ps", "--all", "--quiet", "--filter", ours).split() == []


def test_the_evidence_is_what_was_seen(evidence: Json) -> None:
    own, anyone, writable = evidence["evidence"]["trials"]
    (process,) = own["seen"]
    assert (process["uid"], process["gid"]) == (1000, 1000)
    assert (process["capabilities"], process["no_new_privileges"]) == ("0" * 16, True)
    assert anyone["seen"][0]["uid"] >= 1_000_000_000
    assert anyone["seen"][0]["gid"] == 0
    assert 0 < own["healthy"] < 60
    assert own["memory"]["limit"] in (0, 512 << 20)
    assert own["memory"]["peak"] > 10_000_000
    assert (own["health"]["said"], own["ready"]["said"]) == ("200", "503")
    assert (own["stop"]["code"], own["stop"]["in_time"], own["stop"]["answered"]) == (0, True, True)
    assert (own["written"], writable["written"]) == (None, [])


@pytest.fixture
def faulty(tmp_path: Path, engine_home: Home) -> Callable[[str], str]:
    """An image of root whose shell runs a script."""
    busybox = Path(tool_program(engine_home, "busybox")).read_bytes()

    def make(script: str) -> str:
        files: dict[str, Content] = {
            "bin/busybox": Owned(busybox, mode=0o755),
            "bin/sh": "-> busybox",
            "data/": Owned(mode=0o777),
        }
        image = an_image(files, config={"Cmd": ["/bin/sh", "-c", script]})
        write_layout(tmp_path / "faulty", {"faulty:1": image})
        return str(tmp_path / "faulty")

    return make


@pytest.mark.parametrize("runtime", ["docker", "crun"])
def test_what_a_bad_image_does_is_seen(
    runtime: str, lading: Program, faulty: Callable[[str], str], tool: Callable[[str], Program]
) -> None:
    tool(runtime)
    image = faulty("trap 'exit 9' TERM; echo x >/data/left; while :; do /bin/busybox sleep 0.1; done")
    found = verify(lading, image, runtime)
    rows = {row["id"]: row for row in found["requirements"] if row["status"] == "not met"}
    assert set(rows) == {"no-root", "clean-stop", "writes-nothing"}
    assert rows["writes-nothing"]["evidence"] == "it wrote /data/left (added)"
    assert rows["clean-stop"]["evidence"].startswith("exit code 9 ")


@pytest.mark.parametrize("runtime", ["docker", "runc"])
def test_the_kernel_holds_it_to_its_memory(
    runtime: str, lading: Program, faulty: Callable[[str], str], tool: Callable[[str], Program]
) -> None:
    tool(runtime)
    greedy = faulty("exec /bin/busybox dd if=/dev/zero of=/dev/null bs=200M")
    found = verify(lading, greedy, runtime, "--memory", "32MiB")
    (row,) = (row for row in found["requirements"] if row["id"] == "starts")
    assert (row["status"], "killed" in row["evidence"] or "exit code 1" in row["evidence"]) == ("not met", True), row


def test_the_reference_service_is_proven(lading: Program, riskshield: Built) -> None:
    """As its team would: in its folder, by its name; two platforms are asked for, and both are there."""
    lading("build", "--platform", "linux/amd64,linux/arm64", cwd=riskshield.folder)
    told = lading("prove", "riskshield", "--runtime", "crun", "--format", "json", cwd=riskshield.folder)
    (proof,) = json.loads(told)["proofs"]
    rows = {row["id"]: row["status"] for row in proof["requirements"]}
    assert proof["met"]
    assert {name for name, status in rows.items() if status == "not looked at"} <= {"ready", "scanned"}
    assert {"multi-stage", "non-root", "base", "budget", "health-check", "port", "pinned", "reproducible"} <= set(rows)
    assert proof["size"]["unpacked"] < 200_000_000


def test_a_build_is_proven_at_once_and_refused_when_it_is_not_what_was_decided(
    lading: Program, riskshield: Built
) -> None:
    config = riskshield.folder / "lading.toml"
    before = config.read_text()
    held = '[prove]\nhealthy-within = "10ms"\n\n[services.riskshield]'
    config.write_text(before.replace("[services.riskshield]", held, 1))
    try:
        done = lading.attempt("build", "--prove", cwd=riskshield.folder)
    finally:
        config.write_text(before)
    assert done.returncode == 1, done.stderr.decode()
    assert re.search(rb"Healthy in time: [0-9.]+ s after its process began", done.stderr)
    assert re.search(rb"^Clean stop +met", done.stdout, re.MULTILINE)
    assert b"total" in lading("size", "riskshield", cwd=riskshield.folder).encode()
