"""The line by which a rendered file is known, so that a file of somebody's own is never overwritten."""

MARKER = "Rendered by Lading"
"""What the first comment of every rendered file starts with."""
_WITHIN = 5
"""Lines at the top in which it stands: a Dockerfile must begin with its syntax, a script with its interpreter."""


def marker(command: str) -> tuple[str, ...]:
    """The first comment of a rendered file, as lines without the sign that makes them comments.

    `command` is the one that renders it (`lading render dockerfile`).
    """
    return (
        f"{MARKER}. What it says is decided in lading.toml and found in the source: change those, then",
        f"`{command} --write`. `{command} --check` fails where the two differ.",
    )


def has_marker(text: str) -> bool:
    r"""Whether Lading wrote a file.

    >>> has_marker("# syntax=docker/dockerfile:1\n# Rendered by Lading. What …"), has_marker("FROM scratch")
    (True, False)
    """
    return any(line.startswith(f"# {MARKER}") for line in text.splitlines()[:_WITHIN])
