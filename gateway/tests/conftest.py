"""A gateway before small services on unix sockets that answer for health, catalog and keys."""

import json
import shutil
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from chassis.examples import Example
from chassis.inner_problems import PROBLEM_TYPE, encode_problem
from contracts import catalog as catalogs
from contracts.catalog import Catalog, Relation, Resource
from contracts.fields import Field
from contracts.problems import Problem
from flask.testing import FlaskClient
from gateway_service.app import create_app
from gateway_service.settings import GatewaySettings

DEMO = {"demo_accounts": ("customer=customer@example.com:sesame", "clerk=clerk@example.com:open:sesame")}
SERVICES = ("data", "auth", "rest", "graphql", "soap")


def shop() -> Catalog:
    """A catalog of a few tables, the one that shows best neither first nor last."""
    fields = (
        Field(name="id", type="int8", db_type="INTEGER"),
        Field(name="picture", type="bytes", db_type="BLOB"),
        Field(name="name", type="text", db_type="TEXT"),
    )
    to_orders = Relation(
        name="orders", target="orders", cardinality="many", pairs=(("id", "id"),), constraint="orders_fkey"
    )
    return Catalog(
        engine="sqlite",
        version="1",
        schemas=("main",),
        resources=(
            Resource(name="Order Details", schema="main", table="Order Details", kind="table", fields=fields, key=("id",)),
            Resource(
                name="sales_people", schema="main", table="sales_people", kind="table", fields=fields, key=("id",),
                relations=(to_orders,),
            ),
            Resource(name="log", schema="main", table="log", kind="view", fields=fields),
        ),
    )  # fmt: skip


@dataclass
class Suite:
    """The services' present answers by name (None: no answer), and a client of the gateway before them."""

    client: FlaskClient
    ready: dict[str, tuple[int, dict[str, Any]] | None]
    catalog: list[Catalog | None]
    folder: Path = Path()
    asked: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        """The address of a service."""
        return f"unix:{self.folder}/{name}.sock"


@pytest.fixture
def suite() -> Iterator[Suite]:
    """A fresh gateway; all services are ready and serve `shop`."""
    folder = Path(tempfile.mkdtemp(prefix="tv-", dir="/tmp"))
    suite = Suite(None, {name: (200, {"status": "ok", "degraded": []}) for name in SERVICES}, [shop()], folder)
    servers = [_serve(folder, name, suite) for name in SERVICES]
    urls = {f"{name}_url": suite.url(name) for name in SERVICES}
    settings = GatewaySettings(**urls, state_dir=str(folder), public_url="http://localhost:8080", **DEMO)
    suite.client = create_app(settings).test_client()
    yield suite
    for server in servers:
        server.shutdown()
        server.server_close()
    shutil.rmtree(folder)


def _serve(folder: Path, name: str, suite: Suite) -> socketserver.BaseServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            suite.asked.append(f"{name}{self.path}")
            status, body = self._answer()
            self.send_response(status)
            self.send_header("Content-Type", PROBLEM_TYPE if status == 599 else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _answer(self) -> tuple[int, bytes]:
            if self.path == "/readyz":
                answer = suite.ready[name]
                if answer is None:
                    time.sleep(1.2)  # longer than the gateway waits
                    return 200, b"{}"
                return answer[0], json.dumps(answer[1]).encode()
            if self.path == "/catalog" and suite.catalog[0] is not None:
                return 200, catalogs.encode(suite.catalog[0])
            if self.path.startswith("/-/example?resource="):
                return self._example(unquote(self.path.partition("=")[2]))
            return 599, encode_problem(Problem("PGRST000", "The database does not answer"))

        def _example(self, resource: str) -> tuple[int, bytes]:
            if suite.ready[name] is None:
                return 503, b"{}"
            body = {
                "soap": f"<List>\n  <{resource}/>\n</List>",
                "graphql": json.dumps({"query": f"{{\n  {resource}\n}}"}),
            }
            example = Example(
                method="GET" if name == "rest" else "POST", path=f"/{name}/{resource}", body=body.get(name, "")
            )
            return 200, msgspec.json.encode(example)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: object) -> None:
            pass

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """The gateway hangs up on one that is late: nothing to tell."""

    server = Server(str(folder / f"{name}.sock"), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
