"""Random requests: whatever is asked, there is an answer or a refusal, and never a fault of ours."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.guarded_store import ADMIN, Suite
from tests.security.probing import CLERK, escaped

_FEW = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=False
)
_PIECES = st.sampled_from(
    ["id", "name", "profile", "orders", "customer", "*", ",", "(", ")", ":", "::", "->", "->>", ".", "!", "!inner", "...",
     "count()", "sum()", "text", "int", "eq.", "not.", "and", "or", "in.", "is.", "null", "asc", "desc", "nullsfirst",
     '"', "'", "\\", "{", "}", "[", "]", "%", ";", "--", " ", "0", "-1", "1", "é", "日", "$1", "?", "\x00", "\n"]
)  # fmt: skip
_LINES = st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=12).map("".join)
_NAMES = st.one_of(
    st.sampled_from(["select", "order", "limit", "offset", "and", "or", "id", "name", "orders.id"]), _LINES
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@_FEW
@given(st.lists(st.tuples(_NAMES, _LINES), max_size=3), st.sampled_from([ADMIN, CLERK]))
def test_any_query_string(suite: Suite, pairs: list[tuple[str, str]], who) -> None:
    query = "&".join(f"{escaped(name)}={escaped(value)}" for name, value in pairs)
    answer = suite.get(f"customers?{query}", who)
    assert answer.status_code < 500, (query, answer.text)
    assert "secret" not in answer.text or who is ADMIN


@_FEW
@given(_LINES, _LINES, _LINES)
def test_any_select_filter_and_order(suite: Suite, select: str, filter: str, order: str) -> None:
    query = f"customers?select={escaped(select)}&name={escaped(filter)}&order={escaped(order)}"
    assert suite.get(query, CLERK).status_code < 500


@_FEW
@given(_VALUES, st.sampled_from(["id", "name", "vip", "born", "balance", "profile", "created_at"]))
def test_any_value_written(suite: Suite, value, field: str) -> None:
    """Any JSON for any field: it fits, or it is refused; what is read back afterwards is readable."""
    try:
        for method, address, row in (
            ("POST", "customers", {"id": 50, "name": "x"}),
            ("PATCH", "customers?id=eq.1", {}),
        ):
            body = json.dumps({**row, field: value})
            answer = suite.rest.open(
                f"/rest/v1/{address}", method=method, data=body, content_type="application/json", headers=ADMIN.headers
            )
            assert answer.status_code < 500, (body, answer.text)
        assert suite.get("customers").status_code == 200
        assert "errors" not in suite.ask("{ customers { id name vip born balance profile created_at } }").text
        assert suite.post("<ListCustomers/>").status_code == 200
    finally:
        suite.restore()


@_FEW
@given(
    _VALUES, st.sampled_from(["_eq", "_in", "_like", "_is_null", "_gt", "_contains", "_has_key"]), st.text(max_size=3)
)
def test_any_variable(suite: Suite, value, operator: str, alias: str) -> None:
    for field in ("id", "name", "born", "profile"):
        answer = suite.graphql.post(
            "/v1/graphql",
            data=json.dumps(
                {
                    "query": "query ($w: customers_bool_exp) { customers(where: $w) { id } }",
                    "variables": {"w": {field: {operator: value}}},
                }
            ),
            content_type="application/json",
            headers=CLERK.headers,
        )
        assert answer.status_code < 500, answer.text
        assert '"unexpected"' not in answer.text


@_FEW
@given(st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,80}", fullmatch=True))
def test_any_alias(suite: Suite, alias: str) -> None:
    """Every name of GraphQL can be an alias; those with two leading underscores too."""
    answer = suite.ask(f"{{ {alias}: customers_by_pk(id: 1) {{ {alias}: id }} }}", CLERK)
    assert answer.get_json() == {"data": {alias: {alias: 1}}}


@_FEW
@given(_LINES)
def test_any_document(suite: Suite, text: str) -> None:
    for document in (text, f"{{ customers {{ {text} }} }}", f"{{ customers(where: {{{text}}}) {{ id }} }}"):
        answer = suite.ask(document, CLERK)
        assert answer.status_code < 500, (document, answer.text)
        assert '"unexpected"' not in answer.text
