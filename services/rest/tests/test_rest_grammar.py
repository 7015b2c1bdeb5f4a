"""Each production of the grammar: text in, pieces of an operation out."""

import pytest
from contracts.filters import And, Compare, FieldRef, Is, Not, Or, Param, RelationRef
from contracts.operations import Aggregate, FieldOutput, Sort, Star
from contracts.problems import Problem
from rest_service.grammar import names
from rest_service.grammar.arrays import parse_array
from rest_service.grammar.filters import Literals, parse_filter
from rest_service.grammar.keys import Key, parse_key
from rest_service.grammar.logic import parse_logic
from rest_service.grammar.order import parse_order
from rest_service.grammar.select import EmbedItem, parse_select

A = FieldRef("a")
P0, P1 = Param(0), Param(1)


def out(name: str, key: str | None = None, cast: str | None = None) -> FieldOutput:
    return FieldOutput(key or name, FieldRef(name), cast)


def embed(name: str, *items, alias=None, hint=None, join="left", spread=False) -> EmbedItem:
    return EmbedItem(alias, RelationRef(name, hint, by_target=True), join, spread, items)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", ()),
        ("  ", ()),
        ("*", (Star(),)),
        ("id", (out("id"),)),
        (" id , title ", (out("id"), out("title"))),
        ("fullName:full_name", (out("full_name", "fullName"),)),
        ("born::text", (out("born", cast="text"),)),
        ("b:born::double precision", (out("born", "b", "double precision"),)),
        ("größe-2,日本", (out("größe-2"), out("日本"))),
        ('"a,b:c","say \\"hi\\""', (out("a,b:c"), out('say "hi"'))),
        ("Order Date", (out("Order Date"),)),
        ("data->>city", (FieldOutput("city", FieldRef("data", ("city",), True)),)),
        ("data->a->b", (FieldOutput("b", FieldRef("data", ("a", "b"))),)),
        ("data->phones->0->>number", (FieldOutput("number", FieldRef("data", ("phones", 0, "number"), True)),)),
        ("data->phones->-1", (FieldOutput("phones", FieldRef("data", ("phones", -1))),)),
        ("tags->0", (FieldOutput("tags", FieldRef("tags", (0,))),)),
        ("data->0abc", (FieldOutput("0abc", FieldRef("data", ("0abc",))),)),
        ('data->"x.y"::int', (FieldOutput("x.y", FieldRef("data", ("x.y",)), "int"),)),
        ("data->some-key", (FieldOutput("some-key", FieldRef("data", ("some-key",))),)),
        ("count()", (Aggregate("count", "count"),)),
        ("n:count()::text", (Aggregate("n", "count", cast="text"),)),
        ("amount.sum()", (Aggregate("sum", "sum", (FieldRef("amount"),)),)),
        ("t:amount::int.avg()::text", (Aggregate("t", "avg", (FieldRef("amount"),), before="int", cast="text"),)),
        ("data->n.max()", (Aggregate("max", "max", (FieldRef("data", ("n",)),)),)),
        ("count(*)", (embed("count", Star()),)),
        ("actors()", (embed("actors"),)),
        ("actors( )", (embed("actors"),)),
        ("*,actors(id,name)", (Star(), embed("actors", out("id"), out("name")))),
        ("d:directors!fk!inner(*)", (embed("directors", Star(), alias="d", hint="fk", join="inner"),)),
        ("directors!inner!fk(*)", (embed("directors", Star(), hint="fk", join="inner"),)),
        ("directors!left(*)", (embed("directors", Star()),)),
        ('directors!"inner"(*)', (embed("directors", Star(), hint="inner"),)),
        ("...directors(n:name)", (embed("directors", out("name", "n"), spread=True),)),
        ("a(b(c(*)))", (embed("a", embed("b", embed("c", Star()))),)),
    ],
)
def test_select(text, items):
    assert parse_select(text) == items


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a,", 3),
        ("a(b", 4),
        ("a)b", 2),
        ("a:*", 3),
        ("a.median()", 3),
        ("a.sum", 3),
        ("data->", 7),
        ("a!x!y!z(b)", 6),
        ("x:...y(z)", 3),
        ("a::", 4),
        (",", 1),
    ],
)
def test_select_that_makes_no_sense(text, column):
    with pytest.raises(Problem) as caught:
        parse_select(text)
    assert caught.value.code == "PGRST100"
    assert caught.value.message == f'"failed to parse select parameter ({text})" (line 1, column {column})'


def test_nesting_has_an_end():
    with pytest.raises(Problem) as caught:
        parse_select("a(" * 5000 + ")" * 5000)
    assert caught.value.code == "PGRST100"
    with pytest.raises(Problem):
        parse_logic("and", "(" + "or(" * 5000 + "a.eq.1" + ")" * 5000 + ")", Literals())


