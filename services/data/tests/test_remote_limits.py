"""What a source may never do: lead us elsewhere, show a false certificate, hold us up, or be asked the same twice at once."""

import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from data_service.policies import parse
from data_service.processing.enrich import EnrichRule
from data_service.remote.addresses import is_inner
from data_service.remote.breaker import Breaker
from data_service.remote.fitting import fit
from data_service.remote.http import HttpClient
from data_service.remote.lookup import Lookup
from data_service.remote.remote import Remote
from data_service.remote.trouble import Trouble
from data_service.remote.workers import Workers
from flask import Flask

from tests.fixtures.certificates import Authority
from tests.fixtures.on_hub import TurningHub
from tests.fixtures.remote_servers import rest_application, serving


def soon(seconds=5.0):
    return time.monotonic() + seconds


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.5.4", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1",
        "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "2002:0a00:0001::", "64:ff9b::a00:1", "224.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_public_internet(address):
    assert is_inner(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_public_internet(address):
    assert not is_inner(address)


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A server with TLS at localhost, and the file of who vouches for it."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder)
    authority.issue(folder, "server", ["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with serving(rest_application(), ssl_context=context) as server:
        server.url = server.url.replace("127.0.0.1", "localhost")
        server.authority = str(authority.certificate)
        yield server


def called(server, url=None, **options):
    client = HttpClient((server.url,), connections=2, most=100_000, **options)
    try:
        return client.call("GET", url or f"{server.url}/cities?names=Oslo", headers={}, deadline=soon())
    finally:
        client.close()


def test_a_name_that_leads_inside_is_not_called_unless_that_is_written(secure):
    with pytest.raises(Trouble, match="localhost leads to an inner address"):
        called(secure, ca=secure.authority)
    assert secure.requests == []
    assert called(secure, ca=secure.authority, inner=True).status == 200


def test_a_certificate_that_nobody_vouches_for_is_refused(secure):
    before = len(secure.requests)
    with pytest.raises(Trouble, match=r"Certificate|SSL"):
        called(secure, inner=True)
    assert len(secure.requests) == before


def test_a_certificate_of_another_name_is_refused(secure):
    other = secure.url.replace("localhost", "127.0.0.1")
    client = HttpClient((other,), connections=1, most=1000, ca=secure.authority)
    with pytest.raises(Trouble):
        client.call("GET", f"{other}/cities", headers={}, deadline=soon())
    client.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda u: u.replace("https", "http"),
        lambda u: u[:-1] + str((int(u[-1]) + 1) % 10),
        lambda u: "https://other.example",
        lambda u: u + "000",
    ],
)
def test_only_the_scheme_host_and_port_that_are_configured_are_called(secure, change):
    with pytest.raises(Trouble, match="does not name"):
        called(secure, change(secure.url) + "/", ca=secure.authority, inner=True)


def test_the_environment_s_proxy_is_not_asked(secure, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert called(secure, ca=secure.authority, inner=True).status == 200


def test_a_connection_that_was_closed_meanwhile_is_made_again():
    with serving(rest_application()) as server:
        client = HttpClient((server.url,), connections=1, most=100_000)
        for _ in range(3):  # werkzeug closes after each answer
            assert (
                client.call("GET", f"{server.url}/cities/Oslo", headers={}, deadline=soon(), again=True).status == 200
            )
        client.close()


def test_a_breaker_opens_lets_one_try_and_closes():
    now = [0.0]
    breaker = Breaker(2, 10.0, lambda: now[0])
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    now[0] = 10.0
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.failed()
    assert not breaker.allows()
    now[0] = 20.0
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
    assert breaker.allows()


def test_nobody_waits_for_work_past_the_deadline_nor_does_it_begin_late():
    workers, go, begun = Workers(1), threading.Event(), []
    works = [lambda: go.wait(10), lambda: begun.append(1)]
    found = workers.gather(works, soon(0.05))
    assert [type(one) for one in found] == [TimeoutError, TimeoutError]
    go.set()
    assert workers.gather([lambda: 1], soon()) == [1]
    assert begun == []
    workers.close()


def test_a_hub_goes_on_while_a_source_is_waited_for():
    workers, go = Workers(2), threading.Event()
    with TurningHub() as hub, ThreadPoolExecutor(2) as pool:
        slow = pool.submit(hub.run, lambda: workers.gather([lambda: go.wait(10)], soon()))
        assert hub.run(lambda: "alive") == "alive"
        assert not slow.done()
        go.set()
        assert slow.result(10) == [True]
    workers.close()


CONFIG = """
version: 1
sources:
  counted: {{rest: {url}, connections: 2}}
resources:
  a: {{fields: {{x: {{enrich: {{source: counted, path: /values, query: {{k: '{{k}}'}}, keys: {{k: k}}, value: v, type: int4}}}}}}}}
"""


def test_identical_calls_under_way_share_one():
    app, go, arrived = Flask("counted"), threading.Event(), threading.Event()

    @app.get("/values")
    def values():
        arrived.set()
        go.wait(10)
        return [{"k": "a", "v": 1}, {"k": "b", "v": 2}]

    with serving(app) as server:
        policies = parse(CONFIG.format(url=server.url))
        rule = policies.processing.by_resource["a"].fields["x"].enrich
        assert isinstance(rule, EnrichRule)
        remote = Remote(secrets=None, copies=None, open_data=None)
        remote.follow(policies.sources)
        lookup, source = Lookup(rule), remote.get("counted")
        with ThreadPoolExecutor(8) as pool:
            asking = [pool.submit(lookup.values, source, [("a",), ("b",), ("a",)]) for _ in range(8)]
            assert arrived.wait(5)
            while len(next(iter(lookup._flights._under_way.values()))._waiting) < 7:
                time.sleep(0.005)
            go.set()
            found = [one.result(10).values for one in asking]
        assert found == [{("a",): 1, ("b",): 2}] * 8
        assert len(server.requests) == 1
        remote.close()


@pytest.mark.parametrize(
    ("value", "kind"),
    [("x", "int4"), (1.5, "int4"), (2**31, "int4"), (True, "numeric"), ({}, "text"), ([1], "text"), ("perhaps", "bool"),
     ("NaN", "numeric"), ("1e999999999", "int8"), ("31.12.2024", "date"), ("x", "uuid"), ("later", "timestamptz")],
)  # fmt: skip
def test_what_does_not_fit_its_type_is_no_value(value, kind):
    with pytest.raises(ValueError):
        fit(value, kind)
