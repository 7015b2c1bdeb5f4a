"""The demo store: the same rows from the same seed, data that bites where it should, and roles that see their own only."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from contracts.filters import Compare, FieldRef, Param, RelationRef
from contracts.identity import Caller, Principal
from contracts.operations import Aggregate, Assign, Create, Embed, FieldOutput, Node, Operation, Read, Sort, Update
from contracts.problems import Problem
from data_service.app import open_remote, open_secrets
from data_service.engine import Engine
from data_service.execute.sqlite import SqliteDatabase
from data_service.policies import check_against, load
from data_service.processing.setting import Means
from data_service.settings import DataSettings
from trivet_cli import demo_store

from demo import store
from demo.accounts import ACCOUNTS
from demo.rates import application as rates_application
from tests.fixtures.remote_servers import serving

CONFIG = Path(store.__file__).with_name("trivet.yaml")
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "store.db"
    store.make(path)
    return path


@pytest.fixture(scope="module")
def rows(file: Path) -> Iterator[Callable[[str], list[Any]]]:
    with closing(sqlite3.connect(file)) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@pytest.fixture
def engine(file: Path, tmp_path: Path) -> Iterator[Engine]:
    copy = tmp_path / "store.db"
    copy.write_bytes(file.read_bytes())
    with serving(rates_application) as server:
        settings = DataSettings(state_dir=str(tmp_path), sources=(f"rates={server.url}/rates?wsdl",))
        means = Means(remote=open_remote(settings), secrets=open_secrets(settings))
        engine = Engine(SqliteDatabase(copy, size=2, limit=8), config=CONFIG, means=means)
        assert engine.refresh()
        yield engine


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """Answer an operation for one of the demo's accounts (by the start of its address), or for anybody."""

    def answer(who: str, operation: Operation, values: Sequence[Any] = ()) -> Any:
        found = next((row for row in ACCOUNTS if row["email"].startswith(f"{who}@")), None)
        principal = Principal(role=found["role"], subject=who, session=found["session"]) if found else Principal()
        return json.loads(engine.execute(operation, values, Caller(principal=principal)).body)

    return answer


def fields(*names: str) -> tuple[FieldOutput, ...]:
    return tuple(FieldOutput(name, FieldRef(name)) for name in names)


def count(resource: str) -> Read:
    return Read(resource, Node(outputs=(Aggregate("n", "count"),)))


# --- the data --------------------------------------------------------------------------------------------------------


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_the_same_seed_gives_the_same_rows_and_another_others(file: Path, tmp_path: Path) -> None:
    for seed, same in ((store.SEED, True), (2, False)):
        other = tmp_path / f"{seed}.db"
        store.make(other, seed)
        assert (dump(other) == dump(file)) is same


def test_sizes_and_whole_references(rows: Any) -> None:
    sizes = {"customers": 1_000, "products": 500, "orders": 10_000, "order_items": 40_000}
    assert {table: rows(f"select count(*) from {table}")[0][0] for table in sizes} == sizes
    assert rows("pragma foreign_key_check") == []
    assert rows("pragma integrity_check") == [("ok",)]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"what was there")

    def fail(_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(store._Store, "_add_orders", fail)
    with pytest.raises(OSError):
        store.make(path)
    assert [item.name for item in tmp_path.iterdir()] == ["store.db"]
    assert path.read_bytes() == b"what was there"


def luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def test_cards_are_test_cards_that_pass_the_check_digit(rows: Any) -> None:
    cards = [card for (card,) in rows("select distinct card_number from payments where card_number is not null")]
    assert len(cards) > 5
    assert all(luhn(card) for card in cards)


def test_totals_are_the_sums_of_items(rows: Any) -> None:
    wrong = """select o.id from orders o left join order_items i on i.order_id = o.id group by o.id
               having round(o.total * 100) <> round(coalesce(sum(i.quantity * i.unit_price), 0) * 100)"""
    assert rows(wrong) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from orders where ordered_at = '2024-02-29 23:59:59'",
        "select 1 from orders where ordered_at = '2023-12-31 23:59:59'",
        "select 1 from orders where ordered_at = '2024-03-31 02:30:00'",
        "select 1 from customers where born_on = '2000-02-29'",
        "select 1 from customers where born_on < '1900-01-01'",
        "select 1 from customers where note is null",
        "select 1 from customers where note = ''",
        "select 1 from customers where name like '%''%'",
        "select 1 from customers where name like '%さくら%'",
        "select 1 from customers where name like '%ليلى%'",
        "select 1 from orders where note like '%🚲%'",
        "select 1 from products where length(description) > 5000",
        "select 1 from products where price = 0",
        "select 1 from products where price = 99999999.99",
        "select 1 from products where weight is null",
        "select 1 from attachments where length(content) = 256",
        "select 1 from attachments where content is null",
        "select 1 from orders where total = 0 and not exists (select 1 from order_items i where i.order_id = orders.id)",
        "select 1 from products p where not exists (select 1 from order_items i where i.product_id = p.id)",
        "select 1 from orders where shipping_address_id <> billing_address_id",
        "select 1 from order_items where unit_price = 0.01",
        "select 1 from settings where value = '9007199254740993'",
    ],
)
def test_data_that_bites_is_there(rows: Any, sql: str) -> None:
    assert rows(f"{sql} limit 1")


