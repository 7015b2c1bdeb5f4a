"""The whole suite by `trivet up`, over a database of one's own: what it prints works, and what is killed comes back."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.fixtures.suite import Suite, free_port

PROCESSES = ("redis", "data", "auth", "rest", "graphql", "soap", "gateway", "nginx")

# what one service alone is to know, and which
SECRETS = {
    "TRIVET_SMTP_URL": "smtps://post:secret-of-mail@localhost",
    "TRIVET_LDAP_BIND_PASSWORD": "secret-of-the-directory",
    "TRIVET_MASTER_KEY": "c2VjcmV0LW9mLXRoZS1zaWduaW5nLWtleXMtLS0tLS0=",
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("db") / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        connection.execute("INSERT INTO things VALUES (1, 'one'), (2, 'zwei')")
    with Suite(f"sqlite:///{path}", settings={"PORT_TLS": str(free_port()), **SECRETS}) as suite:
        yield suite


def status(suite: Suite, path: str) -> int:
    with contextlib.suppress(OSError), urllib.request.urlopen(suite.base_url + path, timeout=5) as response:
        return response.status
    return 0


def rows(suite: Suite) -> list[dict[str, object]]:
    request = urllib.request.Request(
        f"{suite.base_url}/rest/v1/things?order=id", headers={"Authorization": f"Bearer {suite.admin_token()}"}
    )
    with urllib.request.urlopen(request, timeout=15) as response:
        return json.load(response)


def served(suite: Suite) -> int:
    """How many rows REST shows; 0 where it does not answer."""
    with contextlib.suppress(OSError):
        return len(rows(suite))
    return 0


def until(condition, patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.1)


def inhabitants(folder: Path) -> list[str]:
    """Processes whose working folder is inside ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append((entry / "cmdline").read_text())
    return found


def test_what_is_printed_can_be_copied_and_works(suite: Suite) -> None:
    printed = suite.output.replace("http://localhost:", "http://127.0.0.1:")
    commands = re.findall(r"^  ((?:curl|TOKEN=).*)$", printed, re.MULTILINE)
    assert len(commands) == 4
    script = "\n".join(f"{command}; echo" for command in commands)
    answers = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout
    _, rest, graphql, soap = answers.splitlines()[0], *answers.splitlines()[1:3], "".join(answers.splitlines()[3:])
    assert {row["id"] for row in json.loads(rest)} == {1, 2}
    assert {row["id"] for row in json.loads(graphql)["data"]["things"]} == {1, 2}
    assert "<id>1</id>" in soap
    assert "<id>2</id>" in soap


def test_the_address_with_tls_is_printed_and_works(suite: Suite) -> None:
    printed = re.search(
        r"^  TLS +(\S+) \(a certificate for development: curl (--cacert \S+)\)$", suite.output, re.MULTILINE
    )
    assert printed is not None, suite.output
    command = ["curl", "-fsS", *printed[2].split(), f"{printed[1]}/readyz"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    assert json.loads(answer)["status"] == "ok"


def test_the_password_and_the_folder_are_private(suite: Suite) -> None:
    assert stat.S_IMODE((suite.state / "admin-password").stat().st_mode) == 0o600
    assert stat.S_IMODE(suite.state.stat().st_mode) == 0o700
    assert suite.admin_password not in suite.output


def test_secrets_reach_who_needs_them_and_nobody_else(suite: Suite) -> None:
    for name in PROCESSES:
        environment = Path(f"/proc/{suite.process_id(name)}/environ").read_text()
        for variable, secret in SECRETS.items():
            assert (secret in environment) == (name == "auth"), (name, variable)


def test_nothing_is_open_at_first(suite: Suite) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{suite.base_url}/rest/v1/things", timeout=15)
    assert refused.value.code in (401, 403, 404)


def test_health_is_joined(suite: Suite) -> None:
    with urllib.request.urlopen(f"{suite.base_url}/readyz", timeout=5) as response:
        assert json.load(response) == {"status": "ok", "failing": [], "degraded": []}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back(suite: Suite, name: str) -> None:
    before = suite.process_id(name)
    os.kill(before, signal.SIGKILL)
    until(lambda: suite.process_id(name) != before)
    until(lambda: status(suite, "/readyz") == 200)
    # who asked just before the process died may be told for a moment that all is well
    until(lambda: served(suite) == 2)


def test_a_killed_worker_comes_back(suite: Suite) -> None:
    head = suite.process_id("rest")
    worker = int(Path(f"/proc/{head}/task/{head}/children").read_text().split()[0])
    os.kill(worker, signal.SIGKILL)
    until(lambda: status(suite, "/readyz") == 200)
    assert suite.process_id("rest") == head
    assert len(rows(suite)) == 2


def test_a_second_suite_with_the_same_folder_is_refused(suite: Suite) -> None:
    environment = {**os.environ, "STATE": str(suite.state), "PORT": str(suite.port), "DATABASE_URL": "", "CONFIG": ""}
    command = [sys.executable, "-m", "trivet_cli", "up"]
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert "running with the folder" in second.stderr
    assert status(suite, "/readyz") == 200


def test_a_killed_supervisor_leaves_nothing_and_can_be_started_again(suite: Suite) -> None:
    suite.kill()
    with contextlib.closing(sqlite3.connect(suite.state / "accounts.db")) as accounts:
        assert accounts.execute("SELECT count(*) FROM accounts").fetchone() == (1,)
    suite.start()
    until(lambda: status(suite, "/readyz") == 200)
    assert len(rows(suite)) == 2


def test_term_ends_everything(suite: Suite) -> None:
    assert inhabitants(suite.state)
    assert suite.terminate() == 0
    assert "Trivet has ended." in suite.output
    assert inhabitants(suite.state) == []
