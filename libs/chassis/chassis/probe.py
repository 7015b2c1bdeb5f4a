"""`python -m chassis.probe`: whether a service answers, for the health checks of containers."""

import sys
from collections.abc import Sequence

from contracts.problems import Problem

from chassis.hop import Hop
from chassis.settings import ServiceSettings, load

_PATIENCE = 4.0  # seconds
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  (asked, not bound)


def answers(address: str, path: str) -> bool:
    """Whether ``path`` is answered with 200 at ``address``: `unix:/path`, `host:port` or `http://host:port`."""
    hop = Hop(_reachable(address), connect_patience=0.0)
    try:
        return hop.call("GET", path, timeout=_PATIENCE).status == 200
    except Problem:
        return False


def _reachable(address: str) -> str:
    """The address as a client writes it: what listens on all interfaces is asked on this machine's own."""
    if address.startswith("unix:"):
        return address
    host, _, port = address.removeprefix("http://").rpartition(":")
    return f"http://{_WILDCARDS.get(host, host)}:{port}"


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 where the service answers. ``arguments``: a path (`/readyz`), an address (our own)."""
    path, address = [*arguments, *("/readyz", "")[len(arguments) :]]
    return 0 if answers(address or load(ServiceSettings).listen, path) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
