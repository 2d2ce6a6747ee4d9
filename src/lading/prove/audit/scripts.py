"""Scripts, and whether what their first line names is in the image."""

from collections.abc import Iterator

from lading.finding import Finding, Rule, Severity
from lading.prove.audit.found import found, listed
from lading.prove.audit.inside import Inside

RULE = Rule(
    id="script-without-interpreter",
    severity="error",
    title="a script's interpreter is not in the image",
    why="The kernel starts what the first line names, and says `no such file or directory` of the script itself. "
    "Scripts of a virtual environment name the Python of the stage that made it.",
)
RULES = (RULE,)


def look(inside: Inside, started: frozenset[str]) -> Iterator[Finding]:
    """One finding an interpreter; `started` are the real paths of what the image starts."""
    lacking: dict[str, list[str]] = {}
    for path in scripts(inside, started):
        problem = missing(inside, path)
        if problem:
            lacking.setdefault(problem, []).append(path)
    for problem, paths in sorted(lacking.items()):
        worst = min((_severity(inside, path, started) for path in paths), key=("error", "warning", "info").index)
        first = next((path for path in paths if path in started), paths[0])
        shown = listed([f"/{path}" for path in paths], 3)
        yield found(
            RULE,
            f"{problem}; it is asked for by {shown}",
            inside.place(first),
            severity=worst,
            help=_help(problem),
        )


def scripts(inside: Inside, started: frozenset[str]) -> Iterator[str]:
    """The scripts that can be started: executable ones in folders of programs, and what the image starts."""
    for path, file in inside.files.items():
        if file.kind == "file" and file.seen.script is not None:
            folder = path.rpartition("/")[0]
            if path in started or (file.mode & 0o111 and folder.endswith(("bin", "sbin"))):
                yield path


def missing(inside: Inside, path: str) -> str:
    """What a script's first line names and the image lacks, in words; empty where all is there."""
    line = inside.files[path].seen.script or ""
    if line.endswith("\r"):
        last = "".join(line.split()[-1:])
        return f"there is no {last} with a carriage return behind it (Windows line ends)"
    words = line.split()
    if not words:
        return ""
    if not inside.file(words[0]):
        link = inside.files.get(words[0].lstrip("/"))
        leads = f" (it is a link to {link.target})" if link and link.kind == "link" else ""
        return f"{words[0]} is not in the image{leads}"
    if words[0].rpartition("/")[2] != "env":
        return ""
    asked = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
    return f"{asked} is in no folder of PATH" if asked and not inside.program(asked) else ""


def interpreter(inside: Inside, path: str) -> str | None:
    """The real path of the program that a script is started by."""
    words = (inside.files[path].seen.script or "").split()
    if not words:
        return None
    if words[0].rpartition("/")[2] == "env":
        asked = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
        return inside.program(asked) if asked else None
    return inside.real(words[0]) if inside.file(words[0]) else None


def _severity(inside: Inside, path: str, started: frozenset[str]) -> Severity:
    """What the base has and nothing starts is worth knowing; so is what a package of the distribution has, or one of
    Node, whose scripts lie in no folder of PATH."""
    owner = inside.owner(path)
    of_base = inside.of_base(path) or (owner is not None and owner.kind in ("debian", "node"))
    return "error" if path in started else "info" if of_base else "warning"


def _help(problem: str) -> str:
    if "carriage return" in problem:
        return "save it with Unix line ends (.gitattributes: *.sh text eol=lf)"
    return (
        "make the virtual environment with the Python of the stage that ships, at the same path"
        if "python" in problem
        else ""
    )
