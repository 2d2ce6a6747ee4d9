import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.plan.bases import (
    SUITES,
    SYSTEM_LIBRARIES,
    UNUSED_LIBRARIES,
    WITHOUT,
    debian_base,
    is_musl,
    python_of_image,
    system_libraries,
)
from lading.survey.python.tables import normalised


@pytest.mark.parametrize("python", SUITES)
def test_a_base_has_its_python_and_what_every_service_needs(python: str) -> None:
    base = debian_base("distroless", python)
    assert base.interpreter == f"/usr/bin/python{python}"
    assert {f"python{python}-minimal", f"libpython{python}-stdlib", "ca-certificates", "tzdata"} <= set(base.roots)
    assert "dash" not in base.roots
    assert set(WITHOUT) <= set(base.without)


@pytest.mark.parametrize("python", SUITES)
def test_slim_is_the_same_with_a_shell(python: str) -> None:
    distroless, slim = debian_base("distroless", python), debian_base("slim", python)
    assert set(slim.roots) - set(distroless.roots) >= {"dash", "coreutils"}
    assert set(distroless.roots) <= set(slim.roots)


@given(st.lists(st.sampled_from(["openssl", "dpkg", "libpq5", "base-files", "libreadline8t64"])))
def test_a_package_that_is_asked_for_is_never_left_out(extra: list[str]) -> None:
    base = debian_base("slim", "3.13", extra)
    assert set(extra) <= set(base.roots)
    assert not set(base.roots) & set(base.without)
    assert base.roots == tuple(sorted(set(base.roots)))
    assert base.without == tuple(sorted(set(base.without)))


def test_libraries_are_found_by_the_whole_name_of_a_package() -> None:
    assert system_libraries(["psycopg2", "fastapi"], "trixie") == {"psycopg2": ("libpq5",)}
    assert system_libraries(["psycopg2-binary", "psycopg2cffi", "my-psycopg2"], "trixie") == {}


def test_a_package_that_brings_its_own_library_needs_none() -> None:
    assert system_libraries(["psycopg"], "trixie") == {"psycopg": ("libpq5",)}
    assert system_libraries(["psycopg", "psycopg-binary"], "trixie") == {}


def test_every_table_is_in_normal_form_and_knows_every_suite() -> None:
    for name, suites in SYSTEM_LIBRARIES.items():
        assert normalised(name) == name
        assert set(suites) == set(SUITES.values())
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", one) for libraries in suites.values() for one in libraries)


@pytest.mark.parametrize(("reference", "python"), [
    ("python:3.12", "3.12"), ("python:3.12.4-slim-trixie", "3.12"),
    ("registry.example:5000/base/python:3.13-slim", "3.13"),
    ("python:3.13@sha256:abc", "3.13"), ("python:3", ""), ("python:latest", ""), ("python", ""), ("pythonic:3.12", ""),
    ("my-python:3.12", ""), ("ubuntu:24.04", ""), ("python:3.12rc1", ""),
])  # fmt: skip
def test_the_python_of_official_images(reference: str, python: str) -> None:
    assert python_of_image(reference) == python


@pytest.mark.parametrize(("reference", "musl"), [
    ("python:3.13-alpine", True), ("alpine:3.22", True), ("alpine", True), ("registry.example/alpine:1", True),
    ("registry.example:5000/x:2-alpine3.22@sha256:abc", True), ("busybox:musl", True), ("node:22-musl", True),
    ("python:3.13-slim", False), ("registry.example/alpinist:1", False), ("registry.example/alpine/debian:12", False),
])  # fmt: skip
def test_images_without_glibc(reference: str, musl: bool) -> None:
    assert is_musl(reference) is musl


@pytest.mark.parametrize("python", SUITES)
def test_only_a_plain_base_leaves_out_what_idle_extensions_need(python: str) -> None:
    unused = set(UNUSED_LIBRARIES[SUITES[python]])
    assert unused <= set(debian_base("distroless", python).without)
    assert not unused & set(debian_base("distroless", python, ["gdb"]).without)
