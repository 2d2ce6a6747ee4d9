"""The tool that makes the data of Debian's packages."""

import json

from tools.packages.archive import Archive, Entry
from tools.packages.collect import collect, written

from lading.check.effects.packages import DATA, SUITES, Brings


def archive() -> Archive:
    def entry(
        *needs: str, recommends: tuple[str, ...] = (), provides: tuple[str, ...] = (), essential: bool = False
    ) -> Entry:
        return Entry(
            tuple(tuple(one.split("|")) for one in needs), tuple((one,) for one in recommends), provides, essential
        )

    return Archive(
        packages={
            "base": entry("base-libs", essential=True),
            "base-libs": entry(),
            "curl": entry("libcurl", "base-libs", recommends=("certificates",)),
            "libcurl": entry("missing|libssl"),
            "libssl": entry(),
            "certificates": entry(),
            "mta-a": entry(provides=("mta",)),
            "mta-b": entry(provides=("mta",)),
            "data": entry("more-data"),
            "more-data": entry("data"),
        },
        programs={"curl": ["usr/bin/curl", "usr/sbin/curld"], "mta-a": ["usr/sbin/sendmail"]},
        libraries={"libssl": ["libssl.so.3"], "libcurl": ["libcurl.so.4"]},
    )


def test_what_roots_bring_with_all_that_they_need() -> None:
    assert collect(archive(), ["curl", "mta", "none"]) == {
        "curl": Brings("curl usr/sbin/curld", "", "libcurl", ""),
        "libcurl": Brings("", "libcurl.so.4", "libssl"),
        "libssl": Brings("", "libssl.so.3"),
        "mta": Brings(needs="mta-a"),
        "mta-a": Brings("usr/sbin/sendmail"),
    }


def test_packages_that_bring_nothing_are_only_there_where_somebody_asks_for_them() -> None:
    assert collect(archive(), ["data"]) == {"data": Brings()}


def test_a_line_a_package() -> None:
    text = written(collect(archive(), ["curl"]))
    assert text.splitlines()[1] == '"curl": ["curl usr/sbin/curld", "", "libcurl"],'
    assert json.loads(text).keys() == {"curl", "libcurl", "libssl"}


def test_the_data_is_as_the_tool_writes_it() -> None:
    for suite in SUITES:
        lines = (DATA / f"debian-{suite}.json").read_text().splitlines()[1:-1]
        names = [json.loads(f"{{{line.rstrip(',')}}}").popitem()[0] for line in lines]
        assert names == sorted(names)
        assert len(names) > 1000
