"""The project's Python and protected fields: what hooks set is sealed, and what operations read is masked as for others."""

import textwrap

import pytest
from contracts.filters import Compare, FieldRef, Given, Param, RelationRef
from contracts.operations import Assign, Call, Create, FieldOutput, Nested, Node, Read, Update
from contracts.problems import Problem
from data_service.operations.nursery import Terms
from data_service.operations.project import Project

from tests.fixtures.protected_people import people_in

OPERATIONS = """
import json
import trivet


@trivet.before("people", "create")
def number(ctx, rows):
    for row in rows:
        row["ssn"] = f"999-{row['id']}"
        row["plan"] = f"given card {row.get('card')}"


@trivet.before("people", "update")
def renumber(ctx, values, rows):
    if "name" in values:
        values["ssn"] = "777-" + str(sorted(rows[0]))


@trivet.after("people", "create", above_policies=True)
def seen(ctx, rows):
    ctx.database.create("badges", {"id": rows[0]["id"], "label": json.dumps(sorted(rows[0]))})


@trivet.after("people", "read")
def shout(ctx, rows):
    for row in rows:
        if row.get("ssn"):
            row["ssn"] += "!"


@trivet.operation(reads_only=True, roles=["clerk", "doctor"])
def ssn_of(ctx: trivet.Context, id: int) -> str | None:
    return ctx.database.get("people", id)["ssn"]
"""
SSN = Node((FieldOutput("ssn", FieldRef("ssn")),), Compare(FieldRef("id"), "eq", Param(0)), shape="one")


@pytest.fixture(scope="module")
def people(kind, tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("people")
    (folder / "operations").mkdir()
    (folder / "operations" / "hooks.py").write_text(textwrap.dedent(OPERATIONS))
    project = Project(Terms(folder / "operations", memory=268_435_456), size=2, timeout=10.0)
    server = request.getfixturevalue("postgres_server") if kind == "postgresql" else None
    with people_in(kind, folder, server, project=project) as made:
        yield made


def test_what_a_hook_sets_is_sealed(people):
    make = Create("people", ("id", "name", "card"), Param(0))
    people.run(make, [[{"id": 9, "name": "Eve", "card": "4111111111111111"}]], "doctor")
    ((ssn, index, card, plan),) = people.sql("select ssn, ssn_index, card, plan from people where id = 9")
    assert "999-9" not in ssn
    assert index
    assert "4111" not in card
    assert plan == "given card 4111111111111111"  # hooks see what the client gave
    assert people.ask(Read("people", SSN), [9], "doctor") == {"ssn": "999-9!"}
    by_ssn = Read("people", Node((FieldOutput("id", FieldRef("id")),), Compare(FieldRef("ssn"), "eq", Param(0))))
    assert people.ask(by_ssn, ["999-9"], "doctor") == [{"id": 9}]


def test_hooks_get_no_sealed_columns(people):
    people.run(Create("people", ("id", "name"), Param(0)), [[{"id": 10, "name": "Fay"}]], "doctor")
    ((label,),) = people.sql("select label from badges where id = 10")
    assert '"name"' in label
    for hidden in ('"ssn"', '"card"', '"note"'):
        assert hidden not in label
    people.run(
        Update("people", (Assign("name", Param(1)),), Compare(FieldRef("id"), "eq", Param(0))), [10, "F"], "doctor"
    )
    assert "'ssn'" not in people.ask(Read("people", SSN), [10], "doctor")["ssn"]
    ((stored,),) = people.sql("select ssn from people where id = 10")
    assert "777-" not in stored


def test_an_operation_sees_what_its_caller_sees(people):
    call = Call("ssn_of", (Given("id", Param(0)),))
    assert people.ask(call, [1], "doctor") == "111-22-3344!"
    assert people.ask(call, [1], "clerk") == "***-44!"


def test_what_is_nested_is_sealed_as_well(people):
    owner = Nested(RelationRef("people"), Create("people", ("id", "name", "email", "card"), Param(1)), Param(2))
    make = Create("badges", ("id",), Param(0), nested=(owner,))
    values = [[{"id": 60}], [{"id": 61, "name": "Nan", "email": "n@example.com", "card": "4111111111111112"}], [0]]
    assert people.run(make, values, "doctor").affected == 2
    ((owner_email,),) = people.sql("select owner_email from badges where id = 60")
    assert owner_email == "n@example.com"
    ((ssn, card, plan),) = people.sql("select ssn, card, plan from people where id = 61")
    assert "999-61" not in ssn
    assert "4111" not in card
    assert plan == "given card 4111111111111112"
    with pytest.raises(Problem) as caught:
        people.run(make, values, "clerk")
    assert caught.value.code in ("42501", "PGRST200")  # whoever does not see the email can't have it copied
