"""A small store for the tests: a catalog made by hand, and a `Data` that answers from rows in memory."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import requests
import zeep
from chassis import trace
from chassis.exchange import Digest
from contracts import filters
from contracts import operations as ops
from contracts.catalog import Catalog, Relation, Resource, Writable
from contracts.fields import Field
from contracts.identity import ANONYMOUS, Caller, Principal
from contracts.problems import Problem
from contracts.results import Result
from flask.testing import FlaskClient
from soap_service.app import create_app
from soap_service.envelope import body_of, opened
from soap_service.envelope import parse as parse_xml
from soap_service.namespaces import SOAP11, XSI
from soap_service.port_type import PortType
from soap_service.request import Call
from soap_service.request import parse as parse_request
from soap_service.settings import SoapSettings
from werkzeug.datastructures import Authorization
from werkzeug.test import TestResponse

CUSTOMERS = Resource(
    name="customers", schema="public", table="customers", kind="table", comment="Who buys <here>", key=("id",),
    fields=(
        Field(name="id", type="int4", db_type="integer", nullable=False, identity="default"),
        Field(name="name", type="text", db_type="text", nullable=False),
        Field(name="notes", type="text", db_type="text", comment="Free text"),
    ),
    relations=(
        Relation(name="orders", target="order_items", cardinality="many", pairs=(("id", "customer"),), constraint="fk"),
    ),
    insertable=True, updatable=True, deletable=True,
)  # fmt: skip
ORDER_ITEMS = Resource(
    name="order_items", schema="public", table="order_items", kind="table", key=("order", "line"),
    fields=(
        Field(name="order", type="int4", db_type="integer", nullable=False),
        Field(name="line", type="int2", db_type="smallint", nullable=False),
        Field(name="customer", type="int4", db_type="integer"),
        Field(name="big", type="int8", db_type="bigint"),
        Field(name="price", type="numeric", db_type="numeric(10,2)"),
        Field(name="weight", type="float8", db_type="double precision"),
        Field(name="gift", type="bool", db_type="boolean"),
        Field(name="title", type="text", db_type="text"),
        Field(name="mark", type="uuid", db_type="uuid"),
        Field(name="day", type="date", db_type="date"),
        Field(name="hour", type="time", db_type="time"),
        Field(name="seen", type="timestamp", db_type="timestamp"),
        Field(name="made", type="timestamptz", db_type="timestamptz", has_default=True),
        Field(name="took", type="interval", db_type="interval"),
        Field(name="extra", type="json", db_type="jsonb"),
        Field(name="photo", type="bytes", db_type="bytea"),
        Field(name="size", type="enum", db_type="size", values=("S", "M")),
        Field(name="tags", type="array", db_type="text[]", element="text"),
        Field(name="counts", type="array", db_type="integer[]", element="int4"),
        Field(name="span", type="range", db_type="int4range"),
        Field(name="odd name", type="other", db_type="inet"),
        Field(name="total", type="numeric", db_type="numeric", generated=True),
    ),
    relations=(
        Relation(
            name="customer", target="customers", cardinality="one", pairs=(("customer", "id"),), constraint="fk",
            owning=True,
        ),
    ),
    insertable=True, updatable=True, deletable=True,
)  # fmt: skip
LOG = Resource(
    name="log", schema="public", table="log", kind="view",
    fields=(Field(name="line", type="text", db_type="text"),),
)  # fmt: skip
CATALOG = Catalog(
    engine="postgresql", version="v1", schemas=("public",), resources=(CUSTOMERS, ORDER_ITEMS, LOG), role="clerk"
)
NOTHING = Catalog(engine="postgresql", version="v0", schemas=("public",), resources=(), role="anonymous")
NS = "urn:trivet:v1"
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(Any, float_hook=Decimal).decode


class MemoryData:
    """Data over rows in memory: enough of it for keys, equality, creates, updates and deletes."""

    def __init__(self, catalogs: dict[str, Catalog]) -> None:
        self.catalogs = catalogs
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in catalogs["clerk"].by_name}
        self.asked: list[tuple[ops.Operation, list[Any]]] = []
        self.refusal: Problem | None = None

    def catalog(self, caller: Caller) -> Catalog:
        """The catalog of the caller's role."""
        return self.catalogs[caller.principal.role]

    def execute(self, operation: ops.Operation, values: Sequence[Any], caller: Caller) -> Result:
        """Answer an operation from memory."""
        operation = ops.decode(ops.encode(operation))
        values = _decode(_encode(list(values)))
        self.asked.append((operation, values))
        if self.refusal is not None:
            raise self.refusal
        rows = self.rows[operation.resource]
        if isinstance(operation, ops.Create):
            given = values[operation.rows.index]
            rows += [{name: row.get(name) for name in operation.columns} for row in given]
            return self._answer(operation.returning, rows[-len(given) :], values)
        found = [row for row in rows if self._holds(self._filter(operation), row, values)]
        if isinstance(operation, ops.Delete):
            self.rows[operation.resource] = [row for row in rows if row not in found]
            return Result(affected=len(found))
        if isinstance(operation, ops.Update):
            for row in found:
                row.update({each.field: values[each.value.index] for each in operation.assigns})
            return self._answer(operation.returning, found, values)
        return self._answer(operation.node, found, values, total=len(found) if operation.count else None)

    def _filter(self, operation: Any) -> Any:
        return operation.node.filter if isinstance(operation, ops.Read) else operation.filter

    def _holds(self, filter: Any, row: dict[str, Any], values: list[Any]) -> bool:
        if filter is None:
            return True
        if isinstance(filter, filters.And):
            return all(self._holds(item, row, values) for item in filter.items)
        if isinstance(filter, filters.Or):
            return any(self._holds(item, row, values) for item in filter.items)
        if isinstance(filter, filters.Is):
            return (row.get(filter.left.name) is None) == (filter.value == "null")
        right = values[filter.right.index]
        left = row.get(filter.left.name)
        return left in right if filter.operator == "in" else left == right

    def _answer(
        self, node: ops.Node, rows: list[dict[str, Any]], values: list[Any], total: int | None = None
    ) -> Result:
        if node.offset is not None:
            rows = rows[values[node.offset.index] :]
        if node.limit is not None:
            rows = rows[: values[node.limit.index]]
        shaped: Any = [self._shape(node, row) for row in rows]
        if node.shape != "many":
            shaped = shaped[0] if shaped else None
        body = b"" if node.shape == "none" else _encode(shaped)
        return Result(body=body, rows=len(rows), total=total, affected=len(rows), catalog_version="v1")

    def _shape(self, node: ops.Node, row: dict[str, Any]) -> dict[str, Any]:
        return {
            output.key: row.get("->" + output.key) if isinstance(output, ops.Embed) else row.get(output.field.name)
            for output in node.outputs
            if isinstance(output, (ops.Embed, ops.FieldOutput))
        }


