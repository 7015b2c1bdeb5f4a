"""The map of translations: what is kept for a shape answers as a translation of its own would, whatever came before."""

import json
import sys
from typing import NamedTuple

import pytest
from contracts.operations import encode
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLObjectType
from graphql_service.errors import Refusal
from graphql_service.limits import Limits
from graphql_service.request import choose, compile_operation, prepare
from graphql_service.shapes import Shapes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
_BAD = object()


# --- what is the same shape, and what is not -----------------------------------------------------------------------

LISTED = (
    "query($w: album_bool_exp, $o: [album_order_by!], $l: Int) { album(where: $w, order_by: $o, limit: $l) { id } }"
)
SAME = [
    ("query($i: Int!) { album_by_pk(id: $i) { id } }", {"i": 1}, {"i": "2"}),
    (LISTED, {"w": {"id": {"_gt": 1}}, "l": 3}, {"w": {"id": {"_gt": 9}}, "l": 0}),
    (LISTED, {"w": {"id": {"_in": [1]}}}, {"w": {"id": {"_in": [1, 2, 3]}}}),
    (LISTED, {"w": {"_or": {"live": {"_eq": True}}}}, {"w": {"_or": [{"live": {"_eq": False}}]}}),
    (LISTED, {"w": {"extra": {"_contains": {"a": 1}}}}, {"w": {"extra": {"_contains": [2]}}}),
    (LISTED, {"w": {"tags": {"_in": [["a"], []]}}}, {"w": {"tags": {"_in": [["b", "c"], ["d"]]}}}),
    (LISTED, {"w": {"artist": {"name": {"_ilike": "a%"}}}}, {"w": {"artist": {"name": {"_ilike": "%"}}}}),
    ("query($a: Int!, $b: Int!) { album(where: {id: {_in: [$a, $b]}}) { id } }", {"a": 1, "b": 2}, {"a": 3, "b": 3}),
    ("query($x: Int) { album(where: {extra: {_eq: {k: [$x]}}}) { id } }", {"x": 1}, {"x": 2}),
    (
        "mutation($o: [album_insert_input!]!) { insert_album(objects: $o) { affected_rows } }",
        {"o": [{"id": 1, "title": "a"}]},
        {"o": [{"title": "b", "id": 2}, {"id": 3, "title": None}]},
    ),
    (
        "mutation($o: album_insert_input!) { insert_album_one(object: $o) { id } }",
        {"o": {"id": 1, "extra": {"a": 1}, "tags": ["x"]}},
        {"o": {"id": 2, "extra": 7, "tags": []}},
    ),
    (
        "mutation($k: album_pk_columns_input!, $s: album_set_input) "
        "{ update_album_by_pk(pk_columns: $k, _set: $s) { id } }",
        {"k": {"id": 1}, "s": {"title": "a", "live": True}},
        {"k": {"id": 2}, "s": {"title": "b", "live": False}},
    ),
    ("query($t: Boolean!) { album { id title @include(if: $t) } }", {"t": True}, {"t": True}),
    ('query($p: String = "$.a") { album { extra(path: $p) } }', {}, {}),
]
OTHER = [
    (LISTED, {"w": {"id": {"_gt": 1}}}, {"w": {"id": {"_gte": 1}}}),
    (LISTED, {"w": {"id": {"_gt": 1, "_lt": 2}}}, {"w": {"id": {"_lt": 1, "_gt": 2}}}),
    (LISTED, {"w": {"id": {"_gt": 1}}}, {"w": {"plays": {"_gt": 1}}}),
    (LISTED, {"w": {"id": {"_is_null": True}}}, {"w": {"id": {"_is_null": False}}}),
    (LISTED, {"w": {"_not": {"id": {"_eq": 1}}}}, {"w": {"_not": {}, "id": {"_eq": 1}}}),
    (LISTED, {"w": {"_and": [{"id": {"_eq": 1}}, {}]}}, {"w": {"_and": [{}, {"id": {"_eq": 1}}]}}),
    (LISTED, {"w": {"_or": [{}, {}]}}, {"w": {"_or": [{}]}}),
    (LISTED, {"w": {"extra": {"_in": [1]}}}, {"w": {"extra": {"_in": [1, 2]}}}),
    (LISTED, {"w": {}}, {"w": None}),
    (LISTED, {"o": [{"id": "asc"}]}, {"o": [{"id": "desc"}]}),
    (LISTED, {"o": [{"id": "asc", "title": "asc"}]}, {"o": [{"title": "asc", "id": "asc"}]}),
    (LISTED, {"o": [{"id": "asc"}, {"title": None}]}, {"o": [{"id": None}, {"title": "asc"}]}),
    (LISTED, {"l": 1}, {"l": None}),
    ("query($a: Int, $b: Int) { album(limit: $a, offset: $b) { id } }", {"a": 1}, {"b": 1}),
    ("query($a: Int, $b: Int) { album(limit: $a, offset: $b) { id } }", {"a": 1, "b": None}, {"a": None, "b": 1}),
    (
        LISTED,
        {"w": {"_and": [{"_or": [{"id": {"_eq": 1}}, {}], "plays": {"_eq": 2}}]}},
        {"w": {"_and": [{"_or": [{"id": {"_eq": 1}}]}, {"plays": {"_eq": 2}}]}},
    ),
    ("query($t: Boolean!) { album { id title @include(if: $t) } }", {"t": True}, {"t": False}),
    ("query($t: Boolean!) { album { id ...F @skip(if: $t) } } fragment F on album { title }", {"t": True}, {"t": False}),
    ("query($p: String) { album { extra(path: $p) } }", {"p": "$.a"}, {"p": "$.b"}),
    ("query($n: Boolean) { album(where: {id: {_is_null: $n}}) { id } }", {"n": True}, {"n": False}),
    ("query($d: Boolean) { album_aggregate { aggregate { count(columns: id, distinct: $d) } } }", {"d": True}, {"d": False}),
    ("query($c: [album_select_column!]) { album(distinct_on: $c) { id } }", {"c": ["id"]}, {"c": ["title"]}),
    (
        "mutation($o: [album_insert_input!]!) { insert_album(objects: $o) { affected_rows } }",
        {"o": [{"id": 1}, {"id": 2}]},
        {"o": [{"id": 1}, {}]},
    ),
    (
        "mutation($u: [album_updates!]!) { update_album_many(updates: $u) { affected_rows } }",
        {"u": [{"where": {}, "_set": {"title": "a"}}]},
        {"u": [{"where": {}, "_set": {"title": "a"}}, {"where": {}, "_set": {"title": "b"}}]},
    ),
]  # fmt: skip


