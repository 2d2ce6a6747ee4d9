"""Which proxy stands before a host, by the environment variables that curl and Go programs read.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case, the lower case first. Rules of `NO_PROXY`:
https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config (hosts, `.suffixes`, `host:port`, addresses, networks, `*`).
"""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from lading.errors import UsageError


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP proxy: where it listens, and the value of `Proxy-Authorization` (empty when it wants none)."""

    host: str
    port: int
    authorization: str = ""


def proxy_for(scheme: str, host: str, port: int, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for a request, or nothing. `UsageError` when the setting names what Lading cannot speak to."""
    if is_loopback(host):
        return None
    # HTTP_PROXY in upper case is not read under CGI (httpoxy); Lading is no CGI program, so either case serves.
    for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"):
        value = environ.get(name)
        if not value:
            continue
        bypass = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        if any(_bypasses(host, port, rule.strip().lower()) for rule in bypass.split(",")):
            return None
        return _parse(value, name)
    return None


def is_loopback(host: str) -> bool:
    """Whether a host (a name or an address, IPv6 without brackets) is this machine: `localhost`, 127.0.0.0/8, `::1`."""
    if host.lower() == "localhost" or host == "::1":
        return True
    parts = host.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isdigit() and int(part) < 256 for part in parts)


def _parse(value: str, name: str) -> Proxy:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = parts.port
    except ValueError:
        raise UsageError("the proxy setting is not an address", where=name) from None
    if parts.scheme != "http" or not parts.hostname:
        # The value itself stays out of the message: it may hold a password.
        raise UsageError(
            "only http:// proxies can be used (they carry https too)", where=name, fix=f"set {name}=http://HOST:PORT"
        )
    authorization = ""
    if parts.username:
        from base64 import b64encode

        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + b64encode(pair.encode()).decode()
    return Proxy(host=parts.hostname, port=port or 80, authorization=authorization)


def _bypasses(host: str, port: int, rule: str) -> bool:
    if not rule:
        return False
    if rule == "*":
        return True
    host = host.lower()
    if "/" in rule:
        return _in_network(host, rule)
    if rule.startswith("["):
        rule, _, rest = rule[1:].partition("]")
        rule_port = rest.removeprefix(":")
    elif rule.count(":") == 1:
        rule, _, rule_port = rule.partition(":")
    else:
        rule_port = ""
    if rule_port and rule_port != str(port):
        return False
    if rule.startswith(("*.", ".")):
        return host.endswith(rule.removeprefix("*"))
    return host == rule or host.endswith(f".{rule}")


def _in_network(host: str, rule: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(rule, strict=False)
    except ValueError:
        return False
