"""Sessions on both databases: rotation, repetition, reuse, ends."""

import threading

import pytest
import sqlalchemy as sa
from auth_service import accounts, revocations, sessions, tables
from auth_service.login import tidy
from auth_service.sessions import Refresh, Reuse
from auth_service.settings import AuthSettings
from auth_service.store import Store
from contracts.problems import Problem


def alive(opened: Store, session_id: str) -> bool:
    with opened.read() as connection:
        return sessions.find(connection, session_id) is not None


@pytest.fixture
def account_id(opened: Store) -> str:
    return accounts.add(opened, "a@b.c", "pass word", "clerk")


def start(opened: Store, account_id: str, life: float = 60) -> Refresh:
    with opened.write() as connection:
        return sessions.start(connection, account_id, life)


def rotate(opened: Store, token: str, grace: float = 10) -> Refresh | Reuse:
    with opened.write() as connection:
        accounts.lock(connection, sessions.owner(connection, token))
        return sessions.rotate(connection, token, 60, grace)


def test_tokens_rotate_within_their_session(opened: Store, account_id: str) -> None:
    first = start(opened, account_id)
    second = rotate(opened, first.token)
    assert isinstance(second, Refresh)
    third = rotate(opened, second.token)
    assert isinstance(third, Refresh)
    assert {first.session_id, second.session_id, third.session_id} == {first.session_id}
    assert len({first.token, second.token, third.token}) == 3


def test_the_store_has_no_token_in_it(opened: Store, account_id: str) -> None:
    first = start(opened, account_id)
    with opened.read() as connection:
        kept = repr(connection.execute(sa.select(tables.refresh_tokens)).all())
        kept += repr(connection.execute(sa.select(tables.sessions)).all())
    assert first.session_id in kept
    assert first.token not in kept


def test_a_repetition_within_the_grace_gets_the_same_token(opened: Store, account_id: str) -> None:
    first = start(opened, account_id)
    assert rotate(opened, first.token) == rotate(opened, first.token)
    assert alive(opened, first.session_id)


def test_two_who_refresh_at_once_get_the_same_token(opened: Store, account_id: str) -> None:
    first = start(opened, account_id)
    barrier, found = threading.Barrier(4), []

    def work() -> None:
        barrier.wait()
        found.append(rotate(opened, first.token))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(isinstance(one, Refresh) and one == found[0] for one in found)


def test_a_token_that_comes_back_after_its_successor_was_used_ends_the_session(opened: Store, account_id: str) -> None:
    first = start(opened, account_id)
    second = rotate(opened, first.token)
    assert isinstance(second, Refresh)
    third = rotate(opened, second.token)
    assert isinstance(third, Refresh)
    assert rotate(opened, first.token) == Reuse({"session": first.session_id})
    assert not alive(opened, first.session_id)
    assert revocations.since(opened, 0, 600)[1] == [{"session": first.session_id}]
    with pytest.raises(Problem) as caught:
        rotate(opened, third.token)
    assert (caught.value.code, caught.value.details) == ("TRV202", {"reason": "session_expired"})


def test_a_token_that_comes_back_after_the_grace_ends_the_session(opened: Store, account_id: str) -> None:
    first = start(opened, account_id)
    rotate(opened, first.token)
    with opened.write() as connection:
        connection.execute(sa.update(tables.refresh_tokens).values(spent=tables.refresh_tokens.c.spent - 11))
    assert rotate(opened, first.token) == Reuse({"session": first.session_id})


def test_an_unknown_token_says_so(opened: Store, account_id: str) -> None:
    with pytest.raises(Problem) as caught:
        rotate(opened, "nothing")
    assert (caught.value.code, caught.value.details) == ("TRV202", {"reason": "refresh_token_not_found"})


def test_a_session_nobody_refreshes_ends(opened: Store, account_id: str) -> None:
    first = start(opened, account_id, life=-1)
    assert not alive(opened, first.session_id)
    with pytest.raises(Problem, match="Session Expired"):
        rotate(opened, first.token)


def test_ending_the_others_keeps_this_one(opened: Store, account_id: str) -> None:
    mine, other = start(opened, account_id), start(opened, account_id)
    stranger = start(opened, accounts.add(opened, "b@b.c", "pass word", "clerk"))
    with opened.write() as connection:
        events = sessions.end_others(connection, account_id, mine.session_id)
    assert events == [{"session": other.session_id}]
    assert [alive(opened, one.session_id) for one in (mine, other, stranger)] == [True, False, True]


def test_tidying_forgets_what_is_over_and_nothing_else(opened: Store, account_id: str) -> None:
    live, over = start(opened, account_id), start(opened, account_id, life=-1)
    rotate(opened, live.token)
    tidy(opened, AuthSettings())
    with opened.read() as connection:
        kept = list(connection.scalars(sa.select(tables.sessions.c.id)))
        tokens = connection.scalar(sa.select(sa.func.count()).select_from(tables.refresh_tokens))
    assert (kept, tokens) == ([live.session_id], 2)
    with pytest.raises(Problem, match="Not Found"):
        rotate(opened, over.token)
