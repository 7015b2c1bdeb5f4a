"""The configuration held against a catalog: unknown names with the nearest, values that can't be, impossible writes."""

import pytest
from contracts.catalog import Catalog, Relation, Resource
from contracts.fields import Field, FieldType
from data_service.policies import NOTHING_OPEN, check_against, parse


def field(name: str, type_: FieldType, **more: object) -> Field:
    return Field(name=name, type=type_, db_type=str(type_), **more)  # type: ignore[arg-type]


ORDERS = Resource(
    name="orders",
    schema="public",
    table="Orders",
    kind="table",
    key=("id",),
    insertable=True,
    updatable=True,
    deletable=True,
    fields=(
        field("id", "int4", identity="always"),
        field("status", "enum", values=("new", "paid")),
        field("total", "numeric"),
        field("small", "int2"),
        field("day", "date"),
        field("ref", "uuid"),
        field("gift", "bool"),
        field("note", "text"),
        field("doc", "json"),
        field("words", "array", element="text"),
        field("odd", "other"),
        field("customer_id", "int4"),
    ),
    relations=(
        Relation(name="buyer", target="customers", cardinality="one", pairs=(("customer_id", "id"),), constraint="c"),
    ),
)
CUSTOMERS = Resource(
    name="customers",
    schema="public",
    table="customers",
    kind="view",
    fields=(field("id", "int4"), field("name", "text")),
    relations=(
        Relation(name="orders", target="orders", cardinality="many", pairs=(("id", "customer_id"),), constraint="c"),
    ),
)
CATALOG = Catalog(engine="postgresql", version="1", schemas=("public",), resources=(ORDERS, CUSTOMERS))


def faults_of(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.message) for fault in check_against(parse(text), CATALOG)]


def of_filter(text: str) -> list[str]:
    """The faults of a filter on orders; all on its own line."""
    start = "version: 1\nresources:\n  orders:\n    permissions:\n      clerk:\n        delete:\n"
    faults = faults_of(f"{start}          filter: {text}")
    assert {line for line, _ in faults} <= {7}
    return [message for _, message in faults]


def test_nothing_is_said_of_no_file() -> None:
    assert check_against(NOTHING_OPEN, CATALOG) == []


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{status: {_in: [new, paid]}, total: {_gt: 1, _lt: 2.5}, small: {_eq: 32767}, day: {_gte: 2024-02-29}}",
        "{ref: {_eq: 0d1c26a4-2b8a-4f0e-9c5e-0f6a3c1b2d4e}, gift: {_eq: true}, note: {_ilike: 'a%'}, odd: {_eq: 5}}",
        "{doc: {_contains: {a: 1}, _has_key: a}, words: {_contains: [a], _eq: [a, b]}, odd: {_regex: a}}",
        "{customer_id: {_eq: X-Hasura-Customer-Id}, small: {_in: [1, X-Hasura-Small]}, note: {_ceq: odd}}",
        "{buyer: {name: {_eq: x}, orders: {total: {_gt: 1}}}, _not: {buyer: {}}}",
        "{_exists: {_table: customers, _where: {id: {_eq: 1}}}}",
        "{buyer: {orders_aggregate: {count: {arguments: [id], predicate: {_gt: 1}, filter: {gift: {_eq: true}}}}}}",
    ],
)
def test_what_fits(text: str) -> None:
    assert of_filter(text) == []


