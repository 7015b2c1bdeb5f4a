"""The public keys of an outside issuer: its JSON Web Key Set, fetched and kept, asked for again within bounds."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec

_FRESH = 300.0  # seconds after which the set is fetched again, so that a retired key goes
_AGAIN = 10.0  # seconds before an unknown key id makes us fetch again, whoever sends how many
_PATIENCE = 5.0  # seconds
_MOST = 1_000_000  # bytes of a set
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_OCTETS = "oct"  # the type of shared secrets, which nobody may publish


class OutsideKeysError(Exception):
    """The set was never read, and can't be now."""


class OutsideKeys:
    """Keys by key id from one address that our own file names: nothing in a token leads to another. Thread-safe."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if not (parts.scheme in ("https", "file") or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
            raise ValueError(f"{url}: keys are taken by https only")
        self._url = url
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._asked = float("-inf")
        self._lock = threading.Lock()
        self._opener = urllib.request.build_opener(_NoRedirects)

    def find(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        """The key that a token's header names, bound to its one algorithm.

        Raises `jwt.InvalidAlgorithmError` (no such key), `OutsideKeysError`.
        """
        key_id = header.get("kid")
        age = time.monotonic() - self._asked
        if age > _FRESH or (age > _AGAIN and self._named(key_id) is None):
            self._fetch()
        key = self._named(key_id)
        if key is None:
            if not self._keys:
                raise OutsideKeysError
            raise jwt.InvalidAlgorithmError
        return key

    def _named(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of an id; without one the only key, if there is but one."""
        keys = self._keys
        return next(iter(keys.values())) if key_id is None and len(keys) == 1 else keys.get(key_id)

    def _fetch(self) -> None:
        with self._lock:
            if time.monotonic() - self._asked < _AGAIN:
                return  # another one has just asked
            try:
                self._keys = _read(self._load())
            except (OSError, ValueError):  # the last set serves on
                pass
            self._asked = time.monotonic()

    def _load(self) -> bytes:
        with self._opener.open(self._url, timeout=_PATIENCE) as answer:
            found: bytes = answer.read(_MOST + 1)
        if len(found) > _MOST:
            raise ValueError("too large")
        return found


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Keys come from the address that was written down, or not at all."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """No other address."""
        return


def _read(text: bytes) -> dict[str | None, jwt.PyJWK]:
    """The keys for signatures in a set; those that can't be used are passed over. Raises `ValueError`."""
    found = msgspec.json.decode(text)
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ValueError("no key set")
    keys: dict[str | None, jwt.PyJWK] = {}
    for one in found["keys"]:
        if isinstance(one, dict) and one.get("kty") != _OCTETS and one.get("use", "sig") == "sig" and "d" not in one:
            try:
                keys[one.get("kid")] = jwt.PyJWK.from_dict(one)
            except (jwt.PyJWTError, ValueError, TypeError):
                continue
    return keys
