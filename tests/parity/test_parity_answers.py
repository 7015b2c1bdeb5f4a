"""Every question gets the same answer on each database: from the engine, by REST, by GraphQL and by SOAP."""

from decimal import Decimal

import pytest

from tests.fixtures.guarded_store import Suite, exact
from tests.parity import (
    questions_embeds,
    questions_filters,
    questions_order,
    questions_refused,
    questions_roles,
    questions_values,
    questions_writes,
)
from tests.parity.asking import ASKED, Answer, arranged, as_soap_says, keys, normal
from tests.parity.question import NotAsked, Question, Row

QUESTIONS: tuple[Question, ...] = (
    *questions_filters.QUESTIONS,
    *questions_values.QUESTIONS,
    *questions_order.QUESTIONS,
    *questions_embeds.QUESTIONS,
    *questions_roles.QUESTIONS,
    *questions_refused.QUESTIONS,
    *questions_writes.QUESTIONS,
)
_ASKED = [
    pytest.param(question, way, id=f"{question.name}-{way}")
    for question in QUESTIONS
    for way in ASKED
    if not isinstance(getattr(question, way, None), NotAsked)
]


@pytest.mark.parametrize("question, way", _ASKED)
def test_the_answer(suite: Suite, question: Question, way: str) -> None:
    """The rows, or the refusal's code; after a write, what is there then."""
    try:
        answer = ASKED[way](suite, question)
        if question.refused is not None:
            assert answer.code == (getattr(question.refused, way, "") or question.refused.code)
        else:
            check_rows(question, answer, way)
        if question.after is not None:
            assert suite.run(question.after.read, question.after.values) == question.after.rows
    finally:
        if question.after is not None:
            suite.restore()


@pytest.fixture(scope="module")
def untouched(suite: Suite) -> dict[str, list[Row]]:
    """All rows as they are at first."""
    return suite.dump()


def test_what_is_refused_changes_nothing(suite: Suite, untouched: dict[str, list[Row]]) -> None:
    """After every refusal, in every protocol, all rows are still there."""
    for question in QUESTIONS:
        for way in ASKED if question.refused is not None else ():
            if not isinstance(getattr(question, way, None), NotAsked):
                ASKED[way](suite, question)
    assert suite.dump() == untouched


def test_there_are_enough_questions() -> None:
    """Enough are asked in all protocols, and enough of them bite."""
    everywhere = [q for q in QUESTIONS if not any(isinstance(getattr(q, way, None), NotAsked) for way in ASKED)]
    assert len(everywhere) >= 66
    assert sum(bites(question) for question in everywhere) >= 24
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)


def bites(question: Question) -> bool:
    """Whether the answer has nulls, ties, no related rows, or is a refusal, or is a role's own."""
    odd = any(value is None or value == [] for row in question.rows for value in row.values())
    return bool(odd or question.order or question.refused or question.who.role != "admin")


def test_aggregates(suite: Suite) -> None:
    """REST and GraphQL work out the same; a value there is none of is null."""
    rest = exact(
        suite.get("customers?select=s:balance.sum(),a:balance.avg(),hi:born.max(),lo:name.min(),w:id.sum()").data
    )
    text = "{ all: customers_aggregate { aggregate { sum { balance id } avg { balance } max { born } min { name } } } }"
    found = exact(suite.ask(text).data)["data"]["all"]["aggregate"]
    assert rest == [
        {
            "s": found["sum"]["balance"],
            "a": found["avg"]["balance"],
            "hi": found["max"]["born"],
            "lo": found["min"]["name"],
            "w": found["sum"]["id"],
        }
    ]
    assert found["sum"] == {"balance": Decimal("10.60"), "id": 6}
    assert found["avg"]["balance"] == Decimal("5.30")
    assert (found["max"]["born"], found["min"]["name"]) == ("2000-12-31", "Ada")
    none = exact(suite.ask("{ a: customers_aggregate(where: {id: {_eq: 0}}) { aggregate { count sum { id } } } }").data)
    assert none["data"]["a"]["aggregate"] == {"count": 0, "sum": {"id": None}}


def test_aggregates_by_group(suite: Suite) -> None:
    """REST groups by the plain fields; GraphQL counts each group by a filter."""
    rows = exact(suite.get("orders?select=status,n:count()&order=status").data)
    assert rows == [{"status": "cancelled", "n": 1}, {"status": "new", "n": 1}, {"status": "paid", "n": 2}]
    for row in rows:
        text = "query ($s: String!) { all: orders_aggregate(where: {status: {_eq: $s}}) { aggregate { count } } }"
        assert exact(suite.ask(text, s=row["status"]).data)["data"]["all"]["aggregate"]["count"] == row["n"]


def test_the_digits_of_a_decimal(suite: Suite) -> None:
    """A decimal has its declared scale, as text, in every protocol."""
    assert b'"price":9.90' in suite.get("products?select=price&id=eq.2").data.replace(b" ", b"")
    assert b'"price":9.90' in suite.ask("{ products_by_pk(id: 2) { price } }").data.replace(b" ", b"")
    assert b"<price>9.90</price>" in suite.post("<GetProducts><id>2</id></GetProducts>").data


def test_null_is_not_an_empty_text(suite: Suite) -> None:
    """In XML null is nil, and an empty text an empty element: zeep reads both as None, other toolkits do not."""
    assert b"<note></note>" in suite.post("<GetOrders><id>3</id></GetOrders>").data
    assert b'<note xsi:nil="true"/>' in suite.post("<GetOrders><id>2</id></GetOrders>").data


def check_rows(question: Question, answer: Answer, way: str) -> None:
    """The rows are those expected, in the order asked for, each with its keys in order."""
    assert answer.code is None
    assert answer.total == question.total
    if answer.rows is None:
        assert answer.count == len(question.rows)
        return
    expected = arranged(normal(question.rows), question.order)
    found = arranged(answer.rows, question.order)
    if way == "soap":
        assert [as_soap_says(row) for row in found] == [as_soap_says(row) for row in expected]
        return
    assert found == expected
    assert keys(found) == keys(expected)
