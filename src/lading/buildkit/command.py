"""The command line of `docker buildx build`. Pure.

Every value stands in one word with its flag (`--flag=value`), so that none of them can be taken for a flag. Fields of
`--output`, `--cache-to` and the like are CSV as Go reads it
(https://github.com/docker/buildx/blob/v0.13.1/util/buildflags/export.go).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lading.buildkit.model import Export, Job, Options
from lading.errors import UsageError
from lading.oci.references import parse_reference

FILE = "Dockerfile"
"""The name of the Dockerfile in a build's scratch folder; BuildKit takes `FILE.dockerignore` beside it over the
context's own (https://docs.docker.com/build/concepts/context/#filename-and-location)."""
METADATA = "metadata.json"
LAYOUT = "layout"

PROVENANCE: Mapping[str, str] = {"false": "false", "true": "true", "min": "mode=min", "max": "mode=max"}


def command(job: Job, options: Options, export: Export, folder: Path, names: Sequence[str] = ()) -> list[str]:
    """The words that build a job. `folder` holds the Dockerfile and gets the result; `names` are what is pushed.

    Raises `UsageError` where a cache cannot be named.
    """
    return [
        "docker",
        "buildx",
        "build",
        "--progress=rawjson",
        *_builder(options),
        f"--file={folder / FILE}",
        f"--metadata-file={folder / METADATA}",
        f"--platform={','.join(job.platforms)}",
        f"--build-arg=SOURCE_DATE_EPOCH={job.mtime}",
        f"--output={_output(job, export, folder)}",
        *(f"--tag={name}" for name in names),
        *(f"--label={name}={value}" for name, value in job.labels),
        f"--provenance={PROVENANCE[options.provenance]}",
        f"--sbom={_sbom(options)}",
        *_caches(job, options),
        *(f"--secret={text}" for text in options.secrets),
        *(f"--ssh={text}" for text in options.ssh),
        *(f"--build-context={text}" for text in options.contexts),
        *((f"--network={options.network}",) if options.network else ()),
        str(job.context),
    ]


def csv(fields: Mapping[str, str]) -> str:
    """Fields as buildx's flags take them, quoted where a value needs it.

    >>> csv({"type": "oci", "dest": "/a,b"})
    'type=oci,"dest=/a,b"'
    """
    return ",".join(_field(f"{key}={value}") for key, value in fields.items())


def cache_refs(repository: str, service: str, platforms: Sequence[str]) -> tuple[str, ...]:
    """Where a service keeps its cache below a repository: one name a platform, so that builds of single platforms on
    several machines do not replace each other's.

    >>> cache_refs("registry.example/cache", "api", ["linux/arm64"])
    ('registry.example/cache/api:linux-arm64',)
    """
    base = repository.rstrip("/")
    refs = tuple(f"{base}/{service}:{platform.replace('/', '-')}" for platform in platforms)
    for ref in refs:
        try:
            parse_reference(ref)
        except UsageError as error:
            raise UsageError(
                f"no cache can have that name: {error.what}", where=f"--cache {repository}", fix=error.fix
            ) from None
    return refs


def _field(text: str) -> str:
    """Quoted as encoding/csv of Go reads it (https://pkg.go.dev/encoding/csv)."""
    quoted = any(mark in text for mark in ',"\r\n') or text[:1].isspace()
    return '"' + text.replace('"', '""') + '"' if quoted else text


def _builder(options: Options) -> Iterator[str]:
    if options.builder:
        yield f"--builder={options.builder}"


def _output(job: Job, export: Export, folder: Path) -> str:
    """Times are rewritten to SOURCE_DATE_EPOCH, and media types are OCI's whatever the exporter's own default.

    https://github.com/moby/buildkit/blob/v0.13.0/docs/build-repro.md
    """
    target = {
        "layout": {"type": "oci", "tar": "false", "dest": str(folder / LAYOUT)},
        "registry": {"type": "image", "push": "true"},
    }[export]
    packed = {"compression": "zstd"} if job.compression == "zstd" else {}
    return csv({**target, "oci-mediatypes": "true", "rewrite-timestamp": "true", **packed})


def _sbom(options: Options) -> str:
    return options.sbom if options.sbom in ("true", "false") else csv({"generator": options.sbom})


def _caches(job: Job, options: Options) -> Iterator[str]:
    """`mode=max` keeps the layers of every stage, not only of the one that ships; `image-manifest` is what registries
    take that know no other artifacts (https://docs.docker.com/build/cache/backends/registry/)."""
    refs = cache_refs(options.cache, job.service, job.platforms) if options.cache else ()
    for ref in refs:
        yield f"--cache-from={csv({'type': 'registry', 'ref': ref})}"
    for ref in refs:
        fields = {"type": "registry", "ref": ref, "mode": "max", "image-manifest": "true", "oci-mediatypes": "true"}
        yield f"--cache-to={csv(fields)}"
    yield from (f"--cache-from={text}" for text in options.cache_from)
    yield from (f"--cache-to={text}" for text in options.cache_to)
