"""Values and types on a hub are those of psycopg's own cursors, by which threads ask: both are asked the same."""

import importlib.util
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from contracts.problems import Problem
from data_service.sql.values import any_json, array_text, plain_text

_spec = importlib.util.spec_from_file_location("pipeline_place", Path(__file__).with_name("pipeline_place.py"))
at = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(at)

TEXTS = [
    "",
    "a",
    "Çelik 日本",
    'quo"te\\',
    "{}",
    "'; drop",
    "12",
    "1e20",
    "true",
    "2024-02-29",
    "\x01",
    "\t\n",
    "𝄞",
    None,
]
VALUES = [0, -1, 2**31, 2**63 - 1, 2**63, True, False, Decimal("10.10"), Decimal("1E+30"), 0.1, 1e300, *TEXTS]
TYPES = [
    "int", "bigint", "smallint", "text", "varchar(3)", "boolean", "date", "numeric(10,2)", "numeric", "jsonb", "json",
    "timestamp", "timestamptz", "double precision", "real", "bytea", "uuid", "interval", "time", "inet", "money",
]  # fmt: skip
LISTS = [[], ["a", None, 'b"\\,{}'], [1, 2.5], [True], ["2024-02-29"], [["a"], ["b"]]]
ANSWERS = [
    "1::int", "1::smallint", "9223372036854775807::bigint", "true", "'text'::text", "'v'::varchar", "'n'::name", "null",
    "'{\"a\": 1}'::json", "'{\"a\": 1}'::jsonb", "1.50::numeric", "0.1::float8", "'{a,b}'::text[]", "count(*)",
    "'2024-02-29'::date", "'\\x00ff'::bytea", "'Infinity'::float8",
]  # fmt: skip


@pytest.fixture(scope="module")
def place(postgres_server):
    made = at.Place(postgres_server.create_database("pipeline_values"))
    yield made
    made.close()


def ask(place, sql, values):
    try:
        return place.read(at.statement(sql, len(values)), *values)
    except Problem as problem:
        return problem.code, problem.message


def both(place, questions):
    """What a thread and what a hub's greenlets get for the same questions."""
    asked = [partial(ask, place, sql, values) for sql, *values in questions]
    return [work() for work in asked], place.run(*asked)


@pytest.mark.parametrize("kind", TYPES)
def test_scalars(place, kind):
    """What the dialect's encoders give for each value, cast to each type."""
    questions = [
        (f"select to_json($1::{kind}), $1::{kind}::text, 7::bigint", encode(value))
        for value in VALUES
        for encode in (plain_text, any_json)
    ]
    threads, hub = both(place, questions)
    assert hub == threads


@pytest.mark.parametrize("kind", ["text[]", "int[]", "double precision[]", "boolean[]", "date[]", "jsonb[]"])
def test_lists(place, kind):
    threads, hub = both(place, [(f"select to_json($1::{kind})", array_text(value)) for value in LISTS])
    assert hub == threads


def test_values_of_python_mean_the_same(place):
    """No encoder of ours gives these to PostgreSQL now; were one to, it would still be right."""
    questions = [("select to_json($1::numeric)", value) for value in (0, -1, 2**63, Decimal("10.10"), 0.5)]
    questions += [("select to_json($1::boolean)", value) for value in (True, False)]
    questions += [("select to_json($1::text[])", value) for value in ([], ["a", None], ['"\\'])]
    threads, hub = both(place, questions)
    assert hub == threads


@pytest.mark.parametrize("sql", ANSWERS)
def test_types_of_answers(place, sql):
    threads, hub = both(place, [(f"select {sql}, null::bigint",)])
    assert hub == threads
    assert [type(value) for value in hub[0]] == [type(value) for value in threads[0]]
