import socket

import pytest

from lading.errors import UsageError
from lading.oci.documents import RunConfig
from lading.prove.ports import Place, choose_port, exposed_port, parse_published


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8080", (Place("127.0.0.1", 0), 8080)),
        ("9000:8080", (Place("127.0.0.1", 9000), 8080)),
        ("9000:8080/tcp", (Place("127.0.0.1", 9000), 8080)),
        ("0.0.0.0:9000:8080", (Place("0.0.0.0", 9000), 8080)),
        ("localhost::8080", (Place("127.0.0.1", 0), 8080)),
        ("[::1]:9000:8080", (Place("[::1]", 9000), 8080)),
    ],
)
def test_ports_to_publish(text: str, expected: tuple[Place, int]) -> None:
    assert parse_published(text) == expected


@pytest.mark.parametrize(
    "text", ["", "x", "0", "8080:0", "70000", "99999:80", "1:2:3", "8080/udp", "-1", "example:1:2", "٣"]
)
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no port"):
        parse_published(text)


def test_the_address_is_one_that_a_browser_can_open() -> None:
    assert Place("0.0.0.0", 80).address == "http://127.0.0.1:80"
    assert Place("[::]", 80).address == "http://[::1]:80"
    assert Place("127.0.0.1", 8080).address == "http://127.0.0.1:8080"


def test_the_lowest_tcp_port_is_the_images_own() -> None:
    config = RunConfig(exposed_ports={"9090/tcp": {}, "8080/tcp": {}, "53/udp": {}, "odd": {}})
    assert exposed_port(config) == 8080
    assert exposed_port(RunConfig()) is None


def test_a_free_port_is_taken_as_it_is_and_a_busy_one_is_not() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        chosen = choose_port(port)
        assert chosen != port
        assert 0 < chosen < 65536
    assert choose_port(port) == port
