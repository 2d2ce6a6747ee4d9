"""A service whose team keeps its own Dockerfile, small enough to be built in a second on a machine without images."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.conftest import Program
from tools.engine.home import Home
from tools.engine.wrappers import tool_program

HOST = ("--network", "host")
"""The engine of these tests has no bridge: RUN uses the machine's own network."""

DOCKERFILE = """\
FROM scratch AS build
COPY busybox /bin/busybox

# Says {word}, as the team wants it.
RUN ["/bin/busybox", "sh", "-c", "{run}"]

FROM scratch
COPY busybox /bin/busybox
COPY --from=build /made /made/{word}
USER 65532:65532
ENTRYPOINT ["/bin/busybox"]
"""


@dataclass(frozen=True, kw_only=True)
class OwnService:
    """A folder with a Dockerfile, and the command line that builds it."""

    folder: Path
    lading: Program

    def dockerfile(self, run: str, *, word: str = "hello", name: str = "Dockerfile") -> Path:
        """Write the Dockerfile; `run` is a line of shell that must make `/made`."""
        file = self.folder / name
        file.write_text(DOCKERFILE.format(word=word, run=run))
        return file

    def build(self, *flags: str | Path) -> dict[str, Any]:
        """Build it; the report."""
        words = ("build", "--from-dockerfile", self.folder / "Dockerfile", "--format", "json", *HOST)
        (report,) = json.loads(self.lading(*words, *flags))["builds"]
        return dict(report)

    def refused(self, *flags: str | Path, code: int) -> str:
        """Build it, which must fail with that exit code; the error's text."""
        done = self.lading.attempt("build", "--from-dockerfile", self.folder / "Dockerfile", *HOST, *flags)
        told = done.stderr.decode()
        assert done.returncode == code, told
        assert "Traceback" not in told
        return told[told.index("error: ") :]


def own_service(folder: Path, home: Home, lading: Program) -> OwnService:
    """A service in a new folder."""
    folder.mkdir(parents=True)
    shutil.copy(tool_program(home, "busybox"), folder / "busybox")
    (folder / "busybox").chmod(0o755)
    return OwnService(folder=folder, lading=lading)
