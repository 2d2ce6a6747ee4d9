"""Whether a folder can hold an overlay: one inside another overlay, as in most containers, cannot."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def overlay_works(folder: Path) -> bool:
    """Try it below ``folder``, in mounts of its own, so that nothing is left whatever happens."""
    probe = folder / "overlay-probe"
    lower, upper, work, merged = parts = [probe / name for name in ("lower", "upper", "work", "merged")]
    for part in parts:
        part.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    command = ["unshare", "--mount", "--", "mount", "-t", "overlay", "-o", options, "overlay", str(merged)]
    works = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
    shutil.rmtree(probe)
    return works
