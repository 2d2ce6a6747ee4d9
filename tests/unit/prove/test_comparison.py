from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.digest import digest_of
from lading.prove.comparison import Pair, compare
from lading.prove.size import ImageSize, LayerSize, PackageSize

NAMES = st.sampled_from(["libc6", "express", "libssl3t64", "vite"])


def sized(packages: Mapping[str, int], *, kind: str = "node", layers: int = 1) -> ImageSize:
    """An image of packages of one file each."""
    total = sum(packages.values())
    digest = digest_of(repr(packages).encode())
    return ImageSize(
        manifest=digest,
        platform="linux/amd64",
        size=total // 2,
        unpacked=total,
        layers=(LayerSize(title="all", digest=digest, size=total // 2, unpacked=total, files=len(packages)),) * layers,
        packages=tuple(
            PackageSize(kind="node" if kind == "node" else "other", name=name, version="1", size=size, files=1)
            for name, size in packages.items()
        ),
    )


def test_what_is_saved() -> None:
    found = compare(sized({"express": 150}), sized({"express": 100, "vite": 400}, layers=2))
    assert (found.unpacked.other, found.unpacked.image, found.unpacked.reduction) == (500, 150, 0.7)
    assert found.size == Pair(image=75, other=250)
    assert found.files == Pair(image=1, other=4)
    assert found.packages == Pair(image=1, other=2)
    assert found.layers == Pair(image=1, other=2)
    assert [(one.name, one.bytes.saved) for one in found.differences] == [("vite", 400), ("express", -50)]


def test_what_is_no_package_counts_as_none() -> None:
    found = compare(sized({"a": 1}, kind="other"), sized({"b": 1}, kind="other"))
    assert found.packages == Pair(image=0, other=0)
    assert found.packages.reduction == 0


@pytest.mark.parametrize(("image", "other", "reduction"), [(0, 0, 0.0), (1, 0, 0.0), (0, 1, 1.0), (3, 1, -2.0)])
def test_reductions(image: int, other: int, reduction: float) -> None:
    assert Pair(image=image, other=other).reduction == reduction


@given(st.dictionaries(NAMES, st.integers(1, 9)), st.dictionaries(NAMES, st.integers(1, 9)))
def test_the_differences_add_up(ours: dict[str, int], theirs: dict[str, int]) -> None:
    found = compare(sized(ours), sized(theirs))
    assert sum(one.bytes.saved for one in found.differences) == found.unpacked.saved
    assert all(one.bytes.saved for one in found.differences)
    assert compare(sized(ours), sized(ours)).differences == ()
