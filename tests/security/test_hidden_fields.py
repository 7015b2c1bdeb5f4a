"""A field, a relation or a table that is hidden from a role is to it as one that does not exist, in every protocol."""

import re

import pytest

from tests.fixtures.guarded_store import Suite
from tests.security.probing import (
    ADA,
    AGENT,
    CLERK,
    COURIER,
    DROPBOX,
    NOBODY,
    Probe,
    graphql,
    listing,
    rest,
    soap,
    write,
)

FIELDS = [
    rest(CLERK, "customers?select={}"),
    rest(CLERK, "customers?select=x:{}::text"),
    rest(CLERK, "customers?select={}->a"),
    rest(CLERK, "customers?select=id&{}=eq.s1"),
    rest(CLERK, "customers?select=id&{}=is.null"),
    rest(CLERK, "customers?select=id&{}=not.is.null"),
    rest(CLERK, "customers?select=id&or=({}.eq.s1,id.eq.1)"),
    rest(CLERK, "customers?select=id&not.and=({}.like.s*)"),
    rest(CLERK, "customers?select=id&{}->>a=eq.1"),
    rest(CLERK, "customers?select=id&order={}"),
    rest(CLERK, "customers?select={}.max()"),
    rest(CLERK, "customers?select={}.count()"),
    rest(CLERK, "customers?select={},count()"),
    rest(CLERK, "orders?select=id,customer({})"),
    rest(CLERK, "orders?select=id,...customer({})"),
    rest(CLERK, "orders?select=id,customer!inner()&customer.{}=eq.s1"),
    rest(CLERK, "orders?select=id,customer(id)&order=customer({})"),
    rest(CLERK, "orders?select=id,customer({}.max())"),
    write(AGENT, "PATCH", "customers?{}=eq.s1", {"name": "x"}),
    write(AGENT, "DELETE", "customers?{}=eq.s1"),
    write(AGENT, "PATCH", "customers?id=eq.1&select=id,{}", {"name": "x"}),
    write(AGENT, "POST", "customers?select={}", {"id": 9, "name": "x"}),
    graphql(CLERK, "{{ customers {{ {} }} }}"),
    graphql(CLERK, "{{ customers {{ x: {} }} }}"),
    graphql(CLERK, '{{ customers(where: {{{}: {{_eq: "s1"}}}}) {{ id }} }}'),
    graphql(CLERK, '{{ customers(where: {{_not: {{{}: {{_like: "s%"}}}}}}) {{ id }} }}'),
    graphql(CLERK, "{{ customers(order_by: {{{}: asc}}) {{ id }} }}"),
    graphql(CLERK, "{{ customers(distinct_on: {}) {{ id }} }}"),
    graphql(CLERK, "{{ customers_aggregate {{ aggregate {{ max {{ {} }} }} }} }}"),
    graphql(CLERK, "{{ customers_aggregate {{ aggregate {{ count(columns: {}) }} }} }}"),
    graphql(CLERK, "{{ customers_aggregate {{ nodes {{ {} }} }} }}"),
    graphql(CLERK, "{{ orders {{ customer {{ {} }} }} }}"),
    graphql(CLERK, '{{ orders(where: {{customer: {{{}: {{_eq: "s1"}}}}}}) {{ id }} }}'),
    graphql(CLERK, "{{ orders(order_by: {{customer: {{{}: asc}}}}) {{ id }} }}"),
    graphql(AGENT, 'mutation {{ update_customers(where: {{{}: {{_eq: "s1"}}}}, _set: {{name: "x"}}) {{ affected_rows }} }}'),
    graphql(AGENT, 'mutation {{ delete_customers(where: {{{}: {{_eq: "s1"}}}}) {{ affected_rows }} }}'),
    graphql(AGENT, 'mutation {{ update_customers_by_pk(pk_columns: {{id: 1}}, _set: {{name: "x"}}) {{ {} }} }}'),
    listing(CLERK, "Customers", "<{0}><eq>s1</eq></{0}>"),
    listing(CLERK, "Customers", "<not><{0}><isNull>true</isNull></{0}></not>"),
    listing(CLERK, "Customers", rest="<orderBy><item><field>{}</field></item></orderBy>"),
    listing(CLERK, "Customers", rest="<fields><string>{}</string></fields>"),
]  # fmt: skip
GIVEN = [
    write(AGENT, "PATCH", "customers?id=eq.1", {"{}": "x"}),
    write(AGENT, "POST", "customers", {"id": 9, "name": "x", "{}": "x"}),
    graphql(AGENT, 'mutation {{ update_customers_by_pk(pk_columns: {{id: 1}}, _set: {{{}: "x"}}) {{ id }} }}'),
    graphql(AGENT, 'mutation {{ insert_customers_one(object: {{id: 9, name: "x", {}: "x"}}) {{ id }} }}'),
    soap(AGENT, "<UpdateCustomers><id>1</id><customers><{0}>x</{0}></customers></UpdateCustomers>"),
    soap(AGENT, "<UpdateCustomers><id>1</id><setNull><string>{}</string></setNull></UpdateCustomers>"),
    soap(AGENT, "<CreateCustomers><customers><id>9</id><name>x</name><{0}>x</{0}></customers></CreateCustomers>"),
]
RELATIONS = [
    (CLERK, "products", "Products", "tags"),  # its junction is hidden
    (CLERK, "tags", "Tags", "products"),
    (CLERK, "products", "Products", "product_tags"),
    (CLERK, "addresses", "Addresses", "customer"),  # the foreign key's own column is hidden
    (CLERK, "customers", "Customers", "addresses"),
    (ADA, "products", "Products", "product_tags"),
    (NOBODY, "products", "Products", "order_items"),
    (COURIER, "order_items", "OrderItems", "product"),
    (COURIER, "orders", "Orders", "customer"),
    (AGENT, "customers", "Customers", "orders"),
]
_HINT = re.compile(r"<hint>.*?</hint>")
TABLES = [(CLERK, "files"), (CLERK, "log_lines"), (NOBODY, "orders"), (ADA, "tags"), (DROPBOX, "customers")]


