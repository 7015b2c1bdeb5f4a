"""Functions in Python that take structured values: typed in GraphQL and SOAP too, on both databases."""

import json
import sqlite3
import textwrap
from collections.abc import Iterator
from decimal import Decimal

import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.operations.nursery import Terms
from data_service.operations.project import Project
from lxml import etree
from zeep.helpers import serialize_object

from tests.fixtures.guarded_store import ADMIN, SOAP_NAMESPACE, Suite, exact

OPERATIONS = '''
import enum
from dataclasses import dataclass, field
from decimal import Decimal

import trivet


class Kind(enum.Enum):
    NEW = "new"
    USED = "used"


@dataclass
class Maker:
    name: str


@dataclass
class Line:
    product: int
    price: Decimal
    kind: Kind | None = None
    tags: list[str] = field(default_factory=list)
    maker: Maker | None = None


@dataclass
class Sum:
    pieces: int
    total: Decimal
    words: str


@trivet.operation(reads_only=True)
def add_up(lines: list[Line], first: Line | None = None) -> Sum:
    """Sums up lines."""
    every = [*([first] if first else []), *lines]
    words = [f"{line.kind.value if line.kind else '-'}:{','.join(line.tags)}:{line.maker and line.maker.name}" for line in every]
    return Sum(len(every), sum((line.price for line in every), Decimal(0)), " ".join(words))
'''
LINES = [
    {"product": 1, "price": Decimal("1.50"), "kind": "used", "tags": ["a", "b"], "maker": {"name": "Ada"}},
    {"product": 2, "price": Decimal("2.25")},
]
FIRST = {"product": 3, "price": Decimal("0.25"), "tags": []}
SUM = {"pieces": 3, "total": Decimal("4.00"), "words": "-::None used:a,b:Ada -::None"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def suite(request, tmp_path_factory) -> Iterator[Suite]:
    folder = tmp_path_factory.mktemp("structured")
    (folder / "operations").mkdir()
    (folder / "operations" / "shop.py").write_text(textwrap.dedent(OPERATIONS))
    project = Project(Terms(folder / "operations", memory=268_435_456), size=1, timeout=20.0)
    if request.param == "sqlite":
        with sqlite3.connect(folder / "s.db") as connection:
            connection.execute("create table t (id integer primary key)")
        connection.close()
        database = SqliteDatabase(folder / "s.db", size=2, limit=5.0)
    else:
        server = request.getfixturevalue("postgres_server")
        database = PostgresDatabase(server.create_database("structured", "create table t (id int)"), size=2, limit=5.0)
    engine = Engine(database, project=project)
    engine.refresh()
    yield Suite(engine, lambda: None)
    engine.close()


def test_rest(suite: Suite) -> None:
    body = json.loads(json.dumps({"lines": LINES, "first": FIRST}, default=float))
    assert exact(suite.send("POST", "rpc/add_up", ADMIN, body).data) == SUM


@pytest.mark.parametrize("times", [1, 2, 3])
def test_graphql(suite: Suite, times: int) -> None:
    query = """query($lines: [add_up_lines_input!]!, $first: add_up_first_input) {
        add_up(args: {lines: $lines, first: $first}) { pieces total words } }"""
    variables = json.loads(json.dumps({"lines": LINES, "first": FIRST}, default=str))
    assert exact(suite.ask(query, **variables).data) == {"data": {"add_up": SUM}}
    fewer = exact(suite.ask(query, lines=[]).data)["data"]["add_up"]
    assert fewer == {"pieces": 0, "total": 0, "words": ""}


def test_graphql_in_the_document(suite: Suite) -> None:
    query = """{ add_up(args: {lines: [{product: 1, price: 1.50, kind: "used", tags: ["a"], maker: {name: "M"}}]}) { words } }"""
    assert exact(suite.ask(query).data) == {"data": {"add_up": {"words": "used:a:M"}}}
    (error,) = suite.ask("{ add_up(args: {lines: [{product: 1}]}) { words } }").json["errors"]
    assert error["extensions"]["code"] == "validation-failed"


@pytest.mark.parametrize("times", [1, 2, 3])
def test_soap(suite: Suite, times: int) -> None:
    lines = [
        {
            "product": 1,
            "price": Decimal("1.50"),
            "kind": "used",
            "tags": {"string": ["a", "b"]},
            "maker": {"name": "Ada"},
        },
        {"product": 2, "price": Decimal("2.25")},
    ]
    found = serialize_object(
        suite.call("CallAddUp", lines={"item": lines}, first={"product": 3, "price": Decimal("0.25")}), dict
    )
    assert found == SUM


def test_soap_refuses_what_does_not_fit(suite: Suite) -> None:
    def fault(line: str) -> str | None:
        message = f"<CallAddUp><lines><item>{line}</item></lines></CallAddUp>"
        return etree.fromstring(suite.post(message).data).findtext(f".//{{{SOAP_NAMESPACE}}}message")

    assert fault("<product>x</product><price>1</price>") == 'CallAddUp/lines/item/product: "x" is no xs:long'
    assert fault("<price>1</price>") == "CallAddUp/lines/item needs an element product"
    assert fault("<product>1</product><price>1</price><size>3</size>") == "CallAddUp/lines/item/size is unknown"
