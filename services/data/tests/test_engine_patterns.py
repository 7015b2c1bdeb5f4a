"""Patterns that look ahead or behind, as clients write "does not begin so" and "does not end so", on each database."""

import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.operations import FieldOutput, Node, Read, Sort
from contracts.problems import Problem

NAMES = {1: "Anvil", 2: "Rope", 3: 'Paint "red"', 4: "Unsold"}


def _keys(store, operator, pattern):
    filter_ = Compare(FieldRef("name"), operator, Param(0))
    node = Node((FieldOutput("id", FieldRef("id")),), filter=filter_, sort=(Sort(FieldRef("id")),))
    return [row["id"] for row in store.ask(Read("products", node), [pattern])]


@pytest.mark.parametrize(
    ("operator", "pattern", "expected"),
    [
        ("imatch", "^(?!an|r)", [3, 4]),
        ("match", "^(?!an)", [1, 2, 3, 4]),
        ("imatch", "(?<!L|e)$", [3, 4]),
        ("match", "(?<!l)$", [2, 3, 4]),
        ("match", r"^(?!.*\()", [1, 2, 3, 4]),
    ],
)
def test_what_does_not_begin_or_end_so(store, operator, pattern, expected):
    assert _keys(store, operator, pattern) == expected


@pytest.mark.parametrize("pattern", ["^(?!", "(", "^(?!a))"])
def test_what_is_no_pattern(store, pattern):
    with pytest.raises(Problem) as caught:
        _keys(store, "match", pattern)
    assert caught.value.code == "2201B"
