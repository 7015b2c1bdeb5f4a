"""Hostile texts in every place where a name or a value goes: a right answer or a clean refusal, and nothing broken."""

import json
from xml.sax.saxutils import escape

import pytest

from tests.fixtures.guarded_store import ADMIN, Suite, exact
from tests.security.probing import escaped, string

TEXTS = [
    "'",
    "''",
    '"',
    '""',
    "\\",
    "\\'",
    "'; drop table tags; --",
    "' or '1'='1",
    '" or ""="',
    "1); delete from tags; --",
    "'||(select secret from customers limit 1)||'",
    "/* */",
    "--",
    "$1",
    "$$",
    "?1",
    "?",
    ":id",
    "%s",
    "%(id)s",
    "{0}",
    "${jndi:x}",
    "%",
    "_",
    "*",
    "a,b",
    "(a)",
    "[1]",
    "{}",
    "->>",
    "a.b",
    "a:b",
    "null",
    "NULL",
    "true",
    "NaN",
    "Infinity",
    "-1",
    "1e999",
    "9" * 40,
    " ",
    "",
    "\t\n",
    "\x7f",
    "é",
    "日本",
    "\u202e",
    "\ufeff",
    "😀",
    "\u0130",
    "a" * 5000,
]
NUL = "a\x00b"
NAMES = [*TEXTS[:24], "{}", "->>", "", "a.b", "a:b", "é", "😀", "\t\n", NUL]
FIELDS = {
    "customers": ["id", "name", "vip", "born", "balance", "profile", "created_at"],
    "files": ["content"],
    "products": ["weight"],
}
OPERATORS = ["eq", "neq", "gt", "lte", "like", "ilike", "match", "imatch", "similar", "isdistinct", "is", "in", "cs", "cd",
             "ov", "fts", "plfts", "phfts", "wfts", "sl", "adj", "not.eq", "eq(any)", "like(all)", "fts(x)", "nothing"]  # fmt: skip


@pytest.fixture(scope="module")
def named(suite: Suite):
    """Tags whose names are the texts; ids count from 1,000."""
    rows = [{"id": 1000 + number, "name": text} for number, text in enumerate(TEXTS)]
    assert suite.send("POST", "tags", ADMIN, rows).status_code == 201
    yield suite
    suite.restore()


@pytest.fixture(scope="module")
def untouched(named: Suite) -> dict:
    """All rows before anything was tried."""
    return named.dump()


@pytest.mark.parametrize("number", range(len(TEXTS)), ids=lambda number: repr(TEXTS[number][:30]))
def test_a_value_is_a_value(named: Suite, number: int) -> None:
    """Each text finds the one row that has it, in every protocol and by every way to say a value."""
    text, id_ = TEXTS[number], 1000 + number
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for address in (
        f"tags?select=id&name=eq.{escaped(text)}",
        f"tags?select=id&name=in.({escaped(quoted)})",
        f"tags?select=id&or=(name.eq.{escaped(quoted)},id.eq.0)",
        f"tags?select=id&name=not.neq.{escaped(text)}",
    ):
        answer = named.get(address)
        assert answer.status_code == 200, answer.text
        assert exact(answer.data) == [{"id": id_}], address
    inline = named.ask(f"{{ tags(where: {{name: {{_eq: {string(text)}}}}}) {{ id name }} }}")
    assert exact(inline.data) == {"data": {"tags": [{"id": id_, "name": text}]}}
    given = named.ask("query ($n: [String!]) { tags(where: {name: {_in: $n}}) { id } }", n=[text])
    assert exact(given.data) == {"data": {"tags": [{"id": id_}]}}
    if "\x00" not in text:
        found = named.post(f"<ListTags><filter><name><eq>{escape(text)}</eq></name></filter></ListTags>")
        assert f"<id>{id_}</id>" in found.text
        assert found.text.count("<Tags>") == 1


def test_values_in_every_place(named: Suite, untouched: dict) -> None:
    """Any text as the value of any operator on any type of field: never a fault of ours."""
    for table, fields in FIELDS.items():
        for field in fields:
            for operator in OPERATORS:
                for text in ("'", "\\", "$1", "a,b", "{}", "", "9" * 40, "日本", "NaN", "(", NUL):
                    value = f"({text})" if operator == "in" else f"{{{text}}}" if "(a" in operator else text
                    check(named.get(f"{table}?select=*&limit=1&{field}={operator}.{escaped(value)}"))
    assert named.dump() == untouched


