"""Trivet as its users run it: `trivet up`, nginx before every service, policies on, and the token of a real login."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from bench.processes import api_core, started_on
from bench.store import BRANCH, DRAFT
from bench.system import Running, System
from bench.workloads import Draw, Request, Writer, graphql_request, json_request, soap_request
from tests.fixtures.suite import Suite

CONFIGURATION = Path(__file__).with_name("trivet.yaml")
SERVICES = ("nginx", "rest", "graphql", "soap", "data", "auth", "gateway", "redis")
_EMAIL, _PASSWORD = "clerk@example.com", "the-clerk-of-the-bench"
_PATIENCE = 180.0
_TOKEN_SECONDS = 240  # a token lives for ten minutes

_W3 = (
    "id,status,total,created,customer:customers(id,name,email),items:order_items(quantity,price,product:products(name))"
)
_URN = "urn:trivet:v1"


@dataclass(frozen=True)
class Variant:
    """Settings, and text behind the configuration, with which the suite is measured beside its defaults."""

    settings: Mapping[str, str] = field(default_factory=dict)
    configuration: str = ""
    sqlite: bool = False
    warm_seconds: int = 0


# (one with a cache has a line of configuration for it, and `warm_seconds` enough to ask for all keys)
VARIANTS = {
    "trivet": Variant(),
    "trivet-gthread": Variant({"TRIVET_WORKER": "gthread"}),
    "trivet-hub": Variant({"TRIVET_WORKER": "hub"}),
    "trivet-unprepared": Variant({"TRIVET_PREPARE": "off"}),
    "trivet-sqlite": Variant(sqlite=True),
    "trivet-cached": Variant(configuration="cache: {only_writer: true}\n", warm_seconds=10),
}


def system(name: str) -> System:
    """The suite in one of its variants."""
    variant = VARIANTS[name]

    def start(database: str) -> AbstractContextManager[Running]:
        text = CONFIGURATION.read_text(encoding="utf-8") + variant.configuration
        return running(database, text, variant.settings)

    return System(name, _REQUESTS, start, variant.sqlite, variant.warm_seconds)


@contextmanager
def running(
    database: str,
    configuration: str,
    settings: Mapping[str, str] = MappingProxyType({}),
    further_roles: Sequence[str] = (),
) -> Iterator[Running]:
    """The suite on the API tier's core, for the time of a ``with``; its clerk may ask for further roles too."""
    with tempfile.TemporaryDirectory(prefix="tvb-") as folder:
        config = Path(folder) / "trivet.yaml"
        config.write_text(configuration, encoding="utf-8")
        patient = {"TRIVET_START_TIMEOUT": str(_PATIENCE)}  # several start at once on one core
        suite = Suite(database, config=config, patience=_PATIENCE + 20, settings={**patient, **settings})
        begun = time.monotonic()
        with started_on(api_core()):
            suite.__enter__()
        took = time.monotonic() - begun
        try:
            _add_clerk(suite, further_roles)
            parts = {name: suite.process_id(name) for name in SERVICES}
            yield Running(suite.base_url, parts, database, took, _Login(suite.base_url).credential)
        finally:
            suite.stop()


def _add_clerk(suite: Suite, further_roles: Sequence[str]) -> None:
    words = ["user", "add", _EMAIL, "--role", "clerk", "--var", f"x-hasura-branch={BRANCH}", "--password-stdin"]
    if further_roles:
        words += ["--roles", ",".join(further_roles)]
    subprocess.run(  # noqa: S603  (our own command, no shell)
        [sys.executable, "-m", "trivet_cli", *words],
        input=f"{_PASSWORD}\n",
        text=True,
        check=True,
        capture_output=True,
        env={**os.environ, "TRIVET_STATE_DIR": str(suite.state)},
    )


class _Login:
    """The clerk's login, made again before its token runs out."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._made = 0.0
        self._token = ""

    def credential(self) -> str:
        """What Authorization says."""
        if time.monotonic() - self._made > _TOKEN_SECONDS:
            self._token, self._made = self._log_in(), time.monotonic()
        return f"Bearer {self._token}"

    def _log_in(self) -> str:
        address = f"{self._base_url}/auth/v1/token?grant_type=password"
        body = json.dumps({"email": _EMAIL, "password": _PASSWORD}).encode()
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310  (our own)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return str(json.load(answer)["access_token"])


def _requests() -> dict[str, Writer]:
    columns = "id customer_id status total note created"
    one = f"query Order($id: Int!) {{ orders_by_pk(id: $id) {{ {columns} }} }}"
    by_status = f"""query Orders($status: String!) {{
        orders(where: {{status: {{_eq: $status}}}}, order_by: {{created: desc}}, limit: 50) {{ {columns} }} }}"""
    page = """query Page($after: Int!) {
        orders(where: {id: {_gt: $after}}, order_by: {id: asc}, limit: 10) {
            id status total created
            customer { id name email }
            order_items { quantity price product { name } } } }"""
    insert = "mutation Insert($order: orders_insert_input!) { insert_orders_one(object: $order) { id } }"
    return {
        "W1": lambda draw: Request("GET", f"/rest/v1/orders?id=eq.{draw.order}"),
        "W2": lambda draw: Request("GET", f"/rest/v1/orders?status=eq.{draw.status}&order=created.desc&limit=50"),
        "W3": lambda draw: Request(
            "GET", f"/rest/v1/orders?select={quote(_W3)}&id=gt.{draw.after}&order=id.asc&limit=10"
        ),
        "W4": lambda draw: json_request("/rest/v1/orders", _order(draw), {"Prefer": "return=minimal"}),
        "G1": lambda draw: graphql_request("/v1/graphql", one, {"id": draw.order}),
        "G2": lambda draw: graphql_request("/v1/graphql", by_status, {"status": draw.status}),
        "G3": lambda draw: graphql_request("/v1/graphql", page, {"after": draw.after}),
        "G4": lambda draw: graphql_request("/v1/graphql", insert, {"order": _order(draw)}),
        "W5": _get_order,
        "W6": _list_orders,
    }


def _order(draw: Draw) -> dict[str, object]:
    return {"customer_id": draw.customer, "status": DRAFT, "total": draw.total, "note": f"for {draw.customer}"}


def _get_order(draw: Draw) -> Request:
    body = f'<ns0:GetOrders xmlns:ns0="{_URN}"><ns0:id>{draw.order}</ns0:id></ns0:GetOrders>'
    return soap_request("/soap/v1", f"{_URN}/GetOrders", body)


def _list_orders(draw: Draw) -> Request:
    body = (
        f'<ns0:ListOrders xmlns:ns0="{_URN}">'
        f"<ns0:filter><ns0:status><ns0:eq>{draw.status}</ns0:eq></ns0:status></ns0:filter>"
        "<ns0:orderBy><ns0:item><ns0:field>created</ns0:field><ns0:descending>true</ns0:descending></ns0:item>"
        "</ns0:orderBy><ns0:page><ns0:limit>50</ns0:limit></ns0:page></ns0:ListOrders>"
    )
    return soap_request("/soap/v1", f"{_URN}/ListOrders", body)


_REQUESTS = _requests()
