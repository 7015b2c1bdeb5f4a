"""Whatever a GraphQL schema allows is answered in good form, and the same conditions find the same rows by REST."""

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from graphql import GraphQLSchema
from graphql_service.schema import build
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.graphql_documents import documents
from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact

_EXPLORES = os.environ.get("TRIVET_PROPERTIES") == "explore"
FEW = settings(
    max_examples=1000 if _EXPLORES else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WHO = {"admin": ADMIN, "clerk": Who("clerk")}
# what a valid document may still be refused for; anything else would be a fault of ours
CODES = frozenset({"validation-failed", "data-exception", "constraint-violation", "permission-error", "not-supported"})


_schemas: dict[str, GraphQLSchema] = {}


def _schema(suite: Suite, role: str) -> GraphQLSchema:
    catalog = suite.catalog(WHO[role])
    key = f"{catalog.version} {role}"
    if key not in _schemas:
        made = build(catalog).schema
        made.complete()
        _schemas[key] = made
    return _schemas[key]


@FEW
@given(data=st.data(), role=st.sampled_from(sorted(WHO)))
def test_every_document_is_answered(suite: Suite, role: str, data: st.DataObject) -> None:
    schema = _schema(suite, role)
    document = data.draw(documents(schema, ("query", "query", "query", "mutation")))
    response = suite.graphql.post("/v1/graphql", json={"query": document}, headers=WHO[role].headers)
    assert response.status_code == 200, (document, response.text)
    answer = json.loads(response.data)
    if "errors" in answer:
        assert all(error["extensions"]["code"] in CODES for error in answer["errors"]), (document, answer)
    else:
        assert answer["data"]["__typename"] in ("query_root", "mutation_root")
        if document.startswith("mutation"):
            suite.restore()


# --- the same question to both ----------------------------------------------------------------------------------------

_STORED = ["Ada", "Bob", "bob@example.com", "paid", "new", "first", "", "Rope", "%a%", "_o%", 'P%"red"', "%日%"]
_TEXTS = st.sampled_from(_STORED) | st.text("aAbBoOsS%_ '\"é,().\\", max_size=5)
_NUMBERS = st.integers(0, 5) | st.sampled_from([-1, 10, 100])
_TYPES: dict[str, st.SearchStrategy[Any]] = {"text": _TEXTS, "int4": _NUMBERS, "int8": _NUMBERS, "numeric": _NUMBERS}
_ORDERED = ("eq", "neq", "gt", "gte", "lt", "lte")
_TABLES = {
    "customers": {"id": "int4", "name": "text", "email": "text", "balance": "numeric"},
    "orders": {"id": "int4", "customer_id": "int4", "status": "text", "note": "text"},
    "products": {"id": "int4", "name": "text", "price": "numeric"},
}
Condition = tuple[Any, ...]


@st.composite
def leaves(draw: Callable[..., Any], table: str) -> Condition:
    """A field compared with a value."""
    field, kind = draw(st.sampled_from(sorted(_TABLES[table].items())))
    patterns = ("like", "ilike") if kind == "text" else ()
    operator = draw(st.sampled_from((*_ORDERED, "in", "is_null", *patterns)))
    if operator == "is_null":
        return field, operator, draw(st.booleans())
    value = st.lists(_TYPES[kind], min_size=1, max_size=3) if operator == "in" else _TYPES[kind]
    if operator in patterns:
        value = value.filter(lambda text: not text.replace("\\\\", "").endswith("\\"))  # which both refuse
    return field, operator, draw(value)


def conditions(table: str) -> st.SearchStrategy[Condition]:
    """Conditions joined by and, or and not."""
    return st.recursive(
        leaves(table),
        lambda inner: st.tuples(st.sampled_from(["and", "or", "not"]), st.lists(inner, min_size=1, max_size=3)),
        max_leaves=5,
    )


def by_graphql(condition: Condition) -> dict[str, Any]:
    """The condition as a ``where``."""
    if len(condition) == 3:
        field, operator, value = condition
        return {field: {f"_{operator}": value}}
    joint, items = condition
    parts = [by_graphql(item) for item in items]
    return {"_not": {"_and": parts}} if joint == "not" else {f"_{joint}": parts}


def by_rest(condition: Condition) -> str:
    """The condition as a part of a logical tree of REST's."""
    if len(condition) == 3:
        field, operator, value = condition
        if operator == "is_null":
            return f"{field}.is.null" if value else f"{field}.not.is.null"
        return f"{field}.{operator}.{_told(value)}"
    joint, items = condition
    inner = ",".join(map(by_rest, items))
    return f"not.and({inner})" if joint == "not" else f"{joint}({inner})"


def _told(value: Any) -> str:
    if isinstance(value, list):
        return f"({','.join(map(_told, value))})"
    if not isinstance(value, str):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@FEW
@given(data=st.data(), role=st.sampled_from(sorted(WHO)), table=st.sampled_from(sorted(_TABLES)))
def test_rest_finds_the_same_rows(suite: Suite, role: str, table: str, data: st.DataObject) -> None:
    condition = data.draw(conditions(table))
    limit, offset = data.draw(st.integers(0, 4)), data.draw(st.integers(0, 2))
    seen = [field for field in _TABLES[table] if field in suite.catalog(WHO[role]).by_name[table].by_name]
    fields = [field for field in seen if field != "balance"]
    query = f"query($w: {table}_bool_exp) {{ {table}(where: $w, order_by: {{id: desc}}, limit: {limit}, offset: {offset}) {{ {' '.join(fields)} }} }}"
    answer = exact(suite.ask(query, WHO[role], w=by_graphql(condition)).data)
    address = f"{table}?select={','.join(fields)}&and=({quote(by_rest(condition))})&order=id.desc&limit={limit}&offset={offset}"
    response = suite.get(address, WHO[role])
    if "errors" in answer:
        assert response.status_code >= 400, (condition, answer)
    else:
        assert response.status_code == 200, (condition, response.text)
        assert exact(response.data) == answer["data"][table], condition
