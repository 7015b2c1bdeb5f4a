"""The other servers, each in its production mode: how it is started, and how its clients ask."""

import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.install import install_node_peers, install_python_peer, node, venv
from bench.processes import api_core, started_on
from bench.store import DRAFT
from bench.system import Running, System
from bench.workloads import Draw, Request, Writer, graphql_request, json_request, soap_request
from tests.fixtures.suite import free_port

FOLDER = Path(__file__).with_name("peers")
_PATIENCE = 60.0
_PRODUCTION = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}


@dataclass(frozen=True)
class Peer:
    """A server's command, made for a port; it finds PORT and DATABASE_URL in its environment."""

    folder: str
    command: Callable[[int], Sequence[str]]
    requests: Mapping[str, Writer]
    ready: str
    behind_nginx: bool = False


def system(name: str) -> System:
    """A peer by its name."""
    peer = PEERS[name]

    def start(database: str) -> AbstractContextManager[Running]:
        return _running(peer, database)

    return System(name, peer.requests, start)


def install(name: str) -> None:
    """Install what a peer needs, where it is not there yet."""
    if (FOLDER / PEERS[name].folder / "requirements.txt").exists():
        install_python_peer(PEERS[name].folder)
    else:
        install_node_peers()


@contextmanager
def _running(peer: Peer, database: str) -> Iterator[Running]:
    """The peer on the API tier's core, for the time of a ``with``."""
    port = free_port()
    folder = FOLDER / peer.folder
    environment = {**os.environ, **_PRODUCTION, "PORT": str(port), "DATABASE_URL": database}
    processes: dict[str, subprocess.Popen[bytes]] = {}
    with tempfile.TemporaryDirectory(prefix="tvb-") as scratch, (Path(scratch) / "log").open("w+b") as log:

        def begin(part: str, argv: Sequence[str], address: str) -> None:
            with started_on(api_core()):
                processes[part] = subprocess.Popen(argv, cwd=folder, env=environment, stdout=log, stderr=log)  # noqa: S603
            _wait(address, processes[part], Path(log.name))

        base_url = f"http://127.0.0.1:{port}"
        begun = time.monotonic()
        try:
            begin(peer.folder, peer.command(port), base_url + peer.ready)
            if peer.behind_nginx:
                outer = free_port()
                base_url = f"http://127.0.0.1:{outer}"
                begin("nginx", _nginx(folder, Path(scratch), outer, port), base_url + peer.ready)
            heads = {part: process.pid for part, process in processes.items()}
            yield Running(base_url, heads, database, time.monotonic() - begun)
        finally:
            for process in reversed(processes.values()):
                process.terminate()
                process.wait(30)


def _nginx(folder: Path, scratch: Path, port: int, upstream: int) -> Sequence[str]:
    text = (folder / "nginx.conf").read_text(encoding="utf-8")
    for name, value in {"FOLDER": str(scratch), "PORT": str(port), "UPSTREAM": str(upstream)}.items():
        text = text.replace("${" + name + "}", value)
    configuration = scratch / "nginx.conf"
    configuration.write_text(text, encoding="utf-8")
    return ("nginx", "-p", f"{scratch}/", "-c", str(configuration), "-e", "stderr")


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  (our own http address)
            return
        except urllib.error.HTTPError:
            return  # it answers, though not to this question
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{address} does not answer:\n{log.read_text()[-3000:]}") from None
            time.sleep(0.05)


def _order(draw: Draw) -> dict[str, object]:
    return {"customerId": draw.customer, "status": DRAFT, "total": draw.total, "note": f"for {draw.customer}"}


_EXPRESS: Mapping[str, Writer] = {
    "W1": lambda draw: Request("GET", f"/orders/{draw.order}"),
    "W2": lambda draw: Request("GET", f"/orders?status={draw.status}&limit=50"),
    "W3": lambda draw: Request("GET", f"/orders/page?after={draw.after}&limit=10"),
    "W4": lambda draw: json_request("/orders", _order(draw)),
}

_DRF: Mapping[str, Writer] = {
    **_EXPRESS,
    "W4": lambda draw: json_request(
        "/orders",
        {"customer_id": draw.customer, "status": DRAFT, "total": draw.total, "note": f"for {draw.customer}"},
    ),
}

