"""Guesses through the gateway: counted whatever they say of where they come from, and at whichever door."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fixtures.certificates import Authority
from tests.fixtures.ldap_people import PASSWORD as LDAP_PASSWORD
from tests.fixtures.ldap_people import PEOPLE
from tests.fixtures.slapd import Slapd, ldap_settings
from tests.fixtures.suite import Suite
from tests.security.house import House, Reply

LOGIN = "/auth/v1/token?grant_type=password"
_JSON = {"Content-Type": "application/json"}
_XML = {"Content-Type": "text/xml"}


@pytest.fixture(scope="module")
def directory(authority: Authority) -> Iterator[Slapd]:
    """A directory with its people."""
    with Slapd(PEOPLE, authority) as server:
        yield server


@pytest.fixture(scope="module")
def house(directory: Slapd) -> Iterator[House]:
    """A running suite with accounts of its own and a directory."""
    values = ldap_settings(directory, ldap_default_role="clerk", ldap_roles="")
    texts = {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in values.items()}
    settings = {f"TRIVET_{name.upper()}": text for name, text in texts.items()}
    with Suite(settings=settings) as suite:
        found = House(suite)
        found.log_in("clerk@example.com")  # from where it is known, no guess for another account holds it up
        yield found


def guess(house: House, name: str, password: str = "wrong", **headers: str) -> Reply:
    """A login by the public door."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"email": name, "password": password})
    return house.send("nginx", "POST", LOGIN, {**_JSON, **sent}, body)


FORGED: dict[str, Callable[[int], dict[str, str]]] = {
    "X-Forwarded-For": lambda n: {"X-Forwarded-For": f"203.0.113.{n}"},
    "a chain of X-Forwarded-For": lambda n: {"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.{n}, 127.0.0.1"},
    "X-Real-IP": lambda n: {"X-Real-IP": f"203.0.113.{n}"},
    "x_real_ip": lambda n: {"x_real_ip": f"203.0.113.{n}"},
    "Forwarded": lambda n: {"Forwarded": f"for=203.0.113.{n}"},
    "X-Client-IP": lambda n: {"X-Client-IP": f"203.0.113.{n}", "True-Client-IP": f"203.0.113.{n}"},
    "CF-Connecting-IP": lambda n: {"CF-Connecting-IP": f"203.0.113.{n}", "X-Cluster-Client-IP": f"203.0.113.{n}"},
    "named as hop by hop": lambda n: {"Connection": "X-Real-IP, X-Forwarded-For", "X-Real-IP": f"203.0.113.{n}"},
}


@pytest.mark.parametrize("way", FORGED)
def test_an_address_of_one_s_own_choice_counts_for_nothing(house: House, way: str) -> None:
    """Seven guesses that say to come from seven places are seven guesses from one."""
    name = f"{way.replace(' ', '-')}@example.com".lower()
    answers = [guess(house, name, **FORGED[way](number)).status for number in range(7)]
    assert answers[:5] == [401] * 5
    assert 429 in answers[5:]


SPELLINGS: dict[str, Callable[[str, int], str]] = {
    "capitals": lambda name, n: "".join(c.upper() if (n >> i) & 1 else c for i, c in enumerate(name)),
    "blanks": lambda name, n: " " * n + name + " " * n,
    "odd blanks": lambda name, n: "\u00a0" * n + name + "\u2003" * n,
    "tabs and line feeds": lambda name, n: "\t" * n + name + "\n" * n,
    "capitals of other scripts": lambda name, n: name.replace("k", "\u212a") if n % 2 else name,
}


@pytest.mark.parametrize("way", SPELLINGS)
def test_another_spelling_of_a_name_is_no_other_name(house: House, way: str) -> None:
    """What logs in to the same account counts for the same account."""
    name = f"kk{list(SPELLINGS).index(way)}kk@example.com"
    answers = [guess(house, SPELLINGS[way](name, number)).status for number in range(7)]
    # (the directory's own count, which is of all addresses, may be the first to say so)
    assert answers[:4] == [401] * 4
    assert 429 in answers[4:]


def basic(name: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def by_rest(house: House, name: str, password: str) -> Reply:
    return house.send("nginx", "GET", "/rest/v1/orders?select=id&limit=1", basic(name, password))


def by_graphql(house: House, name: str, password: str) -> Reply:
    body = json.dumps({"query": "{ orders(limit: 1) { id } }"})
    return house.send("nginx", "POST", "/graphql", {**_JSON, **basic(name, password)}, body)


def by_soap(house: House, name: str, password: str) -> Reply:
    wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    texts = [text.replace("&", "&amp;").replace("<", "&lt;") for text in (name, password)]
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<w:Security xmlns:w="{wss}"><w:UsernameToken><w:Username>{texts[0]}</w:Username>'
        f"<w:Password>{texts[1]}</w:Password></w:UsernameToken></w:Security></s:Header>"
        '<s:Body><ListOrders xmlns="urn:trivet:v1"/></s:Body></s:Envelope>'
    )
    return house.send("nginx", "POST", "/soap/v1", _XML, body)


DOORS: dict[str, Callable[[House, str, str], Reply]] = {
    "login": guess,
    "rest": by_rest,
    "graphql": by_graphql,
    "soap": by_soap,
}


