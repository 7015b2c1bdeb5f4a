"""Computed fields with arguments, as Hasura's users have them, on PostgreSQL: asked, nested, by roles, and nowhere else."""

import psycopg
import pytest
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact

SCRIPT = r"""
create table writer (id int primary key, name text not null, born int, secret text default 'hush');
create table piece (id int primary key, writer_id int references writer, title text not null, words int, body jsonb);
insert into writer values (1, 'Ines', 1900), (2, 'Olaf', 1950), (3, 'Pia', null);
insert into piece values
  (1, 1, 'Rain', 10, '{"tags": ["wet", "grey"]}'), (2, 1, 'Rainbow', 30, '{"tags": []}'), (3, 2, 'Snow', 20, null),
  (4, 2, 'Rain again', 5, null);
create function pieces_like(search text, of_writer writer) returns setof piece language sql stable begin atomic
  select * from piece p where p.writer_id = of_writer.id and p.title ilike '%' || search || '%'; end;
create function longest(w writer, at_least int default 0) returns setof piece rows 1 language sql stable begin atomic
  select * from piece p where p.writer_id = w.id and p.words >= at_least order by p.words desc limit 1; end;
create function shout(writer writer, mark text default '!', times int default 1) returns text language sql immutable
  return writer.name || repeat(mark, times);
comment on function shout is 'The name, loudly';
create function since(writer writer, year int) returns int language sql immutable return year - writer.born;
create function kept(piece piece, keys text[], also jsonb default null) returns jsonb language sql immutable
  return jsonb_build_object('keys', keys, 'also', also, 'n', cardinality(keys));
create function asked_by(w writer, hasura_session json) returns text language sql stable
  return w.name || ':' || (hasura_session ->> 'x-hasura-user-id');
create function asked_with(w writer, hasura_session json, more int) returns text language sql stable
  return (hasura_session ->> 'x-hasura-team') || more;
create function elders(w writer, hasura_session json) returns setof writer language sql stable begin atomic
  select * from writer o where o.born < w.born and (hasura_session ->> 'x-hasura-user-id') = '7'; end;
create function counting(w writer, n int) returns int language sql volatile return n;
create function whose(w writer, who json) returns text language sql stable return who ->> 'x-hasura-user-id';
"""
CONFIG = """
version: 1
resources:
  writer:
    computed_fields:
      works: {function: pieces_like, table_argument: of_writer, comment: What was found}
      asker: whose
    permissions:
      clerk: {select: {columns: [id, name], filter: {id: {_lt: 3}}, allow_aggregations: true}}
      reader: {select: {columns: [id, name], filter: {}}}
      narrow: {select: {columns: [id, name], filter: {}}}
      own: {select: {columns: [id], filter: {asked_by: {_eq: "Ines:7"}}}}
  piece:
    permissions:
      clerk: {select: {columns: [id, title, writer_id], filter: {words: {_lt: 30}}, allow_aggregations: true}}
      narrow: {select: {columns: [id], filter: {}}}
functions:
  pieces_like: {permissions: {clerk: {}, reader: {}, narrow: {}}}
  shout: {permissions: {clerk: {}}}
  whose: {session_argument: who, permissions: {clerk: {}}}
"""
CLERK, READER = Who("clerk"), Who("reader")


@pytest.fixture(scope="module")
def suite(postgres_server, tmp_path_factory):
    yield from _served(postgres_server, tmp_path_factory.mktemp("computed"), "computed_fields", CONFIG)


@pytest.fixture(scope="module")
def camel(postgres_server, tmp_path_factory):
    config = "version: 1\ngraphql: {naming: graphql-default}\n"
    yield from _served(postgres_server, tmp_path_factory.mktemp("camel"), "computed_camel", config)


def _served(server, folder, name, config):
    url = server.create_database(name, SCRIPT)
    path = folder / "trivet.yaml"
    path.write_text(config)

    def restore():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("delete from writer where id > 3")

    engine = Engine(PostgresDatabase(url, size=2, limit=5.0), config=path)
    engine.refresh()
    yield Suite(engine, restore)
    engine.close()


def data_of(suite, query, who=ADMIN, **variables):
    answer = exact(suite.ask(query, who, **variables).data)
    assert list(answer) == ["data"], answer
    return answer["data"]


