"""GraphQL text and the operation that one would write by hand for it."""

from decimal import Decimal

from contracts.filters import And, Compare, CompareAggregate, Exists, FieldRef, Is, Not, Or, Param, RelationRef
from contracts.operations import (
    Affected,
    Aggregate,
    Assign,
    Conflict,
    Constant,
    Create,
    Delete,
    Embed,
    FieldOutput,
    Group,
    Node,
    Read,
    Rows,
    Sort,
    Update,
    encode,
)


def _output(name, key=None):
    return FieldOutput(key or name, FieldRef(name))


def _equals(name, index):
    return Compare(FieldRef(name), "eq", Param(index))


def _rows(filter_):
    return Read("album", Node((_output("id"),), filter=filter_))


def test_the_example_of_the_specification(translate):
    asked, values = translate("""
        { album(where: {artist: {name: {_ilike: "%ab%"}}, _not: {title: {_is_null: true}}},
                order_by: [{artist: {name: asc}}, {id: desc_nulls_last}], limit: 2) { id title artist { name } }
          album_aggregate(where: {id: {_gt: 3}}) {
            aggregate { count(columns: artist_id, distinct: true) max { id } } nodes { id } } }""")
    assert asked["album"] == Read(
        "album",
        Node(
            (_output("id"), _output("title"), Embed("artist", RelationRef("artist"), Node((_output("name"),)))),
            filter=And(
                (
                    Exists(RelationRef("artist"), Compare(FieldRef("name"), "ilike", Param(0))),
                    Not(Is(FieldRef("title"), "null")),
                )
            ),
            sort=(
                Sort(FieldRef("name"), via=(RelationRef("artist"),)),
                Sort(FieldRef("id"), descending=True, nulls="last"),
            ),
            limit=Param(1),
        ),
    )
    assert asked["album_aggregate"] == Read(
        "album",
        Node(
            (
                Group(
                    "aggregate",
                    (
                        Aggregate("count", "count", (FieldRef("artist_id"),), distinct=True),
                        Group("max", (Aggregate("id", "max", (FieldRef("id"),)),)),
                    ),
                ),
                Rows("nodes", (_output("id"),)),
            ),
            filter=Compare(FieldRef("id"), "gt", Param(2)),
            shape="summary",
        ),
    )
    assert values == ["%ab%", 2, 3]


def test_literals_and_variables_give_the_same_bytes(translate):
    literal, values = translate('{ album(where: {title: {_eq: "a"}}, limit: 1) { id } }')
    variable, other = translate(
        "query Q($w: album_bool_exp, $n: Int) { album(where: $w, limit: $n) { id } }", w={"title": {"_eq": "b"}}, n=7
    )
    assert encode(literal) == encode(variable)
    assert (values, other) == (["a", 1], ["b", 7])


def test_connectives(translate):
    one, two = _equals("id", 0), _equals("id", 1)
    assert translate("{album(where:{_or:[{id:{_eq:1}},{id:{_eq:2}}]}){id}}")[0] == _rows(Or((one, two)))
    assert translate("{album(where:{_or:{id:{_eq:1}}}){id}}")[0] == _rows(one)
    assert translate("{album(where:{_and:[{id:{_eq:1}},{id:{_eq:2}}]}){id}}")[0] == _rows(And((one, two)))
    assert translate("{album(where:{_or:[]}){id}}")[0] == _rows(Or())
    assert translate("{album(where:{_and:[]}){id}}")[0] == _rows(And())
    assert translate("{album(where:{_not:{}}){id}}")[0] == _rows(Not(And()))


def test_what_is_null_or_missing_is_absent(translate):
    assert translate("{album{id}}")[0] == _rows(None)
    assert translate("{album(where:null,order_by:null,limit:null){id}}")[0] == _rows(None)
    assert translate("{album(where:{}){id}}")[0] == _rows(And())
    assert translate("{album(where:{id:null,_and:null}){id}}")[0] == _rows(And())
    assert translate("query($x:Int){album(where:{id:{_eq:$x}}){id}}")[0] == _rows(And())
    assert translate("query($x:Int=3){album(where:{id:{_eq:$x}}){id}}") == (_rows(_equals("id", 0)), [3])


def test_every_text_operator(translate):
    for word, operator in (("like", "like"), ("ilike", "ilike"), ("similar", "similar"), ("regex", "match")):
        asked, _ = translate(f'{{album(where:{{title:{{_{word}:"x",_n{word}:"y"}}}}){{id}}}}')
        left = FieldRef("title")
        parts = (Compare(left, operator, Param(0)), Not(Compare(left, operator, Param(1))))
        assert asked == _rows(And(parts))


def test_lists_are_one_value(translate):
    asked, values = translate("{album(where:{id:{_in:[1,2,3],_nin:[]}}){id}}")
    left = FieldRef("id")
    assert asked == _rows(And((Compare(left, "in", Param(0)), Not(Compare(left, "in", Param(1))))))
    assert values == [[1, 2, 3], []]


