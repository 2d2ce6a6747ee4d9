import re
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.strategy import values
from lading.strategy.values import bytes_of, numbers_of, seconds_of


def patterns() -> list[tuple[str, str]]:
    kinds = {name: kind for name, kind in vars(values).items() if get_args(kind)}
    return [
        (name, meta.pattern)
        for name, kind in sorted(kinds.items())
        for meta in get_args(kind)[1:]
        if isinstance(meta, msgspec.Meta) and meta.pattern
    ]


@pytest.mark.parametrize(("kind", "good"), [
    ("BaseName", ["distroless", "slim", "python:3.13-slim", "registry.example:5000/team/base@sha256:" + "a" * 64]),
    ("ImageName", ["api", "registry.example/team/api", "localhost:5000/api", "a__b/c-d.e"]),
    ("User", ["0", "65532", "65532:65532"]),
    ("Size", ["200MB", "1.5 GiB", "0B"]),
    ("Duration", ["30s", "1m30s", "500ms", "1h", "0.5s", "2m"]),
    ("UrlPath", ["/", "/health", "/api/v1/health?full=1", "/a%20b"]),
    ("EnvName", ["A", "_x", "PATH_2"]),
    ("LabelName", ["a", "com.example.team", "org.opencontainers.image.title"]),
    ("Glob", ["*.pem", "**/x", "a b", "docs"]),
    ("Folder", [".", "services/api", "a/b.c"]),
    ("AbsolutePath", ["/usr/bin/python3.13"]),
    ("PathInImage", ["/var/lib/postgresql", "/etc/nginx/nginx.conf", "/a/..b/.c"]),
    ("LinkTarget", ["/usr/lib/x/bin/y", "../lib/x", "x"]),
    ("AccountName", ["postgres", "_apt", "www-data"]),
    ("Signal", ["SIGTERM", "SIGRTMIN+3"]),
    ("Url", ["http://mirror.example/debian", "https://[::1]:8080/x"]),
    ("DebianName", ["libpq5", "libstdc++6"]),
])  # fmt: skip
def test_what_is_meant_passes(kind: str, good: list[str]) -> None:
    for one in good:
        assert msgspec.convert(one, getattr(values, kind)) == one


@pytest.mark.parametrize(("kind", "bad"), [
    ("BaseName", ["", "Python:3.13", "a b", "a;rm", "-x", "python:", "python@sha256:ab", "$(x)", "a\nFROM evil"]),
    ("ImageName", ["api:latest", "/api", "api/", "a/UPPER", "a//b", "a@sha256:" + "a" * 64]),
    ("User", ["root", "-1", "1:", ":1", "1000:app", "1 "]),
    ("Size", ["200", "MB", "1e3MB", "-1MB", "1 TB"]),
    ("Duration", ["", "30", "s", "1s30m", "-1s", "30 s"]),
    ("UrlPath", ["health", "", "/a b", '/"', "/a\\", "/`x`", "/$x", "/'"]),
    ("EnvName", ["", "1A", "A-B", "A=B", "A B"]),
    ("LabelName", ["", ".a", "a.", "a b", 'a"']),
    ("Glob", ["", "!x", "#x", " x", "a\x00b"]),
    ("Folder", ["", "/a", "..", "a/..", "a/../b", "../a", "a\\b"]),
    ("AbsolutePath", ["usr/bin/python", "/usr/bin/", "/a b", "/$x", "/"]),
    ("PathInImage", ["", "/", "var", "/a/", "/a/../b", "/a/.", "/..", "/a//b", "/a b", "/$x"]),
    ("LinkTarget", ["", "/", "a/", "a b", "$x"]),
    ("AccountName", ["Root", "a:b", "-a", "", "a" * 33]),
    ("Signal", ["TERM", "15", "SIGFOO", "sigterm"]),
    ("Url", ["ftp://x", "http://", "http://user:secret@x/", "http://x/a b", 'http://x/"']),
    ("DebianName", ["a", "Lib", "lib pq", "-x"]),
])  # fmt: skip
def test_what_could_mean_something_else_does_not(kind: str, bad: list[str]) -> None:
    for one in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(one, getattr(values, kind))


@pytest.mark.parametrize(("name", "pattern"), patterns())
@given(text=st.text(max_size=40), end=st.sampled_from(["\n", "\r\n", "\x00", "\x1b[0m"]))
def test_no_pattern_lets_a_control_character_pass(name: str, pattern: str, text: str, end: str) -> None:
    assert re.search(pattern, text + end) is None, name


@pytest.mark.parametrize(("size", "count"), [("1KB", 1000), ("1KiB", 1024), ("200MB", 200_000_000), ("12 B", 12)])
def test_sizes_are_decimal_unless_they_say_otherwise(size: str, count: int) -> None:
    assert bytes_of(size) == count


@given(hours=st.integers(0, 99), minutes=st.integers(0, 99), seconds=st.integers(0, 99))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    text = f"{hours}h{minutes}m{seconds}s"
    assert msgspec.convert(text, values.Duration) == text
    assert seconds_of(text) == hours * 3600 + minutes * 60 + seconds


def test_milliseconds_are_not_minutes() -> None:
    assert seconds_of("500ms") == 0.5


def test_a_user_alone_is_in_the_group_of_its_number() -> None:
    assert numbers_of("1000") == (1000, 1000)
    assert numbers_of("1000:0") == (1000, 0)
