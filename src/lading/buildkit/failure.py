"""Why a build failed, from what BuildKit has said: an error in three parts, of the kind that it is. Pure."""

import re
from collections.abc import Sequence
from itertools import pairwise

from lading.buildkit.model import Job
from lading.buildkit.steps import Name, Steps, parse_name
from lading.errors import LadingError, RemoteFailed, StepFailed, Unavailable, UsageError

CONTAINERD_STORE = "https://docs.docker.com/engine/storage/containerd/"

_EXIT = re.compile(r"did not complete successfully: exit code: (\d+)")
_LINE = re.compile(r"^[^\s{].*:(\d+)$")
_REMOTE = re.compile(
    r"failed to (?:resolve source metadata|do request|push|authorize|fetch|copy|configure registry cache)|dial tcp|"
    r"no such host|connection (?:refused|reset)|i/o timeout|TLS handshake|x509:|unexpected status|pull access denied|"
    r"error writing (?:layer blob|manifest blob)|server gave HTTP response",
    re.IGNORECASE,
)
_PARSE = re.compile(
    r"dockerfile parse error|unknown instruction|failed to parse|invalid argument|no build stage|cannot be empty",
    re.IGNORECASE,
)
_DAEMON = re.compile(
    r"Cannot connect to the Docker daemon|error during connect|permission denied while trying to connect"
)
_NO_BUILDX = re.compile(
    r"'buildx' is not a docker command|unknown flag: --(?:progress|file|builder)|unknown command.*buildx"
)
_OLD_BUILDX = re.compile(r"invalid progress mode rawjson|unknown flag: --(?:provenance|sbom|metadata-file)")
_NO_LAYOUT = re.compile(
    r"(?:OCI|oci) exporter is not supported|not currently support exporting|exporter.*not supported"
)
_BUILDER = re.compile(r"no builder .* found|failed to find driver|no valid drivers")
_DIRECTIVE = re.compile(r"#\s*(?:syntax|check|escape)\s*=|#\s*hadolint\b")
_WIDTH = 80


def failure(job: Job, steps: Steps, words: Sequence[str], *, builder: str = "") -> LadingError:
    """The error of a build that ended badly. `words` are buildx's own, the last ones last; they hold no secrets."""
    said = _said(words)
    vertex = steps.failed()
    if vertex is None:
        return _of_buildx(job, said, builder)
    name = parse_name(vertex.name)
    line = _line(words)
    why = reason_above(job.dockerfile, line) if line else ""
    text = vertex.error or said
    parts = [f"{job.service}: a step of its build failed{_outcome(text)}"]
    parts += [f"  | {one}" for one in steps.last_words(vertex)]
    parts.append(f"  step: {name.title}")
    if why:
        parts.append(_wrapped("  why: ", why))
    return _kind(name, f"{text}\n{said}")("\n".join(parts), where=_where(job, name, line), fix=_fix(job, name, text))


def reason_above(dockerfile: str, line: int) -> str:
    r"""The comment above the instruction at a line (from 1), or above the block of instructions that it is in.

    >>> reason_above("FROM a\n\n# installs what uv.lock names\nCOPY uv.lock .\nRUN uv sync\n", 5)
    'installs what uv.lock names'
    """
    lines = [text.strip() for text in dockerfile.splitlines()]
    at = min(line, len(lines)) - 1
    while at >= 0 and lines[at] and not lines[at].startswith("#"):
        at -= 1
    found: list[str] = []
    while at >= 0 and lines[at].startswith("#"):
        if not _DIRECTIVE.match(lines[at]):
            found.insert(0, lines[at].lstrip("# "))
        at -= 1
    return " ".join(part for part in found if part)


def _of_buildx(job: Job, said: str, builder: str) -> LadingError:
    """An error of buildx itself, or of what comes before the first step."""
    if _NO_BUILDX.search(said):
        return Unavailable(
            "docker has no buildx", fix="install it (Debian: apt install docker-buildx), then lading doctor"
        )
    if _OLD_BUILDX.search(said):
        return Unavailable("this buildx is older than 0.13", where="docker buildx version", fix="install a newer one")
    if _DAEMON.search(said):
        return Unavailable(
            _first(said), fix="start Docker, or name another builder with --builder; lading doctor looks"
        )
    if _NO_LAYOUT.search(said):
        return Unavailable(
            "this builder cannot export images: it is Docker's own, without its containerd image store",
            where=f"builder {builder}" if builder else "the default builder",
            fix=f"turn the store on ({CONTAINERD_STORE}), or `docker buildx create --name lading` and --builder lading",
        )
    if _BUILDER.search(said):
        return UsageError(
            _first(said), where=f"--builder {builder}" if builder else "", fix="docker buildx ls lists them"
        )
    kind = RemoteFailed if _REMOTE.search(said) else UsageError if _PARSE.search(said) else StepFailed
    return kind(f"{job.service}: {_first(said)}", where=job.file, fix=_look(job))


def _said(words: Sequence[str]) -> str:
    """Buildx's error: from the last `ERROR:` on, else all that it said."""
    starts = [at for at, word in enumerate(words) if word.startswith("ERROR:")]
    told = words[starts[-1] :] if starts else words
    return "\n".join(told).strip().removeprefix("ERROR:").strip()


def _first(said: str) -> str:
    line = said.partition("\n")[0].removeprefix("failed to solve: ").rstrip(".")
    return line or "docker buildx ended without a word"


def _line(words: Sequence[str]) -> int:
    """The Dockerfile's line that BuildKit shows: `Dockerfile:3` above a rule."""
    for word, rule in pairwise(words):
        match = _LINE.match(word)
        if match and rule.startswith("-----"):
            return int(match[1])
    return 0


def _outcome(text: str) -> str:
    match = _EXIT.search(text)
    if match:
        return f" (exit code {match[1]})"
    line = text.partition("\n")[0]
    return f": {line.rpartition('did not complete successfully: ')[2]}"


def _wrapped(head: str, text: str) -> str:
    import textwrap

    return textwrap.fill(text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _kind(name: Name, text: str) -> type[LadingError]:
    # A command's own trouble with a network is the step's: only what BuildKit itself fetches or sends is a remote's.
    if name.what.startswith("RUN ") and _EXIT.search(text):
        return StepFailed
    return RemoteFailed if _REMOTE.search(text) or _is_missing_image(name, text) else StepFailed


def _is_missing_image(name: Name, text: str) -> bool:
    return name.what.startswith(("load metadata", "FROM ", "resolve image")) and "not found" in text


def _where(job: Job, name: Name, line: int) -> str:
    place = f"{job.file}:{line}" if line else job.file
    return f"{place} › {name.platform}" if name.platform else place


def _fix(job: Job, name: Name, text: str) -> str:
    if name.what.startswith("RUN ") or _EXIT.search(text):
        return _look(job)
    if name.what.startswith("exporting"):
        return "check the registry's name and your login (docker login); trying again may help"
    if _is_missing_image(name, text) or _REMOTE.search(text):
        return "check the image's name and your login (docker login), or give the image with --build-context NAME=…"
    return _look(job)


def _look(job: Job) -> str:
    return f"lading render dockerfile {job.service} shows the file" if not job.own else f"look at {job.file}"
