"""What the environment decides. The README holds the same list for people."""

from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, PositiveFloat, SecretStr, UrlConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HttpsUrl = Annotated[HttpUrl, UrlConstraints(allowed_schemes=["https"])]


class Settings(BaseSettings):
    """Read from ``RISKSHIELD_*`` when made; all durations are seconds.

    Without a key the service starts and is alive, but not ready: a missing vault is a fault of the surroundings,
    and restarting the container does not mend it.

    Raises:
        pydantic.ValidationError: naming every setting that is wrong, and never its value.
    """

    model_config = SettingsConfigDict(
        env_prefix="RISKSHIELD_", env_ignore_empty=True, frozen=True, hide_input_in_errors=True
    )

    api_url: HttpUrl = HttpUrl("https://api.riskshield.example")
    api_key: SecretStr | None = None
    key_vault_url: HttpsUrl | None = None
    key_vault_secret: str = Field(default="riskshield-api-key", pattern=r"^[0-9A-Za-z-]{1,127}$")
    key_lifetime: PositiveFloat = 300.0
    attempts: int = Field(default=3, ge=1, le=10)
    attempt_timeout: PositiveFloat = 5.0
    deadline: PositiveFloat = 15.0
    backoff: PositiveFloat = 0.2
    probe_timeout: PositiveFloat = 2.0
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _one_source_of_the_key(self) -> Self:
        if self.api_key is not None and self.key_vault_url is not None:
            raise ValueError("set RISKSHIELD_KEY_VAULT_URL or RISKSHIELD_API_KEY, not both")
        return self
