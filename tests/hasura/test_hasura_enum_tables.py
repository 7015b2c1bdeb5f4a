"""Enum tables on each database: their rows are an enum's values for the columns that refer to them."""

import sqlite3

import psycopg
import pytest
from click.testing import CliRunner
from data_service.enum_tables import read_enum_tables
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.policies import load
from data_service.reflect.options import Exposure
from graphql import build_client_schema, get_introspection_query, validate_schema
from trivet_cli.main import main

from tests.fixtures.guarded_store import Who
from tests.hasura.conftest import Library

DDL = """
create table status (value varchar(20) primary key, comment text);
create table size (code text primary key);
create table task (
  id integer primary key, title text not null, status varchar(20) not null references status (value),
  size text references size (code), parent integer references task (id));
create table empty (value text primary key);
create table wide (value text primary key, a text, b text);
create table spaced (value text primary key);
create table odd (
  id integer primary key, empty text references empty (value), wide text references wide (value),
  spaced text references spaced (value));
insert into status values ('open', 'not yet begun'), ('done', null), ('held', '');
insert into size values ('S'), ('L');
insert into wide values ('x', 'y', 'z');
insert into spaced values ('a b');
insert into task values (1, 'one', 'open', 'S', null), (2, 'two', 'done', null, 1), (3, 'three', 'held', 'L', 1);
"""
CONFIG = """version: 1
resources:
  status: {graphql: {enum: true}}
  size: {graphql: {enum: true}}
  empty: {graphql: {enum: true}}
  wide: {graphql: {enum: true}}
  spaced: {graphql: {enum: true}}
  task:
    permissions:
      clerk:
        select: {columns: [id, status], filter: {status: {_eq: open}}}
        insert: {columns: [id, title, status], check: {}}
"""
CLERK = Who("clerk")


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def tasks(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    config = folder / "trivet.yaml"
    config.write_text(CONFIG)
    if request.param == "sqlite":
        path = folder / "tasks.db"

        def run(script):
            with sqlite3.connect(path) as connection:
                connection.executescript(script)
            connection.close()

        run(DDL)
        database = SqliteDatabase(path, size=2, limit=5.0)
    else:
        url = request.getfixturevalue("postgres_server").create_database("tasks")

        def run(script):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(script)

        run(DDL)
        database = PostgresDatabase(url, size=2, limit=5.0)
    library = Library(database, request.param, config)
    library.run, library.config = run, config
    yield library
    library.data.close()


def schema_of(tasks, **who):
    schema = build_client_schema(tasks.data_of(get_introspection_query(), **who))
    assert validate_schema(schema) == []
    return schema


def fields_of(schema, name):
    return {name: str(field.type) for name, field in schema.type_map[name].fields.items()}


def test_columns_that_refer_to_it_have_the_enum(tasks):
    schema = schema_of(tasks)
    shown = {name: value.description for name, value in schema.type_map["status_enum"].values.items()}
    assert shown == {"done": None, "held": None, "open": "not yet begun"}
    assert list(schema.type_map["size_enum"].values) == ["L", "S"]
    task = fields_of(schema, "task")
    assert (task["status"], task["size"], task["title"]) == ("status_enum!", "size_enum", "String!")
    assert fields_of(schema, "status")["value"] == "String!"
    for name in ("task_insert_input", "task_set_input"):
        assert fields_of(schema, name)["status"] == "status_enum"
    assert fields_of(schema, "task_bool_exp")["status"] == "status_enum_comparison_exp"
    assert fields_of(schema, "status_enum_comparison_exp") == {
        "_eq": "status_enum", "_in": "[status_enum!]", "_is_null": "Boolean", "_neq": "status_enum",
        "_nin": "[status_enum!]",
    }  # fmt: skip
    assert "status" not in fields_of(schema, "task_max_fields")


def test_what_can_be_no_enum_stays_text(tasks):
    schema = schema_of(tasks)
    odd = fields_of(schema, "odd")
    assert (odd["empty"], odd["wide"], odd["spaced"]) == ("String", "String", "String")
    assert {"empty_enum", "wide_enum", "spaced_enum"}.isdisjoint(schema.type_map)


def test_a_role_that_sees_the_column_alone_has_the_enum(tasks):
    schema = schema_of(tasks, who=CLERK)
    assert set(schema.type_map["status_enum"].values) == {"open", "done", "held"}
    assert {"status", "size_enum"}.isdisjoint(schema.type_map)
    assert tasks.data_of("{ task { status } }", who=CLERK) == {"task": [{"status": "open"}]}


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("{status: {_eq: open}}", [1]),
        ("{status: {_neq: open}}", [2, 3]),
        ("{status: {_in: [open, done]}}", [1, 2]),
        ("{status: {_in: open}}", [1]),
        ("{status: {_nin: [open, done]}}", [3]),
        ("{size: {_is_null: true}}", [2]),
        ("{task: {status: {_eq: open}}}", [2, 3]),
    ],
)
def test_literals_filter(tasks, where, ids):
    relation = next(name for name in schema_of(tasks).type_map["task_bool_exp"].fields if name.startswith("task"))
    where = where.replace("{task:", f"{{{relation}:") if where.startswith("{task:") else where
    found = tasks.data_of(f"{{ task(where: {where}, order_by: {{id: asc}}) {{ id }} }}")
    assert [row["id"] for row in found["task"]] == ids


