"""``functions:`` in the configuration: who may call what, and every fault with its line."""

import pytest
from contracts.catalog import Argument, Catalog, Function, Resource, Returns
from contracts.fields import Field
from data_service.policies import ConfigurationError, check_against, parse

SHOP = Resource(
    name="shop",
    schema="public",
    table="shop",
    kind="table",
    fields=(Field(name="id", type="int4", db_type="integer"),),
)
SHOPS = Function(
    name="shops", schema="public", function="shops", returns=Returns(kind="rows", many=True, resource="shop")
)
ADD = Function(
    name="add",
    schema="public",
    function="add",
    arguments=(Argument(name="a", type="int4", db_type="integer"),),
    returns=Returns(kind="scalar", type="int4", db_type="integer"),
)
CATALOG = Catalog(engine="postgresql", version="1", schemas=("public",), resources=(SHOP,), functions=(SHOPS, ADD))


def test_who_may_call_what() -> None:
    policies = parse("""
version: 1
functions:
  add: {permissions: {clerk: {}}}
  shops: {security_definer: true, permissions: {guest: {rows: returned}, clerk: {rows: permitted}}}
""")
    assert policies.call("clerk", "add") is not None
    assert policies.call("guest", "add") is None
    assert policies.call("admin", "whatever") is not None
    guest, clerk = policies.call("guest", "shops"), policies.call("clerk", "shops")
    assert guest is not None
    assert clerk is not None
    assert (guest.returned, clerk.returned) == (True, False)
    assert policies.functions.definers == {"shops"}
    assert policies.roles() == ("clerk", "guest")


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ("  ad: {permissions: {clerk: {}}}", 3, "there is no function ad; did you mean add?"),
        ("  zzz: {}", 3, "there is no function zzz (one with SECURITY DEFINER is served only with"),
        ("  add: {permission: {}}", 3, "add has no key permission; did you mean permissions?"),
        ("  add:\n    permissions:\n      admin: {}", 5, "admin may call everything already; leave it out"),
        ("  add:\n    permissions:\n      clerk: {row: all}", 5, "the permissions of clerk has no key row"),
        (
            "  add:\n    permissions:\n      clerk:\n        rows: all",
            6,
            "rows must be permitted or returned, not `all`",
        ),
        ("  add: {security_definer: sure}", 3, "security_definer must be true or false, not `sure`"),
        ("  shops:\n    permissions:\n      clerk: {}", 5, "clerk may not select shop, whose rows shops gives; write"),
    ],
)
def test_a_fault_has_its_line(lines: str, line: int, message: str) -> None:
    try:
        faults = check_against(parse(f"version: 1\nfunctions:\n{lines}\n"), CATALOG)
    except ConfigurationError as error:
        faults = error.faults
    assert [(fault.line, fault.message[: len(message)]) for fault in faults] == [(line, message)]
