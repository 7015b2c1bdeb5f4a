"""What only SOAP's typed operations have, on each database: cursors, conditions, batches, and rows of any number."""

from collections.abc import Iterator
from typing import Any

import pytest
import zeep
from contracts.operations import Read
from lxml import etree
from zeep.helpers import serialize_object

from tests.fixtures.guarded_store import ADMIN, SOAP_NAMESPACE, Suite, Who
from tests.parity.question import order_by, strings

CLERK = Who("clerk")
AGENT = Who("agent")


@pytest.fixture(autouse=True)
def _restored(suite: Suite) -> Iterator[None]:
    yield
    suite.restore()


def ask(suite: Suite, operation: str, who: Who = ADMIN, **arguments: Any) -> Any:
    found = None
    for _ in range(3):  # a message that was seen before goes another way
        found = serialize_object(suite.call(operation, who, **arguments), dict)
        if not operation.startswith(("List", "Get", "Aggregate")):
            return found
    return found


def code_of(suite: Suite, operation: str, who: Who = ADMIN, **arguments: Any) -> str:
    client = suite.soap_client(who)
    with pytest.raises(zeep.exceptions.Fault) as fault:
        getattr(client.service, operation)(**arguments)
    return str(client.wsdl.types.deserialize(fault.value.detail[0]).code)


def rows_of(found: Any) -> list[Any]:
    return list(next(iter(found["items"].values()))) if found["items"] else []


# --- cursors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "order"),
    [
        ("ListCustomers", ()),
        ("ListCustomers", ("born",)),
        ("ListCustomers", (("born", True),)),
        ("ListCustomers", (("born", False, "first"), "name")),
        ("ListCustomers", (("balance", True, "last"),)),
        ("ListOrders", ("status", ("ordered_at", True))),
        ("ListOrders", ("note", "billing_address_id")),
        ("ListOrderItems", (("quantity", True),)),
        ("ListOrderItems", ("line_no",)),
        ("ListProducts", ("weight", ("price", True))),
        ("ListFiles", ("content",)),
    ],
)
@pytest.mark.parametrize("limit", [1, 2])
def test_pages_by_cursor_are_the_whole_list(suite: Suite, operation: str, order: tuple[Any, ...], limit: int) -> None:
    arguments = {"orderBy": order_by(*order)} if order else {}
    paged: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        found = serialize_object(
            suite.call(operation, ADMIN, page={"limit": limit, "cursor": cursor}, **arguments), dict
        )
        paged += rows_of(found)
        cursor = found["nextCursor"]
        assert len(paged) < 20
    whole = rows_of(ask(suite, operation, page={"cursor": ""}, **arguments))
    assert paged == whole
    assert len(paged) == len(rows_of(ask(suite, operation)))


def test_a_cursor_goes_with_filters_and_chosen_fields_and_the_total(suite: Suite) -> None:
    arguments = {"filter": {"customer_id": {"in": [1, 2]}}, "fields": strings("status"), "orderBy": order_by("status")}
    page = {"limit": 3, "cursor": "", "includeTotal": True}
    first = ask(suite, "ListOrders", page=page, **arguments)
    assert [row["status"] for row in rows_of(first)] == ["cancelled", "new", "paid"]
    assert {row["id"] for row in rows_of(first)} == {None}
    second = ask(suite, "ListOrders", page={"limit": 3, "cursor": first["nextCursor"]}, **arguments)
    assert [row["status"] for row in rows_of(second)] == ["paid"]
    assert first["totalCount"] == 4


def test_an_offset_is_of_the_first_page_alone(suite: Suite) -> None:
    first = ask(suite, "ListOrders", page={"limit": 1, "offset": 1, "cursor": ""})
    second = ask(suite, "ListOrders", page={"limit": 2, "offset": 1, "cursor": first["nextCursor"]})
    assert [row["id"] for row in (*rows_of(first), *rows_of(second))] == [2, 3, 4]


