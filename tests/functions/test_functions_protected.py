"""Protected fields in the rows that functions give: as in any other row of their table, policy or none."""

import pytest
from contracts.catalog import decode
from contracts.filters import Compare, FieldRef, Param
from contracts.operations import Call, Node
from contracts.problems import Problem
from data_service import routes
from flask import Flask

from tests.fixtures.protected_people import CONFIG, caller, people_in

RULES = """
functions:
  everybody: {permissions: {doctor: {}, clerk: {}, outsider: {rows: returned}}}
"""
FUNCTION = """
create function everybody() returns setof people language sql stable
    begin atomic select * from people order by id; end
"""


@pytest.fixture(scope="module")
def people(postgres_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("called")
    with people_in("postgresql", folder, postgres_server, CONFIG) as found:
        found.sql(FUNCTION)
        (folder / "trivet.yaml").write_text(CONFIG + RULES)
        found.engine.refresh()
        yield found


def test_rows_show_what_the_role_sees(people) -> None:
    assert people.ask(Call("everybody"), [], "doctor")[0]["email"] == "ada@example.com"
    clerk = people.ask(Call("everybody"), [], "clerk")[0]
    assert (clerk["email"], clerk["salary"], clerk["phone"]) == ("a***@example.com", None, "****4567")


def test_past_the_policy_it_is_protected_all_the_same(people) -> None:
    row = people.ask(Call("everybody"), [], "outsider")[0]
    assert (row["id"], row["name"]) == (1, "Ada")
    assert (row["email"], row["salary"], row["shout"]) == (None, None, None)
    assert (row["note"], row["ssn"]) == (None, None)
    assert "ssn_index" not in row


def test_nothing_is_told_by_a_filter(people) -> None:
    call = Call("everybody", (), Node(filter=Compare(FieldRef("email"), "eq", Param(0))))
    assert people.ask(call, ["a***@example.com"], "clerk")[0]["id"] == 1
    assert people.ask(call, ["ada@example.com"], "clerk") == []
    with pytest.raises(Problem) as caught:
        people.ask(
            Call("everybody", (), Node(filter=Compare(FieldRef("ssn_index"), "eq", Param(0)))), ["x"], "outsider"
        )
    assert caught.value.code == "42703"


class Outsider:
    """An edge to which everybody is one."""

    def caller(self):
        return caller("outsider")


def test_facades_get_no_keys(people) -> None:
    app = Flask("data")
    app.register_blueprint(routes.blueprint(people.engine, Outsider()))
    catalog = decode(app.test_client().get("/catalog").data)
    (function,) = catalog.functions
    assert {field.name for field in function.returns.fields} >= {"id", "email"}
    assert all(field.guard is None for field in function.returns.fields)
