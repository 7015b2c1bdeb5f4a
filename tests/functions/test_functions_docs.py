"""docs/functions.md does what it says: its database, its configuration, its requests and their answers."""

import json
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from lxml import etree

from tests.fixtures.guarded_store import Suite, Who, exact

PAGE = (Path(__file__).parents[2] / "docs" / "functions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PAIRS = [
    (kind, asked, answer)
    for (kind, asked), (_, answer) in pairwise(BLOCKS)
    if kind in ("http", "graphql") or (kind == "xml" and "Response" not in asked)
]
CLERK = Who("clerk")


def block(kind: str) -> str:
    [text] = [text for name, text in BLOCKS if name == kind]
    return text


@pytest.fixture(scope="module")
def suite(postgres_server, tmp_path_factory):
    config = tmp_path_factory.mktemp("documented") / "trivet.yaml"
    config.write_text(block("yaml"))
    engine = Engine(
        PostgresDatabase(postgres_server.create_database("documented", block("sql")), size=2, limit=5.0), config=config
    )
    engine.refresh()
    yield Suite(engine, lambda: None)
    engine.close()


def test_the_page_has_examples() -> None:
    assert [kind for kind, _, _ in PAIRS] == ["http"] * 4 + ["graphql"] * 3 + ["xml"] * 2


@pytest.mark.parametrize(("kind", "asked", "answer"), PAIRS)
def test_an_example(suite: Suite, kind: str, asked: str, answer: str) -> None:
    if kind == "xml":
        found = etree.fromstring(suite.post(asked, CLERK).data)[-1][0]
        assert canonical(found) == canonical(etree.fromstring(answer))
        return
    expected = json.loads(answer, parse_float=Decimal)
    if kind == "graphql":
        assert exact(suite.ask(asked, CLERK).data) == {"data": expected}
        return
    line, _, body = asked.partition("\n")
    method, address = line.split()
    given = json.loads(body) if body else None
    found = suite.send(method, address.removeprefix("/rest/v1/"), CLERK, given)
    assert (found.status_code, exact(found.data)) == (200, expected)


def test_the_session_reaches_the_function(suite: Suite) -> None:
    rows = exact(suite.get("rpc/my_orders?select=id", Who("customer", {"customer_id": "2"})).data)
    assert rows == [{"id": 3}]


def canonical(element: etree._Element) -> list[tuple[str, str]]:
    """The elements with their texts, without the space between them."""
    return [(part.tag, (part.text or "").strip()) for part in element.iter()]
