"""Logins against a real OpenLDAP server: who is let in as what, who is refused, and when nobody can tell."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from auth_service import accounts, store
from auth_service.accounts import Account
from auth_service.connectors import ldap
from auth_service.connectors.ldap import LdapConnector
from auth_service.ldap_settings import LdapSettings
from contracts.problems import Problem

from tests.fixtures.certificates import Authority
from tests.fixtures.ldap_people import PASSWORD
from tests.fixtures.slapd import BASE, READER_DN, Slapd, ldap_settings

Connect = Callable[..., LdapConnector]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[store.Store]:
    """An empty store of accounts."""
    url = f"sqlite:///{tmp_path}/accounts.db"
    store.migrate(url)
    opened = store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def events() -> list[Any]:
    """What connectors announced."""
    return []


@pytest.fixture
def connect(kept: store.Store, events: list[Any]) -> Connect:
    """A function that makes a connector of a directory."""

    def make(server: Slapd, **changes: Any) -> LdapConnector:
        settings = LdapSettings(**ldap_settings(server, **changes))
        return ldap.connectors(settings, kept, None, events.append)[0]

    return make


def let_in(connector: LdapConnector, name: str, password: str = PASSWORD) -> Account:
    account = connector.verify(name, password)
    assert account is not None
    return account


def unavailable(connector: LdapConnector, name: str = "jonas", password: str = PASSWORD) -> bool:
    with pytest.raises(Problem) as caught:
        connector.verify(name, password)
    assert (caught.value.code, caught.value.status) == ("TRV203", 503)
    return True


# -- who is let in


@pytest.mark.parametrize("implicit", [False, True], ids=["StartTLS", "LDAPS"])
def test_a_right_password_makes_an_account_with_the_roles_of_the_groups(
    slapd: Slapd, connect: Connect, implicit: bool
) -> None:
    connector = connect(slapd, ldap_urls=(slapd.tls_url if implicit else slapd.url,))
    account = let_in(connector, "jonas")
    assert (account.email, account.role, account.roles) == ("jonas@trivet.example", "driver", ("driver", "reader"))
    assert account.password_hash is None
    assert let_in(connector, "JONAS@trivet.example").id == account.id


def test_groups_within_groups_even_in_a_circle(slapd: Slapd, connect: Connect) -> None:
    assert let_in(connect(slapd), "ines").role == "admin"
    assert connect(slapd, ldap_nested_groups=False).verify("ines", PASSWORD) is None


def test_memberof_alone_is_enough(make_slapd: Callable[..., Slapd], connect: Connect) -> None:
    server = make_slapd()
    with server.changes() as directory:
        assert directory.modify(
            f"cn=outer,ou=groups,{BASE}", {"member": [("MODIFY_ADD", f"uid=jonas,ou=people,{BASE}")]}
        )
    elsewhere = f"ou=elsewhere,{BASE}"
    roles = f"cn=outer,ou=groups,{BASE} => admin"
    account = let_in(connect(server, ldap_group_base=elsewhere, ldap_roles=roles), "jonas")
    assert account.roles == ("admin",)


def test_a_group_of_the_right_name_in_the_wrong_place_gives_nothing(slapd: Slapd, connect: Connect) -> None:
    assert connect(slapd).verify("guest", PASSWORD) is None
    whole = connect(slapd, ldap_group_base=BASE, ldap_roles=f"cn=outer,ou=groups,{BASE} => admin")
    assert whole.verify("guest", PASSWORD) is None


def test_without_a_group_nobody_comes_in_unless_configured(slapd: Slapd, connect: Connect) -> None:
    assert connect(slapd).verify("guest", PASSWORD) is None
    assert let_in(connect(slapd, ldap_default_role="visitor"), "guest").roles == ("visitor",)


def test_a_dn_full_of_signs(slapd: Slapd, connect: Connect) -> None:
    assert let_in(connect(slapd), "ada").role == "clerk"


def test_who_has_no_address_gets_one_of_the_domain(slapd: Slapd, connect: Connect) -> None:
    assert let_in(connect(slapd), "nomail").email == "nomail@trivet.example"


def test_attributes_become_session_variables(slapd: Slapd, connect: Connect) -> None:
    connector = connect(slapd, ldap_variables=("x-hasura-employee-id=employeeNumber", "x-hasura-room=roomNumber"))
    assert let_in(connector, "jonas").session == {"x-hasura-employee-id": "7"}


def test_direct_bind_needs_nobody_to_look_for_people(slapd: Slapd, connect: Connect) -> None:
    direct = {"ldap_direct_bind": f"uid={{name}},ou=people,{BASE}", "ldap_bind_dn": "", "ldap_bind_password": ""}
    roles = {"ldap_roles": "", "ldap_default_role": "visitor"}  # a person may read themselves here, and no group
    connector = connect(slapd, **direct, **roles)
    before = len(slapd.binds)
    assert let_in(connector, "jonas").email == "jonas@trivet.example"
    assert connector.verify("ines", "wrong") is None
    assert connector.verify("ines,ou=people", PASSWORD) is None
    people = [f"uid=jonas,ou=people,{BASE}", f"uid=ines,ou=people,{BASE}", r"uid=ines\2cou\3dpeople,ou=people," + BASE]
    assert slapd.binds[before:] == people


# -- who is refused


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ines", "wrong"),
        ("nobody", PASSWORD),
        ("twin", "wrong"),
        ("expired", PASSWORD),
        ("locked", PASSWORD),
        ("*", PASSWORD),
        ("ines)(uid=*", PASSWORD),
        ("i*", PASSWORD),
        ("\\69nes", PASSWORD),
        (f"uid=ines,ou=people,{BASE}", PASSWORD),
        ("ines", PASSWORD + "\x00"),
        ("ines", "\u0007"),
        ("ines", "\u00ad"),
    ],
)
def test_refused(slapd: Slapd, connect: Connect, name: str, password: str) -> None:
    assert connect(slapd).verify(name, password) is None


def test_a_name_that_two_entries_have_is_nobodys(slapd: Slapd, connect: Connect) -> None:
    assert connect(slapd, ldap_base=BASE).verify("twin", PASSWORD) is None
    assert let_in(connect(slapd), "twin").role == "clerk"


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize(("name", "password"), [("ines", ""), ("", PASSWORD), (" ", PASSWORD), ("ines", "\u00ad")])
def test_an_empty_password_never_reaches_the_directory(
    slapd: Slapd, connect: Connect, name: str, password: str, direct: bool
) -> None:
    direct_bind = f"uid={{name}},ou=people,{BASE}" if direct else ""
    connector = connect(slapd, ldap_direct_bind=direct_bind, ldap_default_role="visitor")
    before = len(slapd.binds)
    assert connector.verify(name, password) is None
    assert set(slapd.binds[before:]) <= {READER_DN}


def test_an_account_disabled_here_stays_outside(slapd: Slapd, connect: Connect, kept: store.Store) -> None:
    connector = connect(slapd)
    accounts.disable(kept, let_in(connector, "jonas").id)
    assert connector.verify("jonas", PASSWORD) is None


def test_an_address_in_the_directory_is_no_claim_on_an_account(
    slapd: Slapd, connect: Connect, kept: store.Store
) -> None:
    accounts.add(kept, "boss@example.com", "something else", "admin")
    assert connect(slapd).verify("mallory", PASSWORD) is None


def test_the_password_of_an_account_here_is_never_shown_to_the_directory(
    slapd: Slapd, connect: Connect, kept: store.Store
) -> None:
    accounts.add(kept, "ines@trivet.example", "something else", "admin")
    before = len(slapd.binds)
    assert connect(slapd).verify("ines@trivet.example", PASSWORD) is None
    assert slapd.binds[before:] == []


# -- the directory's own limits


def test_one_bind_an_attempt_and_none_for_a_pair_that_was_refused(slapd: Slapd, connect: Connect) -> None:
    connector = connect(slapd, ldap_urls=(slapd.url, slapd.tls_url))
    before = len(slapd.binds)
    assert connector.verify("jonas", "wrong") is None
    assert connector.verify("jonas", "wrong") is None
    assert slapd.binds[before:] == [READER_DN, f"uid=jonas,ou=people,{BASE}"]
    let_in(connector, "jonas")
    assert [bind for bind in slapd.binds[before:] if bind != READER_DN] == [f"uid=jonas,ou=people,{BASE}"] * 2


def test_our_lock_trips_before_the_directorys_whatever_the_spelling(
    make_slapd: Callable[..., Slapd], connect: Connect
) -> None:
    server = make_slapd(max_failure=3)
    connector = connect(server, ldap_lock_attempts=4)  # without Redis, half of it
    tries = []
    for spelling in ("ines", "INES", " ines ", "ines@trivet.example", "ines"):
        try:
            tries.append(connector.verify(spelling, f"wrong {len(tries)}"))
        except Problem as problem:
            tries.append(problem.code)
    assert tries == [None, None, "TRV105", "TRV105", "TRV105"]
    assert server.binds.count(f"uid=ines,ou=people,{BASE}") == 2
    assert let_in(connect(server), "ines").role == "admin"  # the directory has not locked the entry


def test_a_name_that_nobody_has_is_held_up_like_any_other(slapd: Slapd, connect: Connect) -> None:
    connector = connect(slapd)
    assert [connector.verify("nobody", f"wrong {turn}") for turn in range(2)] == [None, None]
    with pytest.raises(Problem) as caught:
        connector.verify("nobody", "wrong again")
    assert caught.value.code == "TRV105"


# -- nobody can tell


def test_a_server_that_is_away_is_left_for_the_next(slapd: Slapd, connect: Connect, make_slapd: Any) -> None:
    other = make_slapd()
    connector = connect(slapd, ldap_urls=(other.url, slapd.url))
    other.stop()
    assert let_in(connector, "jonas").role == "driver"
    other.start()


def test_a_directory_that_is_away_is_no_wrong_password_and_comes_back(
    make_slapd: Callable[..., Slapd], connect: Connect
) -> None:
    server = make_slapd()
    connector = connect(server)
    server.stop()
    for _ in range(6):  # more than the lock allows: no bind was sent
        assert unavailable(connector)
    server.start()
    assert let_in(connector, "jonas").role == "driver"


def test_a_directory_that_takes_connections_and_is_silent(make_slapd: Callable[..., Slapd], connect: Connect) -> None:
    server = make_slapd()
    connector = connect(server, ldap_timeout=1)
    server.freeze()
    try:
        assert unavailable(connector)
    finally:
        server.thaw()
    assert let_in(connector, "jonas").role == "driver"


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"0\x84\xff\xff\xff\xff", b"\x30\x00"])
def test_what_is_no_directory_at_all(slapd: Slapd, connect: Connect, scheme: str, says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.recv(1024)
                        client.sendall(says)

        threading.Thread(target=serve, daemon=True).start()
        port = listener.getsockname()[1]
        assert unavailable(connect(slapd, ldap_urls=(f"{scheme}://localhost:{port}",), ldap_timeout=1))


def test_who_looks_for_people_is_refused(slapd: Slapd, connect: Connect) -> None:
    assert unavailable(connect(slapd, ldap_bind_password="wrong"))


# -- certificates


@pytest.mark.parametrize("implicit", [False, True], ids=["StartTLS", "LDAPS"])
def test_a_certificate_of_somebody_else_is_refused_before_any_bind(
    slapd: Slapd, connect: Connect, tmp_path: Path, implicit: bool
) -> None:
    stranger = Authority(tmp_path, "stranger")
    url = slapd.tls_url if implicit else slapd.url
    before = len(slapd.binds)
    assert unavailable(connect(slapd, ldap_urls=(url,), ldap_ca_file=str(stranger.certificate)))
    assert unavailable(connect(slapd, ldap_urls=(url,), ldap_ca_file=""))  # the system's don't know it either
    assert slapd.binds[before:] == []


@pytest.mark.parametrize("implicit", [False, True], ids=["StartTLS", "LDAPS"])
@pytest.mark.parametrize(("hosts", "expired"), [(["ldap.trivet.example"], False), (["localhost"], True)])
def test_a_certificate_of_another_name_or_time_is_refused_before_any_bind(
    make_slapd: Callable[..., Slapd], connect: Connect, implicit: bool, hosts: list[str], expired: bool
) -> None:
    server = make_slapd(hosts=hosts, expired=expired)
    assert unavailable(connect(server, ldap_urls=(server.tls_url if implicit else server.url,)))
    assert server.binds == []


def test_a_certificate_is_checked_by_address_too(slapd: Slapd, connect: Connect, make_slapd: Any) -> None:
    by_address = {"ldap_urls": (slapd.tls_url.replace("localhost", "127.0.0.1"),)}
    assert let_in(connect(slapd, **by_address), "jonas").role == "driver"
    named_only = make_slapd(hosts=["localhost"])
    assert unavailable(connect(slapd, ldap_urls=(named_only.tls_url.replace("localhost", "127.0.0.1"),)))


# -- roles at the second login


def test_roles_follow_the_directory_until_an_operator_changes_them(
    make_slapd: Callable[..., Slapd], connect: Connect, kept: store.Store, events: list[Any], caplog: Any
) -> None:
    server = make_slapd()
    connector = connect(server)
    first = let_in(connector, "jonas")
    with server.changes() as directory:
        directory.modify(f"cn=drivers,ou=groups,{BASE}", {"memberUid": [("MODIFY_DELETE", "jonas")]})
        directory.modify(
            f"cn=clerks,ou=groups,{BASE}", {"uniqueMember": [("MODIFY_ADD", f"uid=jonas,ou=people,{BASE}")]}
        )
    with caplog.at_level(logging.WARNING, "trivet.identities"):
        second = let_in(connector, "jonas")
    assert (second.id, second.roles) == (first.id, ("clerk", "reader"))
    assert "['driver', 'reader']" in caplog.text  # never silently
    assert [event["subject"] for event in events] == [first.id]  # tokens with the role that was taken away end
    assert second.tokens_after > first.tokens_after
    set_roles(kept, first.id, ["auditor"])
    with server.changes() as directory:
        directory.modify(f"cn=drivers,ou=groups,{BASE}", {"memberUid": [("MODIFY_ADD", "jonas")]})
    assert let_in(connector, "jonas").roles == ("auditor",)


def test_an_entry_keeps_its_account_under_another_name(make_slapd: Callable[..., Slapd], connect: Connect) -> None:
    server = make_slapd()
    connector = connect(server)
    first = let_in(connector, "ada")
    with server.changes() as directory:
        assert directory.modify_dn(
            rf"cn=Smith\, (Ada*)+uid=ada,ou=people,{BASE}", "cn=Lovelace+uid=ada.lovelace", delete_old_dn=True
        )
        directory.modify(
            f"cn=clerks,ou=groups,{BASE}",
            {"uniqueMember": [("MODIFY_ADD", f"cn=Lovelace+uid=ada.lovelace,ou=people,{BASE}")]},
        )
    assert let_in(connector, "ada.lovelace").id == first.id


def test_a_new_entry_of_an_old_name_is_not_the_old_one(make_slapd: Callable[..., Slapd], connect: Connect) -> None:
    server = make_slapd()
    connector = connect(server)
    let_in(connector, "jonas")
    with server.changes() as directory:
        found = f"uid=jonas,ou=people,{BASE}"
        assert directory.delete(found)
        fields = {"uid": "jonas", "cn": "J", "sn": "J", "mail": "jonas@trivet.example", "userPassword": "another"}
        assert directory.add(found, ["inetOrgPerson"], fields)
    assert connector.verify("jonas", "another") is None


def test_no_password_is_in_any_log(slapd: Slapd, connect: Connect, caplog: Any) -> None:
    connector = connect(slapd)
    with caplog.at_level(logging.DEBUG):
        let_in(connector, "jonas")
        connector.verify("ines", "a wrong secret")
        connector.verify("a secret in the wrong field", "x")
    assert PASSWORD not in caplog.text
    assert "secret" not in caplog.text


def set_roles(kept: store.Store, account_id: str, roles: list[str]) -> None:
    from auth_service.tables import accounts as table

    with kept.write() as connection:
        change = table.update().where(table.c.id == account_id)
        connection.execute(change.values(role=roles[0], roles=roles))
