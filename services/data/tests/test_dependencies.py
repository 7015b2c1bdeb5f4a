"""What answers depend on and writes touch, of operations as clients send them, under rules as they are written."""

import math
from collections.abc import Sequence

import apsw
import msgspec
import pytest
from chassis.versions import EVERYTHING, word_of
from contracts.fields import Field
from contracts.filters import Compare, FieldRef, Param, RelationRef
from contracts.operations import (
    Assign,
    Constant,
    Create,
    Delete,
    Document,
    Embed,
    FieldOutput,
    Member,
    Node,
    Read,
    Update,
)
from data_service.access import restrict
from data_service.dependencies import lifetime, of_read, of_write, tells_time
from data_service.plan.writes import plan_operation
from data_service.policies import CacheRule, parse
from data_service.reflect.options import Exposure
from data_service.reflect.sqlite import reflect
from data_service.reflect.sqlite_effects import read_effects
from data_service.role_catalog import limit_catalog

SCRIPT = """
create table customers (id integer primary key, name text, seen timestamp);
create table orders (id integer primary key, customer_id int references customers on delete cascade, status text);
create table flags (name text primary key);
create table log (id integer primary key, what text);
create table watched (id integer primary key);
create trigger tell after insert on watched begin insert into log (what) values ('new'); end;
create view names as select id, name from customers;
create view lot as select id, random() as r from customers;
"""
RULES = """
version: 1
resources:
  customers:
    permissions:
      clerk: {select: {columns: '*', filter: {}, allow_aggregations: true}}
      customer: {select: {columns: '*', filter: {id: {_eq: X-Hasura-Customer-Id}}}}
      flagged: {select: {columns: '*', filter: {_exists: {_table: flags, _where: {name: {_eq: known}}}}}}
      fresh: {select: {columns: '*', filter: {seen: {_gt: yesterday}}}}
  orders:
    permissions:
      clerk: {select: {columns: '*', filter: {}}}
      customer: {select: {columns: '*', filter: {customer: {name: {_eq: X-Hasura-Name}}}}}
"""
F, P = FieldRef, Param


def out(*names: str) -> tuple[FieldOutput, ...]:
    return tuple(FieldOutput(name, F(name)) for name in names)


def words(*names: str) -> tuple[int, ...]:
    return tuple(sorted({word_of(f"main.{name}") for name in names}))


class Place:
    """A database with rules, asked for dependencies."""

    def __init__(self) -> None:
        connection = apsw.Connection(":memory:")
        connection.execute(SCRIPT)
        connection.execute("pragma foreign_keys = on")
        self.effects = read_effects(connection)
        self.catalog = reflect(connection, Exposure())
        self.policies = parse(RULES)

    def plan(self, operation, role):
        plan = plan_operation(operation, limit_catalog(self.catalog, self.policies, role), self.catalog)
        return restrict(plan, self.catalog, self.policies, role)

    def read(self, operation, role="admin", engine="sqlite"):
        return of_read(self.plan(operation, role), self.effects, msgspec.structs.replace(self.catalog, engine=engine))

    def write(self, operation, role="admin"):
        return of_write(self.plan(operation, role), self.effects)


@pytest.fixture(scope="module")
def place() -> Place:
    return Place()


ORDERS = Read("orders", Node(outputs=out("id")))
SEEN_AFTER = Read("customers", Node(outputs=out("id"), filter=Compare(F("seen"), "gt", P(0))))
NAMED = Read("customers", Node(outputs=out("id"), filter=Compare(F("name"), "eq", P(0))))


def test_a_read_depends_on_its_resource(place):
    found = place.read(ORDERS)
    assert found.words == words("orders")
    assert found.claims == ()
    assert found.unsteady is None
    assert not found.timed


def test_a_read_depends_on_what_it_embeds_and_on_what_a_view_shows(place):
    embed = Embed("customer", RelationRef("customer"), Node(outputs=out("name")))
    assert place.read(Read("orders", Node(outputs=(*out("id"), embed)))).words == words("orders", "customers")
    assert place.read(Read("names", Node(outputs=out("name")))).words == words("customers")


def test_a_read_depends_on_what_its_rules_look_at(place):
    assert place.read(NAMED, "flagged").words == words("customers", "flags")
    found = place.read(ORDERS, "customer")
    assert found.words == words("orders", "customers")
    assert found.claims == ("x-hasura-name",)
    embed = Embed("customer", RelationRef("customer"), Node(outputs=out("name")))
    both = place.read(Read("orders", Node(outputs=(*out("id"), embed))), "customer")
    assert both.claims == ("x-hasura-customer-id", "x-hasura-name")