_FIELDS = "id customerId status total note created"
_APOLLO: Mapping[str, Writer] = {
    "G1": lambda draw: graphql_request(
        "/graphql", f"query Order($id: Int!) {{ order(id: $id) {{ {_FIELDS} }} }}", {"id": draw.order}
    ),
    "G2": lambda draw: graphql_request(
        "/graphql",
        f"query Orders($status: String!) {{ orders(status: $status, first: 50) {{ {_FIELDS} }} }}",
        {"status": draw.status},
    ),
    "G3": lambda draw: graphql_request(
        "/graphql",
        """query Page($after: Int!) { ordersAfter(id: $after, first: 10) { id status total created
            customer { id name email } items { quantity price product { name } } } }""",
        {"after": draw.after},
    ),
    "G4": lambda draw: graphql_request(
        "/graphql", "mutation Insert($order: NewOrder!) { createOrder(order: $order) { id } }", {"order": _order(draw)}
    ),
}

_ROW = "id: rowId customerId status total note created"
_POSTGRAPHILE: Mapping[str, Writer] = {
    "G1": lambda draw: graphql_request(
        "/graphql", f"query Order($id: Int!) {{ orderByRowId(rowId: $id) {{ {_ROW} }} }}", {"id": draw.order}
    ),
    "G2": lambda draw: graphql_request(
        "/graphql",
        f"""query Orders($status: String!) {{
            allOrders(condition: {{status: $status}}, orderBy: [CREATED_DESC], first: 50) {{
                nodes {{ {_ROW} }} }} }}""",
        {"status": draw.status},
    ),
    "G3": lambda draw: graphql_request(
        "/graphql",
        """query Page($after: Int!) {
            allOrders(filter: {rowId: {greaterThan: $after}}, orderBy: [ROW_ID_ASC], first: 10) { nodes {
                id: rowId status total created
                customer: customerByCustomerId { id: rowId name email }
                items: orderItemsByOrderId { nodes { quantity price product: productByProductId { name } } } } } }""",
        {"after": draw.after},
    ),
    "G4": lambda draw: graphql_request(
        "/graphql",
        "mutation Insert($order: OrderInput!) { createOrder(input: {order: $order}) { order { id: rowId } } }",
        {"order": {**_order(draw), "total": str(draw.total)}},
    ),
}


def _soap(path: str) -> Mapping[str, Writer]:
    urn = "urn:orders"
    return {
        "W5": lambda draw: soap_request(
            path, f"{urn}/GetOrder", f'<ns0:GetOrder xmlns:ns0="{urn}"><ns0:id>{draw.order}</ns0:id></ns0:GetOrder>'
        ),
        "W6": lambda draw: soap_request(
            path,
            f"{urn}/ListOrders",
            f'<ns0:ListOrders xmlns:ns0="{urn}"><ns0:status>{draw.status}</ns0:status>'
            "<ns0:limit>50</ns0:limit></ns0:ListOrders>",
        ),
    }


def _server_js(_: int) -> Sequence[str]:
    return (node(), "server.js")


def _gunicorn(peer: str, application: str) -> Callable[[int], Sequence[str]]:
    """Two workers for the one core, threads because a stock worker without them keeps no connection."""
    options = ("--workers", "2", "--threads", "4", "--keep-alive", "75", "--no-control-socket")
    program = str(venv(peer) / "gunicorn")
    return lambda port: (program, *options, "--bind", f"127.0.0.1:{port}", application)


PEERS = {
    "express": Peer("express", _server_js, _EXPRESS, "/orders/1"),
    "express-nginx": Peer("express", _server_js, _EXPRESS, "/orders/1", behind_nginx=True),
    "drf": Peer("drf", _gunicorn("drf", "wsgi"), _DRF, "/orders/1"),
    "apollo": Peer("apollo", _server_js, _APOLLO, "/"),
    "postgraphile": Peer("postgraphile", _server_js, _POSTGRAPHILE, "/"),
    "node-soap": Peer("node-soap", _server_js, _soap("/soap"), "/soap?wsdl"),
    "spyne": Peer("spyne", _gunicorn("spyne", "service"), _soap("/"), "/?wsdl"),
}
