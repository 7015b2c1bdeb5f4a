"""A question put to the engine and in each protocol, and the answers brought into one form."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

import zeep
from contracts.operations import Create, Delete, Embed, FieldOutput, Node, Output, Read, Update
from contracts.problems import Problem
from lxml import etree
from zeep.helpers import serialize_object

from tests.fixtures.guarded_store import SOAP_NAMESPACE, Suite, exact
from tests.parity.question import Message, NotAsked, Question, Row, Soap

ELEMENTS = {"the Key": "the_x0020_Key", 'quo"te': "quo_x0022_te"}  # fields whose names XML can't have
_JSON = frozenset({"profile"})
_SINGLE = "application/vnd.pgrst.object+json"


@dataclass(frozen=True)
class Answer:
    """Rows in one form for all ways, or the code of a refusal. ``rows`` None: only their number is told."""

    rows: list[Any] | None = None
    count: int | None = None
    total: int | None = None
    code: str | None = None


def ask_engine(suite: Suite, question: Question) -> Answer:
    """Straight to the engine."""
    try:
        result = suite.engine.execute(question.ask, list(question.values), question.who.caller)
    except Problem as problem:
        return Answer(code=problem.code)
    return Answer(normal(exact(result.body)), total=result.total)


def ask_rest(suite: Suite, question: Question) -> Answer:
    """By REST."""
    rest = question.rest
    assert not isinstance(rest, NotAsked)
    prefer = "count=exact" if question.total is not None else "return=representation"
    prefer = f"{prefer}, {rest.prefer}" if rest.prefer else prefer
    answer = suite.send(rest.method, rest.address, question.who, rest.body, Prefer=prefer)
    found = exact(answer.data)
    if not answer.status_code < 300:
        return Answer(code=found["code"])
    total = answer.headers["Content-Range"].partition("/")[2]
    return Answer(normal(found), total=int(total) if question.total is not None else None)


def ask_graphql(suite: Suite, question: Question) -> Answer:
    """By GraphQL."""
    assert not isinstance(question.graphql, NotAsked)
    answer = exact(suite.ask(question.graphql.text, question.who, **question.graphql.variables).data)
    if "errors" in answer:
        return Answer(code=answer["errors"][0]["extensions"]["code"])
    data = answer["data"]
    total = data["total"]["aggregate"]["count"] if "total" in data else None
    found = data["rows"] if "rows" in data else next(iter(data.values()))["rows"]
    return Answer(normal(found if isinstance(found, list) else [found] if found is not None else []), total=total)


def ask_soap(suite: Suite, question: Question) -> Answer:
    """By SOAP: zeep writes the request and reads the answer, by the WSDL."""
    if isinstance(question.soap, Message):
        fault = etree.fromstring(suite.post(question.soap.text, question.who).data)
        return Answer(code=fault.findtext(f".//{{{SOAP_NAMESPACE}}}code"))
    assert isinstance(question.soap, Soap)
    client = suite.soap_client(question.who)
    try:
        found = getattr(client.service, question.soap.operation)(**question.soap.arguments)
    except zeep.exceptions.Fault as fault:
        return Answer(code=client.wsdl.types.deserialize(fault.detail[0]).code)
    found = serialize_object(found, dict)
    if isinstance(found, int):
        return Answer(count=found)
    total = None
    if question.soap.operation.startswith("List"):
        total = found["totalCount"]
    if question.soap.operation.startswith("List") or question.soap.operation.endswith("Batch"):
        found = next(iter(found["items"].values())) if found["items"] else []
    elif question.soap.operation.startswith("Upsert"):
        found = next(value for name, value in found.items() if name != "created")
    rows = found if isinstance(found, list) else [found] if found is not None else []
    return Answer([_picked(row, outputs_of(question)) for row in rows], total=total)


ASKED: dict[str, Callable[[Suite, Question], Answer]] = {
    "engine": ask_engine,
    "rest": ask_rest,
    "graphql": ask_graphql,
    "soap": ask_soap,
}


def outputs_of(question: Question) -> tuple[Output, ...]:
    """What is asked of each row."""
    ask = question.ask
    if isinstance(ask, Read):
        return ask.node.outputs
    assert isinstance(ask, Create | Update | Delete)
    return ask.returning.outputs


def _picked(row: Row, outputs: Sequence[Output]) -> Row:
    """Of a row of SOAP, which has its type's own order and all fields of related rows, what was asked for."""
    picked: Row = {}
    for output in outputs:
        if isinstance(output, FieldOutput):
            value = row[ELEMENTS.get(output.field.name, output.field.name)]
            is_json = output.field.name in _JSON and value is not None
            picked[output.key] = normal(exact(value.encode()) if is_json else value)
        else:
            assert isinstance(output, Embed)
            picked[output.key] = _related(row[output.relation.name], output.node)
    return picked


def _related(value: Any, node: Node) -> Any:
    if value is None:
        return None
    first = next(iter(value.values()))
    return [_picked(row, node.outputs) for row in first] if isinstance(first, list) else _picked(value, node.outputs)


def normal(value: Any) -> Any:
    """A value in the form that all ways share: numbers as `Decimal`, moments as ISO text, bytes as hex."""
    match value:
        case dict():
            return {key: normal(item) for key, item in value.items()}
        case list():
            return [normal(item) for item in value]
        case bool():
            return f"<{value}>"  # in Python True is 1
        case int():
            return Decimal(value)
        case float():
            return Decimal(repr(value))
        case bytes():
            return "\\x" + value.hex()
        case dt.datetime() | dt.date():
            return value.isoformat()
    return value


def arranged(rows: Iterable[Row], order: tuple[str, ...] | None) -> list[Row]:
    """The rows, those alike in the fields of ``order`` in an order of our own."""
    if order is None:
        return list(rows)
    runs = groupby(rows, key=lambda row: [row[name] for name in order])
    return [row for _, run in runs for row in sorted(run, key=canonical)]


def canonical(value: Any) -> str:
    """A text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, default=lambda number: format(number.normalize(), "f"))


def as_soap_says(value: Any) -> Any:
    """The answer as it is left after SOAP: related rows in no order, and no rows and an empty text read as nothing."""
    if isinstance(value, dict):
        return {key: as_soap_says(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((as_soap_says(item) for item in value), key=canonical) or None
    return None if value == "" else value


def keys(value: Any) -> Any:
    """The keys of all objects in a value, in their order; within a JSON field the database keeps its own."""
    if isinstance(value, dict):
        return [(key, None if key in _JSON else keys(item)) for key, item in value.items()]
    return [keys(item) for item in value] if isinstance(value, list) else None
