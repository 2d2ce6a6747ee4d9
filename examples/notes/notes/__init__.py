"""Notes: short texts that a team keeps, finds again and does not overwrite by accident."""

__version__ = "1.0.0"