@pytest.mark.parametrize("text", NAMES, ids=lambda text: repr(text[:30]))
def test_names_in_every_place(named: Suite, untouched: dict, text: str) -> None:
    """Any text, quoted or bare, as the name of a table, field, alias, path, cast, relation, hint, order or page."""
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for name in (escaped(text), escaped(quoted)):
        for address in (
            f"{name}?select=*",
            f"customers?select={name}",
            f"customers?select={name}:id",
            f"customers?select=id::{name}",
            f"customers?select=profile->{name}",
            f"customers?select=x:profile->>{name}",
            f"customers?select=profile->a->{name}::text",
            f"customers?select={name}(*)",
            f"customers?select=orders!{name}(*)",
            f"customers?select={name}:orders({name}:id)",
            f"customers?select={name}.sum()",
            f"customers?select=...{name}(*)",
            f"customers?{name}=eq.1",
            f"customers?profile->>{name}=eq.1",
            f"customers?or=({name}.eq.1)",
            f"customers?{name}.id=eq.1",
            f"customers?order={name}",
            f"customers?order=profile->{name}",
            f"customers?order={name}(id)",
            f"customers?limit={name}&offset={name}",
            f"customers?name=fts({name}).x",
        ):
            check(named.get(address))
        check(named.send("POST", f"tags?columns={name}", ADMIN, {text: 1}))
        check(named.send("PATCH", "tags?id=eq.1", ADMIN, {text: 1}))
        check(named.send("PATCH", f"tags?{name}=eq.1", ADMIN, {"name": "heavy"}))
        check(named.send("DELETE", f"tags?{name}=eq.1&select={name}"))
    for header in ("Accept_Profile", "Content_Profile", "Prefer", "Range", "Accept"):
        if text.isprintable() and text.isascii():
            check(named.get("tags?limit=1", **{header: text}))
    assert named.dump() == untouched


@pytest.mark.parametrize("text", NAMES, ids=lambda text: repr(text[:30]))
def test_names_in_documents_and_messages(named: Suite, untouched: dict, text: str) -> None:
    """The same where GraphQL and SOAP take names as texts: variables, JSON paths, fields, relations, orders."""
    for document, variables in (
        ("query ($p: String) { customers { profile(path: $p) } }", {"p": text}),
        ("query ($p: String) { customers { profile(path: $p) } }", {"p": f"$[{json.dumps(text)}]"}),
        ("query ($w: customers_bool_exp) { customers(where: $w) { id } }", {"w": {text: {"_eq": 1}}}),
        ("query ($w: customers_bool_exp) { customers(where: $w) { id } }", {"w": {"id": {text: 1}}}),
        ("query ($o: [customers_order_by!]) { customers(order_by: $o) { id } }", {"o": [{text: "asc"}]}),
        ("query ($o: [customers_order_by!]) { customers(order_by: $o) { id } }", {"o": [{"id": text}]}),
        ("query ($d: [customers_select_column!]) { customers(distinct_on: $d) { id } }", {"d": [text]}),
        ("query ($l: Int) { customers(limit: $l) { id } }", {"l": text}),
        ("query ($j: jsonb) { customers(where: {profile: {_contains: $j}}) { id } }", {"j": {text: text}}),
        ("query ($k: String) { customers(where: {profile: {_has_key: $k}}) { id } }", {"k": text}),
        ("mutation ($s: tags_set_input) { update_tags_by_pk(pk_columns: {id: 1}, _set: $s) { id } }", {"s": {text: 1}}),
        (f"{{ customers {{ {text} }} }}", {}),
        (f"{{ {text} }}", {}),
        (f"query {text} {{ customers {{ id }} }}", {}),
    ):
        check(named.ask(document, **variables), protocol="graphql")
    inner = escape("".join(letter for letter in text if letter >= " " or letter in "\t\n"))
    for message in (
        f"<ListCustomers><fields><string>{inner}</string></fields></ListCustomers>",
        f"<ListCustomers><include><string>{inner}</string></include></ListCustomers>",
        f"<ListCustomers><orderBy><item><field>{inner}</field></item></orderBy></ListCustomers>",
        f"<ListCustomers><page><limit>{inner}</limit></page></ListCustomers>",
        f"<ListCustomers><filter><born><eq>{inner}</eq></born></filter></ListCustomers>",
        f"<ListCustomers><filter><balance><in>{inner}</in></balance></filter></ListCustomers>",
        f"<ListFiles><filter><content><eq>{inner}</eq></content></filter></ListFiles>",
        f"<GetCustomers><id>{inner}</id></GetCustomers>",
        f"<UpdateTags><id>1</id><setNull><string>{inner}</string></setNull></UpdateTags>",
    ):
        check(named.post(message), protocol="soap")
    assert named.dump() == untouched


