"""Keys of protected fields: those that encrypt, by id, and the one root that hashes, indexes and tokenises.

The file is JSON of mode 0600: ``{"root": …, "keys": {"k1": …}}``, each 32 bytes in base64. The last key is the one that
encrypts; the others open what they sealed. The root never changes: with another one nothing would be found again.
"""

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE = "protection.keys"
_BYTES = 32
_NONCE = 12
_PREFIX = "trv:1:"  # of a sealed value: how it was sealed; the key's id and the rest follow
TOKEN = "tok_"  # noqa: S105  (what every token begins with)
_BLOCK = 64  # of SHA-256, in bytes (RFC 2104)


class KeyringError(Exception):
    """A key is missing, or a value does not open; the message says what to do, and shows no value."""


@dataclass(frozen=True)
class Keys:
    """What a file holds: the root, and the keys by id, of which the last encrypts."""

    root: bytes = field(repr=False)
    by_id: Mapping[str, bytes] = field(repr=False)

    @property
    def text(self) -> str:
        """The keys as a file holds them."""
        encoded = {name: base64.b64encode(key).decode() for name, key in self.by_id.items()}
        return json.dumps({"root": base64.b64encode(self.root).decode(), "keys": encoded}, indent=1)

    def write(self, path: Path) -> None:
        """Put them into a file of mode 0600, in the place of the one that is there. Raises `OSError`."""
        _draft(path, self.text).replace(path)


def parse_keys(text: str | bytes, place: str) -> Keys:
    """The keys in a text. Raises `KeyringError`, which names the ``place``."""
    try:
        content = json.loads(text)
        root = base64.b64decode(content["root"], validate=True)
        keys = {name: base64.b64decode(key, validate=True) for name, key in content["keys"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise KeyringError(f"{place} does not hold keys of protected fields") from None
    if not keys or any(len(key) != _BYTES or ":" in name for name, key in [("root", root), *keys.items()]):
        raise KeyringError(f"{place} does not hold keys of protected fields")
    return Keys(root, keys)


def merged(one: Keys, other: Keys) -> Keys | None:
    """The keys of both, the newest last; None where they are not of one installation, or were renewed apart."""
    shared = one.by_id.keys() & other.by_id.keys()
    if one.root != other.root or any(one.by_id[name] != other.by_id[name] for name in shared):
        return None
    together = {**one.by_id, **other.by_id}
    return Keys(one.root, {name: together[name] for name in sorted(together, key=_number)})


def _number(name: str) -> int:
    return int(name[1:]) if name[1:].isdigit() else 0


class Keyring:
    """The keys in a file, which is read again when another process has put a newer one in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._root = b""
        self._keys: Mapping[str, bytes] = {}
        self._read()

    @property
    def keys(self) -> Keys:
        """All of them. Raises `KeyringError`."""
        self._refresh()
        return Keys(self._root, self._keys)

    @property
    def current(self) -> str:
        """The id of the key that encrypts now."""
        self._refresh()
        return list(self._keys)[-1]

    def seal(self, about: str, text: str) -> str:
        """A value encrypted by the current key (AES-256-GCM); it opens again only as what it is ``about``."""
        number = self.current
        nonce = secrets.token_bytes(_NONCE)
        content = nonce + AESGCM(self._keys[number]).encrypt(nonce, text.encode(), about.encode())
        return f"{_PREFIX}{number}:{base64.urlsafe_b64encode(content).decode()}"

    def open(self, about: str, sealed: str) -> str:
        """The value in a sealed text. Raises `KeyringError`."""
        number, _, content = sealed.removeprefix(_PREFIX).partition(":")
        key = self._keys.get(number)
        if key is None:
            self._refresh()
            key = self._keys.get(number)
        if key is None:
            raise KeyringError(f"a value of {about} was encrypted by the key {number}, which is not in {self._path}")
        try:
            raw = base64.urlsafe_b64decode(content)
            return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], about.encode()).decode()
        except (InvalidTag, ValueError):
            raise KeyringError(f"a value of {about} does not open with the key {number}") from None

    def mark(self, purpose: str, about: str, text: str) -> str:
        """A keyed hash of a value (HMAC-SHA-256), 32 hexadecimal digits: equal for equal values of one column."""
        inner, outer = self.pads(purpose, about)
        return hashlib.sha256(outer + hashlib.sha256(inner + text.encode()).digest()).hexdigest()[:32]

    def mark_of(self, store: str, about: str, text: str) -> str:
        """What stands for a value where it is looked up: its token, or its blind index."""
        if store == "token":
            return TOKEN + self.mark("token", about, text)
        return self.mark("index", about, text)

    @lru_cache(maxsize=1024)  # noqa: B019  (a keyring lives as long as its process)
    def pads(self, purpose: str, about: str) -> tuple[bytes, bytes]:
        """The inner and outer block of `mark` (RFC 2104), so that SQL can do the same."""
        key = hmac.digest(self._root, f"{purpose} {about}".encode(), "sha256").ljust(_BLOCK, b"\0")
        return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)

    def add(self) -> str:
        """Put a new key into the file, which encrypts from now on; its id."""
        with self._lock, _alone(self._path):
            self._read()
            number = f"k{max(map(_number, self._keys)) + 1}"
            Keys(self._root, {**self._keys, number: secrets.token_bytes(_BYTES)}).write(self._path)
            self._read()
            return number

    def _refresh(self) -> None:
        if self._mark() != self._stamp:
            with self._lock:
                self._read()

    def _mark(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError as fault:
            raise KeyringError(f"the keys can't be read from {self._path}: {fault.strerror}") from None
        return found.st_mtime_ns, found.st_ino

    def _read(self) -> None:
        stamp = self._mark()
        try:
            found = parse_keys(self._path.read_bytes(), str(self._path))
        except OSError as fault:
            raise KeyringError(f"the keys can't be read from {self._path}: {fault.strerror}") from None
        self._root, self._keys, self._stamp = found.root, found.by_id, stamp


def is_sealed(text: str) -> bool:
    """True for what `Keyring.seal` made."""
    return text.startswith(_PREFIX)


def sealed_by(text: str) -> str:
    """The id of the key that sealed a text."""
    return text.removeprefix(_PREFIX).partition(":")[0]


def open_keyring(path: Path) -> Keyring:
    """The keys in a file, which is made where there is none. Raises `KeyringError`."""
    if not path.exists():
        _make(path)
    return Keyring(path)


def _make(path: Path) -> None:
    """A file with new keys; where another process was first, its file stays."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = Keys(secrets.token_bytes(_BYTES), {"k1": secrets.token_bytes(_BYTES)})
        draft = _draft(path, keys.text)
        try:
            os.link(draft, path)  # whole or not at all, and never over another
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as fault:
        raise KeyringError(f"the keys can't be kept in {path}: {fault.strerror}") from None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile: a key that is overwritten takes its values with it."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