def error_of(suite, query, who=ADMIN, **variables):
    [error] = exact(suite.ask(query, who, **variables).data)["errors"]
    return error["message"], error["extensions"]["code"], error["extensions"]["path"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ writer_by_pk(id: 1) { shout(args: {mark: "?"}) } }', {"writer_by_pk": {"shout": "Ines?"}}),
        ("{ writer_by_pk(id: 1) { shout plain: shout(args: {}) } }", {"writer_by_pk": {"shout": "Ines!", "plain": "Ines!"}}),
        ("{ writer_by_pk(id: 1) { a: since(args: {year: 1950}) b: since(args: {year: 1910}) c: since(args: {year: null}) } }",
         {"writer_by_pk": {"a": 50, "b": 10, "c": None}}),
        ('{ writer(order_by: {id: asc}) { id works(args: {search: "rain"}, order_by: {id: asc}) { title } } }',
         {"writer": [{"id": 1, "works": [{"title": "Rain"}, {"title": "Rainbow"}]},
                     {"id": 2, "works": [{"title": "Rain again"}]}, {"id": 3, "works": []}]}),
        ('{ writer_by_pk(id: 1) { works(args: {search: "rain"}, where: {words: {_gt: 10}}) { id } '
         'first: works(args: {search: ""}, order_by: {words: desc}, limit: 1, offset: 1) { id } '
         'few: works(args: {search: "bow"}, distinct_on: words) { words } } }',
         {"writer_by_pk": {"works": [{"id": 2}], "first": [{"id": 1}], "few": [{"words": 30}]}}),
        ('{ piece_by_pk(id: 3) { writer { works(args: {search: "a"}) { title writer { shout(args: {times: 2}) '
         'works(args: {search: "n"}, order_by: {id: asc}) { id } } } } } }',
         {"piece_by_pk": {"writer": {"works": [{"title": "Rain again", "writer": {"shout": "Olaf!!",
                                                                              "works": [{"id": 3}, {"id": 4}]}}]}}}),
        ("{ writer(order_by: {id: asc}) { longest { id } long: longest(args: {at_least: 25}) { id } } }",
         {"writer": [{"longest": {"id": 2}, "long": {"id": 2}}, {"longest": {"id": 3}, "long": None},
                     {"longest": None, "long": None}]}),
        ('{ writer_by_pk(id: 1) { works_aggregate(args: {search: "rain"}, where: {id: {_gt: 1}}) '
         '{ aggregate { count sum { words } } nodes { id } } } }',
         {"writer_by_pk": {"works_aggregate": {"aggregate": {"count": 1, "sum": {"words": 30}}, "nodes": [{"id": 2}]}}}),
        ('{ piece_by_pk(id: 1) { kept(args: {keys: ["a", "b\\"c"], also: {x: [1]}}) '
         'n: kept(args: {keys: []}, path: "$.n") k: kept(args: {keys: ["z"]}, path: "keys[0]") } }',
         {"piece_by_pk": {"kept": {"keys": ["a", 'b"c'], "also": {"x": [1]}, "n": 2}, "n": 0, "k": "z"}}),
        ("{ writer_aggregate(where: {id: {_eq: 2}}) { nodes { shout(args: {times: 0}) } } }",
         {"writer_aggregate": {"nodes": [{"shout": "Olaf"}]}}),
        ("{ writer(where: {asked_by: {_eq: \"Ines:7\"}}) { id asked_by asker } }",
         {"writer": [{"id": 1, "asked_by": "Ines:7", "asker": "7"}]}),
        ("{ writer(order_by: [{asked_by: desc}], limit: 1) { id } }", {"writer": [{"id": 3}]}),
        ("{ writer(where: {elders: {name: {_eq: \"Ines\"}}}) { id elders { id } elders_aggregate { aggregate { count } } } }",
         {"writer": [{"id": 2, "elders": [{"id": 1}], "elders_aggregate": {"aggregate": {"count": 1}}}]}),
        ("{ writer(order_by: [{elders_aggregate: {count: desc}}, {id: asc}]) { id } }",
         {"writer": [{"id": 2}, {"id": 1}, {"id": 3}]}),
    ],
)  # fmt: skip
def test_what_comes_back(suite, query, expected):
    assert data_of(suite, query) == expected


def test_variables_are_values(suite):
    query = """query($search: String!, $args: shout_writer_args, $most: Int = 5, $loud: Boolean = true) {
        writer_by_pk(id: 1) { ...of shout(args: $args) @include(if: $loud) } }
        fragment of on writer { works(args: {search: $search}, order_by: {id: asc}, limit: $most) { id } }"""
    shown = [{"id": 1}, {"id": 2}]
    for mark in ("?", "."):
        asked = data_of(suite, query, search="RAIN", args={"mark": mark})
        assert asked["writer_by_pk"] == {"works": shown, "shout": f"Ines{mark}"}
    assert data_of(suite, query, search="bow", args={"times": 3})["writer_by_pk"] == {
        "works": [{"id": 2}],
        "shout": "Ines!!!",
    }
    assert data_of(suite, query, search="rain", most=1, loud=False)["writer_by_pk"] == {"works": [{"id": 1}]}
    assert data_of(suite, query, search="'; drop table piece; --", args=None)["writer_by_pk"] == {
        "works": [],
        "shout": "Ines!",
    }


