"""Summaries that ask for no aggregate and no rows are still one object, on each database."""

import pytest
from contracts.filters import Compare, FieldRef, Param, RelationRef
from contracts.operations import Constant, Document, Embed, FieldOutput, Group, Member, Node, Read, Sort

NAMED = (Constant("__typename", "summary"), Group("aggregate", (Constant("__typename", "fields"),)))
SUMMARY = {"__typename": "summary", "aggregate": {"__typename": "fields"}}


@pytest.mark.parametrize("orders", [[], [1], [1, 2, 3, 4]])
def test_over_any_number_of_rows(store, orders):
    node = Node(NAMED, filter=Compare(FieldRef("id"), "in", Param(0)), shape="summary")
    document = Document((Member("a", Read("orders", node)),))
    assert store.ask(document, [orders]) == {"a": SUMMARY}


def test_within_rows(store):
    summary = Embed("s", RelationRef("order_items"), Node(NAMED, shape="summary"))
    node = Node((FieldOutput("id", FieldRef("id")), summary), sort=(Sort(FieldRef("id")),))
    assert store.ask(Read("orders", node), []) == [{"id": key, "s": SUMMARY} for key in (1, 2, 3, 4)]