@pytest.mark.parametrize(
    "text, message",
    [
        ("{statsu: {_eq: new}}", "orders has no column or relation statsu; did you mean status?"),
        ("{byer: {name: {_eq: x}}}", "orders has no column or relation byer; did you mean buyer?"),
        ("{buyer: {nam: {_eq: x}}}", "customers has no column or relation nam; did you mean name?"),
        (
            "{_or: [{_not: {buyer: {orders: {noet: {_eq: x}}}}}]}",
            "orders has no column or relation noet; did you mean note?",
        ),
        ("{status: {name: {_eq: x}}}", "there is no operator name"),
        ("{status: {}}", "the column status needs an operator, such as {_eq: …}"),
        ("{buyer: {_eq: 1}}", "_eq must stand below a column: {column: {_eq: …}}"),
        ("{status: {_eq: piad}}", "status has no value `piad`; did you mean paid?"),
        ("{total: {_eq: '1'}}", "total is numeric, which `1` is not"),
        ("{total: {_eq: true}}", "total is numeric, which true is not"),
        ("{small: {_eq: 32768}}", "small is int2, which `32768` is not"),
        ("{small: {_in: [1, x]}}", "small is int2, which `x` is not"),
        ("{day: {_eq: 2023-02-29}}", "day is date, which `2023-02-29` is not"),
        ("{ref: {_eq: abc}}", "ref is uuid, which `abc` is not"),
        ("{gift: {_eq: yes}}", "gift is bool, which `yes` is not"),
        ("{note: {_eq: 5}}", "note is text, which `5` is not"),
        ("{words: {_eq: a}}", "words is array, which `a` is not"),
        ("{total: {_like: '1%'}}", "_like can't be used on total, which is numeric"),
        ("{note: {_has_key: a}}", "_has_key can't be used on note, which is text"),
        ("{gift: {_contains: true}}", "_contains can't be used on gift, which is bool"),
        ("{note: {_ceq: noet}}", "orders has no column noet; did you mean note?"),
        ("{_exists: {_table: custmers}}", "there is no resource custmers; did you mean customers?"),
        (
            "{_exists: {_table: customers, _where: {nme: {_eq: x}}}}",
            "customers has no column or relation nme; did you mean name?",
        ),
        ("{buyers_aggregate: {count: {predicate: {_gt: 1}}}}", "orders has no relation buyers; did you mean buyer?"),
        (
            "{buyer_aggregate: {count: {arguments: [nme], predicate: {_gt: 1}}}}",
            "customers has no column nme; did you mean name?",
        ),
        (
            "{buyer_aggregate: {count: {filter: {nme: {_eq: x}}, predicate: {_gt: 1}}}}",
            "customers has no column or relation nme; did you mean name?",
        ),
    ],
)
def test_what_does_not_fit_a_filter(text: str, message: str) -> None:
    assert of_filter(text) == [message]


def test_all_else_that_does_not_fit_in_order() -> None:
    text = """version: 1
schemas: [pubic]
resources:
  ordres:
    permissions: {clerk: {delete: {filter: {nothing: {_eq: here}}}}}
  orders:
    relations: {customer: payer}
    permissions:
      clerk:
        select:
          columns: [id,
                    totl]
          filter: {}
        insert:
          columns: [id]
          check: {}
          set: {customer_id: me, gone: 1, gift: X-Hasura-Gift}
        update:
          columns: [status]
          filter: {}
          set: {small: 1.5}
  people:
    table: public.custmers
  customers:
    permissions:
      clerk:
        insert: {columns: [name], check: {}}
        update: {columns: [name], filter: {}}
        delete: {filter: {}}
row_security:
  acknowledge: [public.Orders, public.orders]
"""
    assert faults_of(text) == [
        (2, "the database has no schema pubic; did you mean public?"),
        (4, "there is no resource ordres; did you mean orders?"),
        (7, "orders has no relation customer"),
        (12, "orders has no column totl; did you mean total?"),
        (15, "id is made by the database and can't be written"),
        (17, "customer_id is int4, which `me` is not"),
        (17, "orders has no column gone"),
        (21, "small is int2, which `1.5` is not"),
        (23, "there is no table public.custmers; did you mean public.customers?"),
        (27, "rows of customers, a view, can't be created"),
        (28, "rows of customers, a view, can't be changed"),
        (29, "rows of customers, a view, can't be deleted"),
        (31, "there is no table public.orders; did you mean public.Orders?"),
    ]


def test_a_resource_may_be_given_by_its_table() -> None:
    assert faults_of("version: 1\nresources: {orders: {table: Orders, relations: {buyr: buyer}}}") == []
    assert faults_of("version: 1\nresources:\n orders: {table: pubic.Orders}") == [
        (3, "there is no table pubic.Orders; did you mean public.Orders?")
    ]
