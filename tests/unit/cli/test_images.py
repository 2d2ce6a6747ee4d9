import io
from pathlib import Path

import pytest
from tests.support.projects import FASTAPI_APP, pyproject, uv_lock
from tests.support.registry import registry
from tests.unit.prove.samples import MemoryImage, an_image

from lading.cli.context import Context
from lading.cli.images import Found, choose, find_image, parse_platform
from lading.cli.outside import registry_of
from lading.digest import digest_of
from lading.errors import RemoteFailed, StepFailed, UsageError
from lading.oci.archive import write_archive
from lading.oci.layout import write_layout
from lading.oci.model import Platform
from lading.oci.partial import index_of
from lading.prove.container import machine

AMD64, ARM64 = Platform(os="linux", architecture="amd64"), Platform(os="linux", architecture="arm64")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "here").mkdir()
    env = {"LADING_STORE": str(tmp_path / "store"), "HOME": str(tmp_path)}
    return Context(env=env, cwd=tmp_path / "here", out=io.StringIO(), err=io.StringIO())


@pytest.fixture
def image() -> MemoryImage:
    return an_image({"app/main.py": b"1"})


def stored(context: Context, image: MemoryImage, name: str) -> None:
    for layer in image.layers:
        with context.store.writer() as writer:
            writer.write_all(layer.chunks())
            writer.commit()
    context.store.put(image.config)
    context.store.name_image(name, context.store.put(image.manifest))


def a_service(folder: Path, name: str = "api") -> None:
    """The smallest service that can be planned."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(pyproject(name))
    (folder / "uv.lock").write_text(uv_lock("fastapi", "uvicorn", name=name))
    (folder / "main.py").write_text(FASTAPI_APP)


def found(context: Context, text: str) -> str:
    return digest_of(find_image(context, text).content.manifest)


def test_a_layout(context: Context, image: MemoryImage) -> None:
    write_layout(context.cwd / "out", {"app:1": image})
    assert found(context, "out") == image.digest
    assert found(context, "./out") == image.digest
    assert found(context, str(context.cwd / "out")) == image.digest
    assert found(context, "out:app:1") == image.digest


def test_one_image_of_several(context: Context, image: MemoryImage) -> None:
    other = an_image({"b": b"2"})
    write_layout(context.cwd / "out", {"app:1": image, "app:2": other})
    assert found(context, "out:app:2") == other.digest
    with pytest.raises(UsageError, match="several images"):
        find_image(context, "out")


def test_an_archive(context: Context, image: MemoryImage) -> None:
    write_archive(context.cwd / "app.tar", {"app:1": image})
    assert found(context, "app.tar") == image.digest
    assert found(context, "app.tar:app:1") == image.digest


def test_a_name_in_the_store(context: Context, image: MemoryImage) -> None:
    stored(context, image, "registry.example/team/app")
    assert found(context, "registry.example/team/app") == image.digest


def test_a_service_and_its_folder(context: Context, image: MemoryImage) -> None:
    a_service(context.cwd)
    with pytest.raises(StepFailed, match="api is not built yet") as caught:
        find_image(context, ".")
    assert caught.value.fix == "lading build -C ."
    (context.cwd / "lading.toml").write_text('[services.api]\nimage = "registry.example/team/api"\n')
    stored(context, image, "registry.example/team/api")
    assert found(context, "api") == image.digest
    assert found(context, ".") == image.digest


def test_a_folder_of_several_services(context: Context) -> None:
    a_service(context.cwd / "one", "one")
    a_service(context.cwd / "two", "two")
    with pytest.raises(UsageError, match="holds several services") as caught:
        find_image(context, ".")
    assert "one, two" in caught.value.fix


def test_a_word_alone_means_nothing_far_away(context: Context, image: MemoryImage) -> None:
    with pytest.raises(UsageError, match="there is no image 'riskshield'") as caught:
        find_image(context, "riskshield")
    assert caught.value.fix == "lading build makes one"
    stored(context, image, "team/app")
    with pytest.raises(UsageError) as caught:
        find_image(context, "riskshield")
    assert "team/app" in caught.value.fix


def test_a_path_that_is_not_there_is_not_looked_for_in_a_registry(context: Context) -> None:
    with pytest.raises(UsageError, match="there is no image"):
        find_image(context, "./nowhere.tar")


def test_a_reference_to_a_registry(context: Context, image: MemoryImage) -> None:
    with registry() as there:
        name = f"{there.host}/team/app:1"
        with pytest.raises(RemoteFailed):
            find_image(context, name)
        registry_of(context).push(name, image)
        assert found(context, name) == image.digest
        context.http.close()


def test_the_platform_asked_for_is_chosen() -> None:
    amd64, arm64 = an_image({"a": b"1"}), an_image({"a": b"2"})
    index = index_of([(AMD64, amd64), (ARM64, arm64)])
    assert choose(Found("app", index), "linux/arm64").manifest == arm64.manifest
    with pytest.raises(UsageError, match="s390x"):
        choose(Found("app", index), "linux/s390x")


def test_without_a_platform_it_is_this_machines_or_the_first() -> None:
    strange, stranger = an_image({"a": b"1"}), an_image({"a": b"2"})
    index = index_of(
        [(Platform(os="linux", architecture="ppc"), strange), (Platform(os="linux", architecture="vax"), stranger)]
    )
    assert choose(Found("app", index), None).manifest == strange.manifest
    amd64, arm64 = an_image({"a": b"1"}), an_image({"a": b"2"})
    both = index_of([(ARM64, arm64), (AMD64, amd64)])
    own = {"amd64": amd64, "arm64": arm64}[machine().architecture]
    assert choose(Found("app", both), None).manifest == own.manifest


def test_one_image_has_one_platform(image: MemoryImage) -> None:
    assert choose(Found("app", image), None) is image
    assert choose(Found("app", image), "linux/amd64") is image
    with pytest.raises(UsageError, match="linux/amd64 only"):
        choose(Found("app", image), "linux/arm64")


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/arm64", "a/b/c/d"])
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a platform"):
        parse_platform(text)


def test_a_variant() -> None:
    assert parse_platform("linux/arm/v7") == Platform(os="linux", architecture="arm", variant="v7")
