"""What the endpoints work with, opened when the application starts and closed when it stops."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
from azure.identity.aio import DefaultAzureCredential
from azure.keyvault.secrets.aio import SecretClient
from starlette.requests import Request

from src import __version__
from src.keys import GivenKey, KeySource, VaultKey
from src.settings import Settings
from src.upstream import RiskShieldApi


@dataclass(frozen=True, kw_only=True)
class Services:
    """One of each for the whole application."""

    settings: Settings
    keys: KeySource
    upstream: RiskShieldApi


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Services]:
    """The services, with their connections closed on the way out. Opening calls nobody."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=str(settings.api_url),
                timeout=settings.attempt_timeout,
                headers={"User-Agent": f"riskshield/{__version__}"},
            )
        )
        keys = await _key_source(settings, stack)
        yield Services(settings=settings, keys=keys, upstream=RiskShieldApi(client, keys, settings))


async def _key_source(settings: Settings, stack: AsyncExitStack) -> KeySource:
    if settings.key_vault_url is None:
        return GivenKey(settings.api_key)
    credential = await stack.enter_async_context(DefaultAzureCredential())
    client = await stack.enter_async_context(
        # One retry: the SDK's ten would outlast every timeout and hide the reason behind it.
        SecretClient(str(settings.key_vault_url), credential, retry_total=1)
    )
    return VaultKey(
        client,
        secret=settings.key_vault_secret,
        lifetime=settings.key_lifetime,
        timeout=settings.attempt_timeout,
    )


async def services(request: Request) -> Services:
    """FastAPI dependency: what the lifespan has opened."""
    found: Services = request.state.services
    return found
