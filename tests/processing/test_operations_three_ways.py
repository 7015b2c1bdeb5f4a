"""What docs/processing.md says of operations and hooks: its own files, in REST, GraphQL and SOAP, on both databases."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import zeep
from contracts.operations import Read
from data_service.operations.nursery import Terms
from data_service.operations.project import Project

from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact, postgres_suite, sqlite_suite

PAGE = (Path(__file__).parents[2] / "docs" / "processing.md").read_text().partition("## Operations in Python")[2]
FILES = dict(zip(("orders", "hooks"), re.findall(r"```python\n(.*?)```", PAGE, re.S), strict=False))
CONFIG = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)[0]
CLERK, ANYBODY = Who("clerk"), Who("anonymous")
PLACE = {"customer": 1, "lines": [{"product": 1, "quantity": 2}, {"product": 2}]}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The facades over the small store, with the page's operations and hooks."""
    folder = tmp_path_factory.mktemp("operations_page")
    (folder / "operations").mkdir()
    for name, text in FILES.items():
        (folder / "operations" / f"{name}.py").write_text(text)
    project = Project(Terms(folder / "operations", memory=268_435_456), size=2, timeout=20.0)
    if request.param == "sqlite":
        with sqlite_suite(folder, policies=CONFIG, project=project) as suite:
            yield suite
    else:
        url = request.getfixturevalue("postgres_server").create_database("operations_page")
        with postgres_suite(url, folder, policies=CONFIG, project=project) as suite:
            yield suite


@pytest.fixture
def suite(made: Suite) -> Iterator[Suite]:
    """The suite, whose rows are put back as they were afterwards."""
    yield made
    made.restore()


def items(suite: Suite) -> int:
    return len(suite.run(Read("order_items")))


# --- operations ------------------------------------------------------------------------------------------------------


def test_rest_calls_them(suite: Suite) -> None:
    before = items(suite)
    answer = suite.send("POST", "rpc/place_order", CLERK, body=PLACE)
    assert answer.status_code == 200
    receipt = exact(answer.data)
    assert receipt == {"order_id": receipt["order_id"], "total": Decimal("209.90")}
    assert items(suite) == before + 2
    assert exact(suite.get("rpc/price_of?product=Rope", ANYBODY).data) == Decimal("9.90")
    assert suite.get("rpc/price_of?product=Nothing", ANYBODY).get_json() is None
    assert suite.get("rpc/place_order?customer=1", CLERK).status_code in (404, 405)


def test_graphql_calls_them(suite: Suite) -> None:
    before = items(suite)
    query = (
        "mutation($lines: [place_order_lines_input!]!) { place_order(args: {customer: 1, lines: $lines}) { total } }"
    )
    assert exact(suite.ask(query, CLERK, lines=PLACE["lines"]).data) == {
        "data": {"place_order": {"total": Decimal("209.90")}}
    }
    assert items(suite) == before + 2
    answer = exact(suite.ask('{ price_of(args: {product: "Rope"}) }', ANYBODY).data)
    assert answer == {"data": {"price_of": Decimal("9.90")}}


def test_soap_calls_them(suite: Suite) -> None:
    before = items(suite)
    assert suite.call("CallPlaceOrder", CLERK, customer=1, lines={"item": PLACE["lines"]}).total == Decimal("209.90")
    assert items(suite) == before + 2
    assert suite.call("CallPriceOf", ANYBODY, product="Rope") == Decimal("9.90")


def test_a_problem_has_each_dialect_s_form(suite: Suite) -> None:
    before = items(suite)
    lines = [{"product": 1}, {"product": 99}]
    answer = suite.send("POST", "rpc/place_order", CLERK, body={"customer": 1, "lines": lines})
    assert (answer.status_code, answer.get_json()) == (
        404,
        {"code": "NO_PRODUCT", "message": "There is no product 99", "details": None, "hint": None},
    )
    query = (
        "mutation($lines: [place_order_lines_input!]!) { place_order(args: {customer: 1, lines: $lines}) { total } }"
    )
    (error,) = suite.ask(query, CLERK, lines=lines).get_json()["errors"]
    assert error["message"] == "There is no product 99"
    with pytest.raises(zeep.exceptions.Fault) as caught:
        suite.call("CallPlaceOrder", CLERK, customer=1, lines={"item": [{"product": 99}]})
    assert caught.value.message == "There is no product 99"
    assert items(suite) == before


