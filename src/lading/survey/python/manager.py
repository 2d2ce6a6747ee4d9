"""Who may have made the lock of a Python project. Apart from all else, because plans name it, too."""

from typing import Literal

Manager = Literal["uv", "poetry", "pdm", "pipenv", "pylock", "pip"]
"""The tool that made a Python project's lock; `pylock` for a pylock.toml of whoever made it, `pip` for lists of
requirements."""
