"""A time zone that nobody knows: passed over as RFC 7240 has it, and refused by every protocol where that is wished."""

import pytest

from tests.fixtures.guarded_store import ADMIN, Suite

LIST = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:trivet:v1"><s:Body>'
    "<ListCustomers/></s:Body></s:Envelope>"
)
STRICT = ["timezone=Nowhere/At_All, handling=strict", "handling=strict, count=exact, TimeZone=Nowhere/At_All"]


def answers(suite: Suite, prefer: str) -> dict[str, tuple[int, str]]:
    """The status and text of each protocol's answer to one question with this header."""
    headers = {**ADMIN.headers, "Prefer": prefer}
    query = {"query": "{ customers { id } }"}
    asked = {
        "rest": suite.get("customers?select=id", Prefer=prefer),
        "graphql": suite.graphql.post("/v1/graphql", json=query, headers=headers),
        "graphql by GET": suite.graphql.get("/v1/graphql", query_string=query, headers=headers),
        "graphql in a batch": suite.graphql.post("/v1/graphql", json=[query], headers=headers),
        "soap": suite.soap.post("/soap/v1", data=LIST, content_type="text/xml", headers=headers),
    }
    return {name: (answer.status_code, answer.text) for name, answer in asked.items()}


@pytest.mark.parametrize("prefer", STRICT)
def test_an_unknown_zone_is_refused_where_handling_is_strict(suite: Suite, prefer: str) -> None:
    found = answers(suite, prefer)
    assert found["rest"][0] == 400
    assert '"PGRST122"' in found["rest"][1]
    for name in ("graphql", "graphql by GET", "graphql in a batch"):
        assert '"code":"validation-failed"' in found[name][1].replace(" ", ""), found[name]
    assert found["soap"][0] == 500
    assert "<code>PGRST122</code>" in found["soap"][1]
    for _, text in found.values():
        assert "Invalid preferences given with handling=strict" in text
        assert "timezone=Nowhere/At_All" in text.replace("TimeZone", "timezone")


@pytest.mark.parametrize(
    "prefer", ["timezone=Nowhere/At_All", "timezone=UTC, handling=strict", "handling=lenient, timezone=x"]
)
def test_a_preference_else_is_kept_or_passed_over(suite: Suite, prefer: str) -> None:
    assert {status for status, _ in answers(suite, prefer).values()} == {200}
