"""The directory's settings: what they mean, and every fault at once."""

from typing import Any

import pytest
from auth_service.directory import config
from auth_service.directory.config import RoleOfGroup, Server
from auth_service.ldap_settings import LdapSettings
from chassis.settings import SettingsError

GOOD: dict[str, Any] = {
    "ldap_urls": ("ldaps://one.example", "ldap://two.example:3890", "ldaps://[2001:db8::1]:6360"),
    "ldap_base": "ou=people,dc=x",
    "ldap_bind_dn": "cn=reader,dc=x",
    "ldap_bind_password": "secret",
    "ldap_roles": "administrators => admin; CN=Clerks,OU=Groups,DC=x => clerk",
}


def test_without_servers_there_is_no_directory() -> None:
    assert config.of(LdapSettings()) is None


def test_what_is_given_and_what_follows() -> None:
    found = config.of(LdapSettings(**GOOD))
    assert found is not None
    assert found.servers == (
        Server("one.example", 636, True), Server("two.example", 3890, False), Server("2001:db8::1", 6360, True),
    )  # fmt: skip
    assert [str(server) for server in found.servers][2] == "ldaps://[2001:db8::1]:6360"
    assert found.roles == (RoleOfGroup("administrators", "admin"), RoleOfGroup("cn=clerks,ou=groups,dc=x", "clerk"))
    assert (found.group_base, found.id_attribute) == ("dc=x", "entryUUID")
    assert "secret" not in repr(found)


def test_ad_has_its_own_defaults() -> None:
    found = config.of(LdapSettings(**GOOD, ldap_schema="ad"))
    assert found is not None
    assert "sAMAccountName={account}" in found.user_filter
    assert found.id_attribute == "objectGUID"


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"ldap_base": ""}, ["BASE"]),
        ({"ldap_base": "people"}, ["BASE"]),
        ({"ldap_urls": ("http://x",)}, ["URLS"]),
        ({"ldap_urls": ("ldap://",)}, ["URLS"]),
        ({"ldap_urls": ("ldap://x:port",)}, ["URLS"]),
        ({"ldap_bind_password": ""}, ["BIND_PASSWORD"]),
        ({"ldap_roles": ""}, ["ROLES"]),
        ({"ldap_roles": "admins"}, ["ROLES", "ROLES"]),
        ({"ldap_roles": "cn=a,,dc=b => admin"}, ["ROLES", "ROLES"]),
        ({"ldap_roles": "a => two words"}, ["ROLES"]),
        ({"ldap_direct_bind": "uid=ines,dc=x"}, ["DIRECT_BIND"]),
        ({"ldap_user_filter": "(uid=ines)"}, ["USER_FILTER"]),
        ({"ldap_variables": ("x-hasura-role=cn",)}, ["VARIABLES"]),
        ({"ldap_variables": ("x-hasura-a=(cn)",)}, ["VARIABLES"]),
        ({"ldap_timeout": 0}, ["TIMEOUT"]),
        ({"ldap_base": "", "ldap_bind_password": "", "ldap_slots": 0}, ["BASE", "BIND_PASSWORD", "SLOTS"]),
    ],
)
def test_faults_are_told_all_at_once(change: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        config.of(LdapSettings(**{**GOOD, **change}))
    assert [fault.split(":")[0] for fault in caught.value.faults] == [f"TRIVET_LDAP_{name}" for name in names]