class Asker:
    """One role's documents, and the map that is tried."""

    def __init__(self, role_schema):
        self.role_schema = role_schema
        self.forget()

    def forget(self, bound=4096):
        """Begin with an empty map."""
        self.shapes = Shapes(bound)
        self.documents = {}

    def _prepared(self, text):
        if text not in self.documents:
            self.documents[text] = prepare(self.role_schema, text, Limits())
        return self.documents[text]

    def mapped(self, text, variables):
        prepared = self._prepared(text)
        compiled, values = self.shapes.translate(self.role_schema, prepared, choose(prepared, None), variables)
        return compiled.document, values

    def plain(self, text, variables):
        prepared = prepare(self.role_schema, text, Limits())
        compiled = compile_operation(self.role_schema, prepared, choose(prepared, None), variables)
        return compiled.document, compiled.values


@pytest.fixture
def asker(role_schema):
    return Asker(role_schema)


@pytest.mark.parametrize(("text", "first", "second"), SAME)
def test_one_shape_is_translated_once(asker, text, first, second):
    asker.mapped(text, first)  # what the translation looks at is known from here on
    for _ in range(2):
        document, values = asker.mapped(text, first)
        again, others = asker.mapped(text, second)
        assert document is again
        assert (document, values) == asker.plain(text, first)
        assert (again, others) == asker.plain(text, second)


@pytest.mark.parametrize(("text", "first", "second"), OTHER)
def test_another_shape_is_another_translation(asker, text, first, second):
    for _ in range(3):
        document, values = asker.mapped(text, first)
        other, others = asker.mapped(text, second)
        assert encode(document) != encode(other)
        assert (document, values) == asker.plain(text, first)
        assert (other, others) == asker.plain(text, second)
    assert asker.mapped(text, first)[0] is asker.mapped(text, first)[0]


def test_values_of_one_request_stay_its_own(asker):
    text = "mutation($o: [album_insert_input!]!) { insert_album(objects: $o) { affected_rows } }"
    kept = [asker.mapped(text, {"o": [{"id": number}]})[1] for number in range(3)]
    assert kept == [[[{"id": 0}]], [[{"id": 1}]], [[{"id": 2}]]]


@pytest.mark.parametrize("name", ["limit", "offset"])
def test_a_page_is_checked_on_every_request(asker, name):
    text = f"query($n: Int) {{ album({name}: $n) {{ id }} }}"
    for number in (-1, 2, -1, 3):
        if number < 0:
            with pytest.raises(Refusal):
                asker.mapped(text, {"n": number})
        else:
            assert asker.mapped(text, {"n": number})[1] == [number]
    assert asker.mapped(text, {"n": 1})[0] is asker.mapped(text, {"n": 4})[0]


