"""Passwords: how they are hashed (argon2id), checked, made up, and which are too weak to be taken."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from contracts.problems import Problem
from prometheus_client import Counter

LONGEST = 1024  # characters; more are refused before any work is done
SHORTEST = 8
_GOOD_SCORE = 2  # of zxcvbn's 0 to 4: 3 would refuse much of what people can remember
_LOOKED_AT = 24  # characters: zxcvbn takes seconds for many more, where they are digits and signs in place of letters
_PATIENCE = 5.0  # seconds to wait for a slot
# OWASP's setting for argon2id: 19 MiB, two passes, one lane
_HASHES = Counter("trivet_password_hashes_total", "Hashes made to check passwords")
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Passwords:
    """Checks passwords, at most ``slots`` at a time: each takes 19 MiB and a processor for a while."""

    def __init__(self, slots: int) -> None:
        self._slots = threading.BoundedSemaphore(max(slots, 1))
        self._nobodys = hash_password(secrets.token_urlsafe())

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether ``password`` is the one hashed as ``kept``. Without a hash it takes as long, and is False.

        Raises `Problem` PGRST001 where all slots stay taken.
        """
        with self._slot():
            _HASHES.inc()
            try:
                _hasher.verify(kept or self._nobodys, password)
            except (Argon2Error, InvalidHashError):
                return False
        return kept is not None

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=_PATIENCE):
            raise Problem("PGRST001", "Too many logins at this moment", headers={"Retry-After": "1"})
        try:
            yield
        finally:
            self._slots.release()


def hash_password(password: str) -> str:
    """The password's hash, with its parameters and salt (PHC string)."""
    return _hasher.hash(password)


def possible(text: str) -> bool:
    """True for what can be a name or a password at all: neither empty nor huge, and text that can be encoded."""
    sound = "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
    return 0 < len(text) <= LONGEST and sound


def outdated(kept: str) -> bool:
    """True where the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def generate() -> str:
    """A new password: 20 characters, 119 bits."""
    return secrets.token_urlsafe(15)


def weakness(password: str, email: str) -> str | None:
    """Why a password is not to be taken for this account, or None where it is good."""
    if len(password) < SHORTEST:
        return f"The password needs at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"The password can have at most {LONGEST} characters"
    from zxcvbn import zxcvbn  # its word lists are large, and a running service has no use for them

    found = zxcvbn(password[:_LOOKED_AT], user_inputs=[email, *email.split("@")])
    if found["score"] >= _GOOD_SCORE:
        return None
    return str(found["feedback"]["warning"] or "The password is easy to guess")
