"""A narrowed role may do what the plain one may, with the resources it names, and nothing else."""

import pytest
from contracts.identity import narrowed
from data_service.policies import Rules, parse

POLICIES = parse(
    """
version: 1
resources:
  orders:
    permissions:
      clerk: {select: {columns: [id], filter: {}}, delete: {filter: {}}}
  customers:
    permissions:
      clerk: {select: {columns: '*', filter: {}}}
"""
)


@pytest.mark.parametrize("role", ["clerk", "admin"])
def test_what_is_named_is_as_it_was_and_the_rest_is_gone(role: str) -> None:
    within = narrowed(role, ["orders", "customers:read"])
    assert POLICIES.rules(within, "orders") == POLICIES.rules(role, "orders")
    assert POLICIES.rules(within, "customers") == Rules(select=POLICIES.rules(role, "customers").select)
    assert POLICIES.rules(within, "products") == Rules()
    assert POLICIES.rules(narrowed(role, []), "orders") == Rules()


def test_naming_a_resource_gives_no_right_to_it() -> None:
    assert POLICIES.rules(narrowed("reader", ["orders"]), "orders") == Rules()
    assert POLICIES.rules(narrowed("clerk", ["products"]), "products") == Rules()
    assert POLICIES.rules("clerk x", "orders") == Rules()
