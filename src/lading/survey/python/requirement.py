"""One requirement (PEP 508) as an edge of a lock. Pure."""

from lading.survey.python.lockfacts import Edge


def edge_of(line: str) -> tuple[Edge, str]:
    """The edge that a requirement is, and its version specifier; `ValueError` when it is no requirement.

    >>> edge_of("Uvicorn[standard] (>=0.30) ; sys_platform == 'linux'")[0].extras
    ('standard',)
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    parsed = Requirement(line)
    extras = tuple(sorted(canonicalize_name(one) for one in parsed.extras))
    marker = str(parsed.marker) if parsed.marker else ""
    return Edge(canonicalize_name(parsed.name), "", extras, marker), str(parsed.specifier)
