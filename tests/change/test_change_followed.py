"""A client of data follows its catalog without Redis and without asking for rows: by looks, `/reload` and SIGHUP."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from chassis.data_client import DataClient
from chassis.hop import Hop
from contracts.identity import Caller
from contracts.problems import Problem

CONFIG = """
version: 1
resources:
  things: {{permissions: {{anonymous: {{select: {{columns: [{columns}], filter: {{}}}}}}}}}}
"""


@pytest.fixture
def shop(tmp_path):
    """A database, and its configuration: what anybody sees of it."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table things (id integer primary key, name text, price int)")
    (tmp_path / "trivet.yaml").write_text(CONFIG.format(columns="id"))
    return tmp_path


@pytest.fixture
def data(shop):
    """The service, which looks at its configuration only when it is told to."""
    settings = {
        "TRIVET_LISTEN": f"unix:{shop}/data.sock",
        "TRIVET_STATE_DIR": str(shop),
        "TRIVET_CONFIG": str(shop / "trivet.yaml"),
        "TRIVET_POLL_SECONDS": "3600",
        "DATABASE_URL": f"sqlite:///{shop}/shop.db",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:chassis.serving", "data_service.app:create_app()"]
    process = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.DEVNULL)
    yield process
    process.terminate()
    process.wait(30)


def test_a_client_follows(shop, data, until):
    hop = Hop(f"unix:{shop}/data.sock")
    client = DataClient(hop)

    def seen():
        deadline = time.monotonic() + 30
        while True:
            try:
                return {field.name for resource in client.catalog(Caller()).resources for field in resource.fields}
            except Problem:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    assert seen() == {"id"}
    (shop / "trivet.yaml").write_text(CONFIG.format(columns="id, name"))
    assert hop.call("POST", "/reload").status == 200
    until(lambda: seen() == {"id", "name"}, "the configuration was not read again")
    (shop / "trivet.yaml").write_text(CONFIG.format(columns="id, price"))
    data.send_signal(signal.SIGHUP)
    until(lambda: seen() == {"id", "price"}, "the signal was not heard")
    with closing(sqlite3.connect(shop / "shop.db")) as connection:
        connection.execute("alter table things drop column price")
    until(lambda: seen() == {"id"}, "the table's change was not noticed")
