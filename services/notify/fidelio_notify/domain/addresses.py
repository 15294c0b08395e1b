"""Where a subscriber's webhook may be: on the public internet, and nowhere that only this network can reach."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

_LONGEST_URL = 2048
_HTTPS_PORT = 443
_VISIBLE_ASCII = re.compile(r"[!-~]+")
_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_THIS_MACHINE = "127.0.0.1"
_NOT_PUBLIC_V4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by customers of one provider; some clouds' metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's metadata at a public address
            "169.254.0.0/16",  # link-local, and most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_PUBLIC_V6 = ip_network("2000::/3")
_NOT_PUBLIC_V6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
"""Tunnels, which lead to any IPv4 address, and documentation. What maps IPv4 otherwise lies outside of 2000::/3."""


class Hostile(ValueError):
    """An address that is not posted to: says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`local_ports`: on this machine, also without TLS, for trying things out."""

    ports: frozenset[int] = frozenset({_HTTPS_PORT})
    local_ports: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_numeric(self) -> bool:
        return _as_ip(self.host) is not None

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if (self.scheme, self.port) == ("https", _HTTPS_PORT) else f"{host}:{self.port}"

    def at(self, address: str) -> str:
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def target_of(url: str, reach: Reach) -> Target:
    """What can be told without asking for the name's address; `checked_address` has the last word."""
    if len(url) > _LONGEST_URL or not _VISIBLE_ASCII.fullmatch(url) or "\\" in url:
        raise Hostile("the address has letters that none may have, or is too long; write it in ASCII, encoded")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Hostile("the host or the port cannot be read; write https://host/path") from error
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Hostile("the address has a user name, a password or a fragment; leave them out")
    if not _as_ip(host) and not _NAME.fullmatch(host):
        raise Hostile("the host is neither a full name nor an address in its usual form")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, _HTTPS_PORT if port is None else port, path)
    _check(target, reach)
    return target


def checked_address(target: Target, resolved: Sequence[str], reach: Reach) -> str:
    """The one to connect to. Where any of a name's addresses is not public, none is used: it would be a lottery."""
    if not resolved:
        raise Hostile("the name has no address; check it")
    if not all(_is_reachable(each, target.port, reach) for each in resolved):
        raise Hostile("an address of the host is not on the public internet")
    return resolved[0]


def is_public(address: str) -> bool:
    ip = _as_ip(address)
    if isinstance(ip, IPv4Address):
        return not any(ip in each for each in _NOT_PUBLIC_V4)
    return ip is not None and ip in _PUBLIC_V6 and not any(ip in each for each in _NOT_PUBLIC_V6)


def _check(target: Target, reach: Reach) -> None:
    is_local = target.host == _THIS_MACHINE and target.port in reach.local_ports
    if target.scheme != "https" and not (target.scheme == "http" and is_local):
        raise Hostile("the address does not begin with https://")
    if target.port not in reach.ports | reach.local_ports:
        raise Hostile(f"port {target.port} is not among those allowed: {sorted(reach.ports)}")
    if target.is_numeric and not _is_reachable(target.host, target.port, reach):
        raise Hostile("the host is not on the public internet")


def _is_reachable(address: str, port: int, reach: Reach) -> bool:
    if address == _THIS_MACHINE:
        return port in reach.local_ports
    return port in reach.ports and is_public(address)


def _as_ip(host: str) -> IPv4Address | IPv6Address | None:
    """None of a name, and of an IPv6 address with a zone: that is a network of this machine's."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None
