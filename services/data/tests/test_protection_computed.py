"""What rules make of protected fields: Python gets what the role sees, an expression is seen by who sees all of it."""

import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.operations import FieldOutput, Node, Read, Sort

from tests.fixtures.protected_people import CONFIG, people_in

RULES = CONFIG.replace(
    "    fields:\n      email:",
    "    fields:\n"
    "      size: {compute: {sql: 'length(email)', type: int4}}\n"
    "      loud: {compute: {python: shout, needs: [email, ssn, salary], type: text}}\n"
    "      email:",
    1,
)


class Here:
    """The project's function, run in this process."""

    functions = ("shout",)

    def compute(self, function, rows, types, occasion):
        return ["/".join(str(row[name]) for name in ("email", "ssn", "salary")).upper() for row in rows]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def people(request, tmp_path_factory):
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    with people_in(request.param, tmp_path_factory.mktemp("computed"), server, RULES, computers=Here()) as found:
        yield found


def first(people, role, name):
    node = Node(outputs=(FieldOutput("x", FieldRef(name)),), sort=(Sort(FieldRef("id")),), limit=Param(0))
    return people.ask(Read("people", node), [1], role)[0]["x"]


def test_python_gets_what_the_role_sees(people):
    assert first(people, "doctor", "loud") == "ADA@EXAMPLE.COM/111-22-3344/100.50"
    assert first(people, "clerk", "loud") == "A***@EXAMPLE.COM/***-44/NONE"
    assert first(people, "admin", "loud") == "NONE/NONE/NONE"


def test_an_expression_over_a_protected_field_is_hidden(people):
    assert first(people, "doctor", "size") == 15
    assert first(people, "clerk", "size") is None
    ids = Node(outputs=(FieldOutput("id", FieldRef("id")),), filter=Compare(FieldRef("size"), "eq", Param(0)))
    assert people.ask(Read("people", ids), [15], "clerk") == []
    assert len(people.ask(Read("people", ids), [15], "doctor")) == 2
