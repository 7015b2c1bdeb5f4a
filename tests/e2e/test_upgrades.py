"""A suite that is looked after: keys rotated, backed up and moved, documents and addresses for clients outside."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jwt
import pytest
import requests

from tests.fixtures.suite import ROOT, Suite

PUBLIC = "https://api.example.com/shop"
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    """A suite with a public address, behind a proxy on this machine."""
    with Suite(settings={"PUBLIC_URL": PUBLIC, "TRUSTED_PROXIES": "127.0.0.1"}) as suite:
        yield suite


@pytest.fixture(scope="module")
def trivet(suite: Suite) -> Command:
    """Run a command of `trivet` beside the suite, whose demo keeps its accounts in a folder of its own."""

    def run(*words: object, state: Path = suite.state / "demo", **variables: str) -> "subprocess.CompletedProcess[str]":
        own = {"TRIVET_STATE_DIR": str(state), "STATE": str(suite.state), "DATABASE_URL": "", "CONFIG": ""}
        command = [sys.executable, "-m", "trivet_cli", *map(str, words)]
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **own, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def sign_in(suite: Suite) -> str:
    body = {"email": "clerk@example.com", "password": "trivet-demo"}
    answer = requests.post(f"{suite.base_url}/auth/v1/token?grant_type=password", json=body, timeout=15)
    return answer.json()["access_token"]


def status(suite: Suite, token: str) -> set[int]:
    """How each facade answers this token."""
    headers = {"Authorization": f"Bearer {token}"}
    rest = requests.get(f"{suite.base_url}/rest/v1/orders?limit=1", headers=headers, timeout=15)
    soap = requests.get(f"{suite.base_url}/soap/v1?wsdl", headers=headers, timeout=15)
    body = {"query": "{ orders(limit: 1) { id } }"}
    graphql = requests.post(f"{suite.base_url}/graphql", json=body, headers=headers, timeout=15)
    return {rest.status_code, soap.status_code, 200 if "data" in graphql.json() else 401}


def test_the_master_key_is_in_the_folder_and_no_key_in_the_clear(suite: Suite) -> None:
    home = suite.state / "demo"
    assert (home / "master.key").stat().st_mode & 0o777 == 0o600
    assert not (home / "keys").exists()
    assert not list(suite.state.rglob("*.pem"))


def test_keys_rotate_while_tokens_go_on(suite: Suite, trivet: Command) -> None:
    old = sign_in(suite)
    result = trivet("keys", "rotate", "--now")
    assert result.returncode == 0, result.stderr
    deadline = time.monotonic() + 60
    while (kid := jwt.get_unverified_header(new := sign_in(suite))["kid"]) == jwt.get_unverified_header(old)["kid"]:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert kid in result.stdout
    assert status(suite, old) == status(suite, new) == {200}
    assert "signs" in trivet("keys", "list").stdout


def test_a_reset_ends_every_token_at_once(suite: Suite, trivet: Command) -> None:
    old = sign_in(suite)
    assert status(suite, old) == {200}
    result = trivet("keys", "reset", "--yes")
    assert result.returncode == 0, result.stderr
    assert "could be told" not in result.stdout  # they were
    deadline = time.monotonic() + 90
    while status(suite, old) != {401}:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    while status(suite, sign_in(suite)) != {200}:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_addresses_are_those_that_clients_know(suite: Suite) -> None:
    headers = {"Authorization": f"Bearer {sign_in(suite)}"}
    openapi = requests.get(f"{suite.base_url}/rest/v1/openapi.json", headers=headers, timeout=15).json()
    assert openapi["servers"] == [{"url": f"{PUBLIC}/rest/v1"}]
    auth = requests.get(f"{suite.base_url}/auth/v1/openapi.json", timeout=15).json()
    assert auth["servers"] == [{"url": PUBLIC}]
    wsdl = requests.get(f"{suite.base_url}/soap/v1?wsdl", headers=headers, timeout=15).text
    assert f'location="{PUBLIC}/soap/v1"' in wsdl
    row = {"name": "Ada", "email": "ada@upgrades.example"}
    made = requests.post(
        f"{suite.base_url}/rest/v1/customers",
        json=row,
        headers={**headers, "Prefer": "return=headers-only"},
        timeout=15,
    )
    assert made.status_code == 201, made.text
    assert made.headers["Location"].startswith(f"{PUBLIC}/rest/v1/customers?id=eq.")


def test_a_trusted_proxy_s_clients_are_told_apart(suite: Suite) -> None:
    """Wrong passwords count by address: one client's don't delay another's behind the same proxy."""

    def wrong(address: str) -> int:
        body = {"email": "customer@example.com", "password": "no"}
        headers = {"X-Forwarded-For": address}
        url = f"{suite.base_url}/auth/v1/token?grant_type=password"
        return requests.post(url, json=body, headers=headers, timeout=15).status_code

    assert [wrong("203.0.113.1") for _ in range(7)][-1] == 429
    assert wrong("203.0.113.2") == 401