class Door:
    """A gate that knows one account: clerk, password ``secret`` (``locked`` is refused for too many tries)."""

    clerk = Principal(role="clerk", subject="1", roles=("clerk",))

    def __init__(self) -> None:
        self.proofs: list[tuple[str, Digest]] = []

    @property
    def authenticator(self) -> "Door":
        return self

    def caller(self) -> Caller:
        sent = Authorization.from_header(trace.current().environ.get("HTTP_AUTHORIZATION"))
        return ANONYMOUS if sent is None else self.password(sent.username or "", sent.password or "", ANONYMOUS)

    def password(self, username: str, password: str, caller: Caller, address: str = "") -> Caller:
        if username == "locked":
            raise Problem("TRV105", "Too many tries", headers={"Retry-After": "30"})
        if username == "down":
            raise Problem("TRV203", "Accounts can't be reached", headers={"Retry-After": "1"})
        if (username, password) != ("clerk", "secret"):
            raise Problem("TRV201", "The name or the password is wrong")
        return Caller(principal=self.clerk, token="t")

    def token(self, token: str, caller: Caller, address: str = "") -> Caller:
        if token != "t":
            raise Problem("PGRST301", "Expected 3 parts in JWT; got 1")
        return Caller(principal=self.clerk, token=token)

    def digest(self, username: str, proof: Digest, caller: Caller, address: str = "") -> Caller:
        self.proofs.append((username, proof))
        return Caller(principal=self.clerk, token="t")

    def address(self) -> str:
        return "192.0.2.1"


