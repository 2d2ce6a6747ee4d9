"""Steps that put files into the stage that ships: what another stage made, accounts, small texts."""

from lading.plan.accounts import NSSWITCH, group, passwd
from lading.plan.model import Accounts, CopyFromStage, WriteFile
from lading.render.instructions import Blank, Comment, Copy, Write
from lading.render.public import DISTROLESS_ACCOUNTS
from lading.render.scene import BUILD, Blocks, Scene

_EMPTY = "/srv/"
"""A folder that Debian leaves empty for its administrators (hier(7))."""


def from_stage(step: CopyFromStage) -> Blocks:
    """A path that an earlier stage made, to the same path."""
    copied = Copy(sources=(step.path,), destination=step.path, stage=step.stage, owner="0:0", link=True)
    return Blocks(shipped=(Comment((f"{step.why[:1].upper()}{step.why[1:]}.",)), copied, Blank()))


def accounts(step: Accounts, scene: Scene) -> Blocks:
    """The user's name and home; nothing where the public image knows the user already."""
    if not scene.base.shell and {step.uid, step.gid} <= set(DISTROLESS_ACCOUNTS):
        return Blocks()
    names = (("passwd", passwd(step)), ("group", group(step)), ("nsswitch.conf", NSSWITCH))
    why = (
        f"{step.why[:1].upper()}{step.why[1:]}, who cannot log in. The home is an empty folder of root's: the image "
        "may have no shell to make one."
    )
    shipped = (
        Comment((why,)),
        Write(files=names, folder="/etc/", mode="644"),
        Copy(sources=(_EMPTY,), destination=f"{step.home}/", stage=BUILD, owner="0:0", link=True),
        Blank(),
    )
    return Blocks(shipped=shipped)


def write_file(step: WriteFile) -> Blocks:
    """A small text file."""
    folder, _, name = step.path.rpartition("/")
    shipped = (
        Comment((f"{step.why[:1].upper()}{step.why[1:]}.",)),
        Write(files=((name, step.content),), folder=f"{folder}/", mode=f"{step.mode:o}"),
        Blank(),
    )
    return Blocks(shipped=shipped)
