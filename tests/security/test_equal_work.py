"""Who has an account is not told by how much is done: a refusal costs the same hashes and statements, whatever its cause.

Counted, not timed: every password hash with its parameters, every statement, every look into Redis of an answer. What
is compared is asked many times over, in pairs, each from an address of its own.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import argon2
import pytest
import redis
import sqlalchemy as sa
from auth_service import accounts, api_keys, passwords, sessions, soap_secrets, upgrade
from auth_service.api_keys import Wanted
from auth_service.app import create_app
from auth_service.routes import EXTENSION
from auth_service.settings import AuthSettings
from auth_service.tables import accounts as account_table
from flask.testing import FlaskClient

from tests.fixtures.ldap_people import PASSWORD as LDAP_PASSWORD
from tests.fixtures.mail_server import MailServer
from tests.fixtures.slapd import Slapd, ldap_settings

PASSWORD = "three brown foxes at noon"
PAIRS = 6
KNOWN, DISABLED, DIRECTORY, WAITING = (f"{name}@example.com" for name in ("known", "disabled", "directory", "waiting"))


@dataclass
class Work:
    """What was done in the thread that answers."""

    hashes: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    redis: list[str] = field(default_factory=list)


class Recorder:
    """Notes the work of requests, where it is done: in argon2, in SQLAlchemy, in redis-py."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, engine: sa.Engine) -> None:
        self._work = threading.local()
        hasher, command = passwords._hasher, redis.Redis.execute_command

        class Counted:
            """argon2's hasher, its every use noted."""

            def verify(_, kept: str, password: str) -> bool:
                self.note("hashes", f"verify {argon2.extract_parameters(kept)}")
                return hasher.verify(kept, password)

            def hash(_, password: str) -> str:
                self.note("hashes", f"hash {hasher.time_cost} {hasher.memory_cost}")
                return hasher.hash(password)

            check_needs_rehash = staticmethod(hasher.check_needs_rehash)

        def sent(client: Any, *words: Any, **options: Any) -> Any:
            self.note("redis", str(words[0]))
            return command(client, *words, **options)

        monkeypatch.setattr(passwords, "_hasher", Counted())
        monkeypatch.setattr(redis.Redis, "execute_command", sent)
        sa.event.listen(engine, "before_cursor_execute", lambda *about: self.note("statements", about[2]))

    def note(self, kind: str, text: str) -> None:
        work = getattr(self._work, "now", None)
        if work is not None:
            getattr(work, kind).append(text)

    @contextmanager
    def noted(self) -> Iterator[Work]:
        """The work of this thread during a ``with``."""
        self._work.now = work = Work()
        try:
            yield work
        finally:
            self._work.now = None


@dataclass
class Doors:
    """auth with accounts of every kind, all that it does being noted."""

    client: FlaskClient
    recorder: Recorder
    addresses: Iterator[int]
    key: str = ""
    refresh: str = ""

    def ask(self, path: str, body: dict[str, Any], address: str = "") -> tuple[int, Work]:
        """The status of an answer, and the work for it; from an address of its own unless one is named."""
        address = address or f"10.{next(self.addresses)}.0.1"
        if path.startswith("/-/"):
            body = {**body, "address": address}
        with self.recorder.noted() as work:
            answer = self.client.post(path, json=body, headers={"X-Real-Ip": address})
        return answer.status_code, work


