"""Names and ports for what compose is told of: valid whatever a repository calls its own, and no two the same."""

import re
from itertools import chain

_LONGEST = 60
"""Characters: a container's name has the project's and a number around it, and is a host's name (63) as well."""


class Names:
    """Gives out names, each once. The same wishes in the same order get the same names."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def service(self, wanted: str) -> str:
        """A name of a service or volume: compose takes `[a-zA-Z0-9._-]+`; ours are also what a host can be called.

        >>> names = Names()
        >>> names.service("shop"), names.service("Shop"), names.service("--x y"), names.service("é")
        ('shop', 'shop-2', 'x-y', 'service')
        """
        cleaned = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:_LONGEST].strip("-")
        return self._own(cleaned or "service", "-")

    def variable(self, wanted: str) -> str:
        """A prefix of environment variables, in capital letters.

        >>> Names().variable("shop-api"), Names().variable("2nd")
        ('SHOP_API', '_2ND')
        """
        cleaned = re.sub(r"[^A-Z0-9]+", "_", wanted.upper()).strip("_") or "SERVICE"
        return self._own(f"_{cleaned}" if cleaned[0].isdigit() else cleaned, "_")

    def _own(self, wanted: str, sign: str) -> str:
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}{sign}{number}", number + 1
        self._taken.add(name)
        return name


class Ports:
    """Gives out ports of the host, each once: the one that is wanted, or the next that is free."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, wanted: int, count: int = 1) -> str:
        """One port, or as many in a row as there are replicas, as compose takes them.

        >>> ports = Ports()
        >>> ports.take(8080), ports.take(8080, 3), ports.take(65535, 2)
        ('8080', '8081-8083', '1024-1025')
        """
        starts = chain(range(wanted, 65537 - count), range(1024, wanted))
        first = next(start for start in starts if not self._taken.intersection(range(start, start + count)))
        self._taken.update(range(first, first + count))
        return str(first) if count == 1 else f"{first}-{first + count - 1}"