@pytest.mark.parametrize("text", [text for text in TEXTS if text], ids=lambda text: repr(text[:30]))
def test_an_alias_stands_as_it_was_written(suite: Suite, text: str) -> None:
    """A response key may hold anything but NUL; it comes out as it went in."""
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    answer = suite.get(f"customers?select={escaped(quoted)}:id&id=eq.1")
    assert answer.status_code == 200, answer.text
    assert exact(answer.data) == [{text: 1}]


@pytest.mark.parametrize("text", [text for text in TEXTS if len(text) < 100], ids=lambda text: repr(text[:30]))
def test_a_key_in_json_is_the_key(suite: Suite, text: str) -> None:
    """A path leads to the key of that very name, whatever letters it has; so does a filter by it."""
    quoted = escaped('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
    try:
        assert (
            suite.send("PATCH", "customers?id=eq.1", ADMIN, {"profile": {text: "hit", "other": 1}}).status_code == 204
        )
        assert exact(suite.get(f"customers?select=x:profile->{quoted},y:profile->>{quoted}&id=eq.1").data) == [
            {"x": "hit", "y": "hit"}
        ]
        assert exact(suite.get(f"customers?select=id&profile->>{quoted}=eq.hit").data) == [{"id": 1}]
    finally:
        suite.restore()


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:30]))
def test_what_is_written_is_what_is_read(suite: Suite, text: str) -> None:
    """Each protocol writes the text, and each of the others reads that text."""
    try:
        suite.send("PATCH", "tags?id=eq.1", ADMIN, {"name": text})
        suite.ask("mutation ($n: String) { update_tags_by_pk(pk_columns: {id: 2}, _set: {name: $n}) { id } }", n=text)
        soap_text = escape(text).replace("\r", "&#13;")
        answer = suite.post(f"<UpdateTags><id>3</id><tags><name>{soap_text}</name></tags></UpdateTags>")
        assert answer.status_code == 200, answer.text
        assert exact(suite.get("tags?order=id").data) == [{"id": number, "name": text} for number in (1, 2, 3)]
        read = exact(suite.ask("{ tags(order_by: {id: asc}) { name } }").data)
        assert read == {"data": {"tags": [{"name": text}] * 3}}
        assert suite.post("<ListTags/>").text.count(f"<name>{escape(text)}</name>") == 3
    finally:
        suite.restore()


@pytest.mark.parametrize(
    "cast", ["regclass", "oid", "pg_catalog.text", "void", "record", "cstring", "unknown", "x'y", "text[]"]
)
def test_casts_are_of_a_closed_list(suite: Suite, cast: str) -> None:
    assert suite.get(f"customers?select=name::{escaped(cast)}").status_code == 400


def test_sums_that_do_not_fit(suite: Suite) -> None:
    """The largest numbers there are add up to an answer or a clean refusal."""
    if suite.catalog().engine == "sqlite":  # there every integer has 64 bits
        suite.send("POST", "tags", ADMIN, [{"id": 2**63 - 1, "name": "a"}, {"id": 2**63 - 2, "name": "b"}])
    try:
        check(suite.get("tags?select=id.sum(),id.avg(),id.max()"))
        check(suite.ask("{ tags_aggregate { aggregate { sum { id } variance { id } } } }"), protocol="graphql")
    finally:
        suite.restore()


def check(answer, protocol: str = "rest") -> None:
    """The answer is one, or a refusal that is the client's; it shows nothing of the inside."""
    server = "XX000" in answer.text or "soap:Server" in answer.text or '"unexpected"' in answer.text
    assert not server, answer.text
    assert answer.status_code < 500 or protocol == "soap", answer.text
    if answer.status_code >= 400:
        assert not [word for word in ("Traceback", "psycopg", "apsw", "site-packages", "t1.") if word in answer.text]
