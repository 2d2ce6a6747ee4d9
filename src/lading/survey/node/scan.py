"""What one module of JavaScript or TypeScript says: routes, variables, ports, strings. Pure; read once per content."""

import re
from collections.abc import Sequence

import msgspec

from lading.survey.node.tokens import Token, tokens

LARGEST = 1 << 20
"""Bytes. What is larger was made by a tool, and tells nothing that its source does not."""

_METHODS = frozenset({"get", "head", "all", "use", "route", "Get", "Head", "All"})
_ENDING = frozenset({
    "SIGTERM", "@godaddy/terminus", "close-with-grace", "http-graceful-shutdown", "http-terminator", "lightship",
    "stoppable",
})  # fmt: skip
"""Texts of modules that end a server politely: the signal, and packages that wait for it."""
_HOOKS = "enableShutdownHooks"
"""What makes Nest listen for it (https://docs.nestjs.com/fundamentals/lifecycle-events#application-shutdown)."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\Z")
_SPOKEN = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9._~/-]*\Z")


class Read(msgspec.Struct, frozen=True):
    """A variable that is read, its default in words (or nothing), and where."""

    name: str
    default: str
    line: int


class Route(msgspec.Struct, frozen=True):
    """A path that is answered: `kind` is `get` (the whole path), `use` (a prefix for what is behind it),
    `compared` (a text that an address is compared with), `controller` and `handler` (Nest's two parts)."""

    kind: str
    path: str
    line: int


class Listen(msgspec.Struct, frozen=True):
    """A server that is started, on a port where it is told by a number."""

    port: int
    line: int


class ModuleFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One module. `ends`: it listens for the signal that asks a process to end."""

    reads: tuple[Read, ...] = ()
    routes: tuple[Route, ...] = ()
    listens: tuple[Listen, ...] = ()
    imports: tuple[str, ...] = ()
    ends: bool = False


def scan_module(data: bytes) -> ModuleFacts:
    """The facts of a module, whatever is in it."""
    if len(data) > LARGEST:
        return ModuleFacts()
    return _Scanner(list(tokens(data.decode(errors="replace")))).facts()


class _Scanner:
    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self._reads: list[Read] = []
        self._routes: list[Route] = []
        self._listens: list[Listen] = []
        self._imports: set[str] = set()
        self._ends = False

    def facts(self) -> ModuleFacts:
        for index, token in enumerate(self._tokens):
            if token.kind == "name":
                self._ends = self._ends or token.value == _HOOKS
                self._name(index, token)
            elif token.kind == "text" and token.value in _ENDING:
                self._ends = True
            elif token.kind == "text" and self._mark(index - 1) in ("===", "==") and _PATH.match(token.value):
                self._routes.append(Route("compared", token.value, token.line))
        return ModuleFacts(
            reads=tuple(dict.fromkeys(self._reads)),
            routes=tuple(dict.fromkeys(self._routes)),
            listens=tuple(dict.fromkeys(self._listens)),
            imports=tuple(sorted(self._imports)),
            ends=self._ends,
        )

    def _name(self, index: int, token: Token) -> None:
        match token.value:
            case "env" if self._marks(index - 2, ("process", ".")):
                self._environment(index, token.line)
            case "listen" | "serve":
                self._server(index, token.line)
            case "from" | "require" | "import":
                self._import(index)
            case "url" | "path" if self._mark(index + 1) == ":":
                self._answer("get", index + 2)
            case "case" if self._kind(index + 1) == "text":
                self._answer("compared", index + 1)
            case "Controller" if self._marks(index - 1, ("@",)):
                self._nest("controller", index)
            case name if name in _METHODS and self._mark(index + 1) == "(":
                self._method(index, name)

    def _method(self, index: int, name: str) -> None:
        if name[0].isupper():
            if self._marks(index - 1, ("@",)):
                self._nest("handler", index)
        elif self._mark(index - 1) in (".", "?."):
            self._answer("use" if name == "use" else "get", index + 2)

    def _answer(self, kind: str, index: int) -> None:
        if self._kind(index) == "text" and _PATH.match(self._tokens[index].value):
            self._routes.append(Route(kind, self._tokens[index].value, self._tokens[index].line))

    def _nest(self, kind: str, index: int) -> None:
        """`@Controller('health')`, `@Get()`: paths without a slash in front."""
        line = self._tokens[index].line
        if self._marks(index + 1, ("(", ")")):
            self._routes.append(Route(kind, "", line))
        elif self._kind(index + 2) == "text" and _SPOKEN.match(self._tokens[index + 2].value):
            self._routes.append(Route(kind, self._tokens[index + 2].value.strip("/"), line))

    def _environment(self, index: int, line: int) -> None:
        """`process.env.NAME`, `process.env["NAME"]`, and names taken out of it: `const { A, B = "1" } = …`."""
        if self._mark(index + 1) in (".", "?.") and self._kind(index + 2) == "name":
            self._read(self._tokens[index + 2].value, index + 3, line)
        elif self._mark(index + 1) == "[" and self._kind(index + 2) == "text":
            self._read(self._tokens[index + 2].value, index + 4, line)
        elif self._marks(index - 4, ("}", "=")):
            self._taken_out(index - 4)

    def _taken_out(self, end: int) -> None:
        begin = end
        while begin > 0 and self._mark(begin) != "{" and end - begin < 400:
            begin -= 1
        for index in range(begin + 1, end):
            token = self._tokens[index]
            if token.kind == "name" and _VARIABLE.match(token.value) and self._mark(index - 1) in ("{", ","):
                default = self._word(index + 2) if self._mark(index + 1) == "=" else ""
                self._reads.append(Read(token.value, default, token.line))

    def _read(self, name: str, index: int, line: int) -> None:
        if not _VARIABLE.match(name):
            return
        while self._mark(index) == ")":  # Number(process.env.PORT) || 3000
            index += 1
        default = self._word(index + 1) if self._mark(index) in ("||", "??") else ""
        self._reads.append(Read(name, default, line))

    def _server(self, index: int, line: int) -> None:
        """`.listen(3000)`, `.listen({ port: 3000 })`, `serve({ port: 3000 })`."""
        if self._mark(index + 1) != "(":
            return
        port = self._number(index + 2)
        if self._mark(index + 2) == "{":
            for at in range(index + 3, min(index + 40, len(self._tokens))):
                if self._mark(at) == "}":
                    break
                if self._marks(at, ("port", ":")):
                    port = self._number(at + 2)
        self._listens.append(Listen(port, line))

    def _import(self, index: int) -> None:
        at = index + 2 if self._mark(index + 1) == "(" else index + 1
        if self._kind(at) == "text":
            self._imports.add(self._tokens[at].value)

    def _number(self, index: int) -> int:
        text = self._tokens[index].value if self._kind(index) == "number" else ""
        return int(text) if text.isdigit() and len(text) < 6 else 0

    def _word(self, index: int) -> str:
        return self._tokens[index].value if self._kind(index) in ("text", "number") else ""

    def _kind(self, index: int) -> str:
        return self._tokens[index].kind if 0 <= index < len(self._tokens) else ""

    def _mark(self, index: int) -> str:
        token = self._tokens[index] if 0 <= index < len(self._tokens) else None
        return token.value if token and token.kind == "mark" else ""

    def _marks(self, index: int, values: "tuple[str, ...]") -> bool:
        """Whether these names and marks stand at a place, in that order."""
        found = self._tokens[max(index, 0) : max(index, 0) + len(values)]
        return index >= 0 and tuple(one.value for one in found if one.kind in ("name", "mark")) == values
