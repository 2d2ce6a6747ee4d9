"""What the image of a Node service stands on: its node and its base. Pure."""

import re

from lading.plan.bases import STATIC_SUITE, node_base, package_base, static_base
from lading.plan.model import Base, DebianBase, ImageBase
from lading.plan.node.notebook import NodeNotebook
from lading.survey.model import Fact
from lading.survey.node.versions import LINES

DISTROLESS_NODE = "/nodejs/bin/node"
"""Where distroless images have node (https://github.com/GoogleContainerTools/distroless/tree/main/nodejs)."""
OFFICIAL_NODE = "/usr/local/bin/node"
"""Where the official images have it (https://github.com/nodejs/docker-node)."""
_OFFICIAL = re.compile(r"(?:.*/)?node:(\d{2})(?:[.-]|\Z|@)")
_DISTROLESS = re.compile(r"(?:.*/)?nodejs(\d{2})-debian\d+(?:[:@]|\Z)")


def choose_node(book: NodeNotebook) -> str:
    """The release line of node: what the project says, unless an image base decides."""
    said = book.facts.node
    line = line_of_image(book.strategy.base)
    fact = Fact(value=line, source=book.origin("base"), certainty="found") if line else said
    if line and said.certainty != "assumed" and said.value in LINES and line != said.value:
        book.problem(
            f"{book.name} wants node {said.value}, and {book.strategy.base} has {line}",
            where=said.source,
            fix=f"take an image with node {said.value}, or change what the project asks for",
        )
    if fact.value not in LINES:
        book.problem(
            f"{book.name} wants node {fact.value}, and the lines that are supported are {', '.join(LINES)}",
            where=book.facts.at(fact.source),
            fix=f'ask for one of them: "engines": {{"node": "{LINES[0]}.x"}}',
        )
        fact = Fact(value=LINES[0], source=fact.source, certainty="assumed")
    book.reason("base", "node", fact)
    return fact.value


def choose_base(book: NodeNotebook) -> Base:
    """The base of a server: Debian's packages that node is linked with, or an image that has a node."""
    name = book.strategy.base
    book.add("base", "base", name, book.origin("base"))
    packages = book.strategy.packages
    if packages:
        book.add("base", "packages", ", ".join(packages), book.origin("packages"))
    match name:
        case "distroless":
            return node_base("distroless", DISTROLESS_NODE, packages)
        case "slim":
            return node_base("slim", OFFICIAL_NODE, packages)
    interpreter = book.strategy.interpreter or (
        OFFICIAL_NODE if _OFFICIAL.match(name) else DISTROLESS_NODE if _DISTROLESS.match(name) else ""
    )
    if not interpreter:
        book.problem(
            f"it is not known where the node of {name} is",
            where=book.origin("base"),
            fix='say it beside the base: interpreter = "/usr/local/bin/node"',
        )
    if packages:
        book.problem(
            f"Debian packages cannot be added to {name}",
            where=book.origin("packages"),
            fix="add them to that image, or take the base `distroless` or `slim`",
        )
    return ImageBase(reference=name, interpreter=interpreter)


def choose_site_base(book: NodeNotebook) -> Base:
    """The base of a site: it has files, and one program that is linked with nothing."""
    name = book.strategy.base
    shown = "static" if name in ("distroless", "static") else name
    book.add("base", "base", shown, book.origin("base"))
    if shown == "static":
        return static_base(book.strategy.packages)
    if name == "slim":
        return package_base("slim", STATIC_SUITE, book.strategy.packages)
    return ImageBase(reference=name)


def line_of_image(reference: str) -> str:
    """The release line of an image that is named as the official or distroless ones are, or nothing.

    >>> line_of_image("node:24.6.0-alpine3.22"), line_of_image("registry.example/base:1")
    ('24', '')
    """
    found = _OFFICIAL.match(reference) or _DISTROLESS.match(reference)
    return found[1] if found else ""


def has_accounts(base: Base) -> bool:
    """Whether accounts are ours to write: an image has its own."""
    return isinstance(base, DebianBase)
