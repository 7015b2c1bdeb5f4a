"""Masked fields: what each role is shown, and that nothing it may ask tells more, on both databases."""

import hmac
from contextlib import nullcontext

import pytest
from contracts.filters import Compare, FieldRef, Is, Param
from contracts.operations import Aggregate, FieldOutput, Node, Read, Sort
from contracts.problems import Problem

from tests.fixtures.on_hub import EngineOnHub, TurningHub
from tests.fixtures.protected_people import People, people_in


@pytest.fixture(scope="module", params=["sqlite", "sqlite on a hub", "postgresql", "postgresql on a hub"])
def people(request, tmp_path_factory):
    kind, _, hub = request.param.partition(" ")
    folder = tmp_path_factory.mktemp("people")
    server = request.getfixturevalue("postgres_server") if kind == "postgresql" else None
    with people_in(kind, folder, server) as found, TurningHub() if hub else nullcontext() as turning:
        plain = found.engine
        if turning is not None:
            found.engine = EngineOnHub(plain, turning)
        yield found
        found.engine = plain


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


def test_kept_values_are_not_what_was_given(people):
    """The database holds neither what was encrypted nor what was tokenised."""
    ((ssn, index, card, note),) = people.sql("select ssn, ssn_index, card, note from people where id = 1")
    assert ssn.startswith("trv:1:k1:")
    assert index == people.secrets.ring.mark("index", people.about("ssn"), "111-22-3344")
    assert card.startswith("tok_")
    assert bytes(note).startswith(b"trv:1:k1:")
    ((other,),) = people.sql("select card from people where id = 4")
    assert other == card, "the same value has the same token"


def test_who_may_sees_what_was_kept(people):
    assert column(people, "doctor", "ssn") == ["111-22-3344", "222-33-4455", None, "333-44-5544"]
    assert column(people, "clerk", "ssn") == ["***-44", "***-55", None, "***-44"]
    assert column(people, "teller", "ssn") == [None] * 4
    assert column(people, "doctor", "card") == ["4111111111111111", "5500005555555559", None, "4111111111111111"]
    assert column(people, "clerk", "card") == ["****1111", "****5559", None, "****1111"]
    assert column(people, "teller", "card")[0].startswith("tok_")
    assert column(people, "doctor", "note") == ["allergic", None, None, "shy"]


def test_views_of_views_are_protected_alike(people):
    assert column(people, "clerk", "mail", "contacts") == column(people, "clerk", "email")
    assert column(people, "clerk", "address", "directory") == column(people, "clerk", "email")
    assert column(people, "doctor", "address", "directory") == column(people, "doctor", "email")
    assert column(people, "clerk", "ssn", "contacts") == column(people, "clerk", "ssn")
    assert column(people, "doctor", "card", "contacts") == column(people, "doctor", "card")
    assert column(people, "clerk", "owner_email", "badges") == ["a***@example.com", "b***@example.org"]


def test_what_is_computed_from_protected_values_is_hidden(people):
    for resource, name in (
        ("contacts", "mail_lower"), ("contacts", "place"), ("everything", "word"), ("people", "shout"),
    ):  # fmt: skip
        assert set(column(people, "clerk", name, resource)) == {None}, name
    assert column(people, "doctor", "shout") == ["ADA@EXAMPLE.COM", "BOB@EXAMPLE.ORG", None, "X"]


def test_what_names_no_protected_value_stays_open_where_the_database_says_so(people):
    """PostgreSQL's trees tell which columns an expression names; SQLite does not, and so is closed."""
    found = column(people, "clerk", "loud_name", "contacts")
    assert found == (["ADA", "BOB", "ÇELIK", "DAN"] if people.kind == "postgresql" else [None] * 4)
    heads = people.ask(Read("cities", Node(outputs=(FieldOutput("n", FieldRef("heads")),))), [], "clerk")
    assert sorted(row["n"] for row in heads) == [1, 1, 2], "a rule of its own opens it"


def test_equal_values_are_found_by_who_sees_them(people):
    for name, value in (("ssn", "111-22-3344"), ("card", "5500005555555559"), ("email", "ada@example.com")):
        where = Compare(FieldRef(name), "eq", Param(0))
        ids = Node(outputs=(FieldOutput("id", FieldRef("id")),), filter=where)
        expected = 2 if name == "card" else 1
        assert people.ask(Read("people", ids), [value], "doctor") == [{"id": expected}]
        listed = Node(outputs=ids.outputs, filter=Compare(FieldRef(name), "in", Param(0)))
        assert people.ask(Read("people", listed), [[value, "none"]], "doctor") == [{"id": expected}]
        isnull = Node(outputs=ids.outputs, filter=Is(FieldRef(name), "null"))
        assert people.ask(Read("people", isnull), [], "doctor") == [{"id": 3}]


@pytest.mark.parametrize(
    "name, node",
    [
        ("ssn", Node(filter=Compare(FieldRef("ssn"), "like", Param(0)))),
        ("ssn", Node(filter=Compare(FieldRef("ssn"), "gt", Param(0)))),
        ("ssn", Node(sort=(Sort(FieldRef("ssn")),))),
        ("ssn", Node(distinct_on=("ssn",))),
        ("card", Node(outputs=(Aggregate("x", "max", (FieldRef("card"),)),))),
        ("card", Node(outputs=(FieldOutput("card", FieldRef("card")), Aggregate("x", "count")))),
        ("card", Node(outputs=(FieldOutput("card", FieldRef("card"), "text"),))),
        ("note", Node(filter=Compare(FieldRef("note"), "eq", Param(0)))),
    ],
)
def test_what_only_a_hash_could_answer_is_refused(people, name, node):
    with pytest.raises(Problem) as caught:
        people.ask(Read("people", node), ["1"], "doctor")
    assert caught.value.code == "PGRST100"
    assert f"'{name}'" in caught.value.message


def test_a_policy_s_own_filter_works_on_the_clear_value(people):
    node = Node(outputs=(FieldOutput("id", FieldRef("id")), FieldOutput("e", FieldRef("email"))))
    assert people.ask(Read("people", node), [], "rower", email="bob@example.org") == [{"id": 2, "e": None}]
    assert people.ask(Read("people", node), [], "rower", email="bob@example.com") == []
