"""Hasura's metadata imported, served, and asked as Hasura's users ask."""

import json
from pathlib import Path

import graphql_service.app
import psycopg
import pytest
import yaml
from click.testing import CliRunner
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from graphql_service.settings import GraphqlSettings
from trivet_cli.hasura_metadata import read_metadata
from trivet_cli.main import main

from tests.fixtures.guarded_store import ADMIN, Door, Who

METADATA = Path(__file__).parent / "metadata"
DDL = """
create schema sales;
create table authors (id serial primary key, first_name text, last_name text, born date);
create table moods (name text primary key, note text);
insert into moods values ('calm', 'at rest'), ('wild', null);
create table articles (
  id serial primary key, title text not null, body text, author_id int references authors (id),
  mood text references moods (name),
  published boolean not null default true, made timestamptz default now(), edited timestamptz);
create table reviews (
  id serial primary key, article_id int references articles (id), stars int, secret text, note text, author_id int);
create table memberships (user_id int, level int);
create table sales.orders (id serial primary key, buyer int);
create function full_name(authors) returns text stable language sql as $$ select $1.first_name || ' ' || $1.last_name $$;
create function search_articles(word text) returns setof articles stable language sql
  as $$ select * from articles where title ilike '%' || word || '%' $$;
create function publish_all() returns setof articles volatile security definer language sql
  as $$ update articles set published = true returning * $$;
insert into authors (id, first_name, last_name) values (7, 'Ada', 'L'), (8, 'Bo', 'M'), (9, 'Cy', 'N');
insert into articles (id, title, body, author_id, published, made, edited) values
  (1, 'One', 'b', 7, true, '2020-01-01', '2021-01-01'), (2, 'Two', 'b', 7, false, '2020-01-01', '2019-01-01'),
  (3, 'Three', 'b', 8, false, '2020-01-01', null), (4, 'Four', 'b', 8, true, '2020-01-01', null);
insert into reviews (id, article_id, stars, secret, note) values (1, 1, 5, 's1', 'n1'), (2, 1, 9, 's2', 'n2'), (3, 4, 1, 's3', 'n3');
insert into memberships values (7, 3);
insert into sales.orders (buyer) values (7), (8);
select setval('articles_id_seq', 10), setval('reviews_id_seq', 10);
"""
USER, ANONYMOUS = Who("user"), Who("anonymous")


class Moved:
    """What was imported: the file, what was said of it, and GraphQL over it."""

    def __init__(self, folder, url, path=METADATA):
        self.file = folder / "trivet.yaml"
        ran = CliRunner().invoke(main, ["import", "hasura", str(path), "--database", url, "--out", str(self.file)])
        assert ran.exit_code == 0, ran.output
        self.output = ran.output
        self.document = yaml.safe_load(self.file.read_text())
        self.database = PostgresDatabase(url, size=2, limit=5.0)
        self.engine = Engine(self.database, config=self.file)
        self.engine.refresh()
        settings = GraphqlSettings(log_level="error")
        self.http = graphql_service.app.create_app(settings, self.engine, Door()).test_client()

    def ask(self, query, who=USER, **variables):
        body = {"query": query, "variables": variables}
        return self.http.post("/v1/graphql", json=body, headers=who.headers).get_json()

    def data(self, query, who=USER, **variables):
        answer = self.ask(query, who, **variables)
        assert list(answer) == ["data"], answer
        return answer["data"]


@pytest.fixture(scope="module")
def url(postgres_server):
    made = postgres_server.create_database("moved")
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute(DDL)
    return made


@pytest.fixture(scope="module")
def moved(url, tmp_path_factory):
    made = Moved(tmp_path_factory.mktemp("moved"), url)
    yield made
    made.engine.close()


def test_tables_and_relations_have_hasuras_names(moved):
    found = moved.data(
        "{ writer(order_by: {id: asc}) { first_name works(order_by: {id: asc}) { title written_by { id } } } }"
    )
    assert found["writer"] == [
        {
            "first_name": "Ada",
            "works": [{"title": "One", "written_by": {"id": 7}}, {"title": "Two", "written_by": {"id": 7}}],
        },
        {"first_name": "Bo", "works": [{"title": "Four", "written_by": {"id": 8}}]},
        {"first_name": "Cy", "works": []},
    ]
    assert moved.data("{ purchases(where: {purchaser: {_gt: 1}}) { purchaser } purchase(id: 1) { id } }") == {
        "purchases": [{"purchaser": 7}],
        "purchase": {"id": 1},
    }
    assert moved.data("{ writer_by_pk(id: 8) { last_name } writer_aggregate { aggregate { count } } }") == {
        "writer_by_pk": {"last_name": "M"},
        "writer_aggregate": {"aggregate": {"count": 3}},
    }


