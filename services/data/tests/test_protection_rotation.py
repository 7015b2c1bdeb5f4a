"""Stored rows from before a rule, and under older keys, are kept as new ones are; stopped and gone on with."""

import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.operations import FieldOutput, Node, Read, Sort
from contracts.problems import Problem
from data_service.processing.keyring import Keyring, sealed_by
from data_service.resealing import reseal_vault
from data_service.stored_rows import batches

from tests.fixtures.protected_people import people_in


@pytest.fixture(params=["sqlite", "postgresql"])
def people(request, tmp_path):
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    with people_in(request.param, tmp_path, server) as found:
        yield found


def seen(people, name):
    node = Node(outputs=(FieldOutput("x", FieldRef(name)),), sort=(Sort(FieldRef("id")),))
    return [row["x"] for row in people.ask(Read("people", node), [], "doctor")]


def resealed(people, *, apply=True, most=None):
    """How many rows changed; ``most`` batches of two are done."""
    (target,), left = people.engine.resealed()
    assert left == [], "a view has the values of its table"
    changed = 0
    for number, batch in enumerate(batches(people.engine.beneath(), target, size=2, after=None, apply=apply), start=1):
        assert not batch.refused
        changed += len(batch.changes)
        if number == most:
            break
    return changed


def keys_of(people):
    return {sealed_by(ssn) for (ssn,) in people.sql("select ssn from people where ssn is not null")}


def test_rows_from_before_the_rule_are_encrypted(people):
    people.sql("insert into people (id, name, ssn, card) values (7, 'Old', '777-77-7777', '4000')")
    assert seen(people, "ssn")[-1] == "777-77-7777", "it is shown as it is to who may see it"
    assert resealed(people, apply=False) == 1
    assert resealed(people) == 1
    assert resealed(people) == 0, "nothing is left"
    ((ssn, card),) = people.sql("select ssn, card from people where id = 7")
    assert ssn.startswith("trv:1:k1:")
    assert card.startswith("tok_")
    assert seen(people, "card")[-1] == "4000"
    where = Node(outputs=(FieldOutput("id", FieldRef("id")),), filter=Compare(FieldRef("ssn"), "eq", Param(0)))
    assert people.ask(Read("people", where), ["777-77-7777"], "doctor") == [{"id": 7}]


def test_a_new_key_takes_over_and_can_be_stopped(people):
    before = seen(people, "ssn"), seen(people, "card"), seen(people, "note")
    assert people.secrets.ring.add() == "k2"
    assert resealed(people, most=1) == 2
    assert keys_of(people) == {"k1", "k2"}, "stopped in the middle"
    assert (seen(people, "ssn"), seen(people, "card"), seen(people, "note")) == before
    assert resealed(people) == 1
    assert keys_of(people) == {"k2"}
    assert sum(old for _, old in reseal_vault(people.secrets, apply=True)) == 2
    assert sum(old for _, old in reseal_vault(people.secrets, apply=False)) == 0
    assert (seen(people, "ssn"), seen(people, "card"), seen(people, "note")) == before


def test_a_key_that_another_process_made_is_found(people, tmp_path):
    other = Keyring(tmp_path / "protection.keys")
    number = other.add()
    sealed = other.seal(people.about("ssn"), "555-55-5555")
    people.sql(f"update people set ssn = '{sealed}' where id = 1")
    assert seen(people, "ssn")[0] == "555-55-5555"
    assert people.secrets.ring.current == number


def test_what_does_not_open_is_a_problem_that_shows_nothing(people):
    ((ssn,),) = people.sql("select ssn from people where id = 1")
    people.sql(f"update people set note = {as_bytes(people, ssn)} where id = 2")
    with pytest.raises(Problem) as caught:
        seen(people, "note")
    assert caught.value.code == "TRV301"
    assert "trv:" not in str((caught.value.message, caught.value.details, caught.value.hint))
    people.sql("update people set card = 'tok_00000000000000000000000000000000' where id = 2")
    with pytest.raises(Problem) as caught:
        seen(people, "card")
    assert caught.value.code == "TRV301"


def as_bytes(people, text):
    quoted = text.encode().hex()
    return f"x'{quoted}'" if people.kind == "sqlite" else f"'\\x{quoted}'::bytea"
