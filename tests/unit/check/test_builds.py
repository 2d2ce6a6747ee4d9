from pathlib import Path

from lading.check.builds import Builds, compose_files_around, read_builds

COMPOSE = """
services:
  web: {build: ., command: [serve]}
  worker: {build: {context: .}}
  api: {build: {context: api, dockerfile: ../deploy/api.Dockerfile, target: prod, args: {V: "3", HOST: }}}
  far: {build: "https://git.example/x.git"}
  any: {build: "${WHERE}"}
  gone: {build: nowhere}
  db: {image: postgres}
"""


def builds(*files: Path) -> Builds:
    return read_builds(files, read=Path.read_text, shown=lambda path: path.name)


def test_services_that_build_the_same_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE)
    found = builds(file)
    assert found.of.keys() == {tmp_path / "Dockerfile", tmp_path / "deploy/api.Dockerfile"}
    (own,) = found.of[tmp_path / "Dockerfile"]
    assert (own.context, own.target, [one.name for one in own.services]) == (tmp_path, "", ["web", "worker"])
    (api,) = found.of[tmp_path / "deploy/api.Dockerfile"]
    assert (api.context, api.target, api.arguments["V"]) == (tmp_path / "api", "prod", "3")
    assert found.texts == {"compose.yaml": COMPOSE}


def test_different_targets_are_different_builds(tmp_path: Path) -> None:
    one, two = tmp_path / "compose.yaml", tmp_path / "compose.dev.yaml"
    one.write_text("services: {a: {build: .}}")
    two.write_text("services: {a: {build: {context: ., target: dev}}}")
    assert [build.target for build in builds(one, two).of[tmp_path / "Dockerfile"]] == ["", "dev"]


def test_what_is_no_yaml_is_told_and_stops_nothing(tmp_path: Path) -> None:
    bad, good = tmp_path / "compose.yaml", tmp_path / "compose.prod.yaml"
    bad.write_text("services: [\n")
    good.write_text("services: {a: {build: .}}")
    found = builds(bad, good)
    assert list(found.broken) == ["compose.yaml"]
    assert found.of


def test_compose_files_are_looked_for_up_to_the_root(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    names = ["docker/compose.yaml", "docker-compose.yml", "other/compose.yaml", "../compose.yaml"]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    found = compose_files_around([root / "docker/Dockerfile", root / "Dockerfile"], root)
    assert found == [root / "docker/compose.yaml", root / "docker-compose.yml"]
