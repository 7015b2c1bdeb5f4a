"""Signing keys as an early release kept them, in files of their own: read once, taken over, removed."""

import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from auth_service.sealing import MasterKey
from auth_service.signing_keys import SigningKey, take_in
from auth_service.store import Store

_CURRENT = "current"


class KeyFileError(Exception):
    """A file in the folder of keys is not what it should be; the message says which."""


def present(folder: Path) -> bool:
    """True where there are keys to take over."""
    return any(folder.glob("*.pem"))


def take_over(store: Store, master: MasterKey, folder: Path) -> int:
    """Move the folder's keys into the store; how many. Raises `KeyFileError`, `Problem` TRV203."""
    paths = sorted(folder.glob("*.pem"))
    if not paths:
        return 0
    named = (folder / _CURRENT).read_text(encoding="ascii").strip() if (folder / _CURRENT).exists() else ""
    take_in(store, master, [_key(path, current=path.stem == named) for path in paths])
    # only now: a takeover that was cut short begins again
    for path in [*paths, folder / _CURRENT, folder / ".lock"]:
        path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return len(paths)


def _key(path: Path, *, current: bool) -> SigningKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise KeyFileError(f"{path} is not a private key") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise KeyFileError(f"{path} is not a P-256 key")
    # the current one signs on; the others only serve out their tokens
    made = path.stat().st_mtime
    return SigningKey(path.stem, key, made, time.time() if current else 0.0)