def test_rows_and_columns_are_those_of_the_permissions(moved):
    titles = "{ articles(order_by: {id: asc}) { title } }"
    assert [row["title"] for row in moved.data(titles)["articles"]] == ["One", "Two", "Four"]
    assert [row["title"] for row in moved.data(titles, ANONYMOUS)["articles"]] == ["One", "Four"]
    assert moved.data("{ writer(order_by: {id: asc}) { id } }", ANONYMOUS) == {"writer": [{"id": 7}, {"id": 8}]}
    assert "last_name" in moved.ask("{ writer { last_name } }", ANONYMOUS)["errors"][0]["message"]
    assert "errors" in moved.ask("{ articles_aggregate { aggregate { count } } }", ANONYMOUS)
    assert len(moved.data("{ articles { title } }", ADMIN)["articles"]) == 4
    closed = moved.ask("{ articles_by_pk(id: 1) { title } }", ANONYMOUS)["errors"][0]
    assert closed["message"] == "field 'articles_by_pk' not found in type: 'query_root'"
    assert moved.data("{ articles { id } }", Who("edited"))["articles"] == [{"id": 1}]
    assert len(moved.data("{ writer { born } }", Who("auditor"))["writer"]) == 3
    assert moved.data("{ reviews { id } }") == {"reviews": [{"id": 1}, {"id": 3}]}


def test_presets_and_checks(moved):
    insert = "mutation($o: articles_insert_input!) { insert_articles_one(object: $o) { author_id published title } }"
    assert moved.data(insert, o={"title": "Mine"}) == {
        "insert_articles_one": {"author_id": 7, "published": False, "title": "Mine"}
    }
    assert "author_id" in moved.ask(insert, o={"title": "x", "author_id": 8})["errors"][0]["message"]
    change = 'mutation($id: Int!) { update_articles_by_pk(pk_columns: {id: $id}, _set: {body: "new"}) { body } }'
    assert moved.data(change, id=1) == {"update_articles_by_pk": {"body": "new"}}
    assert moved.data(change, id=4) == {"update_articles_by_pk": None}
    remove = 'mutation { delete_articles(where: {title: {_in: ["Mine", "Four", "One"]}}) { affected_rows } }'
    assert moved.data(remove) == {"delete_articles": {"affected_rows": 1}}


def test_what_was_for_servers_only_is_a_role_of_its_own(moved):
    insert = "mutation { insert_reviews_one(object: {article_id: 4, stars: %d}) { stars } }"
    assert "insert_reviews_one" in moved.ask(insert % 4)["errors"][0]["message"]
    server = Who("user_backend")
    assert moved.data(insert % 4, server) == {"insert_reviews_one": {"stars": 4}}
    assert moved.ask(insert % 6, server)["errors"][0]["extensions"]["code"] == "permission-error"
    assert len(moved.data("{ articles { title } }", server)["articles"]) == 3
    moved.data("mutation { delete_reviews(where: {id: {_gt: 3}}) { affected_rows } }", ADMIN)


def test_functions_and_computed_fields(moved):
    assert moved.data('{ search_articles(args: {word: "t"}, order_by: {id: asc}) { title } }') == {
        "search_articles": [{"title": "Two"}]
    }
    assert set(moved.document["functions"]["search_articles"]["permissions"]) == {
        "user",
        "anonymous",
        "edited",
        "user_backend",
    }
    assert moved.document["functions"]["publish_all"] == {
        "security_definer": True,
        "permissions": {"user": {}, "user_backend": {}},
    }
    assert moved.document["functions"]["full_name"]["permissions"] == {"user": {}}


def test_an_inherited_role_sees_the_rows_of_all_and_of_each_its_columns(moved):
    found = moved.data("{ reviews(order_by: {id: asc}) { id secret note stars } }", Who("reviewer"))
    assert found["reviews"] == [
        {"id": 1, "secret": "s1", "note": "n1", "stars": 5},
        {"id": 2, "secret": None, "note": "n2", "stars": None},
        {"id": 3, "secret": "s3", "note": "n3", "stars": 1},
    ]
    assert len(moved.data("{ articles { title } }", Who("reviewer"))["articles"]) == 3


