"""package-lock.json: which packages must run something to be installed, and whether it is stale."""

import json

from lading.survey.node.npmlock import differences, read_lock
from lading.survey.node.package import read_package

PACKAGES = {
    "": {"dependencies": {"a": "^1.0.0"}, "devDependencies": {"b": "^2"}},
    "packages/ui": {"dependencies": {"c": "*"}},
    "node_modules/native": {"version": "1.0.0", "hasInstallScript": True},
    "node_modules/only-for-tests": {"version": "1.0.0", "hasInstallScript": True, "dev": True},
    "node_modules/mac": {"version": "1.0.0", "hasInstallScript": True, "os": ["darwin"]},
    "node_modules/core-js": {"version": "3.0.0", "hasInstallScript": True},
    "node_modules/bcrypt": {"version": "6.0.0", "hasInstallScript": True, "dependencies": {"node-gyp-build": "^4"}},
    "node_modules/esbuild": {
        "version": "0.25.0", "hasInstallScript": True, "optionalDependencies": {"@esbuild/linux-x64": "0.25.0"},
    },
    "node_modules/@esbuild/linux-x64": {"version": "0.25.0", "cpu": ["x64"], "os": ["linux"]},
    "node_modules/a/node_modules/native": {"version": "0.9.0", "hasInstallScript": True},
}  # fmt: skip


def test_only_packages_that_need_it_may_run_something() -> None:
    found = read_lock(json.dumps({"lockfileVersion": 3, "packages": PACKAGES}).encode())
    assert found.scripts == ("native", "only-for-tests")
    assert found.development == ("only-for-tests",)
    assert found.roots == {".": {"b": "^2", "a": "^1.0.0"}, "packages/ui": {"c": "*"}}
    assert "native" in found.names
    assert "only-for-tests" not in found.names


def test_a_lock_that_is_none_is_told() -> None:
    for data in (b"{", b"[]", b'{"lockfileVersion": 1, "dependencies": {}}'):
        assert read_lock(data).broken


def test_what_changed_since_is_named() -> None:
    package = read_package(b'{"dependencies": {"a": "^2.0.0"}, "devDependencies": {"d": "1"}}')
    assert differences(package, {"a": "^1.0.0", "b": "1"}) == ("a", "b", "d")


def test_what_is_no_name_is_no_word_of_a_command() -> None:
    packages = {f"node_modules/{name}": {"hasInstallScript": True} for name in ("--help", "../../x", "a b", "-g", "ok")}
    assert read_lock(json.dumps({"lockfileVersion": 3, "packages": packages}).encode()).scripts == ("ok",)
