"""An image that is as it should be, and ways to spoil it."""

from collections.abc import Mapping
from typing import Any

from tests.support.elf import library
from tests.unit.prove.samples import Content, MemoryImage, Owned, an_image

from lading.prove.audit import Audit, Expectations, audit

LOADER = "/lib64/ld-linux-x86-64.so.2"
LIBC = library(soname="libc.so.6", provides=("GLIBC_2.2.5", "GLIBC_2.34"))
SERVER = library(("libc.so.6",), interpreter=LOADER, versions={"libc.so.6": ("GLIBC_2.34",)})
LABELS = {
    f"org.opencontainers.image.{name}": "1" for name in ("source", "revision", "version", "base.name", "base.digest")
}
HISTORY = (
    {"created_by": "lading: base"},
    {"created_by": "lading: dependencies"},
    {"created_by": "lading: application"},
)
BASE: Mapping[str, Content] = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/false\napp:x:1000:1000:app:/home/app:/bin/false\n",
    "etc/group": "root:x:0:\napp:x:1000:\nstaff:x:50:app\n",
    "tmp/": Owned(mode=0o1777),
    "usr/lib/x86_64-linux-gnu/libc.so.6": Owned(LIBC, 0o755),
    "usr/lib64/ld-linux-x86-64.so.2": Owned(library(soname="ld-linux-x86-64.so.2"), 0o755),
    "lib": "-> usr/lib",
    "lib64": "-> usr/lib64",
}
APPLICATION: Mapping[str, Content] = {"app/": Owned(mode=0o755), "app/server": Owned(SERVER, 0o755)}
CONFIG: Mapping[str, Any] = {
    "User": "65532:65532",
    "WorkingDir": "/app",
    "Entrypoint": ["/app/server"],
    "Healthcheck": {"Test": ["CMD", "/app/server", "-health"]},
    "Labels": LABELS,
}


def image(
    *above: Mapping[str, Content],
    base: Mapping[str, Content] = BASE,
    application: Mapping[str, Content] | None = None,
    config: Mapping[str, Any] | None = None,
) -> MemoryImage:
    """A good image with other files in its base or application, layers above, or another configuration."""
    own = APPLICATION if application is None else {**APPLICATION, **application}
    layers: tuple[Mapping[str, Content], ...] = ({**BASE, **base}, {"app/third-party.txt": "licences"}, own, *above)
    history = [*HISTORY, *({"created_by": f"lading: more {number}"} for number in range(1, len(above) + 1))]
    return an_image(*layers, config={**CONFIG, **(config or {})}, history=history)


def told(image: MemoryImage, expected: Expectations | None = None) -> Audit:
    """Its audit."""
    return audit(image, expected or Expectations())


def rules(image: MemoryImage, expected: Expectations | None = None) -> list[tuple[str, str]]:
    """Severity and rule of each finding."""
    return [(one.severity, one.rule) for one in told(image, expected).findings]


def messages(image: MemoryImage, rule: str) -> list[str]:
    """What the findings of a rule say."""
    return [one.message for one in told(image).findings if one.rule == rule]