def test_arguments_that_do_not_fit_are_told_where(suite: Suite) -> None:
    answer = suite.send("POST", "rpc/place_order", CLERK, body={"customer": 1, "lines": [{"product": "x"}]})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "22023")
    assert "$.lines[0].product" in answer.get_json()["message"]


def test_who_may_not_call_them_does_not_find_them(suite: Suite) -> None:
    assert suite.send("POST", "rpc/place_order", ANYBODY, body=PLACE).status_code in (401, 403, 404)
    assert (
        "errors" in suite.ask("mutation { place_order(args: {customer: 1, lines: []}) { total } }", ANYBODY).get_json()
    )
    assert not hasattr(suite.soap_client(ANYBODY).service, "CallPlaceOrder")


def test_all_three_document_them(suite: Suite) -> None:
    post = suite.get("openapi.json", CLERK).get_json()
    text = str(post)
    assert "Make an order of these lines." in text
    assert "What is ordered." in text
    sdl = suite.ask('{ __type(name: "mutation_root") { fields { name description } } }', CLERK).get_json()
    fields = {field["name"]: field["description"] for field in sdl["data"]["__type"]["fields"]}
    assert "Make an order of these lines." in fields["place_order"]


# --- hooks -----------------------------------------------------------------------------------------------------------


def test_a_hook_holds_in_all_three(suite: Suite) -> None:
    assert suite.send("POST", "tags", CLERK, body={"id": 20, "name": " REST "}).status_code == 201
    query = 'mutation { insert_tags(objects: [{id: 21, name: "GraphQL "}]) { returning { name } } }'
    assert suite.ask(query, CLERK).get_json() == {"data": {"insert_tags": {"returning": [{"name": "graphql"}]}}}
    suite.call("CreateTags", CLERK, tags={"id": 22, "name": " Soap"})
    rows = [row["name"] for row in suite.run(Read("tags")) if row["id"] >= 20]
    assert sorted(rows) == ["graphql", "rest", "soap"]
    lines = [row["line"] for row in suite.run(Read("log_lines"))][-3:]
    assert lines == ["clerk made rest", "clerk made graphql", "clerk made soap"]


def test_its_refusal_has_each_dialect_s_form(suite: Suite) -> None:
    answer = suite.send("POST", "tags", CLERK, body=[{"id": 30, "name": "fine"}, {"id": 31, "name": "Spam"}])
    assert (answer.status_code, answer.get_json()) == (
        400,
        {"code": "SPAM", "message": "no such tags here", "details": {"id": 31}, "hint": None},
    )
    answer = suite.ask('mutation { insert_tags_one(object: {id: 31, name: "spam"}) { id } }', CLERK).get_json()
    assert [error["message"] for error in answer["errors"]] == ["no such tags here"]
    with pytest.raises(zeep.exceptions.Fault, match="no such tags here"):
        suite.call("CreateTags", CLERK, tags={"id": 31, "name": "spam"})
    assert len(suite.run(Read("tags"))) == 3


def test_what_is_read_is_changed_in_all_three(suite: Suite) -> None:
    assert suite.get("products?id=eq.4&select=name", ADMIN).get_json() == [{"name": "Last one"}]
    assert suite.ask("{ products_by_pk(id: 4) { name } }").get_json() == {
        "data": {"products_by_pk": {"name": "Last one"}}
    }
    assert suite.call("GetProducts", id=4).name == "Last one"
    text = suite.get("products?select=id,name&order=id", Accept="text/csv").get_data(as_text=True)
    assert text.splitlines()[-1] == '4,"Last one"'
