"""The facades translate a question into one and the same operation, whatever the protocol calls its parts."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from contracts.filters import And, Or, Param
from contracts.operations import Node, Operation, Read, Value
from graphql_service.limits import Limits
from graphql_service.request import choose, compile_operation, prepare
from graphql_service.schema import build
from lxml import etree
from rest_service.request import Incoming, translate
from soap_service.envelope import body_of, opened
from soap_service.envelope import parse as parse_xml
from soap_service.port_type import PortType
from soap_service.request import parse

from tests.fixtures.guarded_store import SOAP_NAMESPACE, Suite
from tests.parity import questions_filters, questions_order, questions_values
from tests.parity.question import Graphql, NotAsked, Question, Rest, Soap, strings

Asked = tuple[Operation, list[Value]]


def of_rest(suite: Suite, question: Question) -> Asked:
    """By REST's translator."""
    assert isinstance(question.rest, Rest)
    resource, _, query = question.rest.address.partition("?")
    asked = translate(Incoming("GET", unquote(resource), query, {}))
    return asked.operation, asked.values


def of_graphql(suite: Suite, question: Question) -> Asked:
    """By GraphQL's translator: of the document, the member whose rows are asked for."""
    assert isinstance(question.graphql, Graphql)
    schema = build(suite.catalog(question.who))
    prepared = prepare(schema, question.graphql.text, Limits())
    compiled = compile_operation(schema, prepared, choose(prepared, None), question.graphql.variables)
    return next(member.operation for member in compiled.document.members if member.key == "rows"), compiled.values


def of_soap(suite: Suite, question: Question) -> Asked:
    """By SOAP's translator, from the message that zeep writes; of the fields, those in question."""
    assert isinstance(question.soap, Soap)
    client = suite.soap_client(question.who)
    fields = strings(*(output.field.name for output in question.ask.node.outputs))
    message = client.create_message(
        client.service, question.soap.operation, **{**question.soap.arguments, "fields": fields}
    )
    text = etree.tostring(message, encoding="unicode")
    received = body_of(opened(parse_xml(text, max_depth=50, max_elements=1000)))
    found = parse(received, SOAP_NAMESPACE, PortType(suite.catalog(question.who)), role=question.who.role)
    return found.operation, found.values


TRANSLATORS: dict[str, Callable[[Suite, Question], Asked]] = {"rest": of_rest, "graphql": of_graphql, "soap": of_soap}
LISTED = [
    question
    for question in (*questions_filters.QUESTIONS, *questions_values.QUESTIONS, *questions_order.QUESTIONS)
    if isinstance(question.soap, Soap) and question.soap.operation.startswith("List")
]


@pytest.mark.parametrize(
    ("question", "way"),
    [
        pytest.param(question, way, id=f"{question.name}-{way}")
        for question in LISTED
        for way in TRANSLATORS
        if not isinstance(getattr(question, way), NotAsked)
    ],
)
def test_the_operation(suite: Suite, question: Question, way: str) -> None:
    """The operation is the one in question, but for response keys and the spelling of values."""
    operation, values = TRANSLATORS[way](suite, question)
    assert said(operation, values) == said(question.ask, list(question.values))


def test_there_are_enough() -> None:
    assert len(LISTED) >= 15


def said(read: Operation, values: list[Value]) -> Any:
    """What a read asks: with its values in place, without its response keys, and in an order of our own."""
    assert isinstance(read, Read)
    node = read.node
    fields = sorted(json.dumps(msgspec.to_builtins(output.field)) for output in node.outputs)
    bare = Node(filter=node.filter, sort=node.sort, limit=node.limit, offset=node.offset, shape=node.shape)
    return read.resource, fields, spelt(bare, values)


def spelt(part: Any, values: list[Value]) -> Any:
    """A part of an operation as plain values, the items of a conjunction in an order of our own."""
    if isinstance(part, Param):
        return text_of(values[part.index])
    if isinstance(part, And | Or):
        items = sorted((spelt(item, values) for item in flat(part)), key=repr)
        return items[0] if len(items) == 1 else (type(part).__name__, items)
    if isinstance(part, tuple):
        return [spelt(item, values) for item in part]
    if isinstance(part, msgspec.Struct):
        members = {name: spelt(getattr(part, name), values) for name in part.__struct_fields__}
        return (type(part).__name__, members)
    return part


def flat(part: And | Or) -> list[Any]:
    """The items of a conjunction, those of conjunctions of the same kind within it among them."""
    found: list[Any] = []
    for item in part.items:
        found += flat(item) if type(item) is type(part) else [item]
    return found


def text_of(value: Value) -> Any:
    """A value as a query string would spell it; JSON in a spelling of our own."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, list):
        return [text_of(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and not value.replace(".", "").replace("e", "").isdigit():
        return value
    return format(Decimal(str(value)).normalize(), "f")