@pytest.mark.parametrize(
    "sql",
    [
        "insert into order_items values (1, 99, 1, 0, 1)",
        "insert into reviews (product_id, customer_id, rating) values (2, 1, 6)",
        "insert into customers (email, name) values ('customer@example.com', 'x')",
        "insert into products (sku, name, category_id, price) values ('TRV-00001', 'x', 1, 1)",
        "insert into orders (customer_id, status) values (1, 'lost')",
        "insert into payments (order_id, method, amount) values (1, 'card', 1)",
    ],
)
def test_wrong_rows_are_refused(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(sql)


# --- the accounts and the configuration ------------------------------------------------------------------------------


def test_the_first_customer_is_the_demo_login_and_has_orders(rows: Any) -> None:
    assert rows("select id from customers where email = 'customer@example.com'") == [(1,)]
    assert rows("select count(*) from orders where customer_id = 1")[0][0] >= 5
    assert {row["role"]: row["session"].get("x-hasura-customer-id") for row in ACCOUNTS}["customer"] == "1"


def test_the_configuration_fits_the_store(engine: Engine) -> None:
    catalog = engine.catalog(Caller(principal=Principal(role="admin", subject="admin")))
    assert check_against(load(CONFIG), catalog) == []
    assert catalog.by_name["orders"].by_name["total"].comment == "The sum of its items"
    assert catalog.by_name["products"].comment == "What is sold"


def test_everybody_reads_goods_but_not_what_they_cost_us(ask: Ask) -> None:
    assert len(ask("anybody", Read("products", Node(outputs=fields("id", "price"))))) == 100
    for operation, code in (
        (Read("products", Node(outputs=fields("cost"))), "42703"),
        (Read("products", Node(filter=Compare(FieldRef("cost"), "gt", Param(0)))), "42703"),
        (count("reviews"), "PGRST123"),
        (Read("customers"), "42501"),
        (Read("orders"), "42501"),
    ):
        with pytest.raises(Problem) as caught:
            ask("anybody", operation, [1])
        assert caught.value.code == code


def test_only_clerks_see_the_margin(ask: Ask, rows: Any) -> None:
    best = Node(
        outputs=fields("id", "margin"), sort=(Sort(FieldRef("margin"), descending=True, nulls="last"),), limit=Param(0)
    )
    found = ask("clerk", Read("products", best), [1])
    ((number, margin),) = rows(
        "select id, round(price - cost, 2) from products order by price - cost desc nulls last limit 1"
    )
    assert found == [{"id": number, "margin": margin}]
    for who in ("customer", "anybody"):
        with pytest.raises(Problem) as caught:
            ask(who, Read("products", Node(outputs=fields("margin"))))
        assert caught.value.code == "42703"


def test_addresses_have_one_form(ask: Ask) -> None:
    create = Create(
        "customers", ("email", "name"), Param(0), returning=Node(outputs=fields("email", "name"), shape="one")
    )
    made = ask("clerk", create, [[{"email": " Grace@Example.COM", "name": " Grace  Hopper"}]])
    assert made == {"email": "grace@example.com", "name": "Grace Hopper"}
    with pytest.raises(Problem) as caught:
        ask("clerk", create, [[{"email": "CUSTOMER@example.com", "name": "Another"}]])
    assert caught.value.code == "23505"
    with pytest.raises(Problem) as caught:
        ask("clerk", create, [[{"email": "nobody", "name": "Nobody"}]])
    assert caught.value.code == "TRV300"


@pytest.mark.parametrize(
    "resource, own",
    [
        ("orders", "select id from orders where customer_id = 1"),
        ("addresses", "select id from addresses where customer_id = 1"),
        ("customers", "select 1"),
        ("payments", "select p.id from payments p join orders o on o.id = p.order_id where o.customer_id = 1"),
    ],
)
def test_customers_see_their_own_only(ask: Ask, rows: Any, resource: str, own: str) -> None:
    seen = ask("customer", Read(resource, Node(outputs=fields("id"))))
    assert sorted(row["id"] for row in seen) == sorted(row[0] for row in rows(own))
    assert seen


def test_customers_see_their_own_only_from_anywhere(ask: Ask) -> None:
    """Products lead to their lines, lines to orders: of others' none is there."""
    lines = Embed(
        "lines",
        RelationRef("order_items"),
        Node(outputs=(Embed("order", RelationRef("order"), Node(outputs=fields("customer_id"))),)),
    )
    found = ask("customer", Read("products", Node(outputs=(lines,))))
    orders = [line["order"] for product in found for line in product["lines"]]
    assert {order["customer_id"] for order in orders} == {1}


def test_customers_write_as_themselves_only(ask: Ask, rows: Any) -> None:
    order = Create("orders", ("note", "shipping_address_id"), Param(0), returning=Node(shape="one"))
    mine, others = (rows(f"select min(id) from addresses where customer_id {sign} 1")[0][0] for sign in ("=", "<>"))
    made = ask("customer", order, [[{"note": "ring", "shipping_address_id": mine}]])
    assert (made["customer_id"], made["status"], made["total"]) == (1, "new", 0)
    for operation, values in (
        (order, [[{"note": "ring", "shipping_address_id": others}]]),
        (Create("orders", ("customer_id",), Param(0)), [[{"customer_id": 2}]]),
        (Create("order_items", ("order_id",), Param(0)), [[{"order_id": 1}]]),
    ):
        with pytest.raises(Problem) as caught:
            ask("customer", operation, values)
        assert caught.value.code == "42501"


def test_clerks_read_and_write_but_not_salaries(ask: Ask) -> None:
    assert ask("clerk", count("orders")) == [{"n": 10_000}]
    assert "salary" not in ask("clerk", Read("employees"))[0]
    with pytest.raises(Problem) as caught:
        ask("clerk", Read("employees", Node(outputs=fields("salary"))))
    assert caught.value.code == "42703"
    assert "salary" in ask("admin", Read("employees"))[0]


def test_of_card_numbers_the_end_is_shown(ask: Ask) -> None:
    paid = Node(outputs=fields("card_number"), filter=Compare(FieldRef("method"), "eq", Param(0)), limit=Param(1))
    (clear,) = ask("admin", Read("payments", paid), ["card", 1])
    assert luhn(clear["card_number"])
    assert ask("clerk", Read("payments", paid), ["card", 1]) == [{"card_number": f"**** {clear['card_number'][-4:]}"}]
    of_card = Node(outputs=fields("id"), filter=Compare(FieldRef("card_number"), "eq", Param(0)))
    with pytest.raises(Problem) as caught:
        ask("clerk", Read("payments", of_card), [clear["card_number"]])
    assert caught.value.code == "PGRST100"


def test_a_store_that_is_made_to_be_served_holds_tokens(tmp_path: Path) -> None:
    settings = DataSettings(state_dir=str(tmp_path))
    path = demo_store.make(tmp_path / "demo", settings)
    cards = store.cards(path)
    assert len(cards) > 5
    assert all(card.startswith("tok_") for card in cards)
    with closing(open_secrets(settings)) as secrets:
        assert secrets.vault.count() == len(cards)


def test_clerks_may_change_an_order(ask: Ask) -> None:
    change = Update(
        "orders",
        (Assign("note", Param(0)),),
        filter=Compare(FieldRef("id"), "eq", Param(1)),
        returning=Node(outputs=fields("id", "note")),
    )
    assert ask("clerk", change, ["seen", 5]) == [{"id": 5, "note": "seen"}]
