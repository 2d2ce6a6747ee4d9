from pathlib import Path

import pytest
from tools.engine.errors import EngineError
from tools.engine.home import find_home


def test_the_cache_folder_follows_the_standard() -> None:
    assert find_home({"XDG_CACHE_HOME": "/var/tmp/c"}).folder == Path("/var/tmp/c/lading-engine")
    assert find_home({}).folder == Path.home() / ".cache/lading-engine"


def test_a_path_too_long_for_a_socket_is_told_before_anything_starts() -> None:
    with pytest.raises(EngineError, match="XDG_CACHE_HOME"):
        find_home({"XDG_CACHE_HOME": "/tmp/" + "long" * 20})


def test_two_folders_have_two_control_groups() -> None:
    assert find_home({"XDG_CACHE_HOME": "/a"}).cgroup != find_home({"XDG_CACHE_HOME": "/b"}).cgroup
