"""What the image starts: the program, the health check, and the folder that they start in.

https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties,
https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from lading.finding import Finding, Place, Rule, Severity
from lading.prove.audit import scripts
from lading.prove.audit.found import found
from lading.prove.audit.inside import DEFAULT_PATH, File, Inside
from lading.prove.audit.loader import MACHINES

NONE = Rule(
    id="no-command",
    severity="warning",
    title="the image has no command",
    why="Neither Entrypoint nor Cmd is set: it only starts where somebody says what.",
)
PROGRAM = Rule(
    id="program-cannot-start",
    severity="error",
    title="the image's program cannot be started",
    why="The program is missing, not executable for the image's user, for another processor, or needs a shell that is "
    "not there: every container ends before it has begun.",
)
HEALTH = Rule(
    id="health-check-cannot-run",
    severity="error",
    title="the health check's program cannot be run",
    why="A health check that cannot run fails forever: the container is unhealthy, however well the service works.",
)
NO_HEALTH = Rule(
    id="no-health-check",
    severity="info",
    title="there is no health check",
    why="Docker and compose only know that a service works where its image says how to ask. Kubernetes has probes of "
    "its own and does not look.",
)
FOLDER = Rule(
    id="working-directory",
    severity="error",
    title="the working directory cannot be used",
    why="The runtime changes into it before it starts the program, as the image's user.",
)
SEARCH = Rule(
    id="path-entry-missing",
    severity="info",
    title="a folder of PATH is not in the image",
    why="It is looked into for nothing, mostly because what it was for lies elsewhere.",
)
RULES = (NONE, PROGRAM, HEALTH, NO_HEALTH, FOLDER, SEARCH)

_SHELL = ("/bin/sh", "-c")
_BUILTINS = frozenset({
    "!", ".", ":", "[", "[[", "break", "case", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export",
    "false", "for", "function", "if", "printf", "pwd", "read", "return", "set", "shift", "source", "test", "then",
    "trap", "true", "type", "ulimit", "umask", "unset", "until", "wait", "while", "{", "(",
})  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+\Z")
_INTERPRETERS = re.compile(r"(?:python[0-9.]*|node|nodejs|ruby|perl|bash|sh|dash)\Z")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


class _Problem(NamedTuple):
    """What stands in the way of a start, in a sentence; a warning where some containers start all the same."""

    text: str
    severity: Severity = "error"


class Starting:
    """What an image starts, and what stands in its way."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside

    @property
    def program(self) -> str:
        """The real path of the program, or empty."""
        command = self._inside.command
        return (self._inside.program(command[0]) or "") if command else ""

    @property
    def health(self) -> tuple[str, ...]:
        """The words of the health check; none where there is none."""
        check = self._inside.run.healthcheck
        words = check.test if check else ()
        if not words or words[0] == "NONE":
            return ()
        return words[1:] if words[0] == "CMD" else (*(self._inside.run.shell or _SHELL), *words[1:])

    @property
    def health_program(self) -> str:
        """The real path of the health check's program, or empty."""
        return (self._inside.program(self.health[0]) or "") if self.health else ""

    @cached_property
    def started(self) -> frozenset[str]:
        """The real paths of all programs that are started: of the command, of the health check, of what shell forms
        call, and of scripts' interpreters."""
        found_ = {self.program, self.health_program}
        for words in (self._inside.command, self.health):
            found_ |= {self._inside.program(word) or "" for word in called(words)}
        for path in tuple(found_ - {""}):
            found_.add(scripts.interpreter(self._inside, path) or "")
        return frozenset(found_ - {""})

    def look(self) -> Iterator[Finding]:
        """What is wrong with the start."""
        yield from self._command()
        yield from self._health()
        yield from self._folder()
        for folder in self._inside.search_path:
            if folder not in DEFAULT_PATH and not self._inside.is_folder(folder):
                yield found(SEARCH, f"{folder} is in PATH, and not in the image", Place(path="configuration › Env"))

    def _command(self) -> Iterator[Finding]:
        place = Place(path=f"configuration › {'Entrypoint' if self._inside.run.entrypoint else 'Cmd'}")
        if not self._inside.command:
            yield found(NONE, "neither Entrypoint nor Cmd is set", place, help='CMD ["…"]')
            return
        problem = self._problem(self._inside.command)
        if problem:
            yield found(PROGRAM, problem.text, place, severity=problem.severity, help=_help(problem.text))

    def _health(self) -> Iterator[Finding]:
        place = Place(path="configuration › Healthcheck")
        if not self.health:
            severity: Severity = "warning" if self._inside.expected.health else "info"
            yield found(NO_HEALTH, "no health check is set", place, severity=severity)
            return
        problem = self._problem(self.health)
        if problem:
            message = f"the health check cannot run: {problem.text}"
            yield found(HEALTH, message, place, severity=problem.severity, help=_help(problem.text))

    def _folder(self) -> Iterator[Finding]:
        said = self._inside.run.working_dir
        real = self._inside.real(said) if said else ""
        place = Place(path="configuration › WorkingDir")
        if real is None:
            message = f"{said} is not in the image: the runtime makes it, as root's"
            yield found(FOLDER, message, place, severity="warning")
        elif real and not self._inside.is_folder(said):
            yield found(FOLDER, f"{said} is no folder", place)
        elif real and self._inside.user.uid is not None and not self._inside.may(real, 1):
            message = f"the image's user ({self._inside.user.uid}) may not enter {said}"
            yield found(FOLDER, message, place, severity="warning", help=f"chmod a+x {said}")

    def _problem(self, words: Sequence[str]) -> _Problem | None:
        """Why these words cannot be started; nothing where they can."""
        problem = self._program_problem(words[0])
        if problem:
            in_shell_form = tuple(words[:2]) == _SHELL
            return problem._replace(text=f"it is in shell form, and {problem.text}") if in_shell_form else problem
        for word in called(words):
            if not self._inside.program(word):
                return _Problem(f"it calls {word}, which is not in the image")
        return self._script_argument(words)

    def _program_problem(self, word: str) -> _Problem | None:
        inside = self._inside
        path = inside.program(word)
        if path is None:
            return _Problem(f"{word} is not in the image" if "/" in word else f"{word} is in no folder of PATH")
        file = inside.files[path]
        if not file.mode & 0o111:
            return _Problem(f"{word} is not executable ({file.mode:04o})")
        is_script = file.seen.script is not None
        lacking = scripts.missing(inside, path) if is_script else self._unfit(file)
        return _Problem(f"{word} cannot start: {lacking}") if lacking else self._forbidden(word, path, is_script)

    def _forbidden(self, word: str, path: str, is_script: bool) -> _Problem | None:
        """Whether the image's user may start what is at a path. Docker's default capabilities let it start a program
        all the same: they are only given up with the very execve; a script's interpreter has none when it reads it."""
        uid = self._inside.user.uid
        if uid is None or (self._inside.may(path, 1) and (not is_script or self._inside.may(path, 4))):
            return None
        file = self._inside.files[path]
        told = f"the image's user ({uid}) may not {'read' if is_script else 'execute'} {word}"
        return _Problem(f"{told} ({file.mode:04o}, owner {file.uid})", "error" if is_script else "warning")

    def _unfit(self, file: File) -> str:
        """Why the kernel would not take a file for a program of this machine; empty where it would."""
        wanted = MACHINES.get(self._inside.config.architecture, file.seen.machine)
        if file.seen.machine:
            return f"it is for {file.seen.machine}, and the image for {wanted}" if file.seen.machine != wanted else ""
        return "it is neither a program nor a script that names an interpreter"

    def _script_argument(self, words: Sequence[str]) -> _Problem | None:
        """A script that an interpreter is to read: `python app/main.py`, `node server.js`."""
        inside = self._inside
        name = words[0].rpartition("/")[2]
        if len(words) < 2 or not _INTERPRETERS.match(name) or not re.search(r"\.(?:py|m?js|cjs|rb|pl|sh)\Z", words[1]):
            return None
        whole = words[1] if words[1].startswith("/") else f"{inside.run.working_dir or '/'}/{words[1]}"
        real = inside.real(whole)
        if real is None:
            return _Problem(f"{name} is to read {whole}, which is not in the image")
        if inside.user.uid is not None and not inside.may(real, 4):
            return _Problem(f"the image's user ({inside.user.uid}) may not read {whole}")
        return None


