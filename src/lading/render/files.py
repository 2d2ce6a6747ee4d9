"""Steps that put files into the stage that ships: what another stage made, accounts, small texts."""

from lading.plan.accounts import NSSWITCH, group, passwd
from lading.plan.model import Accounts, CopyFromStage, WriteFile
from lading.render.instructions import Blank, Comment, Copy, Instruction, Run, Write
from lading.render.public import DISTROLESS_ACCOUNTS
from lading.render.quoting import command
from lading.render.reasons import sentence
from lading.render.scene import Blocks, Scene


def from_stage(step: CopyFromStage) -> Blocks:
    """A path that an earlier stage made, to the same path."""
    copied = Copy(sources=(step.path,), destination=step.path, stage=step.stage, owner="0:0", link=True)
    return Blocks(shipped=(Comment((f"{sentence(step.why)}.",)), copied, Blank()))


def accounts(step: Accounts, scene: Scene) -> Blocks:
    """The user's name and home; nothing where the public image knows the user already."""
    if not scene.base.shell and {step.uid, step.gid} <= set(DISTROLESS_ACCOUNTS):
        return Blocks()
    names = (("passwd", passwd(step)), ("group", group(step)), ("nsswitch.conf", NSSWITCH))
    made: tuple[Instruction, ...] = ()
    shipped: tuple[Instruction, ...] = (
        Comment((f"{sentence(step.why)}; nobody can log in.",)),
        Write(files=names, folder="/etc/", mode="644"),
        Blank(),
    )
    if step.uid != 0:  # root's home is there
        made = (
            Comment(("The user's home: an empty folder, made here because the stage that ships only copies.",)),
            Run((command("mkdir", "--parents", step.home),)),
            Blank(),
        )
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