def test_the_session_is_the_callers(suite):
    query = "{ writer_by_pk(id: 1) { asked_with(args: {more: 1}) } }"
    for team in ("red", "blue"):
        assert data_of(suite, query, Who("admin", {"team": team})) == {"writer_by_pk": {"asked_with": f"{team}1"}}
    forged = '{ writer_by_pk(id: 1) { asked_with(args: {more: 1, hasura_session: "{}"}) } }'
    assert error_of(suite, forged)[0] == "field 'hasura_session' not found in type: 'asked_with_writer_args'"
    assert "who" not in suite.ask('{ __type(name: "whose_args") { inputFields { name } } }', ADMIN).text.replace(
        "whose", ""
    )


def test_what_mutations_return(suite):
    made = data_of(suite, 'mutation { insert_writer_one(object: {id: 8, name: "Quin", born: 2000}) '
                   '{ shout(args: {mark: "-"}) since(args: {year: 2020}) works(args: {search: ""}) { id } } }')  # fmt: skip
    assert made["insert_writer_one"] == {"shout": "Quin-", "since": 20, "works": []}
    changed = data_of(suite, 'mutation { update_writer(where: {id: {_eq: 8}}, _set: {name: "Q"}) '
                      "{ returning { shout(args: {times: 2}) } } delete_writer_by_pk(id: 8) { shout } }")  # fmt: skip
    assert changed == {"update_writer": {"returning": [{"shout": "Q!!"}]}, "delete_writer_by_pk": {"shout": "Q!"}}
    suite.restore()


@pytest.mark.parametrize(
    ("query", "message", "code", "path"),
    [
        ("{ writer { works(args: {}) { id } } }", "Non default arguments cannot be omitted", "not-supported",
         "$.selectionSet.writer.selectionSet.works.args.args"),
        ("{ writer { works { id } } }", "missing required field 'args'", "validation-failed",
         "$.selectionSet.writer.selectionSet.works.args"),
        ('{ writer { works(args: {search: "a", of_writer: "x"}) { id } } }',
         "field 'of_writer' not found in type: 'works_writer_args'", "validation-failed", None),
        ('{ writer(where: {works: {title: {_eq: "a"}}}) { id } }', "field 'works' not found in type: 'writer_bool_exp'",
         "validation-failed", "$.selectionSet.writer.args.where"),
        ('{ writer(where: {shout: {_eq: "a"}}) { id } }', "field 'shout' not found in type: 'writer_bool_exp'",
         "validation-failed", "$.selectionSet.writer.args.where"),
        ("{ writer(order_by: {shout: asc}) { id } }", "field 'shout' not found in type: 'writer_order_by'",
         "validation-failed", "$.selectionSet.writer.args.order_by"),
        ("{ writer(order_by: {works_aggregate: {count: asc}}) { id } }",
         "field 'works_aggregate' not found in type: 'writer_order_by'", "validation-failed", None),
        ("{ writer { counting(args: {n: 1}) } }", "field 'counting' not found in type: 'writer'", "validation-failed", None),
        ('{ writer { since(args: {year: "x"}) } }', None, "data-exception", None),
        ("{ writer { since(args: {year: -2147483648}) } }", "integer out of range", "data-exception", None),
    ],
)  # fmt: skip
def test_refusals(suite, query, message, code, path):
    found = error_of(suite, query)
    assert found[1] == code
    assert message is None or found[0] == message
    assert path is None or found[2].startswith(path)


def test_roles(suite):
    query = '{ writer(order_by: {id: asc}) { shout(args: {mark: "?"}) works(args: {search: "rain"}, order_by: {id: asc}) { id } } }'
    assert data_of(suite, query, CLERK) == {
        "writer": [{"shout": "Ines?", "works": [{"id": 1}]}, {"shout": "Olaf?", "works": [{"id": 4}]}]
    }  # neither the third writer nor the long piece
    refused = "field '{}' not found in type: '{}'"
    assert error_of(suite, "{ writer { since(args: {year: 1}) } }", CLERK)[0] == refused.format("since", "writer")
    assert error_of(suite, "{ writer { shout } }", READER)[0] == refused.format("shout", "writer")
    works = '{ writer { works(args: {search: ""}) { %s } } }'
    assert error_of(suite, works % "id", READER)[0] == refused.format("works", "writer")  # no piece may be selected
    assert error_of(suite, works % "title", Who("narrow"))[0] == refused.format("title", "piece")
    assert len(data_of(suite, works % "id", Who("narrow"))["writer"]) == 3
    assert data_of(suite, '{ __type(name: "works_writer_args") { name } }', READER) == {"__type": None}
    summed = '{ writer { works_aggregate(args: {search: ""}) { aggregate { count } } } }'
    assert error_of(suite, summed, Who("narrow"))[0] == refused.format("works_aggregate", "writer")
    counts = [row["works_aggregate"]["aggregate"]["count"] for row in data_of(suite, summed, CLERK)["writer"]]
    assert counts == [1, 2]  # of the rows that it may see
    assert data_of(suite, "{ writer { id } }", Who("own", {"user_id": "7"})) == {"writer": [{"id": 1}]}