def test_json_and_arrays(translate):
    asked, values = translate(
        'query($v:jsonb){album(where:{extra:{_contains:$v,_has_key:"k"},tags:{_contains:["a"]}}){id extra(path:"$.a[0][\'b c\']")}}',
        v={"a": [1, Decimal("1.10")]},
    )
    assert asked.node.filter == And(
        (
            Compare(FieldRef("extra"), "contains", Param(0)),
            Compare(FieldRef("extra"), "has_key", Param(1)),
            Compare(FieldRef("tags"), "contains", Param(2)),
        )
    )
    assert values == ['{"a":[1,1.10]}', "k", ["a"]]  # JSON travels as its text, or "k" could be JSON's own
    assert asked.node.outputs[1] == FieldOutput("extra", FieldRef("extra", ("a", 0, "b c")))


def test_arrays_in_a_list_are_compared_one_by_one(translate):
    asked, values = translate('{album(where:{tags:{_in:[["a","b"],["c"]]}}){id}}')
    left = FieldRef("tags")
    assert asked == _rows(Or((Compare(left, "eq", Param(0)), Compare(left, "eq", Param(1)))))
    assert values == [["a", "b"], ["c"]]


def test_bare_words_are_strings_of_the_databases_own_types_only(translate):
    assert translate("{album(where:{mood:{_eq:wild}}){id}}")[1] == ["wild"]
    assert translate("{album(where:{extra:{_eq:{a:b}}}){id}}")[1] == ['{"a":"b"}']
    asked, values = translate('{album(where:{extra:{_in:["a",1]}}){id}}')
    assert values == ['"a"', "1"]
    assert asked.node.filter == Or((_equals("extra", 0), _equals("extra", 1)))


def test_relations_in_filters(translate):
    assert translate("{artist(where:{albums:{}}){id}}")[0].node.filter == Exists(RelationRef("albums"))
    asked, values = translate(
        "{artist(where:{albums_aggregate:{count:{arguments:[id],distinct:true,filter:{live:{_eq:true}},predicate:{_gte:2}}}}){id}}"
    )
    assert asked.node.filter == CompareAggregate(
        RelationRef("albums"),
        "count",
        "gte",
        Param(1),
        fields=("id",),
        distinct=True,
        filter=Compare(FieldRef("live"), "eq", Param(0)),
    )
    assert values == [True, 2]


def test_orders(translate):
    asked, _ = translate("""{ artist(order_by: {name: asc_nulls_first, id: desc}) { id }
        track(order_by: [{album: {artist: {albums_aggregate: {count: desc, max: {plays: asc}}}}}, {number: null}]) { number } }""")
    assert asked["artist"].node.sort == (
        Sort(FieldRef("name"), nulls="first"),
        Sort(FieldRef("id"), descending=True),
    )
    via = (RelationRef("album"), RelationRef("artist"), RelationRef("albums"))
    assert asked["track"].node.sort == (
        Sort(None, descending=True, via=via, aggregate="count"),
        Sort(FieldRef("plays"), via=via, aggregate="max"),
    )


def test_distinct_and_pages_at_every_level(translate):
    asked, values = translate("""{ artist(distinct_on: name, order_by: {name: asc}, offset: 1) {
        albums(limit: "2", where: {live: {_eq: true}}) { id } albums_aggregate(limit: 5) { aggregate { count } } } }""")
    node = asked.node
    assert (node.distinct_on, node.offset) == (("name",), Param(3))
    albums = Node((_output("id"),), filter=_equals("live", 0), limit=Param(1))
    assert node.outputs[0] == Embed("albums", RelationRef("albums"), albums)
    count = Group("aggregate", (Aggregate("count", "count"),))
    assert node.outputs[1].node == Node((count,), limit=Param(2), shape="summary")
    assert values == [True, 2, 5, 1]


def test_key_and_typename(translate):
    asked, values = translate(
        '{ t: track_by_pk(album_id: "4", number: 2) { kind: __typename seconds album { __typename } } }'
    )
    assert asked == Read(
        "track",
        Node(
            (
                Constant("kind", "track"),
                _output("seconds"),
                Embed("album", RelationRef("album"), Node((Constant("__typename", "album"),))),
            ),
            filter=And((_equals("album_id", 0), _equals("number", 1))),
            shape="maybe",
        ),
    )
    assert values == [4, 2]