def test_a_cursor_that_is_none_or_another_order_s_is_refused(suite: Suite) -> None:
    found = ask(suite, "ListOrders", page={"limit": 1, "cursor": ""})
    others = {"orderBy": order_by("note"), "page": {"cursor": found["nextCursor"]}}
    assert code_of(suite, "ListOrders", **others) == "PGRST102"
    assert code_of(suite, "ListOrders", page={"cursor": "nonsense"}) == "PGRST102"
    assert code_of(suite, "ListTags", page={"cursor": found["nextCursor"]}) == "PGRST102"
    assert code_of(suite, "ListBigOrders", page={"cursor": ""}) == "PGRST102"
    assert code_of(suite, "AggregateOrders", page={"cursor": ""}) == "PGRST102"


def test_a_cursor_opens_no_row_that_is_hidden(suite: Suite) -> None:
    """The clerk sees no order that is cancelled, wherever a page begins."""
    every = rows_of(ask(suite, "ListOrders", page={"cursor": ""}))
    cursor = ask(suite, "ListOrders", page={"limit": 2, "cursor": ""})["nextCursor"]
    assert len(every) == 4
    assert [row["id"] for row in rows_of(ask(suite, "ListOrders", CLERK, page={"cursor": cursor}))] == [3]


# --- writes ----------------------------------------------------------------------------------------------------------


def test_upserts_tell_whether_the_row_is_new(suite: Suite) -> None:
    assert ask(suite, "UpsertTags", tags={"id": 9, "name": "a"}) == {"Tags": _tag(9, "a"), "created": True}
    assert ask(suite, "UpsertTags", tags={"id": 9, "name": "b"}) == {"Tags": _tag(9, "b"), "created": False}
    assert ask(suite, "UpsertTags", tags={"id": 9, "name": "b"})["created"] is False


def test_an_upsert_leaves_what_is_not_given(suite: Suite) -> None:
    found = ask(suite, "UpsertCustomers", customers={"id": 1, "name": "Ada L."})
    assert (found["Customers"]["name"], found["Customers"]["email"], found["created"]) == (
        "Ada L.", "ada@example.com", False,
    )  # fmt: skip
    made = ask(suite, "UpsertOrders", orders={"customer_id": 1})
    assert (made["Orders"]["status"], made["created"]) == ("new", True)


def test_an_upsert_of_a_key_alone(suite: Suite) -> None:
    found = ask(suite, "UpsertCategories", categories={"id": 2, "name": "Tools"})
    assert (found["Categories"]["parent_id"], found["created"]) == (1, False)
    found = ask(suite, "UpsertProductTags", productTags={"product_id": 1, "tag_id": 1})
    assert (found["ProductTags"]["product_id"], found["created"]) == (1, False)


def test_a_batch_is_all_or_nothing_and_may_be_empty(suite: Suite) -> None:
    made = ask(suite, "CreateTagsBatch", items={"TagsInput": [{"id": 7, "name": "x"}, {"id": 8, "name": "y"}]})
    assert (made["affectedRows"], [row["id"] for row in rows_of(made)]) == (2, [7, 8])
    wrong = {"TagsInput": [{"id": 9, "name": "z"}, {"id": 9, "name": "z"}]}
    assert code_of(suite, "CreateTagsBatch", items=wrong) == "23505"
    assert [row["id"] for row in rows_of(ask(suite, "ListTags"))] == [1, 2, 3, 7, 8]
    none = ask(suite, "CreateTagsBatch", items={})
    assert (none["affectedRows"], rows_of(none)) == (0, [])


def test_a_batch_keeps_to_what_the_role_may(suite: Suite) -> None:
    mine = Who("dropbox")
    assert ask(suite, "CreateLogLinesBatch", mine, items={"LogLinesInput": [{"line": "a"}, {"line": "b"}]}) == 2
    assert len(suite.run(Read("log_lines"))) == 4
    rows = {
        "OrdersInput": [{"id": 8, "customer_id": 1, "status": "new"}, {"id": 9, "customer_id": 1, "status": "lost"}]
    }
    assert code_of(suite, "CreateOrdersBatch", CLERK, items=rows) == "42501"
    assert len(suite.run(Read("orders"))) == 4


