"""What answers stand on, and what ends that: writes, new rules, the dead, and whoever writes past us."""

import threading
import time
from contextlib import nullcontext

import apsw
import psycopg
import pytest
from chassis.versions import Versions, Writer, word_of
from contracts.filters import Compare, FieldRef, Param
from contracts.identity import Caller, Principal
from contracts.operations import Assign, Create, Delete, Document, FieldOutput, Member, Node, Read, Update
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase
from data_service.versioning import Versioning

from tests.fixtures.on_hub import EngineOnHub, TurningHub

TABLES = """
create table teams (id integer primary key, name text);
create table people (id integer primary key, team_id int references teams on delete cascade, name text, born date);
create view names as select id, name from people;
insert into teams values (1, 'red'), (2, 'blue');
insert into people values (1, 1, 'Ada', '1990-01-01'), (2, 2, 'Bob', '1991-01-01');
"""
RULES = """
version: 1
cache: {%s}
resources:
  people:
    permissions:
      member: {select: {columns: '*', filter: {team_id: {_eq: X-Hasura-Team}}}}
"""
ADMIN = Caller(principal=Principal(role="admin", subject="s"))


def out(*names):
    return tuple(FieldOutput(name, FieldRef(name)) for name in names)


PEOPLE = Read("people", Node(out("id", "name")))
TEAMS = Read("teams", Node(out("id", "name")))
NAMES = Read("names", Node(out("id", "name")))
BORN = Read("people", Node(out("id"), filter=Compare(FieldRef("born"), "lt", Param(0))))
BY_ID = Compare(FieldRef("id"), "eq", Param(0))
RENAME = Update("people", (Assign("name", Param(1)),), BY_ID, returning=Node(shape="none"))
DISSOLVE = Delete("teams", BY_ID, returning=Node(shape="none"))
FOUND = Create("teams", ("id", "name"), Param(0), returning=Node(shape="none"))


class Place:
    """An engine that counts, over a small database, and what a facade would see of it."""

    def __init__(self, kind, url, folder, rule, **options):
        self.kind, self.folder, self.url = kind, folder, url
        self.path = folder / "versions"
        self.config = folder / "trivet.yaml"
        self.rule(rule)
        self.writer = Writer.claim(self.path)
        if kind == "postgresql":
            self.database = PostgresDatabase(url, size=4, limit=5.0, name=self.writer.name, **options)
        else:
            self.database = SqliteDatabase(url, size=4, limit=5.0)
        self.versioning = Versioning(self.path, self.writer, self.database)
        self.engine = Engine(self.database, config=self.config, versioning=self.versioning)
        self.asked = self.engine

    def rule(self, text):
        """Write another configuration."""
        self.config.write_text(RULES % text)

    def serve(self):
        """Read the catalog, and settle what can be settled."""
        self.engine.refresh()
        self.versioning.tend()
        return self

    def basis(self, operation, values=(), who=ADMIN):
        return self.asked.execute(operation, list(values), who).basis

    def holds(self, basis):
        """Whether a facade may give the answer again that stands on this."""
        versions = Versions.open(self.path)
        try:
            return versions.watch(basis.words, basis.versions) is not None
        finally:
            versions.close()

    def stranger(self, statement):
        """Write past Trivet."""
        if self.kind == "postgresql":
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(statement)
        else:
            connection = apsw.Connection(str(self.url))
            connection.execute(statement)
            connection.close()


@pytest.fixture
def make(place, kind, tmp_path, request):
    """Makes places, and ends them."""
    made = []
    numbers = iter(range(100))

    def make(rule="only_writer: true", url=None, **options):
        if url is None and kind == "postgresql":
            server = request.getfixturevalue("postgres_server")
            url = server.create_database(f"versioning_{time.monotonic_ns()}", TABLES)
        elif url is None:
            url = tmp_path / f"people{next(numbers)}.db"
            connection = apsw.Connection(str(url))
            connection.execute(TABLES)
            connection.close()
        made.append(Place(kind, url, tmp_path, rule, **options))
        if turning is not None:
            made[-1].asked = EngineOnHub(made[-1].engine, turning)
        return made[-1]

    with TurningHub() if place.endswith("hub") else nullcontext() as turning:
        yield make
        for found in made:
            found.engine.close()


def test_an_answer_stands_until_what_it_was_made_from_is_written(make):
    place = make().serve()
    people, names, teams = place.basis(PEOPLE), place.basis(NAMES), place.basis(TEAMS)
    assert people.memory == place.writer.id
    assert people.age is None
    assert people.claims == ()
    assert all(map(place.holds, (people, names, teams)))
    assert place.basis(RENAME, [1, "Eve"]) is None
    assert [place.holds(basis) for basis in (people, names, teams)] == [False, False, True]
    assert place.holds(place.basis(PEOPLE))


