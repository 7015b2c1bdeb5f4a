"""The private keys that sign access tokens (ES256), as files: made once, shared by every worker, read again on change.

The folder holds one ``<key id>.pem`` per key, and ``current`` with the id of the one that signs. All of them are
published, so that a key can be announced before it signs, and serve out its tokens after.
"""

import fcntl
import hashlib
import os
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

_CURRENT = "current"


class KeyFileError(Exception):
    """A file in the folder of keys is not what it should be; the message says which."""


@dataclass(frozen=True)
class SigningKeys:
    """A set of private keys by key id, and the id of the one that signs."""

    current: str
    keys: Mapping[str, EllipticCurvePrivateKey]

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public halves as a JSON Web Key Set (RFC 7517 §5)."""
        return {
            "keys": [
                {**_thumbprint_members(key.public_key()), "kid": key_id, "alg": "ES256", "use": "sig"}
                for key_id, key in self.keys.items()
            ]
        }


class KeyRing:
    """The keys of a folder. Thread-safe; `keys` is current at each look, for the price of one ``stat``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        _make_first(folder)
        self._stamp, self._keys = _stamp(folder), _load(folder)

    @property
    def keys(self) -> SigningKeys:
        """The present keys; the last good ones while the folder can't be read."""
        with self._lock:
            try:
                stamp = _stamp(self._folder)
                if stamp != self._stamp:
                    self._stamp, self._keys = stamp, _load(self._folder)
            except (OSError, KeyFileError):
                pass  # a half-made change, or a folder that is gone for a moment
            return self._keys


def key_id_of(key: EllipticCurvePublicKey) -> str:
    """The key's thumbprint (RFC 7638)."""
    members = dict(sorted(_thumbprint_members(key).items()))
    return _base64(hashlib.sha256(msgspec.json.encode(members)).digest())


def _make_first(folder: Path) -> None:
    """Make a key where there is none yet; of several workers that start together, one does."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder):
        if (folder / _CURRENT).exists():
            return
        key = generate_private_key(SECP256R1())
        key_id = key_id_of(key.public_key())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(folder / f"{key_id}.pem", pem)
        _write(folder / _CURRENT, key_id.encode())


def _load(folder: Path) -> SigningKeys:
    keys = {path.stem: _load_key(path) for path in sorted(folder.glob("*.pem"))}
    current = (folder / _CURRENT).read_text(encoding="ascii").strip()
    if current not in keys:
        raise KeyFileError(f"{folder / _CURRENT} names a key that has no file")
    return SigningKeys(current, keys)


def _load_key(path: Path) -> EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise KeyFileError(f"{path} is not a private key") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise KeyFileError(f"{path} is not a P-256 key")
    return key


def _stamp(folder: Path) -> tuple[int, int]:
    return folder.stat().st_mtime_ns, (folder / _CURRENT).stat().st_mtime_ns


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # which unlocks


def _write(path: Path, content: bytes) -> None:
    """A new file of mode 0600, whole or not there at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _thumbprint_members(key: EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    x, y = (_base64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
