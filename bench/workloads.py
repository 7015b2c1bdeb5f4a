"""The work that is measured, and how a request for it is written down."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.store import CUSTOMERS, ORDERS, STATUSES

MEANINGS = {
    "W1": "one order by key",
    "W2": "50 orders by status, newest first",
    "W3": "10 orders, each with customer and items with product name",
    "W4": "insert one order",
    "G1": "W1 in GraphQL",
    "G2": "W2 in GraphQL",
    "G3": "W3 in GraphQL",
    "G4": "W4 in GraphQL",
    "W5": "one order in SOAP",
    "W6": "50 orders in SOAP",
}
WRITES = frozenset({"W4", "G4"})


@dataclass(frozen=True)
class Draw:
    """What one request asks for; ``after`` has at least ten orders behind it."""

    order: int
    after: int
    status: str
    customer: int
    total: float


@dataclass(frozen=True)
class Request:
    """A request as its client writes it; without ``body`` it has none."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def text(self, host: str, credential: str = "") -> bytes:
        """The request of HTTP/1.1 to ``host``; ``credential`` is what its Authorization says."""
        headers = {"Host": host, "User-Agent": "bench", "Accept": "*/*", **self.headers}
        if credential:
            headers["Authorization"] = credential
        if self.body:
            headers["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


Writer = Callable[[Draw], Request]


def draws(count: int) -> Sequence[Draw]:
    """So many draws, the same ones always; orders come in a random turn, and none twice before each was there once."""
    chance = random.Random(17)
    orders = [order for _ in range(1 + count // ORDERS) for order in chance.sample(range(1, ORDERS + 1), ORDERS)]
    return [
        Draw(
            order=order,
            after=order * (ORDERS - 10) // ORDERS,
            status=chance.choice(STATUSES),
            customer=chance.randint(1, CUSTOMERS),
            total=chance.randint(100, 99_999) / 100,
        )
        for order in orders[:count]
    ]


def json_request(path: str, value: object, headers: Mapping[str, str] | None = None) -> Request:
    """A POST of JSON."""
    kind = {"Content-Type": "application/json", **(headers or {})}
    return Request("POST", path, json.dumps(value, separators=(",", ":")).encode(), kind)


def graphql_request(path: str, document: str, variables: Mapping[str, object]) -> Request:
    """A POST as clients of GraphQL send it: the document stays the same, what varies is a variable."""
    document = " ".join(document.split())
    name = document.partition(" ")[2].partition("(")[0].strip()
    return json_request(path, {"query": document, "variables": variables, "operationName": name})


def soap_request(path: str, action: str, body: str) -> Request:
    """A message of SOAP 1.1 as zeep writes it."""
    text = (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<soap-env:Body>{body}</soap-env:Body></soap-env:Envelope>"
    )
    headers = {"SOAPAction": f'"{action}"', "Content-Type": "text/xml; charset=utf-8"}
    return Request("POST", path, text.encode(), headers)