@pytest.fixture
def make_doors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_url: str, mail_server: MailServer
) -> Iterator[Callable[..., Doors]]:
    """A function that makes auth with some settings."""
    made = []
    redis.Redis.from_url(redis_url).flushall()

    def make(**changes: Any) -> Doors:
        mail = {"smtp_url": mail_server.url, "mail_login": True, "signup": True}
        settings = replace(AuthSettings(state_dir=str(tmp_path / "state"), redis_url=redis_url), **{**mail, **changes})
        upgrade.prepare(settings)
        app = create_app(settings)
        made.append(login := app.extensions[EXTENSION])
        for email in (KNOWN, DISABLED):
            accounts.add(login.store, email, PASSWORD, "clerk")
        with login.store.write() as connection:
            for email in (DIRECTORY, WAITING):
                row = accounts.draft(email, PASSWORD, "clerk", pending=email == WAITING)
                row["password_hash"] = None if email == DIRECTORY else row["password_hash"]
                connection.execute(sa.insert(account_table).values(row))
        known = accounts.require(login.store, KNOWN)
        accounts.disable(login.store, accounts.require(login.store, DISABLED).id)
        with login.store.write() as connection:
            soap_secrets.make(connection, known.id, login.master)
            refresh = sessions.start(connection, known.id, 600).token
            over = sessions.start(connection, known.id, -600).token
        _, key = api_keys.add(login.store, Wanted("a key", "clerk"))
        doors = Doors(app.test_client(), Recorder(monkeypatch, login.store._engine), itertools.count(1), key, over)
        assert refresh
        doors.ask(
            LOGIN, {"email": "warm@example.com", "password": "wrong"}
        )  # Redis gets its scripts with the first of all questions
        return doors

    yield make
    for login in made:
        login.upkeep.stop()
        login.store.close()


@pytest.fixture
def doors(make_doors: Callable[..., Doors]) -> Doors:
    """auth without a directory."""
    return make_doors()


LOGIN, EXCHANGE = "/auth/v1/token?grant_type=password", "/-/exchange"


def login(email: str, password: str) -> tuple[str, dict[str, str]]:
    return LOGIN, {"email": email, "password": password}


def basic(email: str, password: str) -> tuple[str, dict[str, str]]:
    return EXCHANGE, {"username": email, "password": password}


REFUSED = {
    "a wrong password": (KNOWN, "wrong"),
    "a disabled account": (DISABLED, PASSWORD),
    "a disabled account, a wrong password": (DISABLED, "wrong"),
    "an account of the directory": (DIRECTORY, PASSWORD),
    "an account that waits to be confirmed": (WAITING, PASSWORD),
    "a name in other letters": (KNOWN.upper(), "wrong"),
    "a name with blanks around it": (f"  {KNOWN} ", "wrong"),
    "a long password": (KNOWN, "x" * 1024),
}


@pytest.mark.parametrize("door", [login, basic])
@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_login_is_the_work_of_an_unknown_name(
    doors: Doors, case: str, door: Callable[[str, str], tuple[str, dict[str, str]]]
) -> None:
    """One hash of today's parameters, and the same statements, at the login and at the door for Basic and SOAP."""
    for number in range(PAIRS):
        unknown = doors.ask(*door(f"nobody{number}@example.com", "wrong"))
        refused = doors.ask(*door(*REFUSED[case]))
        assert refused == unknown
        assert (refused[0], len(refused[1].hashes)) == (401, 1)


@pytest.mark.parametrize("door", [login, basic])
def test_a_locked_out_login_is_the_work_of_an_unknown_name(
    doors: Doors, door: Callable[[str, str], tuple[str, dict[str, str]]]
) -> None:
    """No hash, no statement, right password or wrong, account or none: there is nothing to be learned meanwhile."""
    for name in ("locked@example.com", KNOWN, DISABLED):
        for _ in range(6):
            doors.ask(*door(name, "wrong"), "192.0.2.1")
    seen = [
        doors.ask(*door(name, password), "192.0.2.1")
        for name in ("locked@example.com", KNOWN, DISABLED)
        for password in ("wrong", PASSWORD)
    ]
    assert all(one == seen[0] for one in seen)
    assert (seen[0][0], seen[0][1].hashes, seen[0][1].statements) == (429, [], [])


def test_with_a_directory_too(make_doors: Callable[..., Doors], slapd: Slapd) -> None:
    """Its people and strangers cost one hash each as well: which connector knows a name is not told."""
    doors = make_doors(**ldap_settings(slapd))
    assert doors.ask(*login("jonas", LDAP_PASSWORD))[0] == 200
    for number in range(3):  # the directory's own entries are left alone after a few
        seen = {
            name: doors.ask(*login(name, f"wrong {number}"))
            for name in (f"nobody{number}", "ines", KNOWN, f"nobody{number}@example.com")
        }
        assert {status for status, _ in seen.values()} == {401}
        assert len({str(work.hashes) for _, work in seen.values()}) == 1
        assert len({str(work.statements) for _, work in seen.values()}) == 1


