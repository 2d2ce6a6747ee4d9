"""Compose files by the whole command line, of a service whose source wants to be taken for something else."""

import yaml
from tests.support.world import MAIN, World

READS = """
import os

URL = os.environ.get("REDIS_URL", "redis://user:hunter2@localhost/1")
KEY = os.environ["SIGNING_KEY"]
"""
FOLDER = 'it\'s $HOME # "a"'


def test_a_service_in_a_hostile_folder(world: World) -> None:
    for path in ("pyproject.toml", "uv.lock"):
        world.write(f"{FOLDER}/{path}", (world.project / path).read_bytes())
        (world.project / path).unlink()
    world.write(f"{FOLDER}/main.py", MAIN + READS)
    world.write("lading.toml", 'processes = { jobs = ["run.py", "$(id)", "a: #b"] }\n')
    for words in (("compose",), ("compose", "--dev"), ("dockerfile", "--dev")):
        done = world.lading("render", *words, "--write")
        assert done.code == 0, done.err
        assert world.lading("render", *words, "--check").code == 0
    text = (world.project / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    assert services["svc-jobs"]["command"] == ["run.py", "$$(id)", "a: #b"]
    assert set(services["svc"]["environment"]) == {"REDIS_URL", "SIGNING_KEY"}
    dev = (world.project / "compose.dev.yaml").read_text()
    assert yaml.safe_load(dev)["services"]["svc"]["build"]["context"] == f"./{FOLDER}".replace("$", "$$")
    assert "hunter2" not in text + dev
    assert (world.project / FOLDER / "Dockerfile.dev").is_file()
