"""Services in memory as the renderers take them, and hostile ones."""

import msgspec
from hypothesis import strategies as st
from tests.support.projects import facts_of, tree_of

from lading.plan.make import make_plan
from lading.plan.model import HealthCheck, Process
from lading.render.roles import Member
from lading.strategy.read import read_strategy
from lading.strategy.resolve import own_settings, resolve
from lading.survey.model import Fact, PythonService, Variable
from lading.tree import MemoryTree

TEXT = st.one_of(st.text(max_size=20), st.text(alphabet="a '\"\\$#-<[]*?=\n`{}:é", max_size=20))


def member(tree: MemoryTree) -> Member:
    """The only service in a tree."""
    facts = facts_of(tree)
    own = tree.read("lading.toml") if tree.exists("lading.toml") else None
    read = read_strategy(own, tree.read("pyproject.toml"))
    strategy = resolve(read, own_settings(read, facts.name.value, facts.folder)[0], facts.folder)
    return Member(make_plan(facts, strategy).plan, facts, strategy)


def python_facts(one: Member) -> PythonService:
    """The facts of a service in Python."""
    assert isinstance(one.facts, PythonService)
    return one.facts


STARLETTE = """
import os
from starlette.applications import Starlette
from starlette.routing import Route
app = Starlette(routes=[Route("/health", one), Route("/ready", one)])
"""


def service(
    files: dict[str, str] | None = None,
    *packages: str,
    reads: str = "",
    settings: str = "",
    name: str = "shop",
    more: str = "",
) -> Member:
    """A Starlette service; `reads` is more of its source, `settings` its lading.toml."""
    own = {"main.py": STARLETTE + reads, "lading.toml": settings, **(files or {})}
    return member(tree_of(own, "starlette", "uvicorn", *packages, name=name, more=more))


@st.composite
def hostile(draw: st.DrawFn) -> Member:
    """A service in which everything that comes from a repository is anything."""
    plain = service(reads="x = os.environ['SIGNING_KEY']\n")
    words = st.lists(TEXT, max_size=3).map(tuple)
    names = draw(st.lists(TEXT, max_size=3, unique=True))
    config = msgspec.structs.replace(
        plain.plan.config,
        command=draw(words),
        port=draw(st.one_of(st.none(), st.integers(1, 65535))),
        health=draw(st.one_of(st.none(), st.builds(HealthCheck, command=words, path=TEXT, port=st.integers(1, 65535)))),
    )
    processes = [Process(name=name, command=draw(words), source=draw(TEXT)) for name in names if name != "web"]
    folder = draw(TEXT.filter(bool))
    plan = msgspec.structs.replace(
        plain.plan,
        service=draw(TEXT),
        folder=folder,
        context=folder,
        image=draw(TEXT),
        config=config,
        processes=(Process(name="web", command=config.command, source=""), *processes),
    )
    version = Fact(value=draw(TEXT), source=draw(TEXT))
    read = tuple(
        Fact(value=Variable(name=name, required=draw(st.booleans())), source=draw(TEXT))
        for name in draw(st.lists(st.from_regex(r"[A-Z][A-Z0-9_]{0,9}", fullmatch=True), max_size=3, unique=True))
    )
    facts = msgspec.structs.replace(plain.facts, version=version, variables=read, nested=draw(words))
    return Member(plan, facts, plain.strategy)
