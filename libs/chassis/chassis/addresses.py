"""Clients' addresses: what counts as one."""

import ipaddress


def network(address: str) -> str:
    """What addresses are counted under: IPv6's by the /64 that one client has for itself, others as they are."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