def test_an_unknown_api_key(doors: Doors) -> None:
    """A key's prefix is not secret; whether there is such a key is not told all the same."""
    for _ in range(PAIRS):
        wrong = doors.ask(EXCHANGE, {"key": f"{doors.key[:-43]}{'A' * 43}"})
        unknown = doors.ask(EXCHANGE, {"key": f"tvk_{'0' * 12}_{'A' * 43}"})
        assert wrong == unknown
        assert (wrong[0], wrong[1].hashes) == (401, [])


def test_an_unknown_refresh_token(doors: Doors) -> None:
    """No hash of a password for either; one that never was is looked for once."""
    path = "/auth/v1/token?grant_type=refresh_token"
    for _ in range(PAIRS):
        first, second = (doors.ask(path, {"refresh_token": text * 43}) for text in "AB")
        assert first == second
        assert (first[0], first[1].hashes, len(first[1].statements)) == (401, [], 2)
        over = doors.ask(path, {"refresh_token": doors.refresh})
        assert (over[0], over[1].hashes) == (401, [])


MAILS: dict[str, tuple[str, dict[str, Any]]] = {
    "recover": ("/auth/v1/recover", {}),
    "otp": ("/auth/v1/otp", {"create_user": False}),
    "otp that makes an account": ("/auth/v1/otp", {}),
    "magiclink": ("/auth/v1/magiclink", {}),
    "resend of a sign-up": ("/auth/v1/resend", {"type": "signup"}),
    "resend of a change": ("/auth/v1/resend", {"type": "email_change"}),
    "sign-up": ("/auth/v1/signup", {"password": "four brown foxes at noon"}),
}


@pytest.mark.parametrize("way", MAILS)
def test_who_asks_for_a_mail_learns_nothing(doors: Doors, way: str) -> None:
    """Whatever there is to be found out and written is so by the mail's own thread, after the answer."""
    path, body = MAILS[way]
    for number in range(PAIRS):
        unknown = doors.ask(path, {**body, "email": f"nobody{number}@example.com"})
        for email in (KNOWN, DISABLED, DIRECTORY, WAITING):
            assert doors.ask(path, {**body, "email": email}) == unknown
        assert (unknown[0], len(unknown[1].hashes)) == (200, int(way == "sign-up"))


@pytest.mark.parametrize("kind", ["signup", "recovery", "magiclink", "email", "email_change"])
def test_a_wrong_code_tells_nothing(doors: Doors, mail_server: MailServer, kind: str) -> None:
    """Whether the address is an account's, and whether a code was sent to it."""
    doors.ask("/auth/v1/recover", {"email": KNOWN})
    doors.ask("/auth/v1/otp", {"email": KNOWN})
    assert {mail_server.letter().recipients for _ in range(2)} == {(KNOWN,)}
    for number in range(PAIRS):
        guess = {"type": kind, "token": f"{number:08}"}
        unknown = doors.ask("/auth/v1/verify", {**guess, "email": f"nobody{number}@example.com"})
        for email in (KNOWN, DISABLED, WAITING):
            assert doors.ask("/auth/v1/verify", {**guess, "email": email}) == unknown
        assert (unknown[0], unknown[1].hashes) == (403, [])


def test_a_wrong_digest_tells_nothing(doors: Doors) -> None:
    """Whether the name is an account's, and whether that has a SOAP secret."""
    proof = {"digest": "A" * 27 + "=", "nonce": "AAECAwQFBgc=", "created": "2026-01-01T00:00:00Z"}
    for number in range(PAIRS):
        unknown = doors.ask(EXCHANGE, {**proof, "username": f"nobody{number}@example.com"})
        for email in (KNOWN, DISABLED, DIRECTORY):
            assert doors.ask(EXCHANGE, {**proof, "username": email}) == unknown
        assert (unknown[0], unknown[1].hashes) == (401, [])


def test_a_login_costs_one_hash(doors: Doors) -> None:
    """And no more, for who has an account: at the login and at the door for Basic and SOAP."""
    for door in (login, basic):
        status, work = doors.ask(*door(KNOWN, PASSWORD))
        assert (status, len(work.hashes)) == (200, 1)
