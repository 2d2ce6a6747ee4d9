"""Whether a program needs a C compiler, and for what. Pure."""

import posixpath
from collections.abc import Iterable

from lading.survey.go.constraint import asks_for_cgo
from lading.survey.go.source import GoFile
from lading.survey.model import Fact

_MODULES = (
    "github.com/DataDog/zstd", "github.com/confluentinc/confluent-kafka-go", "github.com/davidbyttow/govips",
    "github.com/godror/godror", "github.com/google/gopacket/pcap", "github.com/gopacket/gopacket/pcap",
    "github.com/h2non/bimg", "github.com/libgit2/git2go", "github.com/linxGnu/grocksdb",
    "github.com/marcboeker/go-duckdb", "github.com/mattn/go-sqlite3", "github.com/miekg/pkcs11",
    "github.com/tecbot/gorocksdb", "github.com/uber/h3-go", "github.com/valyala/gozstd", "gocv.io/x/gocv",
    "gorm.io/driver/sqlite", "rogchap.com/v8go",
)  # fmt: skip
"""Modules that do nothing (or do not compile) without cgo. Data, by their own documentation."""


def needs_cgo(files: Iterable[tuple[str, GoFile]]) -> Fact[str] | None:
    """What of these files (each with its path) needs cgo: their own C, or a module that is known to. Nothing where all
    can do without: a file behind `//go:build cgo` has another in its place."""
    for path, file in files:
        if asks_for_cgo(posixpath.basename(path), file.constraint):
            continue
        for one in file.imports:
            module = next((known for known in _MODULES if _of(one.path, known)), "")
            if one.path == "C" or module:
                what = f'import "C" in {path}' if one.path == "C" else module
                return Fact(value=what, source=f"{path}:{one.line}", certainty="found")
    return None


def _of(path: str, module: str) -> bool:
    return path == module or path.startswith(f"{module}/")
