"""Fifty migrations under a running suite: nobody gets an error of the server's, and every document follows."""

import psycopg
import pytest

from tests.change.traffic import Client, Traffic, answered, no_errors, plain
from tests.fixtures.suite import Suite

SCHEMA = """
create table things (id serial primary key, name text not null, weight int);
create table parts (id serial primary key, thing_id int not null references things (id), label text);
insert into things (name, weight) select 'thing ' || g, g from generate_series(1, 50) g;
insert into parts (thing_id, label) select g, 'part ' || g from generate_series(1, 50) g;
"""

# what happens to a database within a year, five times over
MIGRATIONS = [
    step.format(n=n)
    for n in range(5)
    for step in (
        "alter table things add colour_{n} text",
        "alter table things rename colour_{n} to hue_{n}",
        "alter table things alter weight type bigint; alter table things add shade int default {n}",
        "create table boxes_{n} (id int primary key, thing_id int references things (id)); "
        "insert into boxes_{n} values (1, 1)",
        "alter table boxes_{n} rename to crates_{n}",
        "alter table parts rename label to title; alter table parts rename title to label",
        "alter table things alter weight type int; alter table things alter shade type text",
        "drop table crates_{n}",
        "alter table things drop hue_{n}",
        "alter table things drop shade",
    )
]


@pytest.fixture(scope="module")
def url(postgres_server):
    return postgres_server.create_database("migrations", SCHEMA)


@pytest.fixture(scope="module")
def suite(url):
    with Suite(url) as running:
        yield running


def traffic(suite):
    """Reads and writes of what stays, and reads of what comes and goes, through all three."""

    def asked(ask, is_good):
        client = Client(suite)
        return lambda: (ask(client), is_good)

    stays = {
        "rest read": (lambda c: c.rest("things?select=*,parts(*)&limit=5"), plain),
        "rest write": (lambda c: c.rest("things", "POST", json={"name": "by rest"}), plain),
        "graphql read": (lambda c: c.graphql("{ things(limit: 5) { id name parts { id label } } }"), no_errors),
        "graphql write": (
            lambda c: c.graphql(
                'mutation { update_things(where: {id: {_eq: 1}}, _set: {name: "x"}) { affected_rows } }'
            ),
            no_errors,
        ),
        "soap read": (lambda c: c.soap("<ListThings><page><limit>5</limit></page></ListThings>"), plain),
        "soap write": (lambda c: c.soap("<CreateThings><things><name>by soap</name></things></CreateThings>"), plain),
    }
    comes_and_goes = {
        "rest": lambda c: c.rest("things?select=id,shade,hue_0,crates_1(id)&hue_0=is.null"),
        "graphql": lambda c: c.graphql("{ things(where: {shade: {_is_null: false}}) { id shade } crates_2 { id } }"),
        "soap": lambda c: c.soap("<ListThings><filter><hue_3><eq>x</eq></hue_3></filter></ListThings>"),
    }
    questions = {name: asked(*question) for name, question in stays.items()}
    questions |= {f"{name}, changing": asked(ask, answered) for name, ask in comes_and_goes.items()}
    return Traffic(questions)


def migrate(connection, migration):
    """Run a migration; again where it waited for a reader that waited for it, as those who migrate do."""
    for _ in range(5):
        try:
            connection.execute(migration)
            return
        except psycopg.errors.DeadlockDetected:
            continue
    raise AssertionError(f"no way through for: {migration}")


def test_reads_and_writes_go_on_and_documents_follow(url, suite, until):
    admin = Client(suite)

    def all_say(word, *, there):
        return lambda: [word in text for text in admin.documents()] == [there] * 3

    with traffic(suite) as running, psycopg.connect(url, autocommit=True) as connection:
        running.wait_for_each()
        for number, migration in enumerate(MIGRATIONS):
            migrate(connection, migration)
            if number % 2:  # the others are found by looking
                connection.execute("notify pgrst, 'reload schema'")
                running.wait_for_each()
            if number % 10 == 4:
                until(all_say(f"crates_{number // 10}", there=True), "a new table is not in every document")
                until(all_say(f"hue_{number // 10}", there=True), "a new column is not in every document")
            if number % 10 == 8:
                until(all_say(f"crates_{number // 10}", there=False), "a dropped table is still in a document")
                until(all_say(f"hue_{number // 10}", there=False), "a dropped column is still in a document")
    assert running.bad == []
    assert sum(running.good.values()) > 1000
