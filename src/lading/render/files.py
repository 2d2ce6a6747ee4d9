"""Steps that put files into the stage that ships: what another stage made, accounts, small texts."""

from collections import deque
from collections.abc import Iterator, Sequence

from lading.plan.accounts import NSSWITCH, group, passwd
from lading.plan.model import Accounts, CopyFile, CopyFromStage, DebianBase, MakeFolder, MakeLink, SmallStep, WriteFile
from lading.render.instructions import Blank, Comment, Copy, Instruction, Run, Workdir, Write
from lading.render.public import DISTROLESS_ACCOUNTS
from lading.render.quoting import command
from lading.render.reasons import sentence
from lading.render.scene import MADE, Blocks, Scene


def from_stage(step: CopyFromStage) -> Blocks:
    """A path that an earlier stage made, to the same path."""
    copied = Copy(sources=(step.path,), destination=step.path, stage=step.stage, owner="0:0", link=True)
    return Blocks(shipped=(Comment((f"{sentence(step.why)}.",)), copied, Blank()))


def small(step: SmallStep, scene: Scene) -> Blocks:
    """What is written beside a base's own files."""
    match step:
        case Accounts():
            return accounts(step, scene)
        case WriteFile():
            return write_file(step)
        case CopyFile():
            return copy_file(step)
        case MakeFolder():
            return folder(step)
        case MakeLink():
            return link(step)


def accounts(step: Accounts, scene: Scene) -> Blocks:
    """The user's name and home; nothing where the public image knows the user already."""
    usual = step.user == DISTROLESS_ACCOUNTS.get(step.uid) and step.gid in DISTROLESS_ACCOUNTS and not step.others
    distroless = isinstance(scene.plan.runtime.base, DebianBase) and not scene.base.shell
    if usual and distroless:
        return Blocks()
    names = (("passwd", passwd(step)), ("group", group(step)), ("nsswitch.conf", NSSWITCH))
    made: tuple[Instruction, ...] = ()
    shipped: tuple[Instruction, ...] = (
        Comment((f"{sentence(step.why)}; nobody can log in.",)),
        Write(files=names, folder="/etc/", mode="644"),
        Blank(),
    )
    if step.uid != 0:  # root's home is there
        # In the stage that ships, WORKDIR would give the folder to whom the base runs as.
        made = (Comment(("The user's home: an empty folder, made without a container.",)), Workdir(step.home), Blank())
        shipped += (
            Comment(("The user's home. It belongs to root, like all else.",)),
            Copy(sources=(f"{step.home}/",), destination=f"{step.home}/", stage=scene.making, owner="0:0", link=True),
            Blank(),
        )
    return Blocks(made=made, shipped=shipped)


def write_file(step: WriteFile) -> Blocks:
    """A small text file."""
    folder, _, name = step.path.rpartition("/")
    shipped = (
        Comment((f"{sentence(step.why)}.",)),
        Write(files=((name, step.content),), folder=f"{folder}/", mode=f"{step.mode:o}"),
        Blank(),
    )
    return Blocks(shipped=shipped)


def copy_file(step: CopyFile) -> Blocks:
    """A file of the repository."""
    copied = Copy(sources=(step.source,), destination=step.path, owner="0:0", mode=f"{step.mode:o}", link=True)
    return Blocks(shipped=(Comment((f"{sentence(step.why)}.",)), copied, Blank()))


def folder(step: MakeFolder) -> Blocks:
    """A folder with its owner. It is made where there is a shell and copied as it is, with owner and permissions."""
    owner = (f"--owner={step.uid}", f"--group={step.gid}", f"--mode={step.mode:o}")
    return _made(step.why, command("install", "-d", *owner, f"{MADE}{step.path}"))


def link(step: MakeLink) -> Blocks:
    """A symbolic link, made where there is a shell."""
    place = f"{MADE}{step.path}"
    parent = command("mkdir", "--parents", place.rpartition("/")[0])
    return _made(step.why, parent, command("ln", "-s", step.target, place))


def made_elsewhere(scene: Scene) -> Iterator[Instruction]:
    """The copy that brings all folders and links, with their owners and permissions; nothing where there are none."""
    if any(isinstance(step, MakeFolder | MakeLink) for step in scene.plan.runtime.steps):
        yield Comment(("Folders and links, as they were made: with their owners and permissions.",))
        yield Copy(sources=(f"{MADE}/",), destination="/", stage=scene.making, link=True)
        yield Blank()


def joined(made: Sequence[Instruction]) -> Iterator[Instruction]:
    """The same instructions, but that small things which are made one after the other are made by one RUN: each takes a
    container of its own."""
    waiting: list[tuple[Comment, Run]] = []
    left = deque(made)
    while left:
        comment, run = (*left, None)[:2]
        if isinstance(comment, Comment) and isinstance(run, Run) and not run.mounts:
            waiting.append((comment, run))
            for _ in range(3):  # with the blank line behind them
                left.popleft()
            continue
        yield from _one(waiting)
        waiting = []
        yield left.popleft()
    yield from _one(waiting)


def _one(made: Sequence[tuple[Comment, Run]]) -> Iterator[Instruction]:
    if made:
        yield Comment(tuple(dict.fromkeys(text for comment, _ in made for text in comment.paragraphs)))
        yield Run(tuple(command for _, run in made for command in run.commands))
        yield Blank()


def _made(why: str, *commands: str) -> Blocks:
    return Blocks(made=(Comment((f"{sentence(why)}.",)), Run(commands), Blank()))
