"""What the team has decided: the schema of `lading.toml`, its defaults, its errors."""

from lading.strategy.model import HealthStrategy, Read, ServiceStrategy, Strategy
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve

__all__ = ["HealthStrategy", "Read", "ServiceStrategy", "Strategy", "read_strategy", "resolve"]
