"""The settings of the LDAP directory."""

import dataclasses
from typing import Literal

from chassis.settings import ServiceSettings, setting


@dataclasses.dataclass(frozen=True)
class LdapSettings(ServiceSettings):
    """Where the directory is and how its people and groups are read; `directory.config` makes sense of it."""

    ldap_urls: tuple[str, ...] = setting(
        (),
        "servers of the LDAP directory, tried in this order: `ldaps://host`, or `ldap://host` for StartTLS (there is "
        "no way without TLS); empty: no directory",
    )
    ldap_ca_file: str = setting("", "certificates (PEM) that the directory's is checked by; empty: the system's")
    ldap_schema: Literal["standard", "ad"] = setting(
        "standard", "how entries look: `standard` (OpenLDAP, 389 DS, FreeIPA) or `ad` (Active Directory, Samba)"
    )
    ldap_base: str = setting("", "DN below which people are looked for, `ou=people,dc=example,dc=com`")
    ldap_bind_dn: str = setting("", "who looks for people and groups; empty: nobody in particular (anonymous)")
    ldap_bind_password: str = setting("", "the password of `TRIVET_LDAP_BIND_DN`", secret=True)
    ldap_user_filter: str = setting(
        "",
        "filter that finds a person by `{name}`, as it was typed, or `{account}`, without the domain (AD); empty: by "
        "uid or mail, in AD by sAMAccountName or userPrincipalName",
    )
    ldap_direct_bind: str = setting(
        "",
        "instead of looking for people: the name to bind with, `uid={name},ou=people,dc=example,dc=com`, or in AD "
        "`{name}@example.com`",
    )
    ldap_domain: str = setting("", "the NetBIOS name of the domain, for logins as DOMAIN\\user (AD)")
    ldap_id_attribute: str = setting(
        "", "attribute that never changes, by which an entry keeps its account; empty: entryUUID, in AD objectGUID"
    )
    ldap_group_base: str = setting("", "DN below which groups are looked for; empty: the parent of `TRIVET_LDAP_BASE`")
    ldap_nested_groups: bool = setting(True, "whether members of a group's groups are its members")
    ldap_roles: str = setting(
        "",
        "which groups are which roles, most important first: `administrators => admin; cn=clerks,ou=groups,dc=example,"
        "dc=com => clerk`; the first that fits is the default role, the others may be asked for",
    )
    ldap_default_role: str = setting("", "role of people in none of these groups; empty: they are refused")
    ldap_variables: tuple[str, ...] = setting(
        (), "session variables from attributes: `x-hasura-employee-id=employeeNumber`, with commas between"
    )
    ldap_connect_timeout: int = setting(2, "seconds to wait for a connection to a server of the directory")
    ldap_timeout: int = setting(4, "seconds to wait for an answer of the directory")
    ldap_slots: int = setting(2, "logins that one process asks the directory about at the same time")
    ldap_lock_attempts: int = setting(
        4, "wrong passwords for one entry, from wherever, until it is left alone; fewer than the directory's own limit"
    )
    ldap_lock_seconds: int = setting(
        1800, "seconds for which it is left alone; at least those after which the directory forgets wrong passwords"
    )