def test_a_document_depends_on_all_its_members(place):
    members = (Member("a", ORDERS), Member("b", NAMED), Member("c", Constant("c", "x")))
    assert place.read(Document(members)).words == words("orders", "customers")


def test_what_a_view_says_by_itself_is_unsteady(place):
    found = place.read(Read("lot", Node(outputs=out("id"))))
    assert "random" in found.unsteady
    assert found.words == words("customers")


def test_a_table_of_which_nothing_is_known_is_unsteady(place):
    effects = type(place.effects)()
    assert "nothing is known" in of_read(place.plan(ORDERS, "admin"), effects, place.catalog).unsteady
    create = Create("orders", ("status",), P(0))
    assert of_write(place.plan(create, "admin"), effects) == (EVERYTHING,)


def test_what_is_computed_may_tell_the_time(place):
    computed = Field(name="age", type="int4", db_type="INTEGER", origin="expression", expression=("1 + ", "id", ""))
    (customers,) = [resource for resource in place.catalog.resources if resource.name == "customers"]
    wider = msgspec.structs.replace(customers, fields=(*customers.fields, computed))
    catalog = msgspec.structs.replace(place.catalog, resources=(wider,))

    def unsteady(*fields):
        plan = plan_operation(Read("customers", Node(outputs=out(*fields))), catalog, catalog)
        return of_read(restrict(plan, catalog, place.policies, "admin"), place.effects, catalog).unsteady

    assert unsteady("id") is None
    assert "age is computed" in unsteady("id", "age")


@pytest.mark.parametrize("count", ["planned", "estimated"])
def test_an_estimated_count_is_unsteady(place, count):
    assert "estimates" in place.read(Read("orders", Node(outputs=out("id")), count=count)).unsteady
    assert place.read(Read("orders", Node(outputs=out("id")), count="exact")).unsteady is None


def test_a_text_cast_as_a_time_is_unsteady(place):
    cast = Read("customers", Node(outputs=(FieldOutput("t", F("name"), "timestamptz"),)))
    assert "cast as a time" in place.read(cast).unsteady
    cast = Read("customers", Node(outputs=(FieldOutput("t", F("seen"), "date"), FieldOutput("n", F("id"), "text"))))
    assert place.read(cast).unsteady is None


def test_postgres_may_read_a_value_as_the_time_at_hand(place):
    assert place.read(SEEN_AFTER, engine="postgresql").timed
    assert not place.read(SEEN_AFTER).timed
    assert not place.read(NAMED, engine="postgresql").timed
    assert "time at hand" in place.read(NAMED, "fresh", engine="postgresql").unsteady
    assert place.read(NAMED, "fresh").unsteady is None
    assert place.read(NAMED, "flagged", engine="postgresql").unsteady is None  # its text is one, and no time


@pytest.mark.parametrize("values", [["now"], ["2024-01-01", "NOW "], [["a", "Today"]], [[{"a": ["x", "yesterday"]}]]])
def test_words_that_mean_the_time_at_hand_are_found(values: Sequence[object]):
    assert tells_time(values)


@pytest.mark.parametrize("values", [[], ["2024-01-01", 5, None, True], [["infinity"], {"a": "epoch"}]])
def test_other_values_tell_no_time(values: Sequence[object]):
    assert not tells_time(values)


def test_a_write_touches_its_table_its_cascades_and_what_triggers_write(place):
    assert place.write(Create("orders", ("status",), P(0))) == words("orders")
    assert place.write(Create("watched", ("id",), P(0))) == words("watched", "log")
    where = Compare(F("id"), "eq", P(0))
    assert place.write(Delete("customers", where)) == words("customers", "orders")
    assert place.write(Update("orders", (Assign("status", P(1)),), where)) == words("orders")
    document = Document((Member("a", Create("orders", ("status",), P(0))), Member("b", Delete("watched", where))))
    assert place.write(document) == words("orders", "watched", "log")


def test_an_answer_is_kept_as_the_configuration_allows(place):
    steady, unsteady = place.read(ORDERS), place.read(Read("lot", Node(outputs=out("id"))))
    assert lifetime(steady, CacheRule()) is None
    assert lifetime(steady, CacheRule(only_writer=True)) == math.inf
    assert lifetime(steady, CacheRule(max_age=2)) == 2
    assert lifetime(unsteady, CacheRule(only_writer=True)) is None
    assert lifetime(unsteady, CacheRule(only_writer=True, max_age=2)) == 2
