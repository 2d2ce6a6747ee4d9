"""The JSON Schema of `lading.toml`, for editors and other machines.

`python -m lading.strategy.schema` writes `lading.schema.json` anew; a test holds the shipped file true.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).with_name("lading.schema.json")

KEYS: Mapping[str, str] = {
    "accounts": "Names of users with their numbers (`uid:gid`) in /etc/passwd and /etc/group of an image of packages.",
    "allow-root": "Allow user 0, which is refused otherwise.",
    "audit": "Which findings of `lading audit` count.",
    "bases": "Names of images that Dockerfiles may start from; a `*` stands for anything. All by default.",
    "baseline": "The file of the findings that were there when checking began (`lading check --write-baseline`).",
    "base": "What the image stands on: `distroless` (default), `slim` (the same with a shell), an image reference, or "
    "for programs in Go `static` (what `distroless` is for them) and `scratch`.",
    "budget": "The most that the image may take on disk, such as `200MB`.",
    "build-packages": "Debian packages that building what has no wheel needs, such as `libpq-dev`. They do not ship.",
    "check": "What `lading check` looks at, and which of its findings count.",
    "command": "What the container starts, as a list of words; a Python service's are for its Python, and found by "
    "default. In a health check, what is run.",
    "compression": "How layers are compressed: `gzip` (default) or `zstd`.",
    "content": "The text of a file.",
    "cpus": "Processors, such as 0.5.",
    "directories": "Folders of an image of packages, by path.",
    "dockerfile": "A Dockerfile that the team keeps itself, in the service's folder: BuildKit builds it.",
    "engine": "What builds the image: `embedded` (default) or `buildkit`.",
    "entrypoint": "What the container of an image of packages always starts; `command` follows it.",
    "env": "Environment variables of the image. Never a secret: whoever has the image can read them. In `prove`, "
    "of the proof alone.",
    "exclude": "Source that does not ship, as patterns of .dockerignore; for `check`, files that it does not look at.",
    "extras": "Extras of the project to install.",
    "fail-on": "The mildest finding that makes the command fail: `error` (default), `warning`, `info` or `never`.",
    "files": "Small files of an image of packages, by path.",
    "groups": "Dependency groups to install beside the project's own dependencies.",
    "health": "The health check; `false` switches it off.",
    "ignore": "Findings that do not count, by the id of their rule.",
    "healthy-within": "The most that the first healthy answer may take from the process's start (10s).",
    "image": "The image's full name, without a tag. By default `registry` and the service's name.",
    "images": "Images of Debian packages, by name: no source, only packages and what is said of them.",
    "include": "Source that ships although it looks like a secret or a development file.",
    "interpreter": "Where the Python of an image base is.",
    "interval": "Time between two checks (30s).",
    "labels": "Labels of the image, beside those of the OCI image specification.",
    "limits": "What one container may take at most (0.5 processors, 512MiB).",
    "links": "Symbolic links of an image of packages, from path to target.",
    "memory": "Memory, such as `512MB`.",
    "mirrors": "Where Debian's packages come from: the addresses of `debian` and `debian-security`.",
    "mode": "Permissions, such as `0o755`.",
    "owner": "Numeric user and group that a folder belongs to. By default the image's own user.",
    "packages": "Further Debian packages of the base; of an image of packages, what it is for.",
    "paths": "The files that it is about, as patterns of .dockerignore. All by default.",
    "path": "The service's folder; in a health check, the path that is asked.",
    "platforms": "The platforms of the image (`linux/amd64`).",
    "port": "The port that the service listens on. Found in the source by default.",
    "processes": "Further commands of the same image, by name.",
    "prove": "What the image is held to when it is proven.",
    "python": "The Python version, over what the project says.",
    "reason": "Why it is so, for whoever reads it next.",
    "ready": "The path that says whether the service is ready. Found in the source by default.",
    "registry": "What goes before the image's name, such as `registry.example/team`.",
    "replicas": "How many containers of the service run at once (1).",
    "reservations": "What is kept free for one container (half of its limits).",
    "resources": "What one container may take, and what is kept free for it.",
    "retries": "Failures in a row that make the container unhealthy (3).",
    "revision": "The source's revision, for the image's label. By default that of the CI's checkout.",
    "services": "Settings of single services, by name. A service's word wins over the team's.",
    "source": "Where the source is published, for the image's label (by default the project's own URL); of a file, "
    "where it is in the repository.",
    "start-period": "How long failures do not count at the start (5s).",
    "stop-signal": "The signal that stops the service (`SIGTERM`).",
    "stop-within": "The most that a stop may take from its signal to the end (10s).",
    "suite": "The Debian release: `trixie` (default) or `bookworm`.",
    "timeout": "How long an answer may take (10s).",
    "user": "Numeric user and group that the service runs as (`65532:65532`).",
    "missing-libraries": "Shared libraries that the image may lack although something in it is linked with them, such "
    "as `libcuda.so.1`, which comes with the host. Any other is an error.",
    "volumes": "Folders whose content outlives a container. They belong to the image's user.",
    "waive": "Requirements that are not made of the image, by their ids, each with the reason.",
    "without": "Packages that are left out although others depend on them: only maintainer scripts use them.",
    "workdir": "The folder that the container starts in (`/`).",
}
"""What each key means, in the words of the schema and the documentation."""


def schema() -> dict[str, Any]:
    """The schema of a `lading.toml`, draft 2020-12."""
    import msgspec

    from lading.strategy.model import Strategy

    made = msgspec.json.schema(Strategy)
    parts: dict[str, Any] = made["$defs"]
    for part in parts.values():
        for key, value in part.get("properties", {}).items():
            told = {"description": KEYS[key]}
            part["properties"][key] = {"anyOf": [value], **told} if "$ref" in value else {**value, **told}
        if not part.get("required"):
            part.pop("required", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lading.toml",
        "$ref": made["$ref"],
        "$defs": dict(sorted(parts.items())),
    }


def text() -> str:
    """The schema as the text of the shipped file."""
    import json

    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SHIPPED.write_text(text(), encoding="utf-8")
