"""Every question gets the same answer on each database: from the engine, by REST, by GraphQL and by SOAP."""

import pytest

from tests.fixtures.guarded_store import Suite
from tests.parity import (
    questions_embeds,
    questions_filters,
    questions_order,
    questions_refused,
    questions_roles,
    questions_writes,
)
from tests.parity.asking import ASKED, Answer, arranged, as_soap_says, keys, normal
from tests.parity.question import NotAsked, Question

QUESTIONS: tuple[Question, ...] = (
    *questions_filters.QUESTIONS,
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
            refused = question.refused
            assert answer.code == (getattr(refused, way, "") or refused.code)
        else:
            check_rows(question, answer, way)
        if question.after is not None:
            assert suite.run(question.after.read, question.after.values) == question.after.rows
    finally:
        if question.after is not None:
            suite.restore()


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