def test_huge_shapes_and_documents_are_not_kept(asker):
    text = LISTED
    where = {"_or": [{"id": {"_eq": number}} for number in range(300)]}
    assert asker.mapped(text, {"w": where}) == asker.plain(text, {"w": where})
    long = text + "#" * 20_000
    assert asker.mapped(long, {"l": 1}) == asker.plain(long, {"l": 1})
    path = {"p": "$." + "a" * 9000}
    text = "query($p: String) { album { extra(path: $p) } }"
    for _ in range(2):
        assert asker.mapped(text, path) == asker.plain(text, path)
    assert len(asker.shapes) == 0


def test_no_value_of_a_request_is_kept(asker):
    text = "mutation($o: [album_insert_input!]!) { insert_album(objects: $o) { affected_rows } }"
    rows = [{"title": "a"}, {"title": "b"}]
    before = sys.getrefcount(rows[0]["title"]), sys.getrefcount(rows[0])
    asker.mapped(text, {"o": rows})
    assert (sys.getrefcount(rows[0]["title"]), sys.getrefcount(rows[0])) == before


# --- any requests in any order -------------------------------------------------------------------------------------


class Value(NamedTuple):
    """A value as JSON, and as a literal."""

    json: object
    literal: str


_INTEGERS = st.sampled_from([-1, 0, 1, 2, 2**40])
_WORDS = st.sampled_from(["", "a", "1", "$.a", "[0]"])
_ANY = st.recursive(
    st.none() | st.booleans() | _INTEGERS | _WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)


def _as_literal(value):
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_as_literal(item)}" for name, item in value.items()) + "}"
    return json.dumps(value)


def _scalar(draw, name):
    if name in ("json", "jsonb"):
        value = draw(_ANY.filter(lambda value: value is not None))
    elif name == "Boolean":
        value = draw(st.booleans())
    elif name in ("String", "date", "uuid", "mood"):
        value = draw(_WORDS)
    else:
        value = draw(_INTEGERS if draw(st.integers(0, 9)) == 0 else st.integers(0, 3))
    return Value(value, _as_literal(value))


def _value(draw, type_, depth):
    """A value that mostly fits its type."""
    if isinstance(type_, GraphQLNonNull):
        return _value(draw, type_.of_type, depth)
    if isinstance(type_, GraphQLList):
        count = draw(st.integers(0, 2))
        items = [_value(draw, type_.of_type, depth - 1) for _ in range(count)]
        return Value([item.json for item in items], "[" + ", ".join(item.literal for item in items) + "]")
    if isinstance(type_, GraphQLEnumType):
        name = draw(st.sampled_from(sorted(type_.values)[:3]))
        return Value(name, name)
    if not isinstance(type_, GraphQLInputObjectType):
        return _scalar(draw, type_.name)
    names = [name for name, field in type_.fields.items() if isinstance(field.type, GraphQLNonNull)]
    if depth > 0:
        names = list({*names, *draw(st.lists(st.sampled_from(sorted(type_.fields)), min_size=1, max_size=2))})
    made = {
        name: _value(draw, type_.fields[name].type, depth - 1) for name in sorted(names, reverse=draw(st.booleans()))
    }
    for name, field in type_.fields.items():
        if name in made and not isinstance(field.type, GraphQLNonNull) and draw(st.integers(0, 7)) == 0:
            made[name] = Value(None, "null")
    text = ", ".join(f"{name}: {value.literal}" for name, value in made.items())
    return Value({name: value.json for name, value in made.items()}, "{" + text + "}")


class Hole(NamedTuple):
    """A place of a document that a variable or a literal fills."""

    name: str
    type: object


class Question(NamedTuple):
    """A document with holes, as ``{{v0}}``."""

    kind: str
    body: str
    holes: tuple[Hole, ...]

    def with_variables(self):
        declared = ", ".join(f"${hole.name}: {hole.type}" for hole in self.holes)
        body = self.body
        for hole in self.holes:
            body = body.replace("{{" + hole.name + "}}", f"${hole.name}")
        return f"{self.kind} {f'({declared})' if declared else ''} {{ {body} }}"

    def with_literals(self, values):
        body = self.body
        for hole in self.holes:
            body = body.replace("{{" + hole.name + "}}", values[hole.name].literal)
        return f"{self.kind} {{ {body} }}"


def _hole(holes, type_):
    holes.append(Hole(f"v{len(holes)}", type_))
    return "{{" + holes[-1].name + "}}"