def test_an_update_holds_to_its_condition(suite: Suite) -> None:
    change = {"id": 2, "orders": {"status": "paid"}}
    assert ask(suite, "UpdateOrders", **change, ifMatch={"status": {"eq": "new"}})["status"] == "paid"
    assert code_of(suite, "UpdateOrders", **change, ifMatch={"status": {"eq": "new"}}) == "TRV111"
    assert code_of(suite, "UpdateOrders", id=2, ifMatch={"customer": {"name": {"eq": "Bob"}}}) == "TRV111"
    assert ask(suite, "UpdateOrders", id=2, ifMatch={"customer": {"name": {"eq": "Ada"}}})["status"] == "paid"
    assert ask(suite, "UpdateOrders", id=99, orders={"status": "paid"}) is None


# --- relations -------------------------------------------------------------------------------------------------------


def test_a_path_leads_down_then_up(suite: Suite) -> None:
    found = ask(suite, "ListCustomers", include=strings("orders/order_items/product", "addresses"), page={"limit": 1})
    (customer,) = rows_of(found)
    items = [item for order in customer["orders"]["Orders"] for item in order["order_items"]["OrderItems"]]
    assert sorted(item["product"]["name"] for item in items) == ["Anvil", "Rope", "Rope"]
    assert len(customer["addresses"]["Addresses"]) == 2
    up = ask(suite, "ListOrderItems", include=strings("order.customer", "product"), page={"limit": 1})
    assert rows_of(up)[0]["order"]["customer"]["name"] == "Ada"


def test_a_path_that_no_type_has_is_refused(suite: Suite) -> None:
    assert code_of(suite, "ListOrders", include=strings("customer/orders")) == "PGRST200"
    assert code_of(suite, "ListOrders", include=strings("customer/nope")) == "PGRST200"
    assert code_of(suite, "ListOrders", include=strings("/".join(["customer"] * 11))) == "PGRST102"


def test_a_filter_over_relations_opens_nothing(suite: Suite) -> None:
    """The clerk, who does not see Bob nor what is cancelled, finds nothing by them either."""
    by_bob = {"customer": {"name": {"eq": "Bob"}}}
    assert [row["id"] for row in rows_of(ask(suite, "ListOrders", filter=by_bob))] == [3, 4]
    assert rows_of(ask(suite, "ListOrders", CLERK, filter=by_bob)) == []
    cancelled = {"orders": {"status": {"eq": "cancelled"}}}
    assert rows_of(ask(suite, "ListCustomers", CLERK, filter=cancelled)) == []
    refused = etree.fromstring(suite.post("<ListCustomers><filter><orders/></filter></ListCustomers>", AGENT).data)
    assert refused.findtext(f".//{{{SOAP_NAMESPACE}}}code") == "42703"


# --- any number of rows ----------------------------------------------------------------------------------------------


def test_a_list_without_a_limit_that_was_long_comes_as_it_is_made(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": number, "name": str(number)} for number in range(100, 1200)]
    ask(suite, "CreateTagsBatch", items={"TagsInput": rows})
    streamed: list[Any] = []
    stream = suite.engine.stream
    monkeypatch.setattr(suite.engine, "stream", lambda *given: streamed.append(given) or stream(*given))
    body = "<ListTags><orderBy><item><field>id</field></item></orderBy></ListTags>"
    assert suite.post(body, ADMIN).data.count(b"<Tags>") == 1103
    ask(suite, "CreateTags", tags={"id": 2000, "name": "last"})  # so that no answer that was kept is true
    answer = suite.post(body, ADMIN).data
    assert answer.count(b"<Tags>") == 1104
    assert etree.fromstring(answer).findall(f".//{{{SOAP_NAMESPACE}}}name")[-1].text == "last"
    assert len(streamed) == 1


def _tag(id: int, name: str) -> dict[str, Any]:
    return {"id": id, "name": name, "product_tags": None, "products": None}
