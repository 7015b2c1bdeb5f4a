"""The signing keys: made once, sealed, shared by every worker, rotated without a token refused."""

import json
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from auth_service import sealing, signing_keys, store, tables, upgrade
from auth_service.login import tidy
from auth_service.pem_files import KeyFileError
from auth_service.sealing import MasterKey, MasterKeyError
from auth_service.settings import AuthSettings
from auth_service.signing_keys import KeyRing, KeyStateError, key_id_of
from auth_service.store import Store
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask

_processes = multiprocessing.get_context("fork")
MASTER = MasterKey(b"m" * 32)
OTHER = MasterKey(b"o" * 32)


def _start(url: str, barrier: Any, found: Any) -> None:
    barrier.wait()
    found.put(KeyRing(store.open(url), MASTER).current().key_id)


def _pem(curve: Any) -> tuple[str, bytes]:
    key = generate_private_key(curve)
    key_id = key_id_of(key.public_key()) if isinstance(curve, SECP256R1) else "other"
    return key_id, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _move(opened: Store, **values: float) -> None:
    """Move every key in time."""
    with opened.write() as connection:
        changes = {name: tables.signing_keys.c[name] + seconds for name, seconds in values.items()}
        connection.execute(sa.update(tables.signing_keys).values(**changes))


def _look_again(ring: KeyRing) -> None:
    ring._due = float("-inf")


def test_workers_that_start_together_share_one_key(url: str) -> None:
    store.migrate(url)
    barrier, found = _processes.Barrier(4), _processes.Queue()
    workers = [_processes.Process(target=_start, args=(url, barrier, found)) for _ in range(4)]
    for worker in workers:
        worker.start()
    ids = {found.get(timeout=30) for _ in workers}
    for worker in workers:
        worker.join()
    assert len(ids) == 1


def test_keys_survive_a_restart_and_are_sealed(opened: Store) -> None:
    first = KeyRing(opened, MASTER).current()
    again = KeyRing(opened, MASTER).current()
    token = jwt.encode({"sub": "x"}, first.private, algorithm="ES256")
    assert jwt.decode(token, again.private.public_key(), algorithms=["ES256"]) == {"sub": "x"}
    with opened.read() as connection:
        (row,) = connection.execute(sa.select(tables.signing_keys)).all()
    assert first.private.private_numbers().private_value.to_bytes(32, "big") not in row.sealed
    assert row.sealed_by == MASTER.fingerprint
    assert "private" not in repr(first)
    assert "mmmm" not in repr(MASTER)


def test_another_master_key_opens_nothing_and_is_named(opened: Store) -> None:
    KeyRing(opened, MASTER).current()
    with pytest.raises(MasterKeyError, match=rf"{MASTER.fingerprint}.*{OTHER.fingerprint}"):
        KeyRing(opened, OTHER).current()


def test_a_sealed_key_opens_only_as_itself(opened: Store) -> None:
    signing_keys.ensure_first(opened, MASTER)
    with opened.write() as connection:
        connection.execute(sa.update(tables.signing_keys).values(id="another"))
    with pytest.raises(MasterKeyError, match="another"):
        signing_keys.load(opened, MASTER)