@pytest.mark.parametrize(
    ("text", "found", "values"),
    [
        ("eq.a,b.(c)", Compare(A, "eq", P0), ["a,b.(c)"]),
        ("eq.", Compare(A, "eq", P0), [""]),
        ('eq."quoted"', Compare(A, "eq", P0), ['"quoted"']),
        ("neq.1", Compare(A, "neq", P0), ["1"]),
        ("gt.1", Compare(A, "gt", P0), ["1"]),
        ("gte.1", Compare(A, "gte", P0), ["1"]),
        ("lt.1", Compare(A, "lt", P0), ["1"]),
        ("lte.1", Compare(A, "lte", P0), ["1"]),
        ("not.eq.1", Not(Compare(A, "eq", P0)), ["1"]),
        ("like.*a_b%*", Compare(A, "like", P0), ["%a_b%%"]),
        ("ilike.*x*", Compare(A, "ilike", P0), ["%x%"]),
        ("match.^a.*b$", Compare(A, "match", P0), ["^a.*b$"]),
        ("imatch.x", Compare(A, "imatch", P0), ["x"]),
        ("isdistinct.5", Compare(A, "isdistinct", P0), ["5"]),
        ("like(any).{a*,*b}", Compare(A, "like", P0, "any"), [["a%", "%b"]]),
        ('eq(all).{1,"a,b",NULL,"NULL"}', Compare(A, "eq", P0, "all"), [["1", "a,b", None, "NULL"]]),
        ("is.null", Is(A, "null"), []),
        ("is.NOT_NULL", Is(A, "not_null"), []),
        ("is.True", Is(A, "true"), []),
        ("is.false", Is(A, "false"), []),
        ("is.unknown", Is(A, "unknown"), []),
        ("not.is.null", Not(Is(A, "null")), []),
        ("in.(1,2)", Compare(A, "in", P0), [["1", "2"]]),
        ("in.()", Compare(A, "in", P0), [[]]),
        ('in.("")', Compare(A, "in", P0), [[""]]),
        ("in.(,a)", Compare(A, "in", P0), [["", "a"]]),
        ('in.("a,b","c\\"d", e f ,"\\\\")', Compare(A, "in", P0), [["a,b", 'c"d', " e f ", "\\"]]),
        ('in.( "a" , "b" )', Compare(A, "in", P0), [["a", "b"]]),
        ('in.("a"b,c)', Compare(A, "in", P0), [['"a"b', "c"]]),
        ("cs.{a,b}", Compare(A, "contains", P0), ["{a,b}"]),
        ('cd.{"k":1}', Compare(A, "contained", P0), ['{"k":1}']),
        ("ov.[1,5)", Compare(A, "overlaps", P0), ["[1,5)"]),
        ("sl.(1,2)", Compare(A, "left_of", P0), ["(1,2)"]),
        ("sr.(1,2)", Compare(A, "right_of", P0), ["(1,2)"]),
        ("nxr.(1,2)", Compare(A, "not_right_of", P0), ["(1,2)"]),
        ("nxl.(1,2)", Compare(A, "not_left_of", P0), ["(1,2)"]),
        ("adj.(1,2)", Compare(A, "adjacent", P0), ["(1,2)"]),
        ("fts.a & b", Compare(A, "fts", P0), ["a & b"]),
        ("plfts(english).fat cat", Compare(A, "plfts", P0, config="english"), ["fat cat"]),
        ("phfts.x", Compare(A, "phfts", P0), ["x"]),
        ("not.wfts(simple).x", Not(Compare(A, "wfts", P0, config="simple")), ["x"]),
    ],
)
def test_filter(text, found, values):
    literals = Literals()
    assert parse_filter(A, text, literals) == found
    assert literals.values == values


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("noop.0", 1),
        ("", 1),
        ("eq", 3),
        ("5", 1),
        ("not.not.eq.1", 5),
        ("is.nil", 4),
        ("is.null,x", 8),
        ("in.1,2", 4),
        ("in.(1,2", 8),
        ("in.(1)x", 7),
        ("neq(any).{1}", 4),
        ("like(some).{1}", 5),
        ("fts(a", 4),
    ],
)
def test_filter_that_makes_no_sense(text, column):
    with pytest.raises(Problem) as caught:
        parse_filter(A, text, Literals())
    assert caught.value.code == "PGRST100"
    assert caught.value.message == f'"failed to parse filter ({text})" (line 1, column {column})'


def test_unknown_operator_says_what_was_expected():
    with pytest.raises(Problem) as caught:
        parse_filter(A, "noop.0", Literals())
    assert caught.value.details == 'unexpected "n" expecting "not" or operator (eq, gt, ...)'


@pytest.mark.parametrize("text", ["a,b", "{a", "{a,}", '{"a', "{a}b", "{{a}}", "", "{a,,b}"])
def test_array_literal_that_is_none(text):
    with pytest.raises(Problem) as caught:
        parse_array(text)
    assert caught.value.code == "22P02"


def test_array_literals():
    assert parse_array("{}") == []
    assert parse_array(' { a , "b c" , "\\"" ,null} ') == ["a", "b c", '"', None]


