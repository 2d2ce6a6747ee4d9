"""What an effect is."""

from collections.abc import Callable

from lading.check.effects.asked import Asked
from lading.check.model.scene import Scene

Effect = Callable[[Asked, Scene], None]
"""What a program does to a stage when it is started with these words. It never raises."""