class FlaskTransport(zeep.transports.Transport):
    """zeep's way to the service: straight into the app."""

    def __init__(self, client: FlaskClient, auth: tuple[str, str] | None) -> None:
        super().__init__()
        self._client = client
        self._auth = auth

    def load(self, url: str) -> bytes:
        answer = self._client.get(url, auth=self._auth)
        assert answer.status_code == 200, answer.text
        return answer.data

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        answer = self._client.post(address, data=message, headers=headers, auth=self._auth)
        found = requests.Response()
        found.status_code = answer.status_code
        found._content = answer.data
        found.headers.update(dict(answer.headers))
        return found


def _replace(catalog: Catalog, name: str, rights: dict[str, Any]) -> Catalog:
    resources = tuple(
        msgspec.structs.replace(each, **rights) if each.name == name else each for each in catalog.resources
    )
    return msgspec.structs.replace(catalog, resources=resources)


@pytest.fixture
def catalog() -> Catalog:
    """The store's catalog, as a clerk sees it."""
    return CATALOG


@pytest.fixture(scope="session")
def port() -> PortType:
    """The operations of a clerk."""
    return PortType(CATALOG)


@pytest.fixture
def changed(catalog: Catalog) -> Callable[..., Catalog]:
    """The catalog with a resource changed, and what its fields can be given: ``changed("log", create={"line"})``."""

    def change(name: str, *, create: Any = None, update: Any = None, hidden: Any = (), **rights: Any) -> Catalog:
        writable = {name: Writable(create=create, update=update)}
        return msgspec.structs.replace(_replace(catalog, name, rights), writable=writable, hidden={name: hidden})

    return change


@pytest.fixture
def data() -> MemoryData:
    """Rows in memory."""
    return MemoryData({"clerk": CATALOG, "anonymous": NOTHING})


@pytest.fixture
def door() -> Door:
    """The gate."""
    return Door()


@pytest.fixture
def client(data: MemoryData, door: Door) -> Iterator[FlaskClient]:
    """A client of the service over them."""
    settings = SoapSettings(public_url="http://soap.test", body_limit=200_000, soap_max_elements=3000)
    with create_app(settings, data, door).test_client() as client:
        yield client


@pytest.fixture
def letter() -> Callable[..., str]:
    """A message around a body's content; the service's namespace is the default one."""

    def write(body: str, header: str = "", soap: str = SOAP11) -> str:
        head = f"<s:Header>{header}</s:Header>" if header else ""
        return f'<s:Envelope xmlns:s="{soap}" xmlns="{NS}" xmlns:xsi="{XSI}">{head}<s:Body>{body}</s:Body></s:Envelope>'

    return write


@pytest.fixture
def post(client: FlaskClient, letter: Callable[..., str]) -> Callable[..., TestResponse]:
    """Post a body's content, or a whole message, as a clerk."""

    def send(content: str | bytes, header: str = "", soap: str = SOAP11, **options: Any) -> TestResponse:
        whole = isinstance(content, bytes) or content.startswith("<?") or "Envelope" in content or not content
        options.setdefault("content_type", "text/xml; charset=utf-8" if soap == SOAP11 else "application/soap+xml")
        options.setdefault("auth", ("clerk", "secret"))
        return client.post("/soap/v1", data=content if whole else letter(content, header, soap), **options)

    return send


@pytest.fixture
def parse(letter: Callable[..., str], catalog: Catalog) -> Callable[..., Call]:
    """The call that a body's content makes."""

    def read(content: str, catalog: Catalog = catalog) -> Call:
        root = parse_xml(letter(content), max_depth=100, max_elements=10_000)
        return parse_request(body_of(opened(root)), NS, PortType(catalog), role="clerk")

    return read


@pytest.fixture
def soap_client(client: FlaskClient) -> Callable[..., zeep.Client]:
    """A zeep client of the service with strict settings."""

    def load(address: str = "http://soap.test/soap/v1?wsdl", **options: Any) -> zeep.Client:
        transport = FlaskTransport(client, options.pop("auth", ("clerk", "secret")))
        return zeep.Client(address, transport=transport, settings=zeep.Settings(strict=True), **options)

    return load