def test_a_cascade_ends_what_it_reaches(make):
    place = make().serve()
    people = place.basis(PEOPLE)
    place.basis(DISSOLVE, [1])
    assert not place.holds(people)


def test_a_write_that_fails_ends_answers_too_and_leaves_no_mark(make):
    place = make().serve()
    teams = place.basis(TEAMS)
    with pytest.raises(Problem):
        place.basis(FOUND, [[{"id": 1, "name": "red again"}]])
    assert not place.holds(teams)
    assert place.holds(place.basis(TEAMS))


def test_nothing_stands_on_what_is_being_written(make):
    place = make().serve()
    other = Writer.claim(place.path)
    other.recover()
    mark = other.begin([word_of("public.people" if place.kind == "postgresql" else "main.people")])
    assert place.basis(PEOPLE) is None
    assert place.basis(TEAMS) is not None
    other.settle(mark)
    assert place.holds(place.basis(PEOPLE))
    other.close()


def test_nothing_stands_on_a_document_that_writes(make):
    place = make().serve()
    document = Document((Member("a", RENAME), Member("b", PEOPLE)))
    assert place.basis(document, [1, "Eve"]) is None
    reads = Document((Member("a", TEAMS), Member("b", PEOPLE)))
    basis = place.basis(reads)
    assert len(basis.words) == 2
    place.basis(RENAME, [1, "Eve"])
    assert not place.holds(basis)


def test_session_variables_are_named(make):
    place = make().serve()
    member = Caller(principal=Principal(role="member", subject="m", session={"x-hasura-team": "1"}))
    assert place.basis(PEOPLE, who=member).claims == ("x-hasura-team",)


def test_without_a_rule_nothing_stands(make):
    assert make("").serve().basis(PEOPLE) is None


def test_an_age_is_told_where_only_that_is_allowed(make):
    place = make("max_age: 3").serve()
    basis = place.basis(PEOPLE)
    assert basis.age == 3
    place.basis(RENAME, [1, "Eve"])
    assert not place.holds(basis)


def test_a_value_that_may_be_the_time_at_hand(make):
    place = make().serve()
    assert place.basis(BORN, ["2000-01-01"]).age is None
    if place.kind == "postgresql":
        assert place.basis(BORN, ["now"]) is None
        place.rule("only_writer: true, max_age: 2")
        place.engine.refresh()
        assert place.basis(BORN, ["2000-01-01"]).age is None
        assert place.basis(BORN, ["now"]).age == 2


def test_new_rules_end_all_answers(make):
    place = make().serve()
    teams = place.basis(TEAMS)
    place.engine.refresh()
    assert place.holds(teams)
    place.rule("only_writer: true, max_age: 9")
    place.engine.refresh()
    assert not place.holds(teams)
    teams = place.basis(TEAMS)
    place.engine.refresh(force=True)
    assert not place.holds(teams)


@pytest.mark.parametrize("moment", ["before the versions are copied", "before the answer is read"])
def test_an_answer_that_new_rules_overtook_stands_on_nothing(make, monkeypatch, moment):
    place = make().serve()
    place.basis(TEAMS)
    owner, name = (place.versioning, "copy") if "copied" in moment else (place.database, "answer")
    step = getattr(owner, name)

    def overtaken(*arguments, **named):
        monkeypatch.undo()
        place.engine.refresh(force=True)
        return step(*arguments, **named)

    monkeypatch.setattr(owner, name, overtaken)
    old = place.basis(TEAMS)
    assert old is None or not place.holds(old)
    assert place.holds(place.basis(TEAMS))


def test_a_new_trigger_is_known_to_writes_though_the_catalog_is_the_same(make):
    place = make().serve()
    version = place.engine.version
    place.basis(RENAME, [1, "Eve"])
    if place.kind == "postgresql":
        place.stranger("""
            create function shout() returns trigger language plpgsql
                as $$ begin update teams set name = upper(name); return null; end $$;
            create trigger shout after update on people execute function shout();
        """)
    else:
        place.stranger("create trigger shout after update on people begin update teams set name = upper(name); end")
    place.engine.refresh()
    assert place.engine.version == version
    teams = place.basis(TEAMS)
    assert place.holds(teams)
    place.basis(RENAME, [1, "Ada"])
    assert not place.holds(teams)


def test_before_the_first_catalog_nothing_is_settled(make):
    place = make()
    place.versioning.start = lambda: None
    assert not place.writer.recovered
    place.engine.refresh()
    assert place.basis(TEAMS) is None  # not tended to yet
    place.versioning.tend()
    assert place.holds(place.basis(TEAMS))