@pytest.mark.parametrize(
    ("word", "text", "found", "values"),
    [
        ("or", "(a.eq.1,a.gt.2)", Or((Compare(A, "eq", P0), Compare(A, "gt", P1))), ["1", "2"]),
        ("and", "( a.eq.1 , a.gt.2 )", And((Compare(A, "eq", P0), Compare(A, "gt", P1))), ["1", "2"]),
        ("or", "(a.not.is.null)", Or((Not(Is(A, "null")),)), []),
        (
            "or",
            "(not.and(a.eq.1,a.eq.2),and(a.is.true))",
            Or((Not(And((Compare(A, "eq", P0), Compare(A, "eq", P1)))), And((Is(A, "true"),)))),
            ["1", "2"],
        ),
        (
            "or",
            '(a.eq."x,y)","b c"->>d.in.("1,2",3))',
            Or((Compare(A, "eq", P0), Compare(FieldRef("b c", ("d",), True), "in", P1))),
            ["x,y)", ["1,2", "3"]],
        ),
        (
            "and",
            "(a.cs.{1,2},a.like(any).{x*,y})",
            And((Compare(A, "contains", P0), Compare(A, "like", P1, "any"))),
            ["{1,2}", ["x%", "y"]],
        ),
        ("or", "(and.eq.1)", Or((Compare(FieldRef("and"), "eq", P0),)), ["1"]),
        ("or", "(a.fts(english).cat)", Or((Compare(A, "fts", P0, config="english"),)), ["cat"]),
        ("or", "(a.eq.The Matrix)", Or((Compare(A, "eq", P0),)), ["The Matrix"]),
        ("or", '(a.eq.say "hi")', Or((Compare(A, "eq", P0),)), ['say "hi"']),
    ],
)
def test_logic(word, text, found, values):
    literals = Literals()
    assert parse_logic(word, text, literals) == found
    assert literals.values == values


@pytest.mark.parametrize(
    "text", ["", "()", "a.eq.1", "(a.eq.1", "(a.eq.1,)", "(a)", "(a.eq.1)x", "(or())", "(a.foo.1)"]
)
def test_logic_that_makes_no_sense(text):
    with pytest.raises(Problem) as caught:
        parse_logic("or", text, Literals())
    assert caught.value.code == "PGRST100"
    assert caught.value.message.startswith(f'"failed to parse logic tree ({text})" (line 1, column ')


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("a", (Sort(A),)),
        ("a.asc,b.desc", (Sort(A), Sort(FieldRef("b"), descending=True))),
        ("a.desc.nullslast", (Sort(A, descending=True, nulls="last"),)),
        ("a.nullsfirst", (Sort(A, nulls="first"),)),
        ("data->>age.desc", (Sort(FieldRef("data", ("age",), True), descending=True),)),
        ("data->0.asc", (Sort(FieldRef("data", (0,))),)),
        ("directors(last_name).desc", (Sort(FieldRef("last_name"), descending=True, via=(RelationRef("directors"),)),)),
        ("d(data->>x)", (Sort(FieldRef("data", ("x",), True), via=(RelationRef("d"),)),)),
        ('"a.b" , c', (Sort(FieldRef("a.b")), Sort(FieldRef("c")))),
    ],
)
def test_order(text, terms):
    assert parse_order(text) == terms


@pytest.mark.parametrize("text", ["a.up", "a.asc.desc", "a.nullslast.asc", "a,", "a(b", "a.desc.nullsmiddle"])
def test_order_that_makes_no_sense(text):
    with pytest.raises(Problem) as caught:
        parse_order(text)
    assert caught.value.message.startswith(f'"failed to parse order ({text})"')


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a", Key((), "filter", A)),
        ("x.y.a->>b", Key(("x", "y"), "filter", FieldRef("a", ("b",), True))),
        ("a[0]", Key((), "filter", A)),
        ("x.a[0][12]", Key(("x",), "filter", A)),
        ("d->0[1]", Key((), "filter", FieldRef("d", ("0[1]",)))),
        ('"a.b"', Key((), "filter", FieldRef("a.b"))),
        ('"order"', Key((), "filter", FieldRef("order"))),
        ("order", Key((), "order")),
        ("x.y.limit", Key(("x", "y"), "limit")),
        ('"x.z".offset', Key(("x.z",), "offset")),
        ("or", Key((), "or")),
        ("not.and", Key((), "and", negated=True)),
        ("x.not.or", Key(("x",), "or", negated=True)),
        ("x.and", Key(("x",), "and")),
    ],
)
def test_key(text, key):
    assert parse_key(text) == key


@pytest.mark.parametrize(
    "text", ["", "a[]", "a[b]", "a[0", "a[0]b", "order[0]b", "a.", ".a", "a b!", ".order", "a..limit"]
)
def test_key_that_makes_no_sense(text):
    with pytest.raises(Problem) as caught:
        parse_key(text)
    assert caught.value.code == "PGRST100"


def test_columns():
    assert names.names('a, "b,c" ,d', "columns parameter") == ("a", "b,c", "d")
    with pytest.raises(Problem):
        names.names("a,,b", "columns parameter")
