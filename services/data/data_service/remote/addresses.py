"""Connections to hosts by name, to addresses that are looked at first: the one that is checked is the one connected to.

So a name that leads to another address at the second look (DNS rebinding) leads nowhere.
"""

import ipaddress
import socket
import time

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Forbidden(OSError):
    """The host's addresses are not to be called."""


def is_inner(address: str) -> bool:
    """True for every address that is not one of the public internet: private, loopback, link-local, reserved, …"""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        four = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            four = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if four is not None:
            return is_inner(str(four))
    return not found.is_global or found.is_multicast


def is_written_address(host: str) -> bool:
    """True where the host is an address itself and no name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def connect(host: str, port: int, deadline: float, *, inner: bool) -> socket.socket:
    """A connection to the first of a host's addresses that takes one, by ``deadline`` (monotonic).

    Raises `Forbidden` where the host has an inner address that nobody wrote down (``inner``: all are fine), and
    `OSError`.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    if not inner and not is_written_address(host) and any(is_inner(str(place[0])) for *_, place in found):
        raise Forbidden(f"{host} leads to an inner address, and the source does not say `inner: true`")
    fault: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, place in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.connect(place)
        except OSError as error:
            connection.close()
            fault = error
        else:
            return connection
    raise fault
