"""What only Active Directory does, against a real domain controller (Samba's)."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ldap3
import pytest
from auth_service import identities, store
from auth_service.connectors import ldap
from auth_service.connectors.ldap import LdapConnector
from auth_service.directory import config
from auth_service.directory.diagnosis import examine
from auth_service.ldap_settings import LdapSettings

from tests.fixtures.samba_dc import DOMAIN, PASSWORD, REALM, USERS, SambaDc, ad_settings

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
def connect(samba_dc: SambaDc, kept: store.Store) -> Connect:
    """A function that makes a connector of the domain."""

    def make(**changes: Any) -> LdapConnector:
        return ldap.connectors(LdapSettings(**ad_settings(samba_dc, **changes)), kept, None, lambda _: None)[0]

    return make


@pytest.mark.parametrize("starttls", [False, True])
def test_one_person_by_every_name(connect: Connect, samba_dc: SambaDc, starttls: bool) -> None:
    connector = connect(ldap_urls=(samba_dc.url if starttls else samba_dc.tls_url,))
    names = ("jonas", "JONAS", "j.berg@other.example", f"{DOMAIN}\\jonas", "corp\\jonas", f"jonas@{REALM}")
    found = [connector.verify(name, PASSWORD) for name in names]
    assert {account.id for account in found if account is not None} == {found[0].id if found[0] else None}
    assert None not in found


@pytest.mark.parametrize("name", ["OTHER\\jonas", "\\jonas", "jonas@elsewhere.example", "*", "jon*", "jonas)(cn=*"])
def test_names_that_are_nobodys(connect: Connect, name: str) -> None:
    assert connect().verify(name, PASSWORD) is None


@pytest.mark.parametrize(
    ("name", "roles"), [("jonas", ("clerk",)), ("ines", ("admin",)), ("anton", ("driver", "guest")), ("reader", None)]
)
def test_groups_nested_ones_and_the_primary_one(connect: Connect, name: str, roles: tuple[str, ...] | None) -> None:
    account = connect().verify(name, PASSWORD)
    assert (account and account.roles) == roles


def test_without_nesting_only_groups_of_ones_own(connect: Connect) -> None:
    assert connect(ldap_nested_groups=False).verify("ines", PASSWORD) is None
    account = connect(ldap_nested_groups=False).verify("anton", PASSWORD)
    assert account is not None
    assert account.roles == ("driver",)


def test_the_link_is_the_guid_whatever_the_name_becomes(connect: Connect, samba_dc: SambaDc, kept: store.Store) -> None:
    samba_dc.add_user("renamed")
    connector = connect(ldap_default_role="visitor")
    first = connector.verify("renamed", PASSWORD)
    assert first is not None
    with samba_dc.changes() as directory:
        directory.search(f"CN=renamed,{USERS}", "(objectClass=*)", ldap3.BASE, attributes=["objectGUID"])
        guid = uuid.UUID(bytes_le=directory.response[0]["raw_attributes"]["objectGUID"][0])
        directory.modify_dn(f"CN=renamed,{USERS}", "CN=married")
        directory.modify(f"CN=married,{USERS}", {"sAMAccountName": [("MODIFY_REPLACE", "married")]})
    assert [row["external_id"] for row in identities.of_account(kept, first.id)] == [str(guid)]
    second = connector.verify("married", PASSWORD)
    assert second is not None
    assert second.id == first.id


def test_direct_bind_by_the_principal_name(connect: Connect) -> None:
    connector = connect(ldap_direct_bind=f"{{name}}@{REALM}", ldap_bind_dn="", ldap_bind_password="")
    account = connector.verify("jonas", PASSWORD)
    assert account is not None
    assert account.role == "clerk"
    assert connector.verify("jonas", "wrong") is None


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("jonas", "wrong", "52e"),
        ("stale", PASSWORD, "532"),
        ("disabled", PASSWORD, "533"),
        ("expired", PASSWORD, "701"),
        ("mustchange", PASSWORD, "773"),
        ("locked", PASSWORD, "775"),
    ],
)
def test_states_are_refused_and_explained_by_doctor(
    connect: Connect, samba_dc: SambaDc, kept: store.Store, name: str, password: str, code: str
) -> None:
    if name == "locked":
        for turn in range(6):
            bind(samba_dc, f"CN=locked,{USERS}", f"wrong {turn}")
    assert connect().verify(name, password) is None
    settings = LdapSettings(**ad_settings(samba_dc))
    directory = config.of(settings)
    assert directory is not None
    last = list(examine(directory, settings, kept, name, password))[-1]
    assert last.outcome == "stopped"
    assert any(line.startswith(f"{code}: ") for line in last.lines), last


def test_disabled_and_expired_entries_are_seen_without_a_bind(samba_dc: SambaDc, kept: store.Store) -> None:
    settings = LdapSettings(**ad_settings(samba_dc))
    directory = config.of(settings)
    assert directory is not None
    for name, attribute in (("disabled", "userAccountControl"), ("expired", "accountExpires")):
        last = list(examine(directory, settings, kept, name, None))[-1]
        assert (last.outcome, attribute in " ".join(last.lines)) == ("stopped", True)


def test_doctor_reads_the_domains_lock(samba_dc: SambaDc, kept: store.Store) -> None:
    settings = LdapSettings(**ad_settings(samba_dc, ldap_lock_attempts=5))
    directory = config.of(settings)
    assert directory is not None
    last = list(examine(directory, settings, kept, "jonas", PASSWORD))[-1]
    assert (last.outcome, "after 5 wrong passwords" in last.lines[0]) == ("noted", True)


def test_an_empty_password_is_refused_where_the_domain_would_take_it(samba_dc: SambaDc, connect: Connect) -> None:
    assert connect().verify("jonas", "") is None


def bind(controller: SambaDc, dn: str, password: str) -> bool:
    server = ldap3.Server(controller.address, port=636, use_ssl=True, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, dn, password)
    try:
        return bool(connection.bind())
    finally:
        connection.unbind()
