"""Remote sources under a whole suite: warnings reach clients of all three protocols, and a WSDL comes when it can."""

import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.rates import application as rates_application
from tests.fixtures.remote_servers import Served, hanging_up, serving
from tests.fixtures.suite import Suite

CONFIG = """
version: 1
anonymous_role: anonymous
sources:
  silent: {{rest: {silent}}}
  rates: {{wsdl: 'http://127.0.0.1:1/rates?wsdl', operations: {{exchange_rates: {{operation: GetRates, reads_only: true}}}}}}
resources:
  things:
    fields:
      place: {{enrich: {{source: silent, path: /, query: {{n: '{{name}}'}}, keys: {{name: n}}, value: place, type: text}}}}
    permissions:
      anonymous: {{select: {{columns: '*', filter: {{}}}}}}
functions:
  exchange_rates: {{permissions: {{anonymous: {{}}}}}}
"""
WARNING = "things.place is partly null: the source silent does not answer as it should"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Suite, Served]]:
    """A suite whose SOAP source is ill at first, and whose REST source never answers."""
    folder: Path = tmp_path_factory.mktemp("remote")
    with sqlite3.connect(folder / "things.db") as connection:
        connection.execute("create table things (id integer primary key, name text not null)")
        connection.execute("insert into things values (1, 'one'), (2, 'two')")
    with hanging_up() as silent, serving(rates_application) as rates:
        rates.failing = True
        config = folder / "trivet.yaml"
        config.write_text(CONFIG.format(silent=silent))
        settings = {"TRIVET_SOURCES": f"rates={rates.url}/rates?wsdl"}
        with Suite(f"sqlite:///{folder / 'things.db'}", config=config, settings=settings) as suite:
            yield suite, rates


def asked(suite: Suite, path: str, body: bytes | None = None, kind: str = "application/json") -> tuple[bytes, dict]:
    request = urllib.request.Request(suite.base_url + path, data=body, headers={"Content-Type": kind} if body else {})
    with urllib.request.urlopen(request, timeout=20) as response:
        return response.read(), dict(response.headers)


def test_rest_is_told_in_a_header(started: tuple[Suite, Served]) -> None:
    body, headers = asked(started[0], "/rest/v1/things?order=id")
    assert json.loads(body)[0] == {"id": 1, "name": "one", "place": None}
    assert headers["Trivet-Warning"] == WARNING


def test_graphql_is_told_in_extensions_and_header(started: tuple[Suite, Served]) -> None:
    body, headers = asked(started[0], "/graphql", b'{"query": "{ things { place } }"}')
    assert json.loads(body)["extensions"] == {"warnings": [WARNING]}
    assert headers["Trivet-Warning"] == WARNING


def test_soap_is_told_in_a_header(started: tuple[Suite, Served]) -> None:
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    message = f'<s:Envelope xmlns:s="{soap}"><s:Body><ListThings xmlns="urn:trivet:v1"/></s:Body></s:Envelope>'
    body, headers = asked(started[0], "/soap/v1", message.encode(), "text/xml")
    assert b"<name>one</name>" in body
    assert headers["Trivet-Warning"] == WARNING


def test_an_answer_without_it_warns_of_nothing(started: tuple[Suite, Served]) -> None:
    assert "Trivet-Warning" not in asked(started[0], "/rest/v1/things?select=id")[1]


def test_operations_come_when_their_service_does(started: tuple[Suite, Served]) -> None:
    suite, rates = started
    with pytest.raises(urllib.error.HTTPError) as caught:
        asked(suite, "/rest/v1/rpc/exchange_rates")
    assert caught.value.code == 404
    rates.failing = False
    deadline = time.monotonic() + 60
    while True:
        try:
            body, _ = asked(suite, "/rest/v1/rpc/exchange_rates?Currency=eq.USD")
            break
        except urllib.error.HTTPError as fault:
            if fault.code != 404 or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    assert json.loads(body) == [{"Currency": "USD", "Value": 1.0852, "Day": "2024-05-31"}]