def test_fragments_aliases_directives_and_merging(translate):
    asked, _ = translate(
        """query($yes: Boolean!, $no: Boolean = false) {
             album { ...Some  artist { id }  ... on album { artist { name } }  title @include(if: $no)
                     n: plays @skip(if: $no)  live @include(if: $yes) @skip(if: $yes) } }
           fragment Some on album { number: id ...More } fragment More on album { id ... { title @include(if: $yes) } }""",
        yes=True,
    )
    artist = Embed("artist", RelationRef("artist"), Node((_output("id"), _output("name"))))
    assert asked.node.outputs == (
        _output("id", "number"),
        _output("id"),
        _output("title"),
        artist,
        _output("plays", "n"),
    )


def test_insert(translate):
    asked, values = translate(
        'mutation { insert_album(objects: [{title: "a", price: 1.10}, {id: 2, title: null}]) { affected_rows returning { id } } }'
    )
    assert asked == Create(
        "album",
        ("id", "title", "price"),
        Param(0),
        ragged=True,
        missing="default",
        returning=Node((Affected("affected_rows"), Rows("returning", (_output("id"),))), shape="summary"),
    )
    assert values == [[{"title": "a", "price": Decimal("1.10")}, {"id": 2, "title": None}]]


def test_on_conflict(translate):
    created, values = translate(
        """mutation($row: album_insert_input!, $rule: album_on_conflict) {
            insert_album_one(object: $row, on_conflict: $rule) { id }
            insert_album(objects: {id: 1}, on_conflict: {constraint: album_pkey}) { affected_rows } }""",
        row={"id": 7, "title": "x"},
        rule={"constraint": "album_pkey", "update_columns": ["title"], "where": {"id": {"_gt": 3}}},
    )
    one, several = created.values()
    rule = Conflict(constraint="album_pkey", update=("title",), filter=Compare(FieldRef("id"), "gt", Param(1)))
    assert one == Create("album", ("id", "title"), Param(0), missing="default", conflict=rule, returning=one.returning)
    assert several.conflict == Conflict(constraint="album_pkey")  # nothing is changed
    assert values == [[{"id": 7, "title": "x"}], 3, [{"id": 1}]]


def test_insert_one_and_a_single_object(translate):
    asked, values = translate(
        "mutation($o: artist_insert_input!) { insert_artist_one(object: $o) { id } }", o={"name": "x"}
    )
    assert asked == Create(
        "artist", ("name",), Param(0), missing="default", returning=Node((_output("id"),), shape="maybe")
    )
    assert values == [[{"name": "x"}]]
    assert translate('mutation { insert_artist(objects: {name: "x"}) { affected_rows } }')[1] == [[{"name": "x"}]]


def test_update(translate):
    asked, values = translate(
        'mutation { update_album(where: {id: {_eq: 1}}, _set: {title: "Z"}, _inc: {plays: "2"}) { affected_rows } }'
    )
    assert asked == Update(
        "album",
        (Assign("title", Param(0)), Assign("plays", Param(1), "increment")),
        filter=_equals("id", 2),
        returning=Node((Affected("affected_rows"),), shape="summary"),
    )
    assert values == ["Z", 2, 1]
    assert translate("mutation { update_album(where: {}) { affected_rows } }")[0].assigns == ()


def test_writes_by_key(translate):
    asked, values = translate('mutation { update_album_by_pk(pk_columns: {id: 1}, _set: {title: "Z"}) { id } }')
    assert asked == Update(
        "album",
        (Assign("title", Param(0)),),
        filter=_equals("id", 1),
        returning=Node((_output("id"),), shape="maybe"),
    )
    assert values == ["Z", 1]
    unchanged, _ = translate("mutation { update_album_by_pk(pk_columns: {id: 1}, _set: {}) { id } }")
    assert unchanged == Read("album", Node((_output("id"),), filter=_equals("id", 0), shape="maybe"))
    asked, values = translate("mutation { delete_track_by_pk(album_id: 1, number: 2) { number } }")
    assert asked == Delete(
        "track",
        filter=And((_equals("album_id", 0), _equals("number", 1))),
        returning=Node((_output("number"),), shape="maybe"),
    )


def test_mutations_stay_in_order(translate):
    asked, _ = translate("""mutation { b: delete_album(where: {}) { affected_rows returning { id artist { name } } }
        __typename a: delete_artist(where: {id: {_in: [1]}}) { n: affected_rows } }""")
    assert list(asked) == ["b", "__typename", "a"]
    assert asked["b"].filter == And()
    assert asked["__typename"] == Constant("__typename", "mutation_root")
    assert asked["a"].returning == Node((Affected("n"),), shape="summary")


def test_names_behind_a_type_are_the_databases(translate):
    asked, _ = translate("{ stats_aggregate { aggregate { sum { total } stddev_pop { total } } } }")
    assert asked.node.outputs == (
        Group(
            "aggregate",
            (
                Group("sum", (Aggregate("total", "sum", (FieldRef("total"),)),)),
                Group("stddev_pop", (Aggregate("total", "stddev_pop", (FieldRef("total"),)),)),
            ),
        ),
    )
