"""What only a build or a developer needs, in the stage that ships."""

import re
from collections.abc import Iterator

from lading.check.dockerfile.model import Run
from lading.check.model.step import Call, StageModel, Step
from lading.check.rules.origins import shown
from lading.check.rules.subject import Subject, tell
from lading.finding import Finding, Rule

TOOLS = Rule(
    id="build-tools-shipped",
    severity="warning",
    title="Compilers and headers are in the stage that ships",
    why="They are hundreds of megabytes, and all that somebody needs who has got in. A stage of its own compiles; what "
    "ships copies the result.",
)
DEVELOPMENT = Rule(
    id="development-dependencies-shipped",
    severity="warning",
    title="Dependencies of development are installed in the stage that ships",
    why="Test frameworks and linters make the image larger and are never started there.",
)
LISTS = Rule(
    id="package-lists-kept",
    severity="info",
    title="The package manager's lists stay in a layer",
    why="They are some 20 MB that nothing reads again. Removing them in a later RUN frees nothing.",
)
RULES = (TOOLS, DEVELOPMENT, LISTS)

_TOOLS = re.compile(
    r"build-essential|gcc(?:-\d+)?|g\+\+(?:-\d+)?|make|cmake|clang(?:-\d+)?|build-base|git|pkg-config|rustc|cargo"
    r"|(?:lib|python3?|linux|musl|postgresql|openssl|zlib|bzip2)[\w.+-]*-dev\Z"
)
_DEVELOPS = re.compile(
    r"(?:^|[./_-])(?:dev|devel|development|test|tests|ci|debug|devcontainer)(?:[./_-]|$)", re.IGNORECASE
)


def develops(subject: Subject) -> bool:
    """Whether what ships is for developers: by its file's or stage's name, or since it reloads what changes."""
    names = (subject.path.rpartition("/")[2], subject.ships.stage.name)
    if any(_DEVELOPS.search(name) for name in names) or "devcontainer" in subject.path:
        return True
    return any(word in ("--reload", "--watch", "nodemon", "dev") for one in subject.starts for word in one.words)


def find(subject: Subject) -> Iterator[Finding]:
    """Tools and development dependencies of what ships, and lists of packages in its layers."""
    if develops(subject):
        return
    yield from _tools(subject)
    for stage, step in subject.shipped_steps():
        if isinstance(step.instruction, Run):
            if not _prunes(stage):
                for call in step.calls:
                    yield from _development(subject, call)
            if stage is subject.ships:
                yield from _lists(subject, step)


def _prunes(stage: StageModel) -> bool:
    """Whether a later command takes out again what production does not need."""
    return any("prune" in _texts(call) for step in stage.steps for call in step.calls)


def _tools(subject: Subject) -> Iterator[Finding]:
    packages = subject.ships.end.packages
    own = [one for one in packages.installed.values() if one.origin.act == "run" and _TOOLS.match(one.name)]
    steps = {id(step.origin): step for _, step in subject.shipped_steps()}
    for place in dict.fromkeys(one.origin.place for one in own if id(one.origin) in steps):
        said = next(one.origin.text for one in own if one.origin.place == place)
        names = [one.name for one in own if one.origin.place == place and one.name in said.split()]
        if names:
            yield tell(
                TOOLS, place, f"{', '.join(map(shown, sorted(names)))} ships",
                help="install it in a stage that builds, and copy from there what it makes",
            )  # fmt: skip


def _development(subject: Subject, call: Call) -> Iterator[Finding]:
    words = [word.text or "" for word in call.invocation.words]
    how = _installs_development(words, call)
    if how:
        yield tell(
            DEVELOPMENT, subject.place(call.invocation.span),
            f"{shown(' '.join(words[:2]))} installs dependencies of development, too", help=how,
        )  # fmt: skip


def _installs_development(words: list[str], call: Call) -> str:
    """How it would not, empty where it does not. https://python-poetry.org/docs/cli/#install,
    https://docs.astral.sh/uv/reference/cli/#uv-sync, https://docs.npmjs.com/cli/commands/npm-ci."""
    name, rest = call.invocation.name, words[1:]
    env = call.before.env
    if name == "poetry" and rest[:1] == ["install"] and not _any(rest, "--only", "--without", "--no-dev", "--no-root"):
        return "add `--only main`"
    if name == "uv" and rest[:1] == ["sync"] and env.is_set("UV_NO_DEV") is False:
        return "" if _any(rest, "--no-dev", "--no-default-groups", "--only-group", "--no-group") else "add `--no-dev`"
    if name == "npm" and rest[:1] == ["ci"] and env.is_set("NODE_ENV") is False:
        return "" if _any(rest, "--omit", "--production", "--only") else "add `--omit=dev`"
    return ""


def _texts(call: Call) -> list[str]:
    return [word.text or "" for word in call.invocation.words]


def _any(words: list[str], *options: str) -> bool:
    return any(word.partition("=")[0] in options for word in words)


def _lists(subject: Subject, step: Step) -> Iterator[Finding]:
    """`apt-get update` in a layer that keeps `/var/lib/apt/lists`."""
    updates = [call for call in step.calls if call.invocation.name in ("apt-get", "apt") and "update" in _texts(call)]
    run = step.instruction
    if not updates or step.after.packages.lists != "present" or not isinstance(run, Run):
        return
    if any(mount.option("target", "dst", "destination").startswith("/var/lib/apt") for mount in run.mounts):
        return
    yield tell(
        LISTS, subject.place(updates[0].invocation.span), "the lists of packages stay in this layer",
        help="end this RUN with `&& rm -rf /var/lib/apt/lists/*`",
    )  # fmt: skip
