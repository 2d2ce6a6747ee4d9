"""Commands as words for node itself: never through npm, and never what wants a shell."""

import pytest

from lading.survey.node.commands import command_of

SCRIPTS = {"serve": "node dist/serve.js", "again": "npm run again", "on": "next start -p 4000"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("node server.js", ("server.js",)),
        ("node ./dist/main", ("dist/main.js",)),
        ("node .", ("lib/main.js",)),
        ("node", ("lib/main.js",)),
        ("NODE_ENV=test node --enable-source-maps a.mjs --port 1", ("--enable-source-maps", "a.mjs", "--port", "1")),
        ("cross-env A=1 node -r dotenv/config a.js", ("-r", "dotenv/config", "a.js")),
        ("npm run serve", ("dist/serve.js",)),
        ("pnpm serve -- --fast", ("dist/serve.js", "--fast")),
        ("yarn on", ("node_modules/next/dist/bin/next", "start", "-p", "4000")),
        ("npx prisma migrate deploy", ("node_modules/prisma/build/index.js", "migrate", "deploy")),
        ("nest start", ("dist/main.js",)),
    ],
)  # fmt: skip
def test_what_node_runs(text: str, words: tuple[str, ...]) -> None:
    assert command_of(text, SCRIPTS, "lib/main.js").words == words


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("npm run build && node a.js", "it wants a shell"),
        ("node a.js $PORT", "it uses variables, which need a shell"),
        ("nodemon a.js", "nodemon is for developing"),
        ("python app.py", "python is no file that node runs"),
        ("npm run again", "npm is no file that node runs"),
        ("npm run none", "there is no script 'none'"),
        ("node 'a", "no closing quotation"),
        ("", "it is empty"),
    ],
)
def test_what_it_does_not(text: str, note: str) -> None:
    found = command_of(text, SCRIPTS)
    assert found.words == ()
    assert note in found.note