def test_the_key_id_is_the_thumbprint(opened: Store) -> None:
    (key,) = KeyRing(opened, MASTER).keys.jwks()["keys"]
    members = {name: key[name] for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    assert jwt.utils.base64url_encode(sha256(canonical).digest()).decode() == key["kid"]
    assert "d" not in key


def test_a_new_key_is_published_before_it_signs(opened: Store) -> None:
    rings = [KeyRing(opened, MASTER), KeyRing(opened, MASTER)]
    old = rings[0].current().key_id
    new = signing_keys.rotate(opened, MASTER)
    for ring in rings:
        _look_again(ring)
        assert ring.current().key_id == old
        assert {key["kid"] for key in ring.keys.jwks()["keys"]} == {old, new.key_id}
    with pytest.raises(KeyStateError, match=new.key_id):
        signing_keys.rotate(opened, MASTER)
    _move(opened, signs_from=-signing_keys.ANNOUNCED - 1)
    for ring in rings:
        _look_again(ring)
        assert ring.current().key_id == new.key_id
        assert ring.keys.find(old) is not None


def test_an_old_key_goes_when_its_tokens_have_ended(opened: Store) -> None:
    settings = AuthSettings(access_token_seconds=600)
    old = signing_keys.ensure_first(opened, MASTER).keys[0]
    new = signing_keys.rotate(opened, MASTER)
    _move(opened, signs_from=-signing_keys.ANNOUNCED - 600)
    tidy(opened, settings)
    found = signing_keys.load(opened, MASTER)
    assert found is not None
    assert found.find(old.key_id) is not None
    _move(opened, signs_from=-4200)
    tidy(opened, settings)
    found = signing_keys.load(opened, MASTER)
    assert found is not None
    assert [key.key_id for key in found.keys] == [new.key_id]


def test_a_reset_leaves_one_new_key_even_without_the_old_master_key(opened: Store) -> None:
    old = signing_keys.ensure_first(opened, MASTER).keys[0]
    new = signing_keys.reset(opened, OTHER)
    found = signing_keys.load(opened, OTHER)
    assert found is not None
    assert found.keys[0].key_id == new.key_id != old.key_id


def test_the_last_good_keys_serve_while_the_store_is_away(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/accounts.db"
    store.migrate(url)
    ring = KeyRing(store.open(url), MASTER)
    key = ring.current()
    ring._store = store.open("postgresql://nobody@/nothing?host=/nonexistent")
    _look_again(ring)
    assert ring.current() is key


def test_tokens_carry_the_id_of_the_key_that_signed_them(app: Flask) -> None:
    credentials = {"email": "clerk@example.com", "password": "correct horse"}
    answer = app.test_client().post("/auth/v1/token?grant_type=password", json=credentials)
    token = answer.json["access_token"]
    (key,) = app.test_client().get("/auth/v1/.well-known/jwks.json").json["keys"]
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    public = jwt.PyJWK.from_dict(key).key
    assert jwt.decode(token, public, algorithms=["ES256"], audience="trivet")["email"] == "clerk@example.com"


def test_a_token_of_the_old_key_is_good_while_the_new_one_signs(app: Flask, settings: AuthSettings) -> None:
    client, ring = app.test_client(), app.extensions["trivet_auth_keys"]
    credentials = {"email": "clerk@example.com", "password": "correct horse"}
    old = client.post("/auth/v1/token?grant_type=password", json=credentials).json["access_token"]
    opened = store.open(settings.store_url)
    signing_keys.rotate(opened, upgrade.master_key(settings))
    _move(opened, signs_from=-signing_keys.ANNOUNCED)
    opened.close()
    _look_again(ring)
    new = client.post("/auth/v1/token?grant_type=password", json=credentials).json["access_token"]
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    for token in (old, new):
        assert client.get("/auth/v1/user", headers={"Authorization": f"Bearer {token}"}).status_code == 200


# --- the master key --------------------------------------------------------------------------------------------------


def test_the_master_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "master.key"
    made = sealing.make(path)
    assert sealing.make(path) == made == sealing.read(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["master.key"]


@pytest.mark.parametrize("text", [MASTER.text, MASTER.secret.hex(), f"  {MASTER.secret.hex().upper()}\n\n"])
def test_a_master_key_is_base64_or_hexadecimal(text: str) -> None:
    assert sealing.parse(text, "x") == MASTER


@pytest.mark.parametrize("text", ["", "secret", "A" * 44, MASTER.secret.hex()[:-2], "é" * 64])
def test_what_is_no_master_key_is_refused(text: str) -> None:
    with pytest.raises(MasterKeyError, match="the place"):
        sealing.parse(text, "the place")


def test_a_service_without_its_master_key_does_not_start(
    settings: AuthSettings, make_app: Callable[..., Flask]
) -> None:
    settings.master_key_path.unlink()
    with pytest.raises(MasterKeyError, match="TRIVET_MASTER_KEY_FILE"):
        make_app()
    with pytest.raises(MasterKeyError, match="is missing"):
        upgrade.prepare(settings)  # which never makes another beside keys that it could not open
    with pytest.raises(MasterKeyError, match="put the right one back"):
        make_app(master_key=OTHER.text)


def test_a_given_master_key_is_taken_and_no_file_made(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    settings = AuthSettings(state_dir=str(tmp_path / "other"), master_key=MASTER.text)
    upgrade.prepare(settings)
    assert not settings.master_key_path.exists()
    assert make_app(state_dir=settings.state_dir, master_key=MASTER.secret.hex())


def test_migrating_alone_makes_no_master_key(tmp_path: Path) -> None:
    settings = AuthSettings(state_dir=str(tmp_path))
    with pytest.raises(MasterKeyError, match="openssl rand"):
        upgrade.migrate(settings)
    assert not settings.master_key_path.exists()
    opened = store.open(settings.store_url)
    assert opened.reachable()
    opened.close()


# --- files of an early release ---------------------------------------------------------------------------------------


def test_pem_files_are_taken_over_and_removed(tmp_path: Path, url: str) -> None:
    settings = AuthSettings(state_dir=str(tmp_path / "state"), accounts_url=url)
    settings.keys_dir.mkdir(parents=True)
    (old, old_pem), (current, current_pem) = _pem(SECP256R1()), _pem(SECP256R1())
    (settings.keys_dir / f"{old}.pem").write_bytes(old_pem)
    (settings.keys_dir / f"{current}.pem").write_bytes(current_pem)
    (settings.keys_dir / "current").write_text(current)
    (settings.keys_dir / ".lock").touch()
    upgrade.prepare(settings)
    opened = store.open(url)
    ring = KeyRing(opened, upgrade.master_key(settings))
    assert ring.current().key_id == current
    assert {key["kid"] for key in ring.keys.jwks()["keys"]} == {old, current}
    assert not settings.keys_dir.exists()
    upgrade.prepare(settings)
    assert signing_keys.rotate(opened, upgrade.master_key(settings)).signs_from > time.time()
    opened.close()


@pytest.mark.parametrize("content", [b"nonsense", _pem(SECP384R1())[1]])
def test_a_file_that_is_no_such_key_is_named(tmp_path: Path, content: bytes) -> None:
    settings = replace(AuthSettings(), state_dir=str(tmp_path))
    settings.keys_dir.mkdir()
    (settings.keys_dir / "odd.pem").write_bytes(content)
    with pytest.raises(KeyFileError, match=r"odd\.pem"):
        upgrade.prepare(settings)
    assert (settings.keys_dir / "odd.pem").exists()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_each_algorithm_signs_and_a_rotation_changes_it(
    make_app: Callable[..., Flask], tmp_path: Path, account_id: str, settings: AuthSettings, algorithm: str
) -> None:
    """The old key's tokens stay good beside those of the new one, each by its own algorithm alone."""
    opened = store.open(settings.store_url)
    old = _sign_in(make_app())
    signing_keys.rotate(opened, upgrade.master_key(settings), algorithm=algorithm)
    _move(opened, signs_from=-signing_keys.ANNOUNCED)
    opened.close()
    client = make_app(signing_algorithm=algorithm).test_client()
    new = _sign_in(client.application)
    assert [jwt.get_unverified_header(token)["alg"] for token in (old, new)] == ["ES256", algorithm]
    for token in (old, new):
        answer = client.get("/auth/v1/user", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
    keys = client.get("/auth/v1/.well-known/jwks.json").get_json()["keys"]
    assert [key["alg"] for key in keys] == ["ES256", algorithm]
    assert not any({"d", "p", "q"} & set(key) for key in keys)
    public = {key["kid"]: jwt.PyJWK.from_dict(key) for key in keys}
    found = jwt.decode(new, public[jwt.get_unverified_header(new)["kid"]], audience="trivet")
    assert found["sub"] == account_id


def _sign_in(app: Flask) -> str:
    body = {"email": "clerk@example.com", "password": "correct horse"}
    return str(app.test_client().post("/auth/v1/token?grant_type=password", json=body).get_json()["access_token"])
