"""Whatever is asked, the service answers in its own form, and data gets an operation that it can read."""

import json
import string

from contracts.operations import decode, encode
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLObjectType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# the suite holds nothing that one example could leave behind for the next
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
_SCALARS = {
    "Int": st.integers(-(2**31), 2**31 - 1).map(str),
    "smallint": st.integers(-9, 9).map(str),
    "Boolean": st.sampled_from(["true", "false"]),
}


def _literal(draw, type_, depth):
    if isinstance(type_, GraphQLNonNull):
        return _literal(draw, type_.of_type, depth)
    if isinstance(type_, GraphQLList):
        return "[" + ", ".join(_literal(draw, type_.of_type, depth) for _ in range(draw(st.integers(0, 2)))) + "]"
    if isinstance(type_, GraphQLEnumType):
        return draw(st.sampled_from(sorted(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        required = [name for name, field in type_.fields.items() if isinstance(field.type, GraphQLNonNull)]
        if depth <= 0:
            names = required
        else:
            names = sorted({*required, *draw(st.lists(st.sampled_from(sorted(type_.fields)), max_size=2))})
        return "{" + ", ".join(f"{name}: {_literal(draw, type_.fields[name].type, depth - 1)}" for name in names) + "}"
    text = st.text(string.printable, max_size=6).map(json.dumps)
    return draw(
        _SCALARS.get(type_.name, st.integers(0, 9).map(str) if type_.name in ("bigint", "numeric", "float8") else text)
    )


def _selection(draw, type_, depth):
    names = draw(st.lists(st.sampled_from(sorted(type_.fields)), min_size=1, max_size=3))
    parts = ["__typename"]
    for index, name in enumerate(names):
        parts.append(_selected(draw, f"k{index}", name, type_.fields[name], depth))
    return "{ " + " ".join(parts) + " }"


def _selected(draw, key, name, field, depth):
    needed = [argument for argument, spec in field.args.items() if isinstance(spec.type, GraphQLNonNull)]
    chosen = draw(st.lists(st.sampled_from(sorted(field.args)), max_size=2, unique=True)) if field.args else []
    arguments = sorted({*needed, *chosen} - {"path"})
    text = ", ".join(f"{argument}: {_literal(draw, field.args[argument].type, 3)}" for argument in arguments)
    inner = field.type
    while not hasattr(inner, "name"):
        inner = inner.of_type
    below = ""
    if isinstance(inner, GraphQLObjectType):
        below = _selection(draw, inner, depth - 1) if depth > 0 else "{ __typename }"
    return f"{key}: {name}{f'({text})' if text else ''} {below}"


@st.composite
def documents(draw, role_schema):
    kind = draw(st.sampled_from(["query", "mutation"]))
    root = role_schema.schema.query_type if kind == "query" else role_schema.schema.mutation_type
    return f"{kind} {_selection(draw, root, 3)}"


@QUICK
@given(data=st.data())
def test_every_document_of_the_schema_becomes_an_operation(suite, role_schema, data):
    document = data.draw(documents(role_schema))
    response = suite.http.post("/graphql", json={"query": document})
    assert response.status_code == 200, (document, response.data)
    answer = response.get_json()
    if "errors" in answer:
        allowed = (
            "non-negative",
            "OFFSET must not be",
            "distinct_on",
            "multiple operators",
            "update operator",
            "in common",
            "grouped by",
            "already determined",
            "already being determined",
        )
        assert any(word in error["message"] for error in answer["errors"] for word in allowed), (document, answer)
    else:
        assert answer["data"]["__typename"] in ("query_root", "mutation_root")
    for operation, values in suite.data.asked:
        assert decode(encode(operation)) == operation
        assert len(values) == encode(operation).count(b'"param"')
    suite.data.asked.clear()


@QUICK
@given(where=_JSON, order=_JSON, limit=_JSON, objects=_JSON)
def test_no_variables_break_it(suite, where, order, limit, objects):
    query = """query($w: album_bool_exp, $o: [album_order_by!], $l: Int) { album(where: $w, order_by: $o, limit: $l) { id } }"""
    mutation = "mutation($o: [album_insert_input!]!) { insert_album(objects: $o) { affected_rows } }"
    for text, given_ in ((query, {"w": where, "o": order, "l": limit}), (mutation, {"o": objects})):
        response = suite.http.post("/graphql", json={"query": text, "variables": given_})
        assert response.status_code == 200, response.data
        assert list(response.get_json()) in (["data"], ["errors"])


@QUICK
@given(text=st.text(alphabet=st.sampled_from('{}()[]:$!@"\\|. \nabid_1-#…'), max_size=40), value=_JSON)
def test_no_text_breaks_it(suite, text, value):
    for body in ({"query": text}, {"query": "{ album { id } }", "operationName": text}, value, [value]):
        response = suite.http.post("/graphql", data=json.dumps(body), content_type="application/json")
        assert response.status_code in (200, 400), response.data
    assert suite.http.get("/graphql", query_string={"query": text, "variables": text}).status_code in (200, 400)