def test_variables_filter_each_by_its_own_value(tasks):
    one = "query q($s: status_enum!) { task(where: {status: {_eq: $s}}) { id status } }"
    for status, number in (("open", 1), ("done", 2), ("held", 3), ("open", 1)):
        assert tasks.data_of(one, {"s": status}) == {"task": [{"id": number, "status": status}]}
    many = "query q($s: [status_enum!]) { task(where: {status: {_in: $s}}, order_by: {id: asc}) { id } }"
    for wished, ids in ((["open", "held"], [1, 3]), (["done"], [2]), ([], []), ("held", [3])):
        assert [row["id"] for row in tasks.data_of(many, {"s": wished})["task"]] == ids
    whole = "query q($w: task_bool_exp!) { task(where: $w, order_by: {id: asc}) { id } }"
    for status, ids in (("open", [1]), ("done", [2])):
        found = tasks.data_of(whole, {"w": {"status": {"_eq": status}}})
        assert [row["id"] for row in found["task"]] == ids


@pytest.mark.parametrize(
    ("query", "variables", "path", "message"),
    [
        ("{ task(where: {status: {_eq: gone}}) { id } }", None, ".args.where.status._eq", "for type 'status_enum', but found 'gone'"),
        ('{ task(where: {status: {_eq: "open"}}) { id } }', None, ".args.where.status._eq", "expected an enum value for type 'status_enum', but found a string"),
        ("{ task(where: {status: {_like: open}}) { id } }", None, ".args.where.status._like", "field '_like' not found in type: 'status_enum_comparison_exp'"),
        ("query q($s: status_enum!) { task(where: {status: {_eq: $s}}) { id } }", {"s": "gone"}, None, "expected one of the values ['done', 'held', 'open'] for type 'status_enum', but found 'gone'"),
        ("query q($s: status_enum!) { task(where: {status: {_eq: $s}}) { id } }", {"s": 1}, None, "expected an enum value for type 'status_enum', but found a number"),
    ],
)  # fmt: skip
def test_other_values_are_refused(tasks, query, variables, path, message):
    where, code, said = tasks.error_of(query, variables)
    assert code == "validation-failed"
    assert message in said
    assert path is None or where.endswith(path)


def test_writes_take_the_enum(tasks):
    made = tasks.data_of(
        'mutation m($rows: [task_insert_input!]!) { insert_task_one(object: {id: 10, title: "ten", status: open}) { status }'
        " insert_task(objects: $rows) { returning { id status size } } }",
        {"rows": [{"id": 11, "title": "x", "status": "held", "size": "L"}, {"id": 12, "title": "y", "status": "done"}]},
    )
    assert made == {
        "insert_task_one": {"status": "open"},
        "insert_task": {
            "returning": [{"id": 11, "status": "held", "size": "L"}, {"id": 12, "status": "done", "size": None}]
        },
    }
    change = """mutation m($to: status_enum) { update_task(where: {id: {_gte: 10}, status: {_neq: $to}}, _set: {status: $to})
                { affected_rows } }"""
    assert tasks.data_of(change, {"to": "done"}) == {"update_task": {"affected_rows": 2}}
    gone = tasks.data_of("mutation { delete_task(where: {status: {_eq: done}, id: {_gte: 10}}) { affected_rows } }")
    assert gone == {"delete_task": {"affected_rows": 3}}


