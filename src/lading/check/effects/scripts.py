"""Scripts of the project or of an earlier step: what they do, they do by commands like those of a RUN."""

from collections.abc import Sequence

from lading.check.effects.asked import Asked, Word
from lading.check.model.entry import Script
from lading.check.model.files import Found
from lading.check.model.scene import Scene

DEEPEST = 3
"""Scripts that call scripts which are gone through; what is called from further down may do anything."""

_SHELLS = ("ash", "bash", "dash", "ksh", "sh", "zsh")


def run_script(asked: Asked, scene: Scene, found: Found, words: Sequence[Word]) -> bool:
    """Do what a shell script does, called with these words. False where nothing is known of what it says."""
    text = _text(found)
    if text is None or asked.depth >= DEEPEST:
        return False
    from lading.check.effects.perform import perform
    from lading.check.shell.run import script_calls

    known = [word.plain for word in words]
    positional = tuple(word for word in known if word is not None)
    given = positional if len(positional) == len(known) else None
    for call in script_calls(text, scene.now, positional=given):
        perform(call, scene, asked.depth + 1)
    return True


def _text(found: Found) -> str | None:
    """What a script says that a shell reads; nothing for other programs."""
    entry = found.entry
    text = entry.text if entry is not None else None
    if entry is None or text is None:
        return None
    nature = entry.program
    if not isinstance(nature, Script):
        return text if nature is None else None  # without a first line, a shell is what reads it
    names = [word.rpartition("/")[2] for word in " ".join(nature.words).split()]
    return text if any(name in _SHELLS for name in names[:2]) else None