def test_what_a_dead_process_left_marked_is_settled(make):
    place = make().serve()
    dead = Writer.claim(place.path)
    dead.recover()
    dead.begin([word_of("public.people" if place.kind == "postgresql" else "main.people")])
    dead.close()
    assert place.basis(PEOPLE) is None
    place.versioning.tend()
    assert place.holds(place.basis(PEOPLE))


def test_where_the_memory_is_gone_nothing_stands_any_more(make):
    place = make().serve()
    teams = place.basis(TEAMS)
    versions = Versions.open(place.path)
    watch = versions.watch(teams.words, teams.versions)
    place.path.unlink()
    place.versioning.tend()
    assert not watch.unchanged()
    assert place.basis(TEAMS) is None
    versions.close()


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.fixture
def postgres(make, kind):
    """Places on PostgreSQL only."""
    if kind != "postgresql":
        pytest.skip("PostgreSQL's own")
    return make


def names_on(url):
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("select application_name from pg_stat_activity where datname = current_database()")
        return {name for (name,) in rows.fetchall()}


def test_connections_are_known_by_the_slot_whatever_the_address_says(postgres, postgres_server):
    url = postgres_server.create_database(f"versioning_{time.monotonic_ns()}", TABLES)
    place = postgres(url=f"{url}{'&' if '?' in url else '?'}application_name=mine").serve()
    place.basis(TEAMS)
    place.basis(RENAME, [1, "Eve"])
    assert place.writer.name in names_on(url)
    assert "mine" not in names_on(url)


def test_a_ghost_of_a_former_process_is_waited_for(postgres):
    place = postgres()
    ghost = psycopg.connect(place.url, application_name=place.writer.name + "0")
    place.versioning.start = lambda: None
    place.serve()
    assert place.basis(TEAMS) is None
    ghost.close()
    until = time.monotonic() + 10
    while not place.writer.recovered and time.monotonic() < until:
        place.versioning.tend()
    assert place.holds(place.basis(TEAMS))


def test_a_write_whose_connection_is_lost_stays_marked_until_the_server_has_ended_it(postgres):
    place = postgres()
    place.versioning.start = lambda: None
    place.serve()
    other = psycopg.connect(place.url)
    other.execute("lock table people")
    answers = []

    def write():
        try:
            place.basis(RENAME, [1, "Eve"])
        except Problem as problem:
            answers.append(problem.code)

    thread = threading.Thread(target=write)
    thread.start()
    waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and application_name = %s"
    with psycopg.connect(place.url, autocommit=True) as connection:
        while not (found := connection.execute(waiting, [place.writer.name]).fetchall()):
            time.sleep(0.01)
        ((backend,),) = found
        connected = place.database.connected
        place.database.connected = lambda: {**connected(), backend: place.writer.name}  # it takes its time to end
        connection.execute("select pg_terminate_backend(%s, 5000)", [backend])
    thread.join(10)
    assert answers == ["PGRST000"]
    assert place.database.adrift == {backend}
    other.close()
    place.versioning.tend()
    assert place.basis(PEOPLE) is None
    place.database.connected = connected
    place.versioning.tend()
    assert place.database.adrift == set()
    assert place.holds(place.basis(PEOPLE))


def test_an_announcement_ends_all_answers(postgres):
    place = postgres().serve()
    place.engine.watch(60)
    teams = place.basis(TEAMS)
    until = time.monotonic() + 10
    while place.holds(teams) and time.monotonic() < until:
        place.stranger("notify trivet")
        time.sleep(0.05)
    assert not place.holds(teams)


def test_behind_a_pooler_only_an_age_counts(postgres):
    assert postgres("only_writer: true", prepare=False).serve().basis(TEAMS) is None
    assert postgres("only_writer: true, max_age: 2", prepare=False).serve().basis(TEAMS).age == 2


# --- SQLite -----------------------------------------------------------------------------------------------------------


def test_what_somebody_else_writes_is_noticed(make, kind):
    if kind != "sqlite":
        pytest.skip("SQLite's own")
    place = make()
    place.versioning.start = lambda: None
    place.serve()
    place.versioning.tend()
    teams = place.basis(TEAMS)
    place.versioning.tend()
    assert place.holds(teams)
    place.stranger("update teams set name = 'green'")
    place.versioning.tend()
    assert not place.holds(teams)
    teams = place.basis(TEAMS)
    place.versioning.tend()
    assert place.holds(teams)
    place.basis(RENAME, [1, "Eve"])  # our own writes end no more than they have to
    place.versioning.tend()
    assert place.holds(teams)
