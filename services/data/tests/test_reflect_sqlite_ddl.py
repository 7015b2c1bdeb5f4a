"""Names of constraints and events of triggers, read from SQLite's DDL."""

import pytest
from data_service.reflect.sqlite_ddl import NamedConstraint, named_constraints, replaced_events, tokens


def test_constraints_of_columns_and_of_the_table():
    ddl = """create table "a,(b" ( -- constraint no unique (x)
        id int constraint "the key" primary key,
        x text constraint nn not null constraint ux unique default 'constraint s unique (id)',
        y int check (y > 0) constraint fy references Other (id), z int,
        constraint checked check (x <> ',' and (y > 1)),
        constraint [two of them] unique (x collate nocase, "Y" desc),
        constraint `fk``1` foreign key (y, z) references "The Other" (a, b) on delete cascade
    ) /* constraint none unique (z) */ strict"""
    assert named_constraints(ddl) == [
        NamedConstraint("the key", "primary", ("id",)),
        NamedConstraint("ux", "unique", ("x",)),
        NamedConstraint("fy", "foreign", ("y",), "other"),
        NamedConstraint("two of them", "unique", ("x", "y")),
        NamedConstraint("fk`1", "foreign", ("y", "z"), "the other"),
    ]


def test_a_quoted_keyword_is_a_name():
    ddl = """create table t (a int "constraint" x, "unique" int, constraint "primary" unique ("unique"))"""
    assert named_constraints(ddl) == [NamedConstraint("primary", "unique", ("unique",))]


@pytest.mark.parametrize(
    "ddl", ["", "create virtual table v using fts5(x)", "create table t as select 1", "(((", "constraint x"]
)
def test_texts_without_named_keys(ddl: str):
    assert named_constraints(ddl) == []


def test_tokens_take_quotes_and_comments_apart():
    text = """a "b""c" 'd''e' [f g] `h``i` /* j */ 1.5e3 -- k\n+ é"""
    assert [token.text for token in tokens(text)] == ["a", 'b"c', "'d''e'", "f g", "h`i", "1.5e3", "+", "é"]


@pytest.mark.parametrize(
    ("ddl", "event"),
    [
        ("create trigger t instead of insert on v begin select 1; end", "INSERT"),
        ("CREATE TRIGGER t INSTEAD\nOF UPDATE OF a, b ON v BEGIN SELECT 1; END", "UPDATE"),
        ('create trigger "instead" -- of\n instead /* x */ of delete on v begin select 1; end', "DELETE"),
        ("create trigger t after insert on a begin select instead, of, delete from b; end", ""),
        ("create trigger t before delete on a begin insert into b values ('instead of insert'); end", ""),
    ],
)
def test_events_that_a_trigger_replaces(ddl: str, event: str):
    assert replaced_events(ddl) == event
