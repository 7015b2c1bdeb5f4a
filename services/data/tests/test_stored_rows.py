"""Stored rows cleansed on both databases: what would change, batch by batch, and what becomes of it."""

from contracts.filters import Compare, FieldRef, Param
from contracts.operations import Assign, FieldOutput, Node, Read, Sort, Update
from data_service.policies import parse
from data_service.stored_rows import ADMIN, batches, count, targets

CONFIG = """\
version: 1
resources:
  customers:
    fields:
      name: {cleanse: [upper]}
      email: {cleanse: [{map: {bob@example.com: ada@example.com}}]}
      profile: {cleanse: [lower]}
  order_items:
    fields:
      quantity: {cleanse: [{map: {1: 7}}]}
  tags:
    fields:
      name: {cleanse: [upper], validate: {maxLength: 3}}
  products:
    fields:
      price: {cleanse: [{round: 0}]}
      weight: {validate: {minimum: 0}}
  log_lines:
    fields:
      line: {cleanse: [trim]}
  big_orders:
    fields:
      pieces: {cleanse: [{round: 0}]}
"""


def target(store, name):
    found, left = targets(parse(CONFIG).processing, store.engine.catalog(ADMIN))
    return next(item for item in found if item.resource.name == name), left


def run(store, name, *, size=2, after=None, apply=False):
    return list(batches(store.engine, target(store, name)[0], size=size, after=after, apply=apply))


def column(store, name, *fields):
    node = Node(tuple(FieldOutput(field, FieldRef(field)) for field in fields), sort=(Sort(FieldRef(fields[0])),))
    return [tuple(row.values()) for row in store.ask(Read(name, node), [])]


def test_what_would_change_is_found_and_nothing_is_written(ruled_store):
    before = ruled_store.ask(Read("customers"), [])
    found = run(ruled_store, "customers")
    assert [(batch.seen, batch.last, batch.applied) for batch in found] == [(2, (2,), 0), (1, (3,), 0)]
    changes = {change.key: change.fields for batch in found for change in batch.changes}
    assert changes[1,] == {
        "name": ("Ada", "ADA"),
        "profile": ({"city": "Oslo", "age": 30, "tags": ["a", "b"]}, {"city": "oslo", "age": 30, "tags": ["a", "b"]}),
    }
    assert changes[2,]["email"] == ("bob@example.com", "ada@example.com")
    assert ruled_store.ask(Read("customers"), []) == before
    assert count(ruled_store.engine, target(ruled_store, "customers")[0]) == 3


def test_what_is_left_alone_is_told(ruled_store):
    left = target(ruled_store, "customers")[1]
    assert [(item.name, item.reason) for item in left] == [
        ("log_lines", "it has no primary key"),
        ("big_orders", "it has no primary key"),
    ]


def test_changes_are_applied_and_one_that_is_refused_stops_no_other(ruled_store):
    found = run(ruled_store, "customers", size=10, apply=True)
    assert [(batch.applied, batch.overtaken) for batch in found] == [(2, 0)]
    ((change, reason),) = found[0].refused
    assert change.key == (2,)
    assert "unique" in reason.lower()
    assert column(ruled_store, "customers", "id", "name") == [(1, "ADA"), (2, "Bob"), (3, "ÇELIK 日本")]
    assert [len(batch.changes) for batch in run(ruled_store, "customers", size=10)] == [1]  # it changes nothing again
    ruled_store.restore()


def test_what_breaks_another_rule_is_refused(ruled_store):
    (found,) = run(ruled_store, "tags", size=10, apply=True)
    assert (found.applied, [change.key for change, _ in found.refused]) == (1, [(1,), (3,)])
    assert column(ruled_store, "tags", "id", "name") == [(1, "heavy"), (2, "NEW"), (3, "unused")]
    ruled_store.restore()


def test_a_run_goes_on_after_a_composite_key(ruled_store):
    keys = [batch.last for batch in run(ruled_store, "order_items", size=2)]
    assert keys == [(1, 2), (3, 1), (3, 2)]
    found = run(ruled_store, "order_items", size=2, after=keys[0], apply=True)
    assert sum(batch.applied for batch in found) == 2
    assert column(ruled_store, "order_items", "order_id", "quantity")[:3] == [(1, 2), (1, 1), (2, 5)]
    ruled_store.restore()


def test_what_others_change_meanwhile_is_left_as_they_left_it(ruled_store):
    class Late:
        """An engine before whose first write somebody else is quicker."""

        done = False

        def execute(self, operation, values, caller):
            if not isinstance(operation, Read) and not self.done:
                self.done = True
                where = Compare(FieldRef("id"), "eq", Param(1))
                ruled_store.engine.execute(Update("products", (Assign("price", Param(0)),), where), [5, 2], ADMIN)
            return ruled_store.engine.execute(operation, values, caller)

    (found,) = list(batches(Late(), target(ruled_store, "products")[0], size=10, after=None, apply=True))
    assert [change.key for change in found.changes] == [(2,), (3,)]
    assert (found.applied, found.overtaken) == (1, 1)
    assert [int(price) for _, price in column(ruled_store, "products", "id", "price")] == [100, 5, 10, 1]
    ruled_store.restore()
