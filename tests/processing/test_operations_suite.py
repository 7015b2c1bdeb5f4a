"""The project's Python in the whole suite: called over HTTP, read again when it is saved, and gone when the suite is."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.suite import Suite

CONFIG = "version: 1\nresources: {}\n"
OPERATIONS = '''
import os
import trivet

@trivet.operation(reads_only=True)
def whereabouts(ctx: trivet.Context) -> dict[str, int]:
    """Which processes do this."""
    ctx.log.info("asked by %s", ctx.principal.role)
    return {"nursery": os.getppid(), "process": os.getpid()}

@trivet.operation
def add_line(ctx: trivet.Context, line: str) -> str:
    return ctx.database.create("lines", {"line": line})["line"]

@trivet.operation(timeout=1)
def endless(ctx: trivet.Context) -> None:
    ctx.database.create("lines", {"line": "never"})
    while True:
        pass
'''


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The suite over one table, with operations beside its configuration."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "trivet.yaml").write_text(CONFIG)
    (folder / "operations").mkdir()
    (folder / "operations" / "ops.py").write_text(OPERATIONS)
    script = "create table lines (id integer generated always as identity primary key, line text)"
    if request.param == "sqlite":
        import sqlite3

        with sqlite3.connect(folder / "lines.db") as connection:
            connection.execute("create table lines (id integer primary key, line text)")
        connection.close()
        url = f"sqlite:///{folder / 'lines.db'}"
    else:
        url = request.getfixturevalue("postgres_server").create_database("operations_suite", script)
    with Suite(url, config=folder / "trivet.yaml") as made:
        yield made


def folder_of(suite: Suite) -> Path:
    return Path(suite._choices["CONFIG"]).parent


def ask(suite: Suite, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any, str]:
    """Status, body and request id of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token or suite.admin_token()}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{suite.base_url}{path}", data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read()
            return response.status, json.loads(text) if text else None, response.headers["X-Request-Id"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), error.headers["X-Request-Id"]


def rpc(suite: Suite, name: str, **arguments: Any) -> tuple[int, Any]:
    status, body, _ = ask(suite, "POST", f"/rest/v1/rpc/{name}", arguments)
    return status, body


def log_of(suite: Suite) -> str:
    return (suite.state / "log" / "data.log").read_text()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.1)


def test_it_is_called_and_its_log_has_the_request_s_id(suite: Suite) -> None:
    status, body, request_id = ask(suite, "GET", "/rest/v1/rpc/whereabouts")
    assert status == 200
    assert body["nursery"] != body["process"]
    lines = [json.loads(line[line.index("{") :]) for line in log_of(suite).splitlines() if "asked by admin" in line]
    assert [line["request_id"] for line in lines] == [request_id]


def test_a_write_is_seen_and_an_endless_one_is_not(suite: Suite) -> None:
    assert rpc(suite, "add_line", line="one") == (200, "one")
    status, body = rpc(suite, "endless")
    assert (status, body["code"]) == (504, "TRV341")
    assert ask(suite, "GET", "/rest/v1/lines?select=line")[1] == [{"line": "one"}]
    status, body, _ = ask(suite, "POST", "/v1/graphql", {"query": 'mutation { add_line(args: {line: "two"}) }'})
    assert (status, body) == (200, {"data": {"add_line": "two"}})


def test_it_is_read_again_when_it_is_saved(suite: Suite) -> None:
    operations = folder_of(suite) / "operations"
    assert rpc(suite, "later")[0] == 404
    (operations / "more.py").write_text("import trivet\n\n@trivet.operation\ndef later() -> int:\n    return 1\n")
    until(lambda: rpc(suite, "later") == (200, 1))
    (operations / "more.py").write_text("import trivet\n\n@trivet.operation\ndef later() -> int:\n    return 2\n")
    until(lambda: rpc(suite, "later") == (200, 2))
    (operations / "more.py").write_text("import trivet\n\n@trivet.operation\ndef later() -> int:\n    return\n3 +\n")
    until(lambda: "operations/more.py:6: this is not Python: invalid syntax" in log_of(suite))
    assert rpc(suite, "later") == (200, 2)  # the last good one serves on
    (operations / "more.py").unlink()
    until(lambda: rpc(suite, "later")[0] == 404)


def test_so_is_the_configuration(suite: Suite) -> None:
    config = folder_of(suite) / "trivet.yaml"
    before = ask(suite, "GET", "/rest/v1/rpc/whereabouts")[1]["nursery"]
    (folder_of(suite) / "operations" / "faulty.py").write_text("import nothing_that_is_there\n")
    config.write_text(CONFIG.replace("{}", "{lines: {permissions: {guest: {select: {columns: '*', filter: {}}}}}}"))
    config.write_text(config.read_text() + "anonymous_role: guest\n")
    address = f"{suite.base_url}/rest/v1/lines?select=id"

    def opened() -> bool:
        try:
            with urllib.request.urlopen(address, timeout=30) as response:
                return response.status == 200
        except urllib.error.HTTPError:
            return False

    until(opened)
    # operations that are faulty meanwhile keep nothing else from being taken, and the last good ones serve on
    assert ask(suite, "GET", "/rest/v1/rpc/whereabouts")[1]["nursery"] == before
    assert "operations/faulty.py:1: " in log_of(suite)
    (folder_of(suite) / "operations" / "faulty.py").write_text(
        "import trivet\n\n@trivet.before('nothing', 'create')\ndef no(ctx, rows): pass\n"
    )
    until(lambda: "there is no resource nothing" in log_of(suite))
    assert rpc(suite, "add_line", line="three") == (200, "three")


def test_nothing_of_it_outlives_the_suite(suite: Suite) -> None:
    found = ask(suite, "GET", "/rest/v1/rpc/whereabouts")[1]
    assert all(Path(f"/proc/{process}").exists() for process in found.values())
    suite.terminate()
    until(lambda: not any(Path(f"/proc/{process}").exists() for process in found.values()))
