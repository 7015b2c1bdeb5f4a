"""The app factory: what is the same in every service."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from contracts.identity import Caller
from contracts.problems import Problem
from flask import Flask, Response

from chassis import around, events, express, health, observe, problems, trace, zones
from chassis.authn import Authenticator
from chassis.capacity import Capacity
from chassis.exchange import Exchange
from chassis.express import Door, Headers
from chassis.health import Check
from chassis.hop import Hop
from chassis.keys import KeySet
from chassis.revocations import Revocations
from chassis.settings import ServiceSettings

NOTHING: Mapping[str, Check] = {}
_SETTLED = 7.0  # seconds after which all of auth's workers serve a new key set (they look every five)


def create_app(
    service: str,
    settings: ServiceSettings,
    render: Callable[[Problem], Response],
    *,
    door: Door | None = None,
    needs: Mapping[str, Check] = NOTHING,
    wishes: Mapping[str, Check] = NOTHING,
) -> Flask:
    """A Flask app with logs, metrics, health and errors in the service's own dialect (``render``).

    Above it lies an express lane, where there is one (``door``).
    """
    observe.configure_logging(service, settings.log_level)
    app = Flask(f"{service}_service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.body_limit
    app.json.sort_keys = False  # type: ignore[attr-defined]
    observe.install(app)
    health.install(app, needs=needs, wishes=wishes)
    problems.install(app, render)
    express.install(app, service, door, capacity=Capacity(settings.max_under_way))
    return app


class Follower(Protocol):
    """What follows the catalog's version: a client of data, or another process of data itself."""

    def follow(self, version: str) -> None:
        """Note that this version is served now."""
        ...


class Edge:
    """What a service needs to know who calls, and to hear what changed: keys, revocations, exchange and events."""

    def __init__(self, settings: ServiceSettings, *, exchanges: bool, data: Follower | None = None) -> None:
        hop = Hop(settings.auth_url)
        self._settings = settings
        self._data = data
        self._tells = settings.access == "database"  # the database what the request is
        self._asks_ends = settings.tx_end.endswith("override")
        self._keys = KeySet(hop)
        self._revocations = Revocations(hop)
        self._exchange = Exchange(hop) if exchanges else None
        self.authenticator = Authenticator(
            self._keys,
            self._revocations,
            self._exchange,
            issuer=settings.issuer,
            audience=settings.audience,
        )
        self._subscriber = events.Subscriber(
            settings.redis_url, [events.CATALOG, events.REVOKED, events.KEYS], self._hear, self._revocations.look_again
        )

    def start(self) -> None:
        """Begin to listen for events and revocations."""
        self._revocations.start()
        if self._settings.redis_url:
            self._subscriber.start()

    def wishes(self) -> dict[str, Check]:
        """What the service can do without for a while, for `/readyz`."""
        checks: dict[str, Check] = {"auth": lambda: self._revocations.current}
        if self._settings.redis_url:
            checks["redis"] = lambda: self._subscriber.connected
        return checks

    def caller(self) -> Caller:
        """The caller of the request at hand. Raises `Problem` as `Authenticator.caller` does."""
        current = trace.current()
        if current is None:
            raise RuntimeError("there is no request at hand")
        caller = self.authenticator.caller(
            Headers(current.environ),
            request_id=current.request_id,
            timeout=self._settings.request_timeout,
            address=self.address(),
        )
        current.role = caller.principal.role
        prefer = current.environ.get("HTTP_PREFER")
        if prefer is not None or self._tells:
            zone = zones.asked(prefer)
            told = around.told(current.environ) if self._tells else around.ending(prefer) if self._asks_ends else None
            if zone is not None or told is not None:
                return msgspec.structs.replace(caller, timezone=zone, around=told)
        return caller

    def prove(
        self, token: str | None, role: str | None, *, request_id: str, timeout: float, explain: bool = False
    ) -> Caller:
        """The caller that a token proves. Raises `Problem` as `Authenticator.prove` does."""
        return self.authenticator.prove(token, role, request_id=request_id, timeout=timeout, explain=explain)

    def address(self) -> str:
        """The client's address as nginx saw it."""
        current = trace.current()
        environ = current.environ if current is not None else {}
        return str(environ.get("HTTP_X_REAL_IP") or environ.get("REMOTE_ADDR") or "")

    def _hear(self, channel: str, message: dict[str, Any]) -> None:
        if channel == events.REVOKED:
            self._revocations.note(message)
            if self._exchange is not None:
                self._exchange.forget()
        elif channel == events.KEYS:
            self._renew_keys()
            # auth's own workers may not have looked yet: what was fetched just now can be the old set
            later = threading.Timer(_SETTLED, self._renew_keys)
            later.daemon = True
            later.start()
        elif channel == events.CATALOG and self._data is not None:
            self._data.follow(str(message.get("version", "")))

    def _renew_keys(self) -> None:
        self._keys.forget_age()
        self.authenticator.forget()
