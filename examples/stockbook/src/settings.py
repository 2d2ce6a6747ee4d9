"""What the environment decides. The README holds the same list for people."""

import re
from typing import Literal

from pydantic import Field, RedisDsn, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the web server, the worker and the migrations have in common.

    Raises:
        pydantic.ValidationError: naming every setting that is wrong, and never its value.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    database_url: str = Field(default="postgresql+asyncpg://localhost:5432/stockbook", repr=False)
    redis_url: RedisDsn = Field(default=RedisDsn("redis://localhost:6379/0"), repr=False)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, url: str) -> str:
        """Addresses come without a driver from most hosts of databases; SQLAlchemy wants it named."""
        return re.sub(r"^postgres(?:ql)?://", "postgresql+asyncpg://", url)


class WebSettings(Settings):
    """What only the web server knows: the key that signs callers' tokens."""

    secret_key: SecretStr = Field(min_length=8)
