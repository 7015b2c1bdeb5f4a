"""Whatever is asked, the service answers in its own form, and data gets an operation that it can read."""

import json

from contracts.operations import decode, encode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.graphql_documents import documents

# the suite holds nothing that one example could leave behind for the next
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@QUICK
@given(data=st.data())
def test_every_document_of_the_schema_becomes_an_operation(suite, role_schema, data):
    document = data.draw(documents(role_schema.schema))
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
