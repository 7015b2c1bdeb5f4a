"""The configuration's part on promised SOAP services."""

import pytest
from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from data_service.policies import ConfigurationError, ServiceRule, check_against, parse

ORDERS = Resource(
    name="orders", schema="main", table="orders", kind="table", fields=(Field(name="id", type="int4", db_type="integer"),)
)  # fmt: skip
CATALOG = Catalog(engine="sqlite", version="1", schemas=("main",), resources=(ORDERS,))


def of(text: str) -> str:
    return f"version: 1\nsoap:\n  services:\n    Partner: {{{text}}}"


@pytest.mark.parametrize(
    "text, rule",
    [
        ("resources: [orders], namespace: 'urn:x', version: 1.0", ServiceRule(("orders",), "urn:x", "1.0")),
        ("resources: [orders, orders], namespace: 'urn:x', version: 2", ServiceRule(("orders",), "urn:x", "2")),
        (
            "resources: [orders], namespace: 'http://x/y', version: 2026-11, role: partner, public: true",
            ServiceRule(("orders",), "http://x/y", "2026-11", "partner", True),
        ),
    ],
)
def test_a_service(text: str, rule: ServiceRule) -> None:
    policies = parse(of(text))
    assert dict(policies.services) == {"Partner": rule}
    assert check_against(policies, CATALOG) == []


@pytest.mark.parametrize(
    "text, message",
    [
        (of("namespace: 'urn:x', version: 1"), "Partner needs resources"),
        (of("resources: [orders], version: 1"), "Partner needs namespace"),
        (of("resources: [orders], namespace: 'urn:x'"), "Partner needs version"),
        (of("resources: [], namespace: 'urn:x', version: 1"), "resources must name at least one"),
        (of("resources: orders, namespace: 'urn:x', version: 1"), "resources must be a list of names"),
        (of("resources: [orders], namespace: partner, version: 1"), "namespace must be a URI"),
        (of("resources: [orders], namespace: 'urn: x', version: 1"), "namespace must be a URI"),
        (of("resources: [orders], namespace: 'urn:x', version: true"), "version must be a name"),
        (of("resources: [orders], namespace: 'urn:x', version: 1, public: maybe"), "public must be true or false"),
        (of("resources: [orders], namespace: 'urn:x', version: 1, publik: true"), "did you mean public?"),
        (of("resources: [orders], namespace: 'urn:x', version: 1").replace("Partner", "a/b"), "letters and digits"),
        ("version: 1\nsoap: []", "soap must be a mapping"),
        ("version: 1\nsoap: {service: {}}", "did you mean services?"),
    ],
)
def test_faults(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    (fault,) = caught.value.faults
    assert message in fault.message
    assert fault.line > 1


def test_a_resource_that_is_not_there() -> None:
    (fault,) = check_against(parse(of("resources: [order], namespace: 'urn:x', version: 1")), CATALOG)
    assert (fault.line, fault.message) == (4, "there is no resource order; did you mean orders?")
