"""Shell scripts that a container runs, as the commands in them."""

from collections.abc import Sequence

from msgspec.structs import replace

from lading.check.model.state import State
from lading.check.shell.model import Invocation


def commands_of(script: str, state: State) -> Sequence[Invocation]:
    """The simple commands of a script that runs in a container, where any variable may be set that the image does not.

    It is read as if it had `set -e`: what is not `checked` then is a command whose failure the script looks at itself.
    """
    from lading.check.shell.run import script_calls

    first, line_break, rest = script.partition("\n") if script.startswith("#!") else ("", "", script)
    there = replace(state, env=replace(state.env, closed=False))
    return [one for one in script_calls(f"{first}{line_break}set -e\n{rest}", there) if one.name != "set"]