@pytest.mark.parametrize("profile", ["net", "java", "sap"])
def test_the_command_writes_what_the_suite_serves(suite: Suite, trivet: Command, tmp_path: Path, profile: str) -> None:
    result = trivet("wsdl", "--role", "clerk", "--profile", profile, "--url", PUBLIC, tmp_path / "out.wsdl")
    assert result.returncode == 0, result.stderr
    headers = {"Authorization": f"Bearer {sign_in(suite)}"}
    served = requests.get(f"{suite.base_url}/soap/v1?wsdl&profile={profile}", headers=headers, timeout=15)
    assert (tmp_path / "out.wsdl").read_bytes() == served.content


def test_a_wsdl_for_a_role_that_may_do_nothing_is_refused(trivet: Command, tmp_path: Path) -> None:
    result = trivet("wsdl", "--role", "nobody", tmp_path / "out.wsdl")
    assert result.returncode == 1
    assert "nothing is open to the role nobody" in result.stderr
    assert not (tmp_path / "out.wsdl").exists()


def test_a_log_of_the_suite_holds_against_itself_and_not_against_fewer_rights(
    suite: Suite, trivet: Command, tmp_path: Path
) -> None:
    lines = [
        f'127.0.0.1 - - [21/Nov/2026:02:00:00 +0000] "GET {path} HTTP/1.1" 200 1 "-" "-"'
        for path in (
            "/rest/v1/products?select=name,price&order=id&limit=3",
            "/rest/v1/orders?limit=2",
            "/rest/v1/nothing",
        )
    ]
    (tmp_path / "access.log").write_text("\n".join(lines))
    base, token = f"{suite.base_url}/rest/v1", sign_in(suite)
    words = ("compare", tmp_path / "access.log", "--old", base, "--new", base, "--rate", "100")
    alike = trivet(*words, "--token", f"clerk={token}", "--token", "anonymous=")
    assert alike.returncode == 0, alike.stdout
    assert "6 alike" in alike.stdout
    differing = trivet(*words, "--token-old", f"clerk={token}")
    assert differing.returncode == 1
    assert "GET /orders?limit=2 as clerk" in differing.stdout
    assert "status 200 → 401" in differing.stdout


def test_a_backup_of_the_running_suite_opens_another_s_accounts(suite: Suite, trivet: Command, tmp_path: Path) -> None:
    token = sign_in(suite)
    file = tmp_path / "backup.tar"
    assert trivet("backup", file, "--with-master-key").returncode == 0
    refused = trivet("restore", file, "--force")
    assert refused.returncode == 1
    assert "a suite is running" in refused.stderr
    elsewhere = tmp_path / "elsewhere"
    result = trivet("restore", file, state=elsewhere)
    assert result.returncode == 0, result.stderr
    assert json.loads(json.dumps(trivet("keys", "list", state=elsewhere).stdout)) == trivet("keys", "list").stdout
    suite.terminate()
    shutil.rmtree(suite.state / "demo")
    assert trivet("restore", file).returncode == 0
    suite.start()
    assert status(suite, token) == {200}
