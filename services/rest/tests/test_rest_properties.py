"""Whatever text comes in, only an operation or a problem comes out; names survive their quoting."""

import string

from contracts.filters import Compare, FieldRef
from contracts.operations import FieldOutput, Sort, decode, encode
from contracts.problems import Problem
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_service.grammar import names
from rest_service.grammar.filters import Literals, parse_filter
from rest_service.grammar.keys import Key, parse_key
from rest_service.grammar.order import parse_order
from rest_service.grammar.scanner import Scanner
from rest_service.grammar.select import parse_select
from rest_service.request import Incoming, translate

PIECES = st.sampled_from(
    ["select=", "order=", "or=", "and=", "not.", "limit=", "offset=", "columns=", "&", "=", ".", ",", "(", ")", "{", "}",
     '"', "\\", ":", "::", "->", "->>", "!", "!inner", "...", "*", "eq.", "in.(", "is.null", "fts(", "like(any).{",
     "count()", ".sum()", "a", "b", "x.y", " ", "-", "1", "%22", "%C3%28", "+", "é", "日"]
)  # fmt: skip
QUERIES = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))
NAMES = st.text(min_size=1, max_size=20)


def outcome(method, query, headers, body):
    """200 for an operation that can travel, else the status of the problem."""
    try:
        operation = translate(Incoming(method, "t", query, headers, body)).operation
    except Problem as problem:
        return problem.status
    assert decode(encode(operation)) == operation
    return 200


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]), QUERIES, st.binary(max_size=40))
def test_no_query_breaks_the_parser(method, query, body):
    refusals = (400, 405, 416) if method == "PUT" else (400, 416)
    assert outcome(method, query, {}, body) in (200, *refusals)


def test_a_put_that_names_no_row_is_refused():
    assert outcome("PUT", "", {}, b"0") == 405


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["Accept", "Prefer", "Range", "Content-Type"]), st.text(max_size=40)))
def test_no_header_breaks_the_parser(headers):
    for method in ("GET", "POST"):
        assert outcome(method, "", headers, b"{}") in (200, 400, 406, 416)


@settings(max_examples=200, deadline=None)
@given(NAMES)
def test_quoted_names_come_back(name):
    text = names.quote(name)
    assert names.name(Scanner(text, "name")) == name
    assert parse_select(text) == (FieldOutput(name, FieldRef(name)),) or text == "*"
    assert parse_order(f"{text}.desc") == (Sort(FieldRef(name), descending=True),)
    assert parse_key(f"{text}.{text}") == Key((name,), "filter", FieldRef(name)) or name in (
        "order",
        "limit",
        "offset",
        "and",
        "or",
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=10), min_size=1, max_size=5))
def test_quoted_list_elements_come_back(elements):
    written = ",".join('"' + e.replace("\\", "\\\\").replace('"', '\\"') + '"' for e in elements)
    literals = Literals()
    found = parse_filter(FieldRef("a"), f"in.({written})", literals)
    assert isinstance(found, Compare)
    assert literals.values == [elements]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_plain_values_are_verbatim(value):
    literals = Literals()
    parse_filter(FieldRef("a"), f"eq.{value}", literals)
    assert literals.values == [value]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=string.ascii_letters + '-_ $"\\->', max_size=30))
def test_reading_a_name_always_moves_on(text):
    scanner = Scanner(text, "name")
    try:
        names.name(scanner)
    except Problem:
        return
    assert scanner.place > 0
