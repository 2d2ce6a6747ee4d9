"""Commands of `package.json` and Procfile as words for node itself: a file and its arguments. Pure.

Never `npm start` in a container: npm is one more process, which does not pass signals on as they come
(https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#cmd).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

PROGRAMS: Mapping[str, tuple[str, str]] = {
    "drizzle-kit": ("drizzle-kit", "node_modules/drizzle-kit/bin.cjs"),
    "knex": ("knex", "node_modules/knex/bin/cli.js"),
    "next": ("next", "node_modules/next/dist/bin/next"),
    "node-pg-migrate": ("node-pg-migrate", "node_modules/node-pg-migrate/bin/node-pg-migrate.js"),
    "prisma": ("prisma", "node_modules/prisma/build/index.js"),
    "react-router-serve": ("@react-router/serve", "node_modules/@react-router/serve/bin.js"),
    "remix-serve": ("@remix-run/serve", "node_modules/@remix-run/serve/dist/cli.js"),
    "sequelize": ("sequelize-cli", "node_modules/sequelize-cli/lib/sequelize"),
    "sequelize-cli": ("sequelize-cli", "node_modules/sequelize-cli/lib/sequelize"),
    "typeorm": ("typeorm", "node_modules/typeorm/cli.js"),
}
"""Programs of packages that services are started or migrated with: the package, and the file that its `bin` names."""

_SHELL = re.compile(r"&&|\|\||[|;<>`]|\$\(|\s&(?:\s|\Z)")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_RUNNERS = ("npm", "pnpm", "yarn")
_DEVELOPMENT = frozenset({"nodemon", "tsx", "ts-node", "ts-node-dev", "vite", "webpack", "nx", "turbo", "concurrently"})
_DEPTH = 8


class Command(NamedTuple):
    """Words for node, the package that must be there for them (or nothing), or, in `note`, why there are none."""

    words: tuple[str, ...] = ()
    needs: str = ""
    note: str = ""


def command_of(text: str, scripts: Mapping[str, str], main: str = "", depth: int = 0) -> Command:
    """What a command line runs. `scripts` are those of the project, `main` is what `node .` means.

    >>> command_of("NODE_ENV=production node --enable-source-maps dist/main", {}).words
    ('--enable-source-maps', 'dist/main.js')
    >>> command_of("npm run serve", {"serve": "next start -p 3000"}).words
    ('node_modules/next/dist/bin/next', 'start', '-p', '3000')
    """
    words, note = plain_words(text)
    if note:
        return Command(note=note)
    program, *rest = words
    if program in _RUNNERS and depth < _DEPTH:
        return _followed(program, rest, scripts, main, depth)
    return _node(rest, main) if program == "node" else _program(program, rest)


def plain_words(text: str) -> tuple[list[str], str]:
    """The words of a command line behind what only sets the environment, or why it cannot be run without a shell."""
    import shlex

    if _SHELL.search(text):
        return [], "it wants a shell"
    try:
        words = _plain(shlex.split(text))
    except ValueError as error:
        return [], str(error).lower()
    if any("$" in word for word in words):
        return [], "it uses variables, which need a shell"
    return words, "" if words else "it is empty"


def _program(program: str, rest: list[str]) -> Command:
    """A program of a package, or a file."""
    if program in PROGRAMS:
        package, file = PROGRAMS[program]
        return Command((file, *rest), package)
    if program == "nest" and rest[:1] == ["start"]:
        return Command(("dist/main.js",))
    if program.endswith((".js", ".mjs", ".cjs")):
        return Command((program.removeprefix("./"), *rest))
    what = "is for developing" if program in _DEVELOPMENT else "is no file that node runs"
    return Command(note=f"{program} {what}")


def _plain(words: list[str]) -> list[str]:
    """The words behind what only sets the environment: a container's says it itself."""
    while words and (words[0] in ("cross-env", "exec", "env", "dotenv", "--") or _ASSIGNMENT.match(words[0])):
        words = words[1:]
    return words[1:] if words[:1] == ["npx"] else words


def _followed(program: str, rest: list[str], scripts: Mapping[str, str], main: str, depth: int) -> Command:
    """What `npm run NAME` runs, with the words behind `--`."""
    words = [word for word in rest if not word.startswith("--silent")]
    if words[:1] in (["run"], ["run-script"], ["exec"]):
        words = words[1:]
    name = words[0] if words else ""
    if name not in scripts:
        if program != "npm" and name:  # pnpm and yarn run the programs of packages by their bare names
            return command_of(" ".join(words), {}, main, depth + 1)
        return Command(note=f"there is no script {name!r}")
    more = [word for word in words[1:] if word != "--"]
    found = command_of(scripts[name], scripts, main, depth + 1)
    return found._replace(words=(*found.words, *more)) if found.words else found


def _node(rest: list[str], main: str) -> Command:
    """The words behind `node`: flags, then a file, whose suffix may be left out."""
    if rest[:1] and rest[0] in ("-e", "--eval", "-p", "--print"):
        return Command(tuple(rest))
    position = next((at for at, word in enumerate(rest) if not _is_flag(at, word, rest)), None)
    given = rest[position] if position is not None else "."
    file = main if given in (".", "./") else given.removeprefix("./")
    if not file:
        return Command(note="package.json names no main file")
    at = len(rest) if position is None else position
    return Command((*rest[:at], _with_suffix(file), *rest[at + 1 :]))


_TAKING = ("-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file")


def _is_flag(at: int, word: str, words: list[str]) -> bool:
    """Whether a word is a flag of node's, or what one takes."""
    return word.startswith("-") or (at > 0 and words[at - 1] in _TAKING)


def _with_suffix(file: str) -> str:
    name = file.rpartition("/")[2]
    return file if "." in name else f"{file}.js"
