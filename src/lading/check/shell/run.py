"""The commands of an instruction or a script, as they run in a stage.

for call in calls(run.command, state):
call.name           # "apt-get"
call.words          # with variables replaced as far as they are known
call.conditional    # may not have run although the script has succeeded
"""

from collections.abc import Iterator, Sequence

from lading.check.dockerfile.model import Command, Run, ShellForm
from lading.check.dockerfile.positions import Passage, joined
from lading.check.dockerfile.words import UNKNOWN, Lookup, Variable
from lading.check.model.state import State
from lading.check.shell.commands import Course
from lading.check.shell.manner import Manner
from lading.check.shell.memory import Memory
from lading.check.shell.model import Invocation, Kind, Value
from lading.check.shell.walk import Walker
from lading.check.shell.wrappers import SHELLS, shell_options

_OF_THE_SHELL = frozenset(
    {
        "BASH", "BASHPID", "BASH_SOURCE", "BASH_VERSION", "EUID", "FUNCNAME", "HOSTNAME", "HOSTTYPE", "IFS", "LINENO",
        "LOGNAME", "MACHTYPE", "OLDPWD", "OSTYPE", "PIPESTATUS", "PPID", "RANDOM", "REPLY", "SECONDS", "SHELL", "SHLVL",
        "UID", "USER",
    }
)  # fmt: skip
"""Variables that a shell sets by itself, or may."""


def run_calls(run: Run, state: State) -> Iterator[Invocation]:
    """The commands of a RUN."""
    command = run.command
    if isinstance(command, ShellForm) and run.heredocs and command.text.startswith("#!"):
        yield from script_calls(command.text, state, passage=Passage(command.text, command.positions), positional=())
    else:
        yield from command_calls(command, state)


def command_calls(command: Command, state: State) -> Iterator[Invocation]:
    """The commands of RUN, CMD, ENTRYPOINT or HEALTHCHECK in either form."""
    if isinstance(command, ShellForm):
        yield from _by_shell(Passage(command.text, command.positions), state.shell, _memory(state, ()))
        return
    words = tuple(Value(text=one.text, prefix=one.text, written=one.text, span=one.span) for one in command.words)
    walker = Walker(joined([("", 1, 1)]), _memory(state, ()), "posix", Course())
    if words:
        yield from walker.run(Invocation(words=words, span=command.span), Manner())


def script_calls(
    text: str, state: State, *, passage: Passage | None = None, positional: tuple[str, ...] | None = None
) -> Iterator[Invocation]:
    """The commands of a script in a file, with places in that file unless a `passage` has others.

    What runs it is named in its first line, else `sh`. `positional` are its arguments, where they are known. One for
    something else than a shell is a single command.
    """
    passage = passage or joined((line, number, 1) for number, line in enumerate(text.splitlines(keepends=True), 1))
    interpreter = _interpreter(text)
    if _kind(interpreter) != "other":
        yield from _by_shell(passage, (*interpreter, "-c"), _memory(state, positional))
        return
    span = passage.span(0, len(passage.text))
    words = [Value(text=one, prefix=one, written=one, span=span) for one in interpreter]
    unknown = Value(text=None, written=passage.text, span=span)
    yield Invocation(words=(*words, unknown), span=span, workdir=state.workdir)


def _interpreter(text: str) -> tuple[str, ...]:
    """The program that a script's first line names, with its arguments; `env` is seen through."""
    if not text.startswith("#!"):
        return ("/bin/sh",)
    words = text[2:].partition("\n")[0].split()
    if words and words[0].endswith("/env"):
        words = [one for one in words[1:] if one != "-S"]
    return tuple(words) or ("/bin/sh",)


def _kind(shell: Sequence[str]) -> Kind:
    return SHELLS.get(shell[0].rpartition("/")[2], "other") if shell else "other"


def _by_shell(passage: Passage, shell: Sequence[str], memory: Memory) -> Iterator[Invocation]:
    kind = _kind(shell)
    walker = Walker(passage, memory, kind, Course())
    options = shell_options(shell[1:])
    if kind == "other" or "c" not in options:
        yield walker.unreadable(Manner())
        return
    memory.stops_on_failure, memory.stops_in_pipes = "e" in options, "p" in options
    if "l" in options:
        memory.forget()
    yield from walker.walk(Manner())


def _memory(state: State, positional: tuple[str, ...] | None) -> Memory:
    return Memory(variables={}, outside=_environment(state), workdir=state.workdir, positional=positional)


def _environment(state: State) -> Lookup:
    """The variables that a command of a stage finds."""

    def lookup(name: str) -> Variable:
        if name in state.env.values:
            value = state.env.values[name]
            return UNKNOWN if value is None else value
        if name == "HOME":
            return _home(state)
        return None if state.env.closed and name not in _OF_THE_SHELL else UNKNOWN

    return lookup


def _home(state: State) -> Variable:
    """Where HOME is not set, the runtime takes it from the user's account."""
    account = None if state.user is None else state.accounts.user(state.user.partition(":")[0] or "root")
    home = account.home if account else None
    return UNKNOWN if home is None else home
