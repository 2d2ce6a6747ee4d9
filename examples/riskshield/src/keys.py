"""Where the key to the RiskShield API comes from."""

import asyncio
import time
from typing import Protocol

from azure.core.exceptions import AzureError
from azure.keyvault.secrets.aio import SecretClient
from pydantic import SecretStr

from src.errors import KeyUnavailable


class KeySource(Protocol):
    """Gives the key. Both methods raise KeyUnavailable."""

    async def get(self) -> SecretStr:
        """The key, possibly from a cache."""

    async def check(self) -> None:
        """Returns when the key can be had from its source now; asks no cache."""


class GivenKey:
    """A key from the environment, for development; None is the absence of any."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key

    async def get(self) -> SecretStr:
        """The key as it was given."""
        if self._key is None:
            raise KeyUnavailable("neither RISKSHIELD_KEY_VAULT_URL nor RISKSHIELD_API_KEY is set")
        return usable(self._key.get_secret_value())

    async def check(self) -> None:
        """Returns when a usable key was given."""
        await self.get()


class VaultKey:
    """A secret of an Azure key vault, kept for ``lifetime`` seconds, so that a rotated key is taken up by itself."""

    def __init__(self, client: SecretClient, *, secret: str, lifetime: float, timeout: float) -> None:
        self._client = client
        self._secret = secret
        self._lifetime = lifetime
        self._timeout = timeout
        self._loading = asyncio.Lock()
        self._key: SecretStr | None = None
        self._expires = 0.0

    async def get(self) -> SecretStr:
        """The key, at most ``lifetime`` seconds old."""
        if (key := self._fresh()) is not None:
            return key
        async with self._loading:  # One of the requests that find the key expired asks the vault; the rest wait for it.
            return self._fresh() or await self._load()

    async def check(self) -> None:
        """Returns when the vault gives the key; what it gives is kept."""
        await self._load()

    def _fresh(self) -> SecretStr | None:
        return self._key if time.monotonic() < self._expires else None

    async def _load(self) -> SecretStr:
        try:
            async with asyncio.timeout(self._timeout):
                secret = await self._client.get_secret(self._secret)
        except TimeoutError as error:
            raise KeyUnavailable(f"the key vault did not answer within {self._timeout:g} s") from error
        # ValueError: the vault's challenge names another vault's domain.
        except (AzureError, ValueError) as error:
            # No more than the kind and the status: the texts of the SDK's errors may quote what the vault answered.
            cause = f"{type(error).__name__} {getattr(error, 'status_code', None) or ''}".strip()
            raise KeyUnavailable(f"the key vault did not give the key ({cause})") from error
        self._key = usable(secret.value or "")
        self._expires = time.monotonic() + self._lifetime
        return self._key


def usable(text: str) -> SecretStr:
    """The key without the line end that pasting leaves behind.

    Checked here because an HTTP library that finds a bad header value quotes it in its error, and so in the logs.
    """
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise KeyUnavailable("the key is empty or has characters that no HTTP header can carry")
    return SecretStr(key)
