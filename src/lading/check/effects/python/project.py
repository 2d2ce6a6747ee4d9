"""What tools of a Python project need of it: its lock, the files that its package is built from, its environment."""

from posixpath import join

from lading.check.effects.python.distributions import facts_in
from lading.check.effects.python.environment import Environment
from lading.check.effects.surroundings import read
from lading.check.model.scene import Scene

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lading.survey.python.project import ProjectFacts


def facts_of(scene: Scene, folder: str) -> "ProjectFacts | None":
    """What a project's `pyproject.toml` says; nothing where it is not known."""
    data = read(scene, join(folder, "pyproject.toml"))
    return None if data is None else facts_in(data)


def need_sources(scene: Scene, folder: str, facts: "ProjectFacts", tool: str) -> None:
    """Building a project's package, also to install it editable, reads the readme that it names."""
    if facts.readme:
        scene.need(join(folder, facts.readme), f"`{tool}` builds the project, whose pyproject.toml names it as readme")


def fits(python: str, requires: str) -> bool:
    """Whether a version of Python (`major.minor`) may be of those that are asked for."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if not python or not requires:
        return True
    try:
        asked = SpecifierSet(requires)
    except InvalidSpecifier:
        return True
    return any(asked.contains(f"{python}.{patch}", prereleases=True) for patch in (0, 9, 99))


def version_of(into: Environment | None) -> str:
    """The version of an environment's Python, for what depends on it; where it is not known, a recent one."""
    return (into.version if into else "") or "3.13"
