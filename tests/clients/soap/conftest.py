"""What the toolkits share: the record shop behind a suite on each database, and the tour that each of them makes."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.clients.soap import records
from tests.clients.soap.tour import ARRAYS, TOLD, told
from tests.fixtures.suite import Suite

USERNAME = "admin@trivet.local"
Tour = Callable[..., None]


@dataclass(frozen=True)
class Shop:
    """A suite with the record shop, and the WSDL that its administrator reads."""

    suite: Suite
    arrays: bool

    @property
    def address(self) -> str:
        """Where the service is."""
        return f"{self.suite.base_url}/soap/v1"

    def save_wsdl(self, folder: Path, wishes: str = "") -> Path:
        """The WSDL in a file of this folder; ``wishes`` go to the end of its address."""
        command = 'curl --fail -u "$USERNAME:$PASSWORD" "$ADDRESS/soap/v1?wsdl" -o trivet.wsdl'
        self._shell(command.replace("?wsdl", f"?wsdl{wishes}"), folder)
        return folder / "trivet.wsdl"

    @cached_property
    def wsdl(self) -> Path:
        """The WSDL as it is without further wishes."""
        return self.save_wsdl(self.suite.folder)

    @cached_property
    def secret(self) -> str:
        """The secret that PasswordDigest needs in the password's place."""
        command = 'curl --fail -X POST -H "Authorization: Bearer $TOKEN" "$ADDRESS/auth/v1/soap-secret"'
        return str(json.loads(self._shell(command, self.suite.folder))["secret"])

    def _shell(self, command: str, folder: Path) -> str:
        """What a command of the pages prints."""
        told = {"USERNAME": USERNAME, "PASSWORD": self.suite.admin_password, "TOKEN": self.suite.admin_token()}
        environment = {**os.environ, **told, "ADDRESS": self.suite.base_url}
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def _shop(url: str, *, arrays: bool) -> Iterator[Shop]:
    # each tour tries a wrong password: more of them than are free as the settings stand
    with Suite(url, settings={"TRIVET_LOGIN_ATTEMPTS": "100"}) as suite:
        yield Shop(suite, arrays)


@pytest.fixture(scope="session")
def postgres_shop(postgres_server: Any) -> Iterator[Shop]:
    """The record shop in PostgreSQL."""
    with _shop(postgres_server.create_database("records", records.script("postgresql")), arrays=True) as made:
        yield made


@pytest.fixture(scope="session")
def sqlite_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The record shop in SQLite."""
    path = tmp_path_factory.mktemp("records") / "records.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(records.script("sqlite"))
    connection.close()
    with _shop(f"sqlite:///{path}", arrays=False) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest) -> Shop:
    """The record shop in each database."""
    found: Shop = request.getfixturevalue("sqlite_shop" if request.param == "sqlite" else "postgres_shop")
    return found


@pytest.fixture(scope="session")
def make_tour() -> Tour:
    """Let a client make its tour, and hold what it tells against what is there.

    Called with the client's command, of which the shop's WSDL or address is a part, the shop, the version of SOAP
    (``11``, ``12``) and how to log in (``text``, ``digest``); ``but`` is what this toolkit can only say in other words, or
    not at all (None).
    """

    def tour(
        command: Sequence[str | Path], shop: Shop, version: str = "11", kind: str = "text", **but: str | None
    ) -> None:
        password = shop.secret if kind == "digest" else shop.suite.admin_password
        words = [*command, USERNAME, password, version, kind, *(["arrays"] if shop.arrays else [])]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        expected = {**TOLD, **(ARRAYS if shop.arrays else {}), **but}
        assert told(done.stdout) == {stop: found for stop, found in expected.items() if found is not None}

    return tour


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Generate and compile a client by its ``build.sh``, in a folder of its own, which is answered."""

    def built(source: Path, shop: Shop, wishes: str = "") -> Path:
        folder = tmp_path_factory.mktemp(source.name)
        shop.save_wsdl(folder, wishes)
        for path in source.iterdir():
            if path.is_file() and path.suffix != ".py":
                shutil.copy(path, folder)
        done = subprocess.run(["bash", "build.sh"], cwd=folder, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return folder

    return built
