"""What the tests of auth share: real stores (SQLite and PostgreSQL), and an app with one account."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from auth_service import accounts, store, upgrade
from auth_service.app import create_app
from auth_service.routes import EXTENSION
from auth_service.settings import AuthSettings
from flask import Flask
from flask.testing import FlaskClient

EMAIL, PASSWORD = "clerk@example.com", "correct horse"
_BIN = Path("/usr/lib/postgresql/15/bin")
_AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of the tests' own, on a socket in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="trivet-auth-pg-"))
    if _AS_NOBODY:
        shutil.chown(folder, "nobody", "nogroup")
    data = folder / "data"
    setup = [*_AS_NOBODY, _BIN / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
    subprocess.run(setup, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    options = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*_AS_NOBODY, _BIN / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=folder
        )
    try:
        _await(lambda: psycopg.connect(f"host={folder} user=postgres").close(), server)
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    name = f"auth_{time.time_ns()}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store without tables yet, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/accounts.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def opened(url: str) -> Iterator[store.Store]:
    """An open store with its tables, of either kind."""
    store.migrate(url)
    found = store.open(url)
    yield found
    found.close()


@pytest.fixture
def settings(tmp_path: Path) -> AuthSettings:
    """Settings with a prepared SQLite store in a folder of the test's own."""
    found = AuthSettings(state_dir=str(tmp_path / "state"))
    upgrade.prepare(found)
    return found


@pytest.fixture
def make_app(settings: AuthSettings) -> Iterator[Callable[..., Flask]]:
    """A function that makes an app with some settings changed, and one account where ``email`` says so."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(create_app(replace(settings, **changes)))
        return made[-1]

    yield make
    for app in made:
        app.extensions[EXTENSION].upkeep.stop()
        app.extensions[EXTENSION].store.close()


@pytest.fixture
def account_id(settings: AuthSettings) -> str:
    """The one account's id."""
    opened = store.open(settings.store_url)
    try:
        return accounts.add(opened, EMAIL, PASSWORD, "clerk", ["reader"], {"X-Hasura-Customer-Id": "7"})
    finally:
        opened.close()


@pytest.fixture
def app(make_app: Callable[..., Flask], account_id: str) -> Flask:
    """An app with one account."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of that app."""
    return app.test_client()


def _await(attempt: Callable[[], object], server: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        assert server.poll() is None, "the server ended at once"
        try:
            attempt()
            return
        except (OSError, psycopg.Error):
            time.sleep(0.05)
    raise AssertionError("the server does not answer")
