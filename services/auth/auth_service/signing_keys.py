"""The private keys that sign access tokens: sealed in the accounts store, shared by every worker.

All keys are published, so that a key can be announced before it signs, and serve out its tokens after. Which one signs
follows from the rows alone: the one whose time came last.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import sqlalchemy as sa
from contracts.problems import Problem
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from auth_service import store as stores
from auth_service.key_kinds import Algorithm, PrivateKey, algorithm_of, generate, key_id_of, open_key, public_members
from auth_service.sealing import MasterKey, MasterKeyError
from auth_service.store import Store
from auth_service.tables import signing_keys

ANNOUNCED = 600.0  # seconds that a key is published before it signs: longer than anyone may keep the key set
SOON = 15.0  # the least of it: until every worker of auth has read the key
_LOOK = 5.0  # seconds between two looks at the store


class KeyStateError(Exception):
    """The keys are not in a state for what was asked; the message says why."""


@dataclass(frozen=True)
class SigningKey:
    """A private key, its id, and when it was made and begins to sign (seconds since 1970)."""

    key_id: str
    private: PrivateKey = field(repr=False)
    created: float
    signs_from: float

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm that it signs with."""
        return algorithm_of(self.private)


@dataclass(frozen=True)
class SigningKeys:
    """All keys, in the order in which they sign; never empty."""

    keys: tuple[SigningKey, ...]

    def current(self, now: float) -> SigningKey:
        """The key that signs at a time."""
        begun = [key for key in self.keys if key.signs_from <= now]
        return begun[-1] if begun else self.keys[0]

    def find(self, key_id: str) -> SigningKey | None:
        """The key of this id."""
        return next((key for key in self.keys if key.key_id == key_id), None)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public halves as a JSON Web Key Set (RFC 7517 §5)."""
        return {
            "keys": [
                {**public_members(key.private.public_key()), "kid": key.key_id, "alg": key.algorithm, "use": "sig"}
                for key in self.keys
            ]
        }


class KeyRing:
    """The keys of a store. Thread-safe; looked at again every few seconds, the last good ones meanwhile.

    ``algorithm`` is that of the first key, where there is none yet.
    """

    def __init__(self, store: Store, master: MasterKey, algorithm: Algorithm = "ES256") -> None:
        self._store = store
        self._master = master
        self._algorithm = algorithm
        self._keys: SigningKeys | None = None
        self._due = float("-inf")
        self._lock = threading.Lock()

    @property
    def keys(self) -> SigningKeys:
        """The present keys. Raises `Problem` TRV203 where the store never answered, `MasterKeyError`."""
        keys = self._keys
        if keys is not None and (time.monotonic() < self._due or not self._lock.acquire(blocking=False)):
            return keys
        if keys is None:
            self._lock.acquire()
        try:
            return self._look()
        finally:
            self._lock.release()

    def current(self) -> SigningKey:
        """The key that signs now. Raises as `keys` does."""
        return self.keys.current(time.time())

    def _look(self) -> SigningKeys:
        if self._keys is None or time.monotonic() >= self._due:
            try:
                found = load(self._store, self._master)
                self._keys = found or ensure_first(self._store, self._master, self._algorithm)
            except (Problem, MasterKeyError):
                if self._keys is None:
                    raise
            self._due = time.monotonic() + _LOOK
        return self._keys


def load(store: Store, master: MasterKey) -> SigningKeys | None:
    """The keys in a store, None where there are none. Raises `MasterKeyError`, `Problem` TRV203."""
    with store.read() as connection:
        return _load(connection, master)


def sealed_by(store: Store) -> set[str]:
    """The fingerprints of the master keys that sealed the keys in a store. Raises `Problem` TRV203."""
    with store.read() as connection:
        return set(connection.scalars(sa.select(signing_keys.c.sealed_by)))


def ensure_first(store: Store, master: MasterKey, algorithm: Algorithm = "ES256") -> SigningKeys:
    """The keys, one made first where there is none; of several workers that start together, one makes it."""
    with store.write() as connection:
        stores.take_turn(connection)
        found = _load(connection, master)
        return found or SigningKeys((_add(connection, master, _new(algorithm, time.time())),))


def rotate(store: Store, master: MasterKey, announced: float = ANNOUNCED, algorithm: Algorithm = "ES256") -> SigningKey:
    """A new key that signs from ``announced`` seconds on. Raises `KeyStateError` where one is waiting already."""
    with store.write() as connection:
        stores.take_turn(connection)
        found, now = _load(connection, master), time.time()
        waiting = [key for key in found.keys if key.signs_from > now] if found else []
        if waiting:
            left = waiting[-1].signs_from - now
            raise KeyStateError(f"the key {waiting[-1].key_id} is announced already, and signs in {left:.0f} s")
        return _add(connection, master, _new(algorithm, now + max(announced, SOON)))


def reset(store: Store, master: MasterKey, algorithm: Algorithm = "ES256") -> SigningKey:
    """One new key instead of all others, whose tokens end."""
    with store.write() as connection:
        stores.take_turn(connection)
        connection.execute(sa.delete(signing_keys))
        return _add(connection, master, _new(algorithm, time.time()))


def take_in(store: Store, master: MasterKey, keys: Sequence[SigningKey]) -> None:
    """Keep keys that were kept elsewhere before; those that are there already stay as they are."""
    with store.write() as connection:
        stores.take_turn(connection)
        known = set(connection.scalars(sa.select(signing_keys.c.id)))
        for key in keys:
            if key.key_id not in known:
                _add(connection, master, key)


def prune(connection: sa.Connection, life: float) -> None:
    """Forget keys whose tokens have ended: those that another took over from more than ``life`` seconds ago."""
    rows = connection.execute(sa.select(signing_keys.c.id, signing_keys.c.signs_from).order_by(*_ORDER)).all()
    retired = [row.id for row, later in pairwise(rows) if later.signs_from < time.time() - life]
    if retired:
        connection.execute(sa.delete(signing_keys).where(signing_keys.c.id.in_(retired)))


_ORDER = (signing_keys.c.signs_from, signing_keys.c.created, signing_keys.c.id)


def _load(connection: sa.Connection, master: MasterKey) -> SigningKeys | None:
    rows = connection.execute(sa.select(signing_keys).order_by(*_ORDER)).all()
    return SigningKeys(tuple(_opened(row, master) for row in rows)) if rows else None


def _opened(row: sa.Row[tuple[object, ...]], master: MasterKey) -> SigningKey:
    found = row._mapping
    if found["sealed_by"] != master.fingerprint:
        raise MasterKeyError(
            f"the signing keys were sealed with the master key {found['sealed_by']}, and this is "
            f"{master.fingerprint}: put the right one back, or begin anew with `trivet keys reset`"
        )
    secret = master.open(found["sealed"], f"signing key {found['id']}")
    try:
        key = open_key(secret)
    except ValueError:
        raise MasterKeyError(f"signing key {found['id']} is of another kind") from None
    return SigningKey(found["id"], key, found["created"], found["signs_from"])


def _new(algorithm: Algorithm, signs_from: float) -> SigningKey:
    private = generate(algorithm)
    return SigningKey(key_id_of(private.public_key()), private, time.time(), signs_from)


def _add(connection: sa.Connection, master: MasterKey, key: SigningKey) -> SigningKey:
    secret = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    row = {"id": key.key_id, "sealed": master.seal(secret, f"signing key {key.key_id}")}
    times = {"created": key.created, "signs_from": key.signs_from}
    connection.execute(sa.insert(signing_keys).values(row | times | {"sealed_by": master.fingerprint}))
    return key