def called(words: Sequence[str]) -> tuple[str, ...]:
    """The programs that a shell form calls first in each of its simple commands, as far as that is certain.

    >>> called(["/bin/sh", "-c", "curl -f http://localhost/ || exit 1"]), called(["/app/server"])
    (('curl',), ())
    """
    if len(words) < 3 or words[0].rpartition("/")[2] not in ("sh", "bash", "dash", "ash") or words[1] != "-c":
        return ()
    text = words[2]
    if re.search(r"[`<#]|\$\(|\b(?:if|for|while|case|function)\b", text):
        return ()
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        found_words = list(lexer)
    except ValueError:
        return ()
    names, first = list[str](), True
    for word in found_words:
        if set(word) <= set("|&;()"):
            first = True
        elif first and not _ASSIGNMENT.match(word):
            first = word == "exec"
            if word not in _BUILTINS and _PLAIN.match(word):
                names.append(word)
    return tuple(dict.fromkeys(names))


def _help(problem: str) -> str:
    if "shell form" in problem:
        return 'write it in exec form: CMD ["program", "argument"]'
    if "may not execute" in problem:
        return "chmod a+x: without the capability CAP_DAC_OVERRIDE (Kubernetes' restricted profile) it does not start"
    if "not executable" in problem:
        return "COPY --chmod=755, or git update-index --chmod=+x"
    return ""