def gave(reply: Reply) -> bool:
    """Whether a door gave what only who is logged in gets."""
    return "access_token" in reply.text or '"id"' in reply.text or "ListOrdersResponse" in reply.text


@pytest.mark.parametrize("door", DOORS)
def test_the_directory_s_people_are_let_in(house: House, door: str) -> None:
    """Else the tests below would hold of a directory that lets nobody in."""
    assert gave(DOORS[door](house, "jonas", LDAP_PASSWORD))


INJECTIONS = {
    "anybody": "*",
    "a beginning and anything": "jon*",
    "another condition": "jonas)(objectClass=*",
    "or anybody": "*)(|(uid=*",
    "the filter closed": "*)(uid=*))(|(uid=*",
    "an and": "jonas)(&(uid=jonas",
    "escaped already": "\\6aonas",
    "an escaped star": "\\2a",
    "an entry's path": "uid=jonas,ou=people,dc=trivet,dc=example",
    "a path with more": "jonas,ou=people,dc=trivet,dc=example",
    "an attribute": "uid=jonas",
    "a domain's name": "CORP\\jonas*",
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", INJECTIONS)
def test_a_filter_in_a_name_finds_nobody(house: House, door: str, way: str) -> None:
    """With the right password of somebody, or with one that would do if anybody's did."""
    for password in (LDAP_PASSWORD, "*"):
        reply = DOORS[door](house, INJECTIONS[way], password)
        assert not gave(reply)
        assert reply.status in (200, 401, 429, 500)  # 200: GraphQL's errors; 500: SOAP's faults
        assert "ldap" not in reply.text.lower()
        assert "XX000" not in reply.text


EMPTY = {"nothing": "", "NUL": "\x00", "a blank": " ", "NUL behind": f"{LDAP_PASSWORD}\x00"}


@pytest.mark.parametrize("door", ["login", "rest", "graphql"])
@pytest.mark.parametrize("password", EMPTY)
def test_an_empty_password_opens_nothing(house: House, door: str, password: str) -> None:
    """A directory takes a bind without a password for an anonymous one, and says yes."""
    assert not gave(DOORS[door](house, "ines", EMPTY[password]))


BASIC = {
    "not UTF-8": base64.b64encode(b"jonas:\xff\xfe").decode(),
    "no colon": base64.b64encode(b"jonas").decode(),
    "no base64": "!!!",
    "nothing": "",
    "NUL in the name": base64.b64encode(b"jo\x00nas:x").decode(),
    "a long password": base64.b64encode(b"jonas:" + b"x" * 5000).decode(),
    "a long name": base64.b64encode(b"j" * 5000 + b":x").decode(),
}


@pytest.mark.parametrize("way", BASIC)
def test_a_malformed_basic_is_refused(house: House, way: str) -> None:
    """With 401 at REST, and without a word of what was wrong inside."""
    reply = house.send("nginx", "GET", "/rest/v1/orders", {"Authorization": f"Basic {BASIC[way]}"})
    assert reply.status == 401
    assert json.loads(reply.text)["code"] in ("PGRST301", "TRV201")


@pytest.mark.parametrize("service", ["rest", "graphql", "soap", "data", "auth", "nginx"])
@pytest.mark.parametrize("size", [20_000, 200_000])
def test_a_huge_token(house: House, service: str, size: int) -> None:
    """At each service's own port and at the gateway: refused as any forged one, or as too much of a header."""
    token = f"{'A' * (size // 2)}.{'B' * (size // 2)}.CC"
    path = {"rest": "/rest/v1/products", "nginx": "/rest/v1/products", "auth": "/auth/v1/user"}.get(service, "/")
    try:
        reply = house.send(service, "GET", path, {"Authorization": f"Bearer {token}"})
    except (ConnectionError, OSError):
        return  # the service hung up before it read it all
    assert reply.status in (400, 401, 404, 405, 413, 431)
    assert gave(reply) is False


def test_a_refresh_token_sent_many_times_at_once_has_one_successor(house: House) -> None:
    """A lost answer can be asked for again; nobody gets two families out of one token."""
    session = house.log_in("clerk@example.com")
    body = json.dumps({"refresh_token": session["refresh_token"]})
    seen: list[dict[str, Any]] = []

    def refresh() -> None:
        path = "/auth/v1/token?grant_type=refresh_token"
        seen.append(json.loads(house.send("nginx", "POST", path, _JSON, body).text))

    threads = [threading.Thread(target=refresh) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({found.get("refresh_token") for found in seen} - {None}) == 1


def test_a_session_is_never_one_s_own_choice(house: House) -> None:
    """What a client says of sessions at its login is not heard: each login has a new one."""
    body = {
        "email": "clerk@example.com",
        "password": "trivet-demo",
        "session_id": "1",
        "sid": "1",
        "refresh_token": "x",
    }
    headers = {**_JSON, "Cookie": "sb-access-token=x; session=1", "X-Session-Id": "1"}
    replies = [json.loads(house.send("nginx", "POST", LOGIN, headers, json.dumps(body)).text) for _ in range(2)]
    assert len({reply["refresh_token"] for reply in replies} | {"x"}) == 3
    assert all("set-cookie" not in house.send("nginx", "POST", LOGIN, headers, json.dumps(body)).headers for _ in "1")
