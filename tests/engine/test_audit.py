"""What the audit says of a start, held against what Docker makes of it; and of files, against other readers of them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.elf import Closure
from tests.engine.rootfs import Rootfs
from tests.engine.service import Built

from lading.cli.images import Found, choose
from lading.oci.layout import read_layout
from lading.prove.audit import Audit, Expectations, audit

DOCKERFILE = """\
FROM {base} AS base
COPY --chmod=755 plain shell crlf /scripts/
COPY --chmod=644 plain /scripts/closed
COPY --chmod=711 plain /scripts/unreadable
RUN ["/bin/busybox", "mkdir", "-m", "700", "/closed"]
RUN ["/bin/busybox", "cp", "/bin/busybox", "/scripts/true"]
RUN ["/bin/busybox", "chmod", "700", "/scripts/true"]
USER 65532:65532

FROM base AS good
ENTRYPOINT ["/bin/busybox", "true"]

FROM base AS by-path
WORKDIR /bin
ENTRYPOINT ["./busybox", "true"]

FROM base AS by-search
CMD ["busybox", "true"]

FROM base AS by-script
CMD ["/scripts/plain"]

FROM base AS missing
CMD ["/scripts/none"]

FROM base AS not-on-the-path
CMD ["plain"]

FROM base AS no-shell
CMD /scripts/plain

FROM base AS no-interpreter
CMD ["/scripts/shell"]

FROM base AS windows
CMD ["/scripts/crlf"]

FROM base AS not-executable
CMD ["/scripts/closed"]

FROM base AS unreadable
CMD ["/scripts/unreadable"]

FROM base AS not-for-the-user
CMD ["/scripts/true"]

FROM base AS nobody
USER somebody
CMD ["/scripts/plain"]

FROM base AS no-folder
WORKDIR /closed
CMD ["/scripts/plain"]
"""
TARGETS = [line.rpartition(" ")[2] for line in DOCKERFILE.splitlines() if line.startswith("FROM base ")]
START = {"program-cannot-start", "script-without-interpreter", "account-not-in-image", "working-directory"}


@pytest.fixture(scope="module")
def images(
    docker: Program, busybox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """The name of each target's image."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "plain").write_bytes(b"#!/bin/busybox ash\n")
    (folder / "shell").write_bytes(b"#!/bin/sh\n")
    (folder / "crlf").write_bytes(b"#!/bin/busybox\r\n")
    (folder / "Dockerfile").write_text(DOCKERFILE.format(base=busybox_image))
    names = {target: f"lading-audit-{target}" for target in TARGETS}
    for target, name in names.items():
        docker("buildx", "build", "--quiet", "--network=host", "--load", "--target", target, "--tag", name, folder)
    yield names
    docker("image", "rm", "--force", *names.values())


def severity_of(name: str, environ: Mapping[str, str]) -> str:
    """The worst that is said of the start of an image in Docker; empty for nothing."""
    command = [
        sys.executable,
        "-m",
        "lading",
        "audit",
        f"docker-daemon:{name}",
        "--format",
        "json",
        "--fail-on",
        "never",
    ]
    done = subprocess.run(command, capture_output=True, env=dict(environ), check=True, cwd=Path("/"))
    found = [one["severity"] for one in json.loads(done.stdout)["findings"] if one["rule"] in START]
    return found[0] if found else ""


def test_an_image_starts_where_the_audit_has_nothing_against_it(
    docker: Program, images: Mapping[str, str], engine_environ: dict[str, str]
) -> None:
    """An error starts nowhere; a warning where the container has Docker's capabilities, and nowhere else."""
    severities = {target: severity_of(name, engine_environ) for target, name in images.items()}
    started = {"good", "by-path", "by-search", "by-script"}
    assert {target for target, severity in severities.items() if severity == ""} == started
    assert {target for target, severity in severities.items() if severity == "warning"} == {
        "not-for-the-user",
        "no-folder",
    }

    def starts(*flags: str) -> set[str]:
        run = ("run", "--rm", "--network=host", *flags)
        return {target for target, name in images.items() if docker.attempt(*run, name).returncode == 0}

    assert starts() == {target for target, severity in severities.items() if severity != "error"}
    # runc enters the folder before it becomes the user, who then cannot use it.
    assert starts("--cap-drop=ALL") == started | {"no-folder"}


def audited(built: Built, architecture: str) -> Audit:
    """The audit of one image of a layout that Lading has written."""
    found = Found(built.name, read_layout(built.layout).open())
    return audit(choose(found, f"linux/{architecture}"), Expectations(health=True))


@pytest.mark.parametrize("image", ["distroless/amd64", "distroless/arm64", "slim/amd64"])
def test_the_reference_images_are_as_they_should_be(
    image: str, riskshield: Built, slim: Built, unpacked: Mapping[str, Rootfs]
) -> None:
    """Held against what pyelftools makes of the files that other tools have unpacked."""
    base, _, architecture = image.partition("/")
    result = audited(slim if base == "slim" else riskshield, architecture)
    told = {one.rule for one in result.findings if one.severity != "info"}
    assert told == ({"shell-in-image"} if base == "slim" else set())
    closure = Closure(unpacked[image], architecture)
    linking = result.facts.linking
    assert (linking.files, linking.unmet) == (len(closure.files), 0)
    assert linking.needs == sum(len(elf.needed) for elf in closure.files.values())
    assert result.facts.modules.stale == 0
    assert result.facts.modules.ready > 1000