def _argument(draw, holes, type_, depth):
    """An argument's text: a hole, or a literal with holes deeper down."""
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if depth > 0 and isinstance(inner, GraphQLInputObjectType) and draw(st.booleans()):
        required = [name for name, field in inner.fields.items() if isinstance(field.type, GraphQLNonNull)]
        names = sorted({*required, draw(st.sampled_from(sorted(inner.fields)))})
        parts = [f"{name}: {_argument(draw, holes, inner.fields[name].type, depth - 1)}" for name in names]
        return "{" + ", ".join(parts) + "}"
    if depth > 0 and isinstance(inner, GraphQLList) and draw(st.booleans()):
        return "[" + ", ".join(_argument(draw, holes, inner.of_type, depth - 1) for _ in range(2)) + "]"
    if getattr(inner, "name", "") == "jsonb" and draw(st.booleans()):
        return "{k: [" + _hole(holes, draw(st.sampled_from(["numeric", "String", "jsonb"]))) + ", 1]}"
    return _hole(holes, type_)


def _field(draw, holes, key, name, field, depth):
    needed = [argument for argument, spec in field.args.items() if isinstance(spec.type, GraphQLNonNull)]
    chosen = draw(st.lists(st.sampled_from(sorted(field.args)), max_size=3)) if field.args else []
    arguments = sorted({*needed, *chosen})
    text = ", ".join(f"{argument}: {_argument(draw, holes, field.args[argument].type, 2)}" for argument in arguments)
    inner = field.type
    while not hasattr(inner, "name"):
        inner = inner.of_type
    condition = f" @include(if: {_hole(holes, 'Boolean!')})" if draw(st.integers(0, 4)) == 0 else ""
    below = ""
    if isinstance(inner, GraphQLObjectType):
        names = draw(st.lists(st.sampled_from(sorted(inner.fields)), max_size=2)) if depth > 0 else []
        parts = [
            _field(draw, holes, f"{key}{index}", each, inner.fields[each], depth - 1)
            for index, each in enumerate(names)
        ]
        below = " { __typename " + " ".join(parts) + " }"
    return f"{key}: {name}{f'({text})' if text else ''}{condition}{below}"


def _question(draw, role_schema):
    kind = draw(st.sampled_from(["query", "mutation"]))
    root = role_schema.schema.query_type if kind == "query" else role_schema.schema.mutation_type
    name = draw(st.sampled_from(sorted(root.fields)))
    holes = []
    body = _field(draw, holes, "k", name, root.fields[name], 2)
    return Question(kind, f"__typename {body}", tuple(holes))


def _filling(draw, role_schema, question):
    """Values for a question's holes, by name; what is left out is absent."""
    values = {}
    for hole in question.holes:
        type_ = role_schema.types.scalar(hole.type.rstrip("!")) if isinstance(hole.type, str) else hole.type
        fate = draw(st.integers(0, 14))
        if fate == 0:
            continue
        values[hole.name] = Value(draw(_ANY), _BAD) if fate == 1 else _value(draw, type_, 3)
    return values


def _outcome(ask, text, variables):
    """Operation and values, types told apart; or the errors."""
    try:
        document, values = ask(text, variables)
    except Refusal as refusal:
        return "refused", refusal.errors
    return document, repr(values)


@MANY
@given(data=st.data())
def test_a_kept_translation_is_the_translation(asker, data):
    asker.forget(bound=data.draw(st.sampled_from([2, 4096])))
    role_schema = asker.role_schema
    questions = [_question(data.draw, role_schema) for _ in range(2)]
    requests = [(question, _filling(data.draw, role_schema, question)) for question in questions for _ in range(4)]
    for question, filling in data.draw(st.permutations(requests + requests)):
        text = question.with_variables()
        variables = {name: value.json for name, value in filling.items()}
        assert _outcome(asker.mapped, text, variables) == _outcome(asker.plain, text, variables), (text, variables)


@MANY
@given(data=st.data())
def test_variables_mean_what_literals_mean(asker, data):
    asker.forget()
    role_schema = asker.role_schema
    question = _question(data.draw, role_schema)
    for _ in range(3):
        filling = _filling(data.draw, role_schema, question)
        if len(filling) < len(question.holes) or any(value.literal is _BAD for value in filling.values()):
            continue
        variables = {name: value.json for name, value in filling.items()}
        found = _outcome(asker.mapped, question.with_variables(), variables)
        expected = _outcome(asker.plain, question.with_literals(filling), {})
        if "refused" in (found[0], expected[0]):  # other words for the same: of literals the document is to blame
            assert found[0] == expected[0], (question, variables, found, expected)
        else:
            assert found == expected, (question, variables)