def test_an_enum_table_is_one(moved):
    assert moved.document["resources"]["moods"]["graphql"] == {"enum": True}
    query = "query($m: moods_enum!) { articles(where: {mood: {_eq: $m}}) { mood } }"
    assert moved.data(query, ADMIN, m="wild") == {"articles": []}
    shown = moved.data('{ __type(name: "moods_enum") { enumValues { name description } } }', ADMIN)
    assert shown["__type"]["enumValues"] == [
        {"name": "calm", "description": "at rest"},
        {"name": "wild", "description": None},
    ]


def test_limits_only_report_at_first(moved):
    assert moved.document["graphql"] == {
        "report_only": True,
        "limits": {"depth": 6, "nodes": 100},
        "roles": {"anonymous": {"depth": 3, "introspection": False}},
    }
    deep = "{ articles { written_by { works { written_by { id } } } } }"
    body = {"query": deep}
    response = moved.http.post("/v1/graphql", json=body, headers=USER.headers)
    assert "data" in response.get_json()
    assert "errors" in moved.ask("{ __schema { queryType { name } } }", ANONYMOUS)


def test_what_is_not_carried_over_is_told(moved):
    told = [line.removeprefix("not carried over: ") for line in moved.output.splitlines() if line.startswith("not ")]
    for expected in (
        "remote schema weather",
        "the relation articles.nobody: no foreign key makes it",
        "insert on articles for user2 stays closed: validate_input: a webhook would have to agree",
        "select on articles for odd stays closed: the operator _ancestor",
        "select on articles for anonymous: subscription_root_fields is not carried over: there are no subscriptions",
        "cron trigger nightly",
        "action sendMail",
        "RESTified endpoint titles",
        "native query top_authors",
        "logical model author_count",
        "Apollo Federation's keys of reviews",
        "the event trigger on_article of articles",
    ):
        assert expected in told
    assert any(line.startswith("the rate limit") for line in told)
    assert not any("full_name" in line for line in told)
    assert "what was backend_only is open to the role user_backend" in moved.output
    query = moved.file.parent / "documents" / "app" / "Titles.graphql"
    assert query.read_text().startswith("query Titles")
    assert "TRIVET_GRAPHQL_DOCUMENTS=" in moved.output


def test_check_finds_no_fault_in_what_was_written(moved, url):
    ran = CliRunner().invoke(main, ["check", "--config", str(moved.file), "--database", url])
    assert (ran.exit_code, "no faults" in ran.output) == (0, True), ran.output


def test_exported_json_says_the_same(moved, url, tmp_path):
    found = read_metadata(METADATA, None)
    exported = {
        "resource_version": 7,
        "metadata": {
            "version": 3,
            "sources": [{"name": "default", "kind": "postgres", "tables": found.tables, "functions": found.functions}],
            "inherited_roles": [{"role_name": name, "role_set": roles} for name, roles in found.inherited.items()],
            "api_limits": found.limits,
            "graphql_schema_introspection": {"disabled_for_roles": found.closed_introspection},
        },
    }
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(exported))
    other = Moved(tmp_path, url, path)
    other.engine.close()
    assert other.document == moved.document


def test_metadata_of_version_2_has_its_tables_at_the_top(url, tmp_path):
    found = read_metadata(METADATA, None)
    (tmp_path / "tables.yaml").write_text(yaml.safe_dump(found.tables))
    (tmp_path / "functions.yaml").write_text(yaml.safe_dump(found.functions))
    (tmp_path / "version.yaml").write_text("version: 2")
    older = read_metadata(tmp_path, None)
    assert (older.tables, older.functions) == (found.tables, found.functions)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "is not Hasura's metadata"),
        ("{", "is not Hasura's metadata"),
        ('{"version": 3}', "neither sources nor tables"),
        ('{"version": 3, "sources": [{"name": "x", "kind": "mssql"}]}', "no source default of PostgreSQL"),
        ('tables: "!include ../../etc/passwd"', "includes what it can't"),
    ],
)
def test_what_is_no_metadata(tmp_path, url, text, message):
    path = tmp_path / "metadata.json"
    path.write_text(text)
    ran = CliRunner().invoke(
        main, ["import", "hasura", str(path), "--database", url, "--out", str(tmp_path / "t.yaml")]
    )
    assert (ran.exit_code, message in ran.output) == (1, True), ran.output


def test_nothing_is_overwritten(moved, url):
    arguments = ["import", "hasura", str(METADATA), "--database", url, "--out", str(moved.file)]
    ran = CliRunner().invoke(main, arguments)
    assert (ran.exit_code, "--force replaces it" in ran.output) == (1, True)
    assert CliRunner().invoke(main, [*arguments, "--force"]).exit_code == 0
