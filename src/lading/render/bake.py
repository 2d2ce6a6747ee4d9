"""The bake file of a fleet: every service's Dockerfile as a target of one `docker buildx bake`. Pure.

https://docs.docker.com/build/bake/reference/
"""

from collections.abc import Iterator, Sequence
from posixpath import relpath

import msgspec

from lading.errors import UsageError
from lading.render.document import comment
from lading.render.marker import marker
from lading.render.naming import Names

COMMAND = "lading render bake"
FILE = "docker-bake.hcl"
"""What `docker buildx bake` looks for beside the compose files (https://docs.docker.com/build/bake/reference/)."""

_VARIABLES = """\
variable "TAG" {
  # Of every image; without it each has its own project's version.
  default = ""
}

variable "REVISION" {
  # The commit, for a label: REVISION=$(git rev-parse HEAD)
  default = ""
}

variable "CACHE" {
  # A repository of a registry, where each service keeps the layers of all its stages.
  default = ""
}

function "tag" {
  params = [own]
  result = TAG == "" ? own : TAG
}

function "from" {
  params = [service]
  result = CACHE == "" ? [] : ["type=registry,ref=${CACHE}/${service}"]
}

function "to" {
  params = [service]
  result = CACHE == "" ? [] : ["type=registry,ref=${CACHE}/${service},mode=max,image-manifest=true,oci-mediatypes=true"]
}

target "_common" {
  attest = ["type=provenance,disabled=true"]
  labels = {
    "org.opencontainers.image.revision" = REVISION == "" ? null : REVISION
  }
}
"""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One image: its Dockerfile and its context, both relative to the repository's root, and what it is called."""

    service: str
    context: str
    dockerfile: str
    image: str
    version: str
    platforms: tuple[str, ...]


def bake(targets: Sequence[Target]) -> str:
    """The text of the bake file. `UsageError` for what HCL cannot hold."""
    names = Names()
    names.service("default")  # the group's own
    blocks = [(names.service(one.service), one) for one in targets]
    head = (
        *marker(COMMAND),
        "",
        "At the repository's root: `docker buildx bake` builds every service, `docker buildx bake NAME` one of them, "
        "`--push` and `--load` say where they go. The Dockerfiles are there: `lading render dockerfile --write`.",
    )
    group = ", ".join(text(name) for name, _ in blocks)
    lines = [
        *comment(head),
        "",
        _VARIABLES,
        'group "default" {',
        f"  targets = [{group}]",
        "}",
        *(line for name, one in blocks for line in _target(name, one)),
    ]
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    r"""A string as HCL reads it back, with nothing in it taken for a template.

    https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions

    >>> print(text('a "b" ${c} %{d}'))
    "a \"b\" \u0024{c} \u0025{d}"
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError("a bake file cannot hold what is not UTF-8", where=ascii(value[:200])) from None
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", r"\u0024{").replace("%{", r"\u0025{")
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in escaped) + '"'


def _target(name: str, one: Target) -> Iterator[str]:
    context = "." if one.context in (".", "") else one.context
    yield ""
    yield f"target {text(name)} {{"
    yield '  inherits   = ["_common"]'
    yield f"  context    = {text(context)}"
    yield f"  dockerfile = {text(relpath(one.dockerfile, context))}"
    yield f"  platforms  = [{', '.join(map(text, one.platforms))}]"
    yield f'  tags       = [{text(f"{one.image}:")[:-1]}${{tag({text(one.version)})}}"]'
    yield f"  cache-from = from({text(name)})"
    yield f"  cache-to   = to({text(name)})"
    yield "}"
