"""Reflection of large PostgreSQL databases: all there, and all readable by the names it reports."""

from collections import Counter

import psycopg
import pytest
from contracts.catalog import Catalog
from data_service.reflect.options import Exposure
from data_service.reflect.postgres import reflect
from psycopg import sql

from tests.fixtures import large_schemas as large


def reflected(url: str) -> Catalog:
    with psycopg.connect(url) as connection:
        return reflect(connection, Exposure())


@pytest.fixture(scope="module")
def ten(postgres_server) -> tuple[str, Catalog]:
    url = postgres_server.create_database("reflect_ten", large.ten_schemas_sql())
    return url, reflected(url)


@pytest.fixture(scope="module")
def many(postgres_server) -> tuple[str, Catalog]:
    url = postgres_server.create_database("reflect_many", large.many_tables_sql())
    return url, reflected(url)


def read_all(url: str, catalog: Catalog) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("set search_path = ''")
        for resource in catalog.resources:
            columns = sql.SQL(", ").join(sql.Identifier(field.name) for field in resource.fields)
            address = sql.Identifier(resource.schema, resource.table)
            rows = connection.execute(sql.SQL("select {} from {}").format(columns, address)).fetchall()
            assert resource.kind == "view" or 1 <= len(rows) <= 3


def check_relations(catalog: Catalog) -> None:
    """Every relation has a way back, ends in fields that exist, and a name that nothing else has."""
    for resource in catalog.resources:
        names = [relation.name for relation in resource.relations]
        assert len(set(names)) == len(names)
        assert not set(names) & set(resource.by_name)
        for relation in resource.relations:
            target = catalog.by_name[relation.target]
            joined = catalog.by_name[relation.junction.resource] if relation.junction else target
            assert all(own in resource.by_name and other in joined.by_name for own, other in relation.pairs)
            back = [other for other in target.relations if other.target == resource.name]
            assert any(bool(other.junction) == bool(relation.junction) for other in back)


def test_ten_schemas(ten: tuple[str, Catalog]):
    url, catalog = ten
    assert sorted(catalog.schemas) == sorted(large.TEN_SCHEMAS)
    assert Counter(resource.kind for resource in catalog.resources) == {
        "table": large.TEN_SCHEMAS_TABLES, "view": large.TEN_SCHEMAS_VIEWS,
    }  # fmt: skip
    with psycopg.connect(url) as connection:
        (count,) = connection.execute("select count(*) from pg_constraint where contype = 'f'").fetchone()
    assert sum(relation.owning for resource in catalog.resources for relation in resource.relations) == count
    assert any(len(relation.pairs) > 1 for resource in catalog.resources for relation in resource.relations)
    assert any(relation.unique for resource in catalog.resources for relation in resource.relations)
    check_relations(catalog)
    read_all(url, catalog)


def test_many_tables(many: tuple[str, Catalog]):
    url, catalog = many
    assert len(catalog.resources) == large.MANY_TABLES
    with psycopg.connect(url) as connection:
        (count,) = connection.execute("select count(*) from pg_constraint where contype = 'f'").fetchone()
        (functions,) = connection.execute(
            "select count(*) from pg_proc where pronamespace = 'public'::regnamespace"
        ).fetchone()
    assert count >= 700
    assert functions == large.MANY_TABLES_FUNCTIONS
    assert sum(relation.owning for resource in catalog.resources for relation in resource.relations) == count
    check_relations(catalog)
    read_all(url, catalog)


def test_the_questions_do_not_grow_with_the_tables(ten, many):
    asked = []
    for url, _ in (ten, many):
        with psycopg.connect(url) as connection:
            statements: list[object] = []
            connection.cursor_factory = _counting(statements)
            reflect(connection, Exposure())
            asked.append(len(statements))
    assert asked[0] == asked[1] <= 16


def _counting(statements: list[object]) -> type[psycopg.Cursor]:
    class Counting(psycopg.Cursor):
        def execute(self, query, *rest, **options):
            statements.append(query)
            return super().execute(query, *rest, **options)

    return Counting


def test_the_scripts_are_always_the_same():
    assert large.ten_schemas_sql() == large.ten_schemas_sql()
    assert large.many_tables_sql() == large.many_tables_sql()
