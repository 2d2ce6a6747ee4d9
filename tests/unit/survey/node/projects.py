"""Small Node projects in memory, as a repository would have them."""

import json
from collections.abc import Mapping

from lading.survey.model import NodeService, Survey
from lading.survey.survey import survey
from lading.tree import MemoryTree

EXPRESS = """
const express = require("express");
const app = express();
app.get("/health", (request, response) => response.json({}));
app.listen(process.env.PORT || 3000);
"""


def package(name: str = "shop", /, **more: object) -> str:
    """A `package.json`."""
    return json.dumps({"name": name, "version": "1.2.3", **more})


def lock(*roots: tuple[str, str], packages: Mapping[str, object] | None = None) -> str:
    """A `package-lock.json` for some `package.json`s, each given with its folder, and further entries."""
    tables = ("dependencies", "devDependencies", "optionalDependencies")
    entries = {
        folder: {key: value for key, value in json.loads(text).items() if key in tables} for folder, text in roots
    }
    return json.dumps({"lockfileVersion": 3, "packages": {**entries, **(packages or {})}})


def tree_of(own: str, files: Mapping[str, str], packages: Mapping[str, object] | None = None) -> MemoryTree:
    """A project of npm's with this `package.json` and its lock."""
    return MemoryTree({"package.json": own, "package-lock.json": lock(("", own), packages=packages), **files})


def surveyed(tree: MemoryTree) -> Survey:
    """What is in a tree."""
    return survey(tree)


def service_of(tree: MemoryTree, name: str = "") -> NodeService:
    """The only service of a tree, or the one of that name."""
    found = survey(tree)
    assert not found.unsupported, found.unsupported
    services = [one for one in found.services if isinstance(one, NodeService) and name in ("", one.name.value)]
    assert len(services) == 1, [one.name.value for one in found.services]
    return services[0]
