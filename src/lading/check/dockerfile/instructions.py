"""Each instruction from its statement, by the rules that BuildKit has for it.

Rules: https://docs.docker.com/reference/dockerfile/, and BuildKit's `frontend/dockerfile/instructions`.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypedDict

import msgspec

from lading.check.dockerfile.flags import mounts, refuse_flags
from lading.check.dockerfile.heredocs import mark, script
from lading.check.dockerfile.model import (
    AnyInstruction,
    Arg,
    Cmd,
    Command,
    Comment,
    Copy,
    Entrypoint,
    Env,
    ExecForm,
    Expose,
    Flag,
    From,
    Healthcheck,
    Heredoc,
    Label,
    Maintainer,
    Onbuild,
    Pair,
    Run,
    Shell,
    ShellForm,
    Stopsignal,
    User,
    Volume,
    Word,
    Workdir,
)  # fmt: skip
from lading.check.dockerfile.statement import Statement
from lading.check.dockerfile.words import syntax_error
from lading.finding import Span

_TAKE_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})
_NOT_IN_ONBUILD = frozenset({"ONBUILD", "FROM", "MAINTAINER"})
_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")


class _Common(TypedDict):
    keyword: Word
    span: Span
    flags: tuple[Flag, ...]
    heredocs: tuple[Heredoc, ...]
    comments: tuple[Comment, ...]


def instruction(statement: Statement) -> AnyInstruction | None:
    """The instruction that a statement is; None where that cannot be told. Problems are noted in the statement."""
    build = _BUILDERS.get(statement.name)
    if build is None:
        statement.refuse(f"unknown instruction: {statement.keyword.text}", statement.keyword.span)
        return None
    refuse_flags(statement)
    return build(statement)


def refuse_words(found: AnyInstruction, statement: Statement) -> None:
    """Note words whose quotes or substitutions BuildKit cannot read, whatever the variables are."""
    for word in _expanded(found):
        if error := syntax_error(word.text, statement.escape):
            statement.refuse(f"{word.text}: {error}", word.span)


def _expanded(found: AnyInstruction) -> tuple[Word, ...]:
    """The words in which BuildKit replaces variables."""
    match found:
        case Arg(pairs=pairs):
            return tuple(one.value for one in pairs if one.value is not None)
        case Env(pairs=pairs) | Label(pairs=pairs):
            return tuple(word for one in pairs for word in (one.name, one.value) if word is not None)
        case Copy(sources=sources, destination=destination):
            return (*(one for one in sources if isinstance(one, Word)), destination)
        case Expose(ports=words) | Volume(paths=words):
            return words
        case Workdir(path=word) | User(user=word) | Stopsignal(signal=word) | From(image=word):
            return (word,)
    return ()


def takes_heredocs(statement: Statement) -> bool:
    """Whether `<<EOF` in it announces a heredoc: in RUN, COPY and ADD without a JSON list."""
    return statement.name in _TAKE_HEREDOCS and "<<" in statement.passage.text and not statement.is_json()


def _common(statement: Statement) -> _Common:
    return {
        "keyword": statement.keyword,
        "span": statement.span,
        "flags": statement.flags,
        "heredocs": statement.heredocs,
        "comments": statement.comments,
    }


def _from(statement: Statement) -> From:
    """A stage begins whatever is wrong with it, lest what follows count for the stage before."""
    words = statement.words()
    name = words[2] if len(words) == 3 and words[1].text.lower() == "as" else None
    if name is None and len(words) != 1:
        statement.refuse("FROM requires either one or three arguments")
    elif name and not _STAGE_NAME.fullmatch(name.text.lower()):
        message = f"invalid name for build stage: {name.text!r}, name can't start with a number or contain symbols"
        statement.refuse(message, name.span)
        name = None
    return From(**_common(statement), image=words[0] if words else statement.whole(), name=name)


def _arg(statement: Statement) -> Arg | None:
    pairs = statement.pairs()
    if not _has_arguments(statement):
        return None
    if not all(one.name.text for one in pairs):
        statement.refuse("ARG names can not be blank")
    return Arg(**_common(statement), pairs=tuple(one for one in pairs if one.name.text))


def _env(statement: Statement) -> Env | None:
    pairs = _assignments(statement)
    return Env(**_common(statement), pairs=pairs) if pairs else None


def _label(statement: Statement) -> Label | None:
    pairs = _assignments(statement)
    return Label(**_common(statement), pairs=pairs) if pairs else None


def _assignments(statement: Statement) -> tuple[Pair, ...]:
    """`NAME=value …`, or `NAME value` with all that follows as the value."""
    pairs = statement.pairs()
    if not _has_arguments(statement):
        return ()
    if pairs and pairs[0].value is None:
        old = statement.old_pair()
        if old is None:
            statement.refuse(f"{statement.name} must have two arguments")
        return (old,) if old else ()
    for one in pairs:
        if one.value is None:
            message = f"can't find = in {one.name.text!r}; it must be of the form name=value"
            statement.refuse(message, one.name.span)
        elif not one.name.text:
            statement.refuse(f"{statement.name} names can not be blank", one.value.span)
    return tuple(one for one in pairs if one.value is not None and one.name.text)


def _has_arguments(statement: Statement) -> bool:
    if statement.start == statement.end:
        statement.refuse(f"{statement.name} requires at least one argument")
    return statement.start < statement.end


def _command(statement: Statement) -> Command:
    words = statement.json()
    if words is not None:
        return ExecForm(words, statement.whole().span)
    if statement.documents:
        passage = script(statement)
        return ShellForm(passage.text, passage.span(0, len(passage.text)), passage.positions)
    whole = statement.whole()
    return ShellForm(whole.text, whole.span, statement.passage.positions.since(statement.start))


def _run(statement: Statement) -> Run:
    return Run(**_common(statement), command=_command(statement), mounts=mounts(statement))


def _cmd(statement: Statement) -> Cmd:
    return Cmd(**_common(statement), command=_command(statement))


def _entrypoint(statement: Statement) -> Entrypoint:
    return Entrypoint(**_common(statement), command=_command(statement))


def _healthcheck(statement: Statement) -> Healthcheck | None:
    if not _has_arguments(statement):
        return None
    kind = statement.words()[0]
    behind = statement.from_word(1)
    match kind.text.upper():
        case "NONE" if not behind.arguments:
            return Healthcheck(**_common(statement), command=None)
        case "NONE":
            statement.refuse("HEALTHCHECK NONE takes no arguments")
        case "CMD" if behind.arguments and behind.json() != ():
            return Healthcheck(**_common(statement), command=_command(behind))
        case "CMD":
            statement.refuse("missing command after HEALTHCHECK CMD")
        case _:
            statement.refuse(f"unknown type {kind.text!r} in HEALTHCHECK (try CMD)", kind.span)
    return None


def _copy(statement: Statement) -> Copy | None:
    words = statement.json()
    words = statement.words() if words is None else words
    if len(words) < 2:
        statement.refuse(f"{statement.name} requires at least two arguments: a source and a destination")
        return None
    *sources, destination = words
    if mark(destination.text):
        statement.refuse(f"{statement.name} cannot accept a heredoc as a destination", destination.span)
        return None
    documents = {one.name: one for one in statement.heredocs}
    return Copy(
        **_common(statement),
        sources=tuple(_source(one, documents) for one in sources),
        destination=destination,
        adds=statement.name == "ADD",
    )


def _source(word: Word, documents: Mapping[str, Heredoc]) -> Word | Heredoc:
    found = mark(word.text) if documents else None
    return documents.get(found.name, word) if found else word


def _workdir(statement: Statement) -> Workdir | None:
    return Workdir(**_common(statement), path=statement.whole()) if _has_arguments(statement) else None


def _user(statement: Statement) -> User | None:
    return User(**_common(statement), user=statement.whole()) if _has_arguments(statement) else None


def _stopsignal(statement: Statement) -> Stopsignal | None:
    return Stopsignal(**_common(statement), signal=statement.whole()) if _has_arguments(statement) else None


def _maintainer(statement: Statement) -> Maintainer | None:
    return Maintainer(**_common(statement), text=statement.whole()) if _has_arguments(statement) else None


def _shell(statement: Statement) -> Shell | None:
    words = statement.json()
    if words:
        return Shell(**_common(statement), words=words)
    statement.refuse("SHELL requires the arguments to be in JSON form" if words is None else "SHELL must not be empty")
    return None


def _expose(statement: Statement) -> Expose | None:
    return Expose(**_common(statement), ports=statement.words()) if _has_arguments(statement) else None


def _volume(statement: Statement) -> Volume | None:
    words = statement.json()
    words = statement.words() if words is None else words
    paths = tuple(one for one in words if one.text.strip())
    if not words:
        statement.refuse("VOLUME requires at least one argument")
    elif len(paths) < len(words):
        statement.refuse("VOLUME must not name an empty path")
    return Volume(**_common(statement), paths=paths) if paths else None


def _onbuild(statement: Statement) -> Onbuild | None:
    if not _has_arguments(statement):
        return None
    inner = statement.inside()
    if inner.name in _NOT_IN_ONBUILD:
        statement.refuse(f"{inner.name} is not allowed as an ONBUILD trigger", inner.keyword.span)
        return None
    # What is wrong inside breaks the build of another image, not this one.
    own = msgspec.structs.replace(inner, heredocs=statement.heredocs, documents=statement.documents, problems=[])
    within = instruction(own)
    return Onbuild(**_common(statement), instruction=within) if within else None


_BUILDERS: Mapping[str, Callable[[Statement], AnyInstruction | None]] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "MAINTAINER": _maintainer,
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
