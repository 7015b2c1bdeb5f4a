"""The admin secret: who knows it, and what it proves."""

import pytest
from auth_service.admin_secret import check, prove
from chassis.authn import HASURA_CLAIMS
from chassis.settings import SettingsError
from contracts.problems import Problem

SECRET = "sixteen letters."


def test_it_gives_any_role_and_variables():
    proven = prove(SECRET, SECRET, "clerk", {"X-Hasura-Shop": "7"}, 60)
    claims = proven.claims[HASURA_CLAIMS]
    assert claims["x-hasura-allowed-roles"] == [claims["x-hasura-default-role"]] == ["clerk"]
    assert (claims["x-hasura-shop"], proven.seconds) == ("7", 60)
    assert prove(SECRET, SECRET, "", {}, 60).claims["role"] == "admin"


@pytest.mark.parametrize(("known", "given"), [(SECRET, "x"), (SECRET, SECRET + "é"), ("", ""), ("", "x"), (SECRET, "")])
def test_who_does_not_know_it_is_refused(known, given):
    with pytest.raises(Problem) as caught:
        prove(known, given, "admin", {}, 60)
    assert caught.value.code == "TRV201"


@pytest.mark.parametrize(
    ("role", "session"), [("a b", {}), ("a", {"x-hasura-role": "admin"}), ("a", {"x-hasura-ä": "1"})]
)
def test_what_can_be_no_role_or_variable(role, session):
    with pytest.raises(Problem) as caught:
        prove(SECRET, SECRET, role, session, 60)
    assert caught.value.code == "TRV204"


def test_short_ones_are_refused_at_start():
    check("")
    check(SECRET)
    with pytest.raises(SettingsError, match="TRIVET_HASURA_ADMIN_SECRET"):
        check("short")
