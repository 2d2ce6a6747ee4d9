import pytest

from lading.survey.node.developing import development_server
from lading.survey.node.package import PackageFacts


def found(**scripts: str) -> tuple[str, str]:
    fact = development_server(PackageFacts(scripts=scripts))
    return (fact.value.script, fact.value.program) if fact else ("", "")


@pytest.mark.parametrize(("script", "program"), [
    ("vite", "vite"),
    ("vite dev --open", "vite"),
    ("NODE_OPTIONS=--inspect next dev", "next"),
    ("cross-env A=1 npx nuxt dev", "nuxt"),
    ("astro dev", "astro"),
    ("nest start --watch", "nest"),
    ("tsx watch src/main.ts", "tsx"),
    ("node --watch-path=src src/main.ts", "node"),
    ("vite build", ""),
    ("vite preview", ""),
    ("next build", ""),
    ("nest start", ""),
    ("node src/main.js", ""),
    ("node --watch dist/main.js", ""),
    ("nodemon ./build/main.js", ""),
    ("npm run watch & vite", ""),
    ("vite --port $PORT", ""),
    ("concurrently 'vite' 'tsc'", ""),
    ("vite 'unfinished", ""),
    ("", ""),
])  # fmt: skip
def test_only_a_lone_server_that_watches_counts(script: str, program: str) -> None:
    assert found(dev=script) == (("dev", program) if program else ("", ""))


def test_the_usual_name_counts_first() -> None:
    assert found(start="vite", dev="vite build --watch", develop="astro dev") == ("develop", "astro")
