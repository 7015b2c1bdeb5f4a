"""The master key, and how secrets are sealed with it before they are kept (AES-256-GCM, NIST SP 800-38D)."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE = "master.key"
_BYTES = 32
_NONCE = 12
_FORM = b"\x01"  # the first byte of what is sealed: how it was


class MasterKeyError(Exception):
    """The master key is missing or not the right one; the message says what to do."""


@dataclass(frozen=True)
class MasterKey:
    """The key that seals other keys. ``fingerprint`` tells two apart and gives nothing away."""

    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits."""
        return hmac.new(self.secret, b"trivet master key", hashlib.sha256).hexdigest()[:16]

    @property
    def text(self) -> str:
        """The key as a file holds it."""
        return base64.b64encode(self.secret).decode() + "\n"

    def mark(self, text: str) -> str:
        """A keyed hash of a text (64 hexadecimal digits), for what is too short to be hidden by a plain one."""
        return hmac.new(self.secret, b"trivet mark " + text.encode(), hashlib.sha256).hexdigest()

    def seal(self, secret: bytes, about: str) -> bytes:
        """The secret, sealed; it opens again only as what it is ``about``."""
        nonce = secrets.token_bytes(_NONCE)
        return _FORM + nonce + AESGCM(self.secret).encrypt(nonce, secret, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """The secret that was sealed. Raises `MasterKeyError`."""
        nonce, content = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            if sealed[:1] != _FORM:
                raise InvalidTag
            return AESGCM(self.secret).decrypt(nonce, content, about.encode())
        except (InvalidTag, ValueError):
            raise MasterKeyError(f"{about} does not open with the master key {self.fingerprint}") from None


def parse(text: str, place: str) -> MasterKey:
    """The master key in a text: 32 bytes in base64 or as hexadecimal digits. Raises `MasterKeyError`."""
    found = _decoded(text.strip())
    if found is None or len(found) != _BYTES:
        raise MasterKeyError(
            f"{place} is not a master key: 32 bytes in base64 or hexadecimal, as `openssl rand -base64 32` makes them"
        )
    return MasterKey(found)


def read(path: Path) -> MasterKey | None:
    """The master key in a file, None where there is no such file. Raises `MasterKeyError`."""
    try:
        return parse(path.read_text(encoding="ascii"), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as fault:
        raise MasterKeyError(f"the master key can't be read from {path}: {fault}") from None


def make(path: Path) -> MasterKey:
    """A new master key in a file of mode 0600; who comes second gets the first one's. Raises `MasterKeyError`."""
    return keep(path, MasterKey(secrets.token_bytes(_BYTES)))


def keep(path: Path, key: MasterKey) -> MasterKey:
    """Put a master key into a file that does not exist yet; the key that is in it then. Raises `MasterKeyError`."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(key.text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # whole or not at all, and never over another
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as fault:
        raise MasterKeyError(f"the master key can't be kept in {path}: {fault.strerror}") from None
    return read(path) or key


def _decoded(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) if len(text) == 2 * _BYTES else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
