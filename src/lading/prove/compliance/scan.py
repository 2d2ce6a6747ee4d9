"""Known vulnerabilities, by a scanner where one is installed: Lading has no data of its own about them.

https://trivy.dev/latest/docs/target/container_image/
"""

from collections import Counter
from pathlib import Path
from shutil import which

import msgspec

from lading.errors import StepFailed
from lading.oci.layout import write_layout
from lading.oci.model import Image
from lading.proc import LAST_LINES, Runner
from lading.prove.compliance.model import Scan

SCANNER = "trivy"
SEVERITIES = ("CRITICAL", "HIGH")
"""What counts, as in most teams' pipelines."""


class _Vulnerability(msgspec.Struct, rename="pascal"):
    severity: str = ""


class _Result(msgspec.Struct, rename="pascal"):
    vulnerabilities: list[_Vulnerability] | None = None


class _Report(msgspec.Struct, rename="pascal"):
    results: list[_Result] | None = None


def scanner() -> str:
    """The scanner that is installed, or nothing."""
    return SCANNER if which(SCANNER) else ""


def scan(image: Image, folder: Path, *, runner: Runner) -> Scan:
    """What the scanner knows against an image. `folder` is empty and takes a copy of it.

    Raises `StepFailed` when the scanner fails, as it does where it cannot fetch its data.
    """
    layout = folder / "layout"
    write_layout(layout, {"scanned": image})
    words = [SCANNER, "image", "--quiet", "--format", "json", "--severity", ",".join(SEVERITIES)]
    done = runner.run([*words, "--input", layout])
    if done.code:
        last = done.err.strip().splitlines()[-LAST_LINES:]
        told = "\n".join(f"  | {line}" for line in last)
        raise StepFailed(
            f"{SCANNER} cannot scan the image (exit code {done.code})\n{told}", fix=f"{SCANNER} image --help"
        )
    return Scan(tool=SCANNER, found=counted(done.out.encode()))


def counted(report: bytes) -> tuple[tuple[str, int], ...]:
    """How many vulnerabilities of each severity a report of the scanner names. `StepFailed` for one that is none."""
    try:
        results = msgspec.json.decode(report, type=_Report).results or []
    except msgspec.DecodeError as error:
        raise StepFailed(f"{SCANNER} tells something else than before: {error}", fix=f"{SCANNER} --version") from error
    numbers = Counter(one.severity for result in results for one in result.vulnerabilities or ())
    return tuple((severity, numbers[severity]) for severity in SEVERITIES)
