"""What the three facades have in common: the way to data, the gate that finds callers, and when they are ready."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from contracts.data import Data
from contracts.identity import Caller
from contracts.problems import Kind, Problem

from chassis import results_cache
from chassis.app import Edge
from chassis.authn import Authenticator
from chassis.data_client import DataClient
from chassis.health import Check
from chassis.hop import Hop
from chassis.results_cache import ResultsCache
from chassis.settings import ServiceSettings

_DOWN = (Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.INTERNAL)
_PATIENCE = 2.0  # seconds that `/readyz` waits for data


class Gate(Protocol):
    """Finds the caller of the request at hand; `Edge` is one."""

    @property
    def authenticator(self) -> Authenticator:
        """Checks credentials that stand in a message instead of its headers."""
        ...

    def caller(self) -> Caller:
        """The caller, or `Problem` PGRST301, PGRST303, TRV201, TRV204."""
        ...

    def address(self) -> str:
        """The client's address."""
        ...


class Facade(NamedTuple):
    """What a facade answers with: data, its gate, its checks for `/readyz`, and where it keeps answers, if it does."""

    data: Data
    gate: Gate
    needs: Mapping[str, Check]
    wishes: Mapping[str, Check]
    results: ResultsCache[Any] | None


def face(settings: ServiceSettings, data: Data | None = None, gate: Gate | None = None) -> Facade:
    """A facade over data's service, its callers found by their tokens; either part may be given instead."""
    client = DataClient(Hop(settings.data_url), timeout=settings.request_timeout)
    wishes: dict[str, Check] = {}
    if gate is None:
        gate = edge = Edge(settings, exchanges=True, data=client if data is None else None)
        wishes = edge.wishes()
        edge.start()
    reach = _Reach(data or client)
    checks = {"catalog": reach.once}, {"data": reach.now, **wishes}
    return Facade(data or client, gate, *checks, results_cache.of(settings))


class _Reach:
    """Whether data answers: it must have done so once; later a facade without data is degraded, and says 503."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._reached = False

    def now(self) -> bool:
        try:
            self._data.catalog(Caller(deadline=time.monotonic() + _PATIENCE))
            self._reached = True
        except Problem as problem:
            if problem.kind in _DOWN:
                return False
            self._reached = True  # that nothing is open to the anonymous principal is an answer too
        return True

    def once(self) -> bool:
        return self._reached or self.now()
