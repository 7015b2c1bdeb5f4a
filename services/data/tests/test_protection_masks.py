"""Masked fields: what each role is shown, and that nothing it may ask tells more, on both databases."""

import hmac

import pytest
from contracts.operations import FieldOutput, FieldRef, Node, Read, Sort

from tests.fixtures.protected_people import People, people_in


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def people(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    with people_in(request.param, folder, server) as found:
        yield found


def column(people: People, role, name, resource="people"):
    rows = people.ask(
        Read(resource, Node(outputs=(FieldOutput("x", FieldRef(name)),), sort=(Sort(FieldRef("id")),))), [], role
    )
    return [row["x"] for row in rows]


def test_each_role_sees_its_form(people):
    assert column(people, "doctor", "email") == ["ada@example.com", "bob@example.org", None, "x"]
    assert column(people, "clerk", "email") == ["a***@example.com", "b***@example.org", None, "***@"]
    assert column(people, "admin", "email") == [None] * 4, "who is not named sees nothing, admin too"
    assert column(people, "clerk", "phone") == ["****4567", "****", None, "****0001"]
    assert column(people, "clerk", "born") == ["date of birth", "date of birth", None, "date of birth"]


def test_a_hash_is_keyed_and_equal_for_equal_values(people):
    found = column(people, "clerk", "city")
    inner, outer = people.secrets.ring.pads("hash", people.about("city"))
    assert found[0] == people.secrets.ring.mark("hash", people.about("city"), "Oslo")
    assert found[0] == found[3] != found[1]
    assert "Oslo" not in found
    assert bytes(byte ^ 0x36 for byte in inner) == bytes(byte ^ 0x5C for byte in outer)
    key = bytes(byte ^ 0x36 for byte in inner)
    assert found[0] == hmac.new(key, b"Oslo", "sha256").hexdigest()[:32]
