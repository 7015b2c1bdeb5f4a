"""More than the suite can bear, and clients that do not wait: through nginx, on the worker that holds many requests."""

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests
from lxml import etree

from tests.fixtures.suite import Suite

MOST = 4  # requests under way in a service
SLOW = """
create table things (id integer primary key, name text not null);
insert into things values (1, 'one');
create view slow as select id, name, (select pg_sleep(2))::text as slept from things;
create view very_slow as select id, name, (select pg_sleep(25))::text as slept from things;
"""
FAULT = "{http://schemas.xmlsoap.org/soap/envelope/}Fault"


@pytest.fixture(scope="module")
def database(postgres_server):
    return postgres_server.create_database("under_load", SLOW)


@pytest.fixture(scope="module")
def suite(database):
    with Suite(database, settings={"TRIVET_WORKER": "hub", "TRIVET_MAX_UNDER_WAY": str(MOST)}) as running:
        yield running


@pytest.fixture(scope="module")
def headers(suite):
    return {"Authorization": f"Bearer {suite.admin_token()}"}


def soap(operation: str) -> str:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation} xmlns="urn:trivet:v1"/></s:Body></s:Envelope>'
    )


ASKS = {
    "rest": lambda url, headers, name: requests.get(f"{url}/rest/v1/{name}", headers=headers, timeout=60),
    "graphql": lambda url, headers, name: requests.post(
        f"{url}/v1/graphql", json={"query": f"{{ {name} {{ id name slept }} }}"}, headers=headers, timeout=60
    ),
    "soap": lambda url, headers, name: requests.post(
        f"{url}/soap/v1",
        data=soap("List" + name.title().replace("_", "")),
        headers={**headers, "Content-Type": "text/xml"},
        timeout=60,
    ),
}
WORDS = {
    "rest": lambda answer: answer.json()["code"] == "TRV107",
    "graphql": lambda answer: bool(answer.json()["errors"][0]["message"]) and "data" not in answer.json(),
    "soap": lambda answer: etree.fromstring(answer.content).find(f".//{FAULT}/faultcode").text.endswith("Server"),
}


@pytest.mark.parametrize("facade", ASKS)
def test_past_capacity_each_facade_says_so_and_comes_back(suite, headers, facade):
    def ask(_: int) -> requests.Response:
        return ASKS[facade](suite.base_url, headers, "slow")

    assert ask(0).status_code == 200
    with ThreadPoolExecutor(4 * MOST) as pool:
        answers = list(pool.map(ask, range(4 * MOST)))
    assert {answer.status_code for answer in answers} == {200, 503}
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) >= 2 * MOST
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert all(WORDS[facade](answer) for answer in refused)
    assert all("one" in answer.text for answer in answers if answer.status_code == 200)
    assert ask(0).status_code == 200


def test_what_is_asked_about_its_health_is_answered_past_capacity(suite, headers):
    with ThreadPoolExecutor(3 * MOST) as pool:
        slow = [pool.submit(ASKS["rest"], suite.base_url, headers, "slow") for _ in range(2 * MOST)]
        time.sleep(0.5)
        assert ASKS["rest"](suite.base_url, headers, "things").status_code == 503
        for path in ("/livez", "/readyz"):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(str(suite.state / "run" / "rest.sock"))
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                assert client.recv(100).startswith(b"HTTP/1.1 200 "), path
        assert {answer.result().status_code for answer in slow} == {200, 503}


def statements(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "select count(*) from pg_stat_activity where state = 'active' and wait_event = 'PgSleep'"
        ).fetchone()
    return found[0]


@pytest.mark.parametrize("facade", ASKS)
def test_a_client_that_goes_away_ends_its_statement(suite, headers, database, facade):
    path, body = {
        "rest": ("/rest/v1/very_slow", ""),
        "graphql": ("/v1/graphql", '{"query": "{ very_slow { id slept } }"}'),
        "soap": ("/soap/v1", soap("ListVerySlow")),
    }[facade]
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: a", f"Authorization: {headers['Authorization']}"]
    lines += [f"Content-Type: {'text/xml' if facade == 'soap' else 'application/json'}", f"Content-Length: {len(body)}"]
    client = socket.create_connection(("127.0.0.1", suite.port))
    client.sendall("\r\n".join([*lines, "", body]).encode())
    until(lambda: statements(database) == 1)
    with contextlib.closing(client):
        pass
    begun = time.monotonic()
    until(lambda: statements(database) == 0)
    assert time.monotonic() - begun < 20, "it ended by itself"
    assert ASKS[facade](suite.base_url, headers, "slow").status_code == 200


def until(holds) -> None:
    deadline = time.monotonic() + 22
    while not holds():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.1)
