"""A Go module that nobody gets without credentials: behind a proxy of modules, and in a repository of git.

Both are served over TLS on the loopback interface, to whoever says user and password (HTTP's basic authentication). Its
package has a constant `Text`.

with served(folder, text) as private:
    private.project(files, folder)  # a module that requires it; then private.proxy and private.git are asked
"""

import base64
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.goprojects import write
from tests.support.httpd import Answer, Handler, Request, Site, serve
from tests.support.tls import Authority, make_authority

MODULE = "git.example.test/team/greet.git"
"""The end of the name tells the go command that it is a repository of git, so that it asks no web page for it
(https://go.dev/ref/mod#vcs-find)."""
HOST = MODULE.partition("/")[0]
USER, PASSWORD = "builder", "s3cr3t-Of_The.Modules~"


@dataclass(frozen=True)
class Private:
    """The servers, what clients trust, and the module as files that go takes for a proxy."""

    proxy: Site
    git: Site
    authority: Authority
    files: Path
    version: str

    def project(self, service: Mapping[str, str], folder: Path) -> None:
        """Write the files of a module, and let it require the private one: go.mod and go.sum are as go writes them."""
        write(folder, service)
        env = {
            **os.environ,
            "GOFLAGS": "-mod=mod -modcacherw",
            "GOPROXY": f"file://{self.files}",
            "GOSUMDB": "off",
            "GOMODCACHE": str(self.files.with_name("tidied")),
        }
        subprocess.run(["go", "get", f"{MODULE}@{self.version}"], cwd=folder, env=env, check=True, capture_output=True)


@contextmanager
def served(folder: Path, text: str, version: str = "v1.2.0") -> Iterator[Private]:
    """Serve the module until the block ends; `text` is what its package says."""
    source = {"go.mod": f"module {MODULE}\n\ngo 1.24\n", "greet.go": f'package greet\n\nconst Text = "{text}"\n'}
    authority = make_authority(folder / "tls")
    files, repositories = folder / "modules", folder / "repositories"
    _write_modules(files, source, version)
    _write_repository(repositories / MODULE.partition("/")[2], source, version)
    context = authority.context
    with (
        serve(_guarded(_files(files)), context=context()) as proxy,
        serve(_guarded(_backend(repositories)), context=context()) as git,
    ):
        yield Private(proxy, git, authority, files, version)


def _write_modules(folder: Path, source: Mapping[str, str], version: str) -> None:
    """What a proxy has of a module (https://go.dev/ref/mod#goproxy-protocol)."""
    versions = folder / MODULE / "@v"
    said = {"Version": version, "Time": "2026-01-02T03:04:05Z"}
    write(versions, {"list": f"{version}\n", f"{version}.info": json.dumps(said), f"{version}.mod": source["go.mod"]})
    with zipfile.ZipFile(versions / f"{version}.zip", "w") as archive:
        for name, text in source.items():
            archive.writestr(f"{MODULE}@{version}/{name}", text)


def _write_repository(folder: Path, source: Mapping[str, str], version: str) -> None:
    write(folder, source)
    person = ("-c", "user.name=Someone", "-c", "user.email=someone@example.test")
    for words in (("init", "-q"), ("add", "."), (*person, "commit", "-qm", "Greet"), ("tag", version)):
        subprocess.run(["git", *words], cwd=folder, check=True)


def _guarded(answer: Handler) -> Handler:
    """For the user with the password, and for the password alone in a user's place, as forges take tokens."""
    logins = {base64.b64encode(login.encode()).decode() for login in (f"{USER}:{PASSWORD}", f"{PASSWORD}:")}

    def guarded(request: Request) -> Answer:
        scheme, _, login = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic" and login in logins:
            return answer(request)
        return Answer(401, {"WWW-Authenticate": 'Basic realm="modules"', "Content-Type": "text/plain"}, b"who are you?")

    return guarded


def _files(folder: Path) -> Handler:
    def answer(request: Request) -> Answer:
        path = folder / request.path.strip("/")
        return Answer(200, {}, path.read_bytes()) if path.is_file() else Answer(404, {}, b"not found")

    return answer


def _backend(folder: Path) -> Handler:
    """Git's own server, as CGI (https://git-scm.com/docs/git-http-backend)."""

    def answer(request: Request) -> Answer:
        body = request.body() if request.method == "POST" else b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        env = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
            "PATH_INFO": request.path,
            "QUERY_STRING": "&".join(f"{name}={value}" for name, value in request.query.items()),
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
            "REMOTE_USER": USER,
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        told = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(told.pop("Status", "200").split()[0])
        return Answer(status, told, content)

    return answer