def named(probe: Probe, name: str) -> Probe:
    """The probe with a field's name put in."""
    text = probe.text.format(name) if "{}" in probe.text or "{0}" in probe.text or "{{" in probe.text else probe.text
    body = {key.replace("{}", name): value for key, value in probe.body.items()} if probe.body else None
    return Probe(probe.who, probe.protocol, text, probe.method, body)


@pytest.mark.parametrize("probe", [*FIELDS, *GIVEN], ids=str)
def test_a_hidden_field_is_like_none(suite: Suite, probe: Probe) -> None:
    """The answer to a hidden field's name is that to a name that nothing has, but for the name."""
    hidden = named(probe, "secret").send(suite)
    unknown = named(probe, "absurd").send(suite)
    assert hidden[0] in (400, 500) if probe.protocol != "graphql" else "errors" in hidden[2]
    assert "soap:Server" not in hidden[2]
    assert tuple(str(part).replace("secret", "absurd") for part in hidden) == tuple(map(str, unknown))


@pytest.mark.parametrize("who, name, type, relation", RELATIONS)
def test_a_hidden_relation_is_like_none(suite: Suite, who, name, type, relation) -> None:
    """Embedding, filtering and counting over it are refused as over a relation that nothing has."""
    for text in (
        f"{name}?select={relation}(*)",
        f"{name}?select={relation}!inner()",
        f"{name}?select=...{relation}(*)",
        f"{name}?select={relation}(count())",
        f"{name}?select=*,{relation}()&{relation}=is.null",
    ):
        check_alike(suite, rest(who, text), relation)
    for text in (
        f"{{ {name} {{ {relation} {{ __typename }} }} }}",
        f"{{ {name}(where: {{{relation}: {{}}}}) {{ __typename }} }}",
        f"{{ {name}(order_by: {{{relation}: {{id: asc}}}}) {{ __typename }} }}",
        f"{{ {name}(where: {{{relation}_aggregate: {{count: {{predicate: {{_gt: 0}}}}}}}}) {{ __typename }} }}",
        f"{{ {name} {{ {relation}_aggregate {{ aggregate {{ count }} }} }} }}",
    ):
        check_alike(suite, graphql(who, text), relation)
    check_alike(suite, listing(who, type, rest=f"<include><string>{relation}</string></include>"), relation)


