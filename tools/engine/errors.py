"""The one error of this package: something stands in the way, and the person can do something about it."""

from __future__ import annotations


class EngineError(Exception):
    """What happened and what to do next, in words for a person."""