def test_values_follow_the_table(tasks):
    before = tasks.data.version
    assert not tasks.data.refresh()
    tasks.run("insert into size values ('M')")
    try:
        assert tasks.data.refresh()
        assert tasks.data.version != before
        assert list(schema_of(tasks).type_map["size_enum"].values) == ["L", "M", "S"]
        assert tasks.data_of("{ task(where: {size: {_eq: M}}) { id } }") == {"task": []}
    finally:
        tasks.run("delete from size where code = 'M'")
        tasks.data.refresh()
    assert tasks.data.version == before
    assert "found 'M'" in tasks.error_of("{ task(where: {size: {_eq: M}}) { id } }")[2]


def test_with_graphqls_own_naming_types_are_called_otherwise_and_values_are_not(tasks):
    tasks.config.write_text(CONFIG + "graphql: {naming: graphql-default}\n")
    try:
        tasks.data.refresh()
        schema = schema_of(tasks)
        assert fields_of(schema, "Task")["status"] == "StatusEnum!"
        assert fields_of(schema, "TaskBoolExp")["status"] == "StatusEnumComparisonExp"
        found = tasks.data_of("query q($s: StatusEnum) { task(where: {status: {_eq: $s}}) { status } }", {"s": "open"})
        assert found == {"task": [{"status": "open"}]}
    finally:
        tasks.config.write_text(CONFIG)
        tasks.data.refresh()


def test_what_is_masked_is_no_enum_for_those_who_see_the_mask(tasks):
    masked = "  task:\n    fields: {status: {protect: {mask: '****', roles: {admin: clear}}}}\n"
    tasks.config.write_text(CONFIG.replace("  task:\n", masked))
    try:
        tasks.data.refresh()
        assert fields_of(schema_of(tasks), "task")["status"] == "status_enum!"
        schema = schema_of(tasks, who=CLERK)
        assert fields_of(schema, "task")["status"] in ("String", "String!")
        assert "status_enum" not in schema.type_map
    finally:
        tasks.config.write_text(CONFIG)
        tasks.data.refresh()


def test_the_values_of_a_protected_table_stay_hidden(tasks):
    tasks.config.write_text(CONFIG.replace("  status: {", "  status: {fields: {comment: {protect: {mask: '***'}}}, "))
    try:
        tasks.data.refresh()
        schema = schema_of(tasks)
        assert fields_of(schema, "task")["status"] == "String!"
        assert "status_enum" not in schema.type_map
    finally:
        tasks.config.write_text(CONFIG)
        tasks.data.refresh()


def test_what_our_login_may_not_read_is_no_enum(postgres_server, tmp_path):
    script = """
        do $$ begin if not exists (select from pg_roles where rolname = 'enum_reader') then
          create role enum_reader login; end if; end $$;
        grant select on task, size to enum_reader;
    """
    url = postgres_server.create_database("forbidden", DDL + script)
    config = tmp_path / "trivet.yaml"
    config.write_text(CONFIG)
    login = psycopg.conninfo.make_conninfo(url, user="enum_reader")
    database = PostgresDatabase(login, size=2, limit=5.0)
    tasks = Library(database, "postgresql", config)
    try:
        task = fields_of(schema_of(tasks), "task")
        assert (task["status"], task["size"]) == ("String!", "size_enum")
        naming = load(config).graphql
        found = read_enum_tables(database, naming, database.reflect(Exposure()), set())
        assert list(found.values) == ["size"]
        assert "status can't be an enum: our login may not read it" in found.tales
    finally:
        tasks.data.close()


def test_check_tells_which_tables_can_be_no_enum(tmp_path):
    with sqlite3.connect(tmp_path / "tasks.db") as connection:
        connection.executescript(DDL)
    connection.close()
    config = tmp_path / "trivet.yaml"
    config.write_text(CONFIG)
    ran = CliRunner().invoke(main, ["check", "--config", str(config), "--database", str(tmp_path / "tasks.db")])
    assert ran.exit_code == 1
    assert f"{config}:6: wide can't be an enum: it takes a text as primary key" in ran.output
    assert ran.output.count("wide can't be an enum") == 1
    assert "empty can't be an enum: it has no rows" in ran.output
    assert "spaced can't be an enum: 'a b' is no name in GraphQL" in ran.output