def test_introspection(suite):
    found = data_of(suite, """{
        writer: __type(name: "writer") { fields { name description type { kind } args { name description type { kind name ofType { name } } } } }
        args: __type(name: "shout_writer_args") { kind inputFields { name type { kind name } } }
        conditions: __type(name: "writer_bool_exp") { inputFields { name } }
        columns: __type(name: "writer_select_column") { enumValues { name } } }""")  # fmt: skip
    fields = {field["name"]: field for field in found["writer"]["fields"]}
    assert (fields["works"]["description"], fields["works"]["type"]) == ("What was found", {"kind": "LIST"})
    assert fields["asked_by"]["description"] == 'A computed field, executes function "asked_by"'
    assert fields["shout"]["description"] == "The name, loudly"
    assert fields["since"]["description"] == 'A computed field, executes function "since"'
    assert fields["works"]["args"][0] == {
        "name": "args",
        "description": 'input parameters for computed field "works" defined on table "writer"',
        "type": {"kind": "NON_NULL", "name": None, "ofType": {"name": "works_writer_args"}},
    }
    assert [one["name"] for one in fields["works"]["args"]] == [
        "args",
        "distinct_on",
        "limit",
        "offset",
        "order_by",
        "where",
    ]
    assert fields["shout"]["args"][0]["type"] == {"kind": "INPUT_OBJECT", "name": "shout_writer_args", "ofType": None}
    assert found["args"]["inputFields"] == [
        {"name": "mark", "type": {"kind": "SCALAR", "name": "String"}}, {"name": "times", "type": {"kind": "SCALAR", "name": "Int"}},
    ]  # fmt: skip
    conditions = {field["name"] for field in found["conditions"]["inputFields"]}
    assert {"asked_by", "asker", "elders"} <= conditions
    assert conditions.isdisjoint({"shout", "works", "works_aggregate", "longest", "since", "asked_with"})
    assert {value["name"] for value in found["columns"]["enumValues"]} == {"id", "name", "born", "secret"}


def test_all_types_are_found_however_they_are_asked_for(suite):
    whole = data_of(suite, "{ __schema { types { name } } }")["__schema"]["types"]
    names = [type_["name"] for type_ in whole]
    assert len(names) == len(set(names))
    assert {"works_writer_args", "shout_writer_args", "longest_writer_args", "kept_piece_args"} <= set(names)


def test_names_of_the_other_convention(camel):
    query = """query($args: PiecesLikeWriterArgs!) {
        writerByPk(id: 1) { piecesLike(args: $args, orderBy: {id: ASC}) { id } shout(args: {mark: "?"}) } }"""
    assert data_of(camel, query, args={"search": "rain"}) == {
        "writerByPk": {"piecesLike": [{"id": 1}, {"id": 2}], "shout": "Ines?"}
    }


def test_rest_knows_no_columns_that_need_arguments(suite):
    def ask(path):
        return suite.rest.get(f"/rest/v1/{path}", headers=ADMIN.headers)

    for name in ("since", "asked_with"):
        assert ask(f"writer?select={name}").json["code"] == "42703"
    assert ask("writer?select=shout&id=eq.1").json == [{"shout": "Ines!"}]  # its arguments have defaults
    for name in ("shout", "since", "asked_with"):
        assert ask(f"writer?{name}=eq.1").json["code"] == "42703"
    assert ask("writer?select=works(id)").json["code"] == "PGRST200"
    assert ask("writer?select=asked_by&id=eq.1").json == [{"asked_by": "Ines:7"}]
    assert ask("writer?select=asked_by,count()&id=eq.1").json == [{"asked_by": "Ines:7", "count": 1}]
    parameters = ask("openapi.json").json["components"]["parameters"]
    assert "filter.writer.asked_by" in parameters
    assert "filter.writer.shout" not in parameters