@pytest.mark.parametrize("who, table", TABLES, ids=lambda each: getattr(each, "role", each))
def test_a_hidden_table(suite: Suite, who, table) -> None:
    """REST says, as PostgREST does, that it is not allowed; the others, whose schema is the role's, know none."""
    pascal = "".join(word.capitalize() for word in table.split("_"))
    status = suite.get(table, who).status_code
    assert status == (401 if who is NOBODY else 403)
    for method, body in (("POST", {"id": 1}), ("PATCH", {"id": 1}), ("DELETE", None)):
        assert suite.send(method, f"{table}?id=eq.1", who, body).status_code == status
    for text in (f"{{ {table} {{ id }} }}", f"{{ {table}_aggregate {{ aggregate {{ count }} }} }}"):
        check_alike(suite, graphql(who, text), table)
    for verb in ("List", "Get", "Create", "Update", "Delete"):
        check_alike(suite, soap(who, f"<{verb}{pascal}/>"), pascal)


def check_alike(suite: Suite, probe: Probe, name: str) -> None:
    """The probe is refused, and as it would be with a name that nothing has, but for the hint at what is near."""
    other = Probe(probe.who, probe.protocol, probe.text.replace(name, "absurd"), probe.method, probe.body)
    found, expected = probe.send(suite), other.send(suite)
    assert found[0] >= 400 or "errors" in found[2], probe
    assert _HINT.sub("", str(found).replace(name, "absurd")) == _HINT.sub("", str(expected))
    assert not any(name in hint for hint in _HINT.findall(found[2]))


def test_aggregates_that_are_not_allowed(suite: Suite) -> None:
    for probe in (
        rest(ADA, "orders?select=count()"),
        rest(ADA, "orders?select=id.max()"),
        rest(ADA, "products?select=id,order_items(count())"),
        graphql(ADA, "{ orders_aggregate { aggregate { count } } }"),
        graphql(ADA, "{ products { order_items_aggregate { aggregate { count } } } }"),
        graphql(ADA, "{ products(order_by: {order_items_aggregate: {sum: {quantity: asc}}}) { id } }"),
    ):
        status, _, text = probe.send(suite)
        assert (status == 400 and "PGRST123" in text) or "validation-failed" in text, probe


def test_a_role_that_may_only_create(suite: Suite) -> None:
    """It writes without seeing: no rows back, no changes, no look at what is there."""
    try:
        assert suite.send("POST", "log_lines", DROPBOX, {"line": "x"}).status_code == 201
        assert (
            suite.send("POST", "log_lines", DROPBOX, {"line": "x"}, Prefer="return=representation").status_code == 403
        )
        assert (
            suite.send(
                "POST", "log_lines?select=line", DROPBOX, {"line": "x"}, Prefer="return=representation"
            ).status_code
            >= 400
        )
        for method, address in (
            ("GET", "log_lines"),
            ("PATCH", "log_lines?line=eq.x"),
            ("DELETE", "log_lines?line=eq.x"),
        ):
            assert suite.send(method, address, DROPBOX, {"line": "y"} if method == "PATCH" else None).status_code >= 400
        made = suite.ask('mutation { insert_log_lines(objects: [{line: "y"}]) { affected_rows } }', DROPBOX)
        assert made.get_json() == {"data": {"insert_log_lines": {"affected_rows": 1}}}
        assert (
            "errors"
            in suite.ask('mutation { insert_log_lines(objects: [{line: "y"}]) { returning { line } } }', DROPBOX).text
        )
        assert (
            suite.post("<CreateLogLines><logLines><line>z</line></logLines></CreateLogLines>", DROPBOX).status_code
            == 200
        )
        assert len(suite.dump()["log_lines"]) == 5
    finally:
        suite.restore()
