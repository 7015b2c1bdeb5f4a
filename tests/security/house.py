"""The whole suite as its users start it, and every service at its own socket, past the gateway."""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auth_service import signing_keys, store, upgrade
from auth_service.settings import AuthSettings
from auth_service.signing_keys import SigningKey
from auth_service.store import Store
from trivet_cli.layout import layout_of

from tests.fixtures.suite import Suite

SERVICES = ("rest", "graphql", "soap", "data", "auth")
HIDDEN = "orders"  # nobody without a credential may see any
_SOAP = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<ListOrders xmlns="urn:trivet:v1"/></s:Body></s:Envelope>'
)
_XML = {"Content-Type": "text/xml"}
_JSON = {"Content-Type": "application/json"}
_QUESTIONS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "rest": ("GET", "/rest/v1/orders?select=id&limit=3", "", {}),
    "graphql": ("POST", "/graphql", json.dumps({"query": "{ orders(limit: 3) { id } }"}), _JSON),
    "soap": ("POST", "/soap/v1", _SOAP, _XML),
    "data": ("GET", "/catalog", "", {}),
    "auth": ("GET", "/auth/v1/user", "", {}),
}


@dataclass(frozen=True)
class Reply:
    """An answer of a service."""

    status: int
    headers: Mapping[str, str]
    text: str


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class House:
    """A running suite with its demo store, and what its operator can reach: the accounts, and the key that signs."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self._layout = layout_of(str(suite.state))
        self.settings = AuthSettings(
            state_dir=str(self._layout.demo), redis_url=f"unix://{self._layout.socket('redis')}"
        )
        self.store: Store = store.open(self.settings.store_url)
        found = signing_keys.load(self.store, upgrade.master_key(self.settings))
        assert found is not None
        self.key: SigningKey = found.keys[-1]

    def ask(self, service: str, headers: Mapping[str, str]) -> Reply:
        """The service's question, at its own socket: the orders, the catalog, or whose token it is."""
        method, path, body, own = _QUESTIONS[service]
        return self.send(service, method, path, {**own, **headers}, body)

    def send(self, service: str, method: str, path: str, headers: Mapping[str, str], body: str = "") -> Reply:
        """Any request to a service's own socket, or to nginx (``gateway``'s port)."""
        connection = (
            http.client.HTTPConnection("127.0.0.1", self.suite.port, timeout=20)
            if service == "nginx"
            else _UnixConnection(self._layout.socket(service))
        )
        try:
            connection.request(method, path, body=body.encode() or None, headers=dict(headers))
            found = connection.getresponse()
            named = {name.lower(): value for name, value in found.getheaders()}
            return Reply(found.status, named, found.read().decode())
        finally:
            connection.close()

    def log_in(self, email: str) -> dict[str, Any]:
        """A new session of a demo account, without the fixture's memory of tokens."""
        body = json.dumps({"email": email, "password": "trivet-demo"})
        reply = self.send("nginx", "POST", "/auth/v1/token?grant_type=password", _JSON, body)
        assert reply.status == 200, reply.text
        found: dict[str, Any] = json.loads(reply.text)
        return found


def is_refused(service: str, reply: Reply) -> bool:
    """Whether a service turned a credential down, in its own words, and gave nothing."""
    if service == "graphql":
        found = json.loads(reply.text)
        return not found.get("data") and found["errors"][0]["extensions"]["code"] in ("invalid-jwt", "access-denied")
    if service == "soap":
        return reply.status in (401, 500) and "Fault>" in reply.text and "<Orders>" not in reply.text
    return reply.status == 401 and '"id"' not in reply.text


def is_answered(service: str, reply: Reply) -> bool:
    """Whether a service took a credential."""
    if service == "graphql":
        return bool(json.loads(reply.text).get("data"))
    return reply.status == 200 and "Fault>" not in reply.text
