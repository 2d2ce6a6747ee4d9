"""The notes: every requirement has its hashes, and the service's own tests pass with them."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from tests.support.examples import EXAMPLES, copy_of, install, own_tests


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with an environment of what its tests need."""
    copy = copy_of("notes", tmp_path_factory.mktemp("examples"))
    install(copy, (copy / "requirements-dev.txt").read_text())
    return copy


def test_its_own_tests_pass(project: Path) -> None:
    assert " passed" in own_tests(project)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lists_name_no_index_and_a_hash_for_every_package(name: str) -> None:
    text = (EXAMPLES / "notes" / name).read_text()
    assert "://" not in text
    for entry in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split(" --hash=")
        assert [str(one.operator) for one in Requirement(requirement.strip()).specifier] == ["=="]
        assert all(one.strip().startswith("sha256:") for one in hashes)
        assert hashes
