"""The doors of a build to the world, made from the context: mirror, registries, uv, and the time of what is made."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lading.assemble.sources import OutsideSources
from lading.cli.context import Context
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.debian.mirrors import Mirrors
    from lading.oci.registry import Registry


def outside_sources(context: Context, project: "Project | None") -> OutsideSources:
    """Where a build takes things from. Nothing is opened before it is needed."""

    def mirrors() -> "Mirrors":
        return mirrors_of(context, project)

    return OutsideSources(
        store=context.store,
        http=lambda: context.http,
        runner=lambda: context.runner,
        mirrors=mirrors,
        registry=lambda: registry_of(context),
        env=context.env,
    )


def mirrors_of(context: Context, project: "Project | None") -> "Mirrors":
    """The Debian mirrors: `LADING_DEBIAN_MIRROR`, else the strategy's, else the host's own, else the official CDN."""
    from lading.debian.mirrors import find_mirrors, read_apt_files, setting_of

    setting = dict(project.strategy.mirrors) if project else {}
    if context.env.get("LADING_DEBIAN_MIRROR"):
        setting = setting_of(context.env["LADING_DEBIAN_MIRROR"])
    return find_mirrors(setting, read_apt_files())


def registry_of(context: Context) -> "Registry":
    """A client of registries with the user's credentials."""
    from lading.oci.registry import Registry

    return Registry(context.http, context.env, context.runner)


def mtime_of(env: Mapping[str, str]) -> int:
    """The time of everything in an image, in seconds since 1970: `SOURCE_DATE_EPOCH`, else 0.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    text = env.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return 0
    if not text.isdigit() or int(text) >= 1 << 33:  # eleven octal digits, what a tar header holds
        raise UsageError(
            "SOURCE_DATE_EPOCH is not a number of seconds since 1970", where=f"SOURCE_DATE_EPOCH={text[:40]}"
        )
    return int(text)
