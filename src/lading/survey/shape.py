"""What of a tree a plan can depend on: its fingerprint, but for what a changed line of code leaves as it was.

Most changes of source change nothing that a plan is made of. A plan names no lines, so two trees of one shape have the
same plans, and only the changed module is parsed to see that they are of one shape.
"""

import hashlib
import posixpath
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from lading.digest import Digest, digest_of
from lading.survey.fingerprint import SCRIPTS, has_lists, is_read, is_source, key_of
from lading.survey.patterns import DEVELOPMENT
from lading.tree.patterns import Patterns
from lading.tree.tree import Tree

if TYPE_CHECKING:
    from lading.survey.go.source import GoFile
    from lading.survey.ground import Memo
    from lading.survey.python.module import ModuleFacts


def shape(tree: Tree, memo: "Memo", more: Iterable[str] = ()) -> Digest:
    """A digest of all paths of a tree, of the content of the files that a survey reads, and of the facts of its modules
    without their lines. `more` are further inputs of whoever remembers something by it."""
    development = Patterns(DEVELOPMENT)
    state = hashlib.sha256("\0".join(["shape", key_of(), *more, ""]).encode())
    folders: dict[str, list[str]] = {}
    go: dict[str, list[str]] = {}
    scripts: dict[str, list[str]] = {}
    lines = []
    lists = has_lists(tree)
    for file in tree.files():
        if file.link is None and file.path.endswith(".go"):
            lines.append(f"{file.path}\n")
            if is_source(file.path):
                go.setdefault(posixpath.dirname(file.path), []).append(file.path)
            continue
        if file.link is None and file.path.endswith(SCRIPTS):
            lines.append(f"{file.path}\n")
            scripts.setdefault(posixpath.dirname(file.path), []).append(file.path)
            continue
        module = file.link is None and file.path.endswith(".py")
        if module and not development.matches(file.path):
            folders.setdefault(posixpath.dirname(file.path), []).append(file.path)
            module = False
        read = module or (file.link is None and is_read(file.path, lists=lists))
        lines.append(f"{file.path}\0{tree.digest(file.path) if read else ''}\n")
    # One remembered answer a folder: a tree of a thousand modules must not cost a thousand reads.
    lines += [_shape_of_folder(tree, memo, paths) for _, paths in sorted(folders.items())]
    lines += [_shape_of_go(tree, memo, paths) for _, paths in sorted(go.items())]
    lines += [_shape_of_scripts(tree, memo, paths) for _, paths in sorted(scripts.items())]
    state.update("".join(lines).encode(errors="surrogateescape"))
    return Digest("sha256:" + state.hexdigest())


def shape_of(facts: "ModuleFacts") -> Digest:
    """A digest of a module's facts without their lines."""
    return digest_of(msgspec.json.encode(_without_lines(msgspec.to_builtins(facts))))


def _shape_of_folder(tree: Tree, memo: "Memo", paths: Sequence[str]) -> str:
    def compute() -> str:
        return "\n".join(_shape_of_module(tree, memo, path) for path in paths)

    return memo(key_of("shapes", *(tree.digest(path) for path in paths)), str, compute)


def _shape_of_go(tree: Tree, memo: "Memo", paths: Sequence[str]) -> str:
    def compute() -> str:
        from lading.survey.go.find import go_files

        return shape_of_go(go_files(tree, paths, memo))

    return memo(key_of("go shapes", *(tree.digest(path) for path in paths)), str, compute)


def _shape_of_scripts(tree: Tree, memo: "Memo", paths: Sequence[str]) -> str:
    def compute() -> str:
        from lading.survey.node.surveyor import module_facts

        plain = [_without_lines(msgspec.to_builtins(module_facts(tree, path, memo))) for path in paths]
        return digest_of(msgspec.json.encode([*zip(paths, plain, strict=True)]))

    return memo(key_of("script shapes", *paths, *(tree.digest(path) for path in paths)), str, compute)


def shape_of_go(files: "Sequence[GoFile]") -> Digest:
    """A digest of the facts of Go files without their lines."""
    plain = [
        msgspec.structs.replace(file, serves=bool(file.serves), grpc_health=bool(file.grpc_health)) for file in files
    ]
    return digest_of(msgspec.json.encode(_without_lines(msgspec.to_builtins(plain))))


def _shape_of_module(tree: Tree, memo: "Memo", path: str) -> str:
    def compute() -> str:
        from lading.survey.python.known import module_facts

        return shape_of(module_facts(tree, path, memo))

    return memo(key_of("shape", tree.digest(path)), str, compute)


def _without_lines(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_lines(inner) for key, inner in value.items() if key != "line"}
    if isinstance(value, list | tuple):
        return [_without_lines(inner) for inner in value]
    return value
