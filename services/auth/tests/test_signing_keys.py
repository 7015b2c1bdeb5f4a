"""The signing keys: made once, shared, private, current."""

import json
import multiprocessing
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
import pytest
from auth_service.signing_keys import KeyFileError, KeyRing, key_id_of
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_processes = multiprocessing.get_context("fork")


def _start(folder: Path, barrier: Any, found: Any) -> None:
    barrier.wait()
    found.put(KeyRing(folder).keys.current)


def _pem(curve: Any) -> tuple[str, bytes]:
    key = generate_private_key(curve)
    key_id = key_id_of(key.public_key()) if isinstance(curve, SECP256R1) else "other"
    return key_id, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_workers_that_start_together_share_one_key(tmp_path: Path) -> None:
    barrier, found = _processes.Barrier(4), _processes.Queue()
    workers = [_processes.Process(target=_start, args=(tmp_path / "keys", barrier, found)) for _ in range(4)]
    for worker in workers:
        worker.start()
    ids = {found.get(timeout=30) for _ in workers}
    for worker in workers:
        worker.join()
    assert len(ids) == 1
    assert [path.stem for path in (tmp_path / "keys").glob("*.pem")] == list(ids)


def test_keys_survive_a_restart_and_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = KeyRing(folder).keys
    again = KeyRing(folder).keys
    assert first.current == again.current
    token = jwt.encode({"sub": "x"}, first.keys[first.current], algorithm="ES256")
    assert jwt.decode(token, again.keys[again.current].public_key(), algorithms=["ES256"]) == {"sub": "x"}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_the_key_id_is_the_thumbprint(tmp_path: Path) -> None:
    (key,) = KeyRing(tmp_path).keys.jwks()["keys"]
    members = {name: key[name] for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    assert jwt.utils.base64url_encode(sha256(canonical).digest()).decode() == key["kid"]
    assert "d" not in key


def test_a_key_that_is_added_is_published_and_then_signs(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    old = ring.keys.current
    new, pem = _pem(SECP256R1())
    (tmp_path / f"{new}.pem").write_bytes(pem)
    assert ring.keys.current == old
    assert {key["kid"] for key in ring.keys.jwks()["keys"]} == {old, new}
    (tmp_path / "current").unlink()
    assert ring.keys.current == old
    (tmp_path / "current").write_text(new)
    assert ring.keys.current == new


@pytest.mark.parametrize("content", [b"nonsense", _pem(SECP384R1())[1]])
def test_a_file_that_is_no_such_key_is_named(tmp_path: Path, content: bytes) -> None:
    KeyRing(tmp_path)
    (tmp_path / "odd.pem").write_bytes(content)
    with pytest.raises(KeyFileError, match=r"odd\.pem"):
        KeyRing(tmp_path)


def test_a_current_key_without_a_file_is_named(tmp_path: Path) -> None:
    KeyRing(tmp_path)
    (tmp_path / "current").write_text("gone")
    with pytest.raises(KeyFileError, match="current"):
        KeyRing(tmp_path)
