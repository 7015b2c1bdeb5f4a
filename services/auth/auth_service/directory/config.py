"""What the settings of the directory mean, with every fault at once."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from chassis.settings import SettingsError

from auth_service.directory.names import NameFault, fold_dn, parent
from auth_service.ldap_settings import LdapSettings
from auth_service.roles import RoleError, check_roles, check_session

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9;.-]{0,100}")
_STANDARD_FILTER = "(&(|(objectClass=person)(objectClass=posixAccount))(|(uid={name})(mail={name})))"
_AD_FILTER = "(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={account})(userPrincipalName={name})))"


@dataclass(frozen=True)
class Server:
    """One server of the directory; with ``implicit_tls`` TLS is from the first byte on, else by StartTLS."""

    host: str
    port: int
    implicit_tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.implicit_tls else 'ldap'}://{host}:{self.port}"


@dataclass(frozen=True)
class RoleOfGroup:
    """That the members of a group have a role. The group is a folded DN, or a folded common name below the base."""

    group: str
    role: str


@dataclass(frozen=True)
class Directory:
    """A directory as it is configured; times are in seconds. Templates have ``{name}``, and perhaps ``{account}``."""

    servers: tuple[Server, ...]
    ca_file: str | None
    schema: Literal["standard", "ad"]
    base: str
    bind_dn: str
    bind_password: str = field(repr=False)
    user_filter: str
    direct_bind: str
    domain: str
    id_attribute: str
    group_base: str
    nested_groups: bool
    roles: tuple[RoleOfGroup, ...]
    default_role: str
    variables: tuple[tuple[str, str], ...]
    connect_timeout: int
    timeout: int
    slots: int


def of(settings: LdapSettings) -> Directory | None:
    """The directory of the settings, None where they name none. Raises `SettingsError` with every fault."""
    if not settings.ldap_urls:
        return None
    faults = _Faults()
    ad = settings.ldap_schema == "ad"
    default_filter = _AD_FILTER if ad else _STANDARD_FILTER
    base = faults.dn("BASE", settings.ldap_base)
    group_base = faults.dn("GROUP_BASE", settings.ldap_group_base) if settings.ldap_group_base else parent(base)
    directory = Directory(
        servers=tuple(server for url in settings.ldap_urls if (server := faults.server(url)) is not None),
        ca_file=settings.ldap_ca_file or None,
        schema=settings.ldap_schema,
        base=base,
        bind_dn=settings.ldap_bind_dn,
        bind_password=settings.ldap_bind_password,
        user_filter=settings.ldap_user_filter or default_filter,
        direct_bind=settings.ldap_direct_bind,
        domain=settings.ldap_domain,
        id_attribute=settings.ldap_id_attribute or ("objectGUID" if ad else "entryUUID"),
        group_base=group_base,
        nested_groups=settings.ldap_nested_groups,
        roles=faults.roles(settings.ldap_roles),
        default_role=faults.role("DEFAULT_ROLE", settings.ldap_default_role) if settings.ldap_default_role else "",
        variables=tuple(found for text in settings.ldap_variables if (found := faults.variable(text)) is not None),
        connect_timeout=settings.ldap_connect_timeout,
        timeout=settings.ldap_timeout,
        slots=settings.ldap_slots,
    )
    faults.check(directory)
    if faults.found:
        raise SettingsError(faults.found)
    return directory


class _Faults:
    """What is wrong, one line each, under the name of the variable."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, name: str, why: str) -> None:
        self.found.append(f"TRIVET_LDAP_{name}: {why}")

    def dn(self, name: str, text: str) -> str:
        try:
            if not fold_dn(text):
                self.add(name, "is needed: a DN such as ou=people,dc=example,dc=com")
        except NameFault as fault:
            self.add(name, str(fault))
            return ""
        return text

    def server(self, url: str) -> Server | None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as fault:
            self.add("URLS", f"{url!r} is not an address: {fault}")
            return None
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path.strip("/") or parts.username:
            self.add("URLS", f"{url!r} is not ldaps://host or ldap://host, with :port or without")
            return None
        tls = parts.scheme == "ldaps"
        return Server(parts.hostname, port or (636 if tls else 389), tls)

    def role(self, name: str, role: str) -> str:
        try:
            check_roles(role, ())
        except RoleError as fault:
            self.add(name, str(fault))
        return role

    def roles(self, text: str) -> tuple[RoleOfGroup, ...]:
        found = []
        for part in filter(None, map(str.strip, text.split(";"))):
            group, arrow, role = (piece.strip() for piece in part.rpartition("=>"))
            if not arrow or not group:
                self.add("ROLES", f"{part!r} is not `group => role`")
                continue
            try:
                folded = fold_dn(group) if "=" in group else group.casefold()
            except NameFault as fault:
                self.add("ROLES", str(fault))
                continue
            found.append(RoleOfGroup(folded, self.role("ROLES", role)))
        return tuple(found)

    def variable(self, text: str) -> tuple[str, str] | None:
        name, _, attribute = (part.strip() for part in text.partition("="))
        if not _ATTRIBUTE.fullmatch(attribute):
            self.add("VARIABLES", f"{text!r} is not `x-hasura-name=attribute`")
            return None
        try:
            return next(iter(check_session({name: ""}))), attribute
        except RoleError as fault:
            self.add("VARIABLES", str(fault))
            return None

    def check(self, directory: Directory) -> None:
        if directory.bind_dn and not directory.bind_password:  # a bind without a password succeeds as nobody
            self.add("BIND_PASSWORD", "is needed with TRIVET_LDAP_BIND_DN")
        if directory.direct_bind and "{name}" not in directory.direct_bind:
            self.add("DIRECT_BIND", "has no {name}")
        if "{name}" not in directory.user_filter and "{account}" not in directory.user_filter:
            self.add("USER_FILTER", "has neither {name} nor {account}")
        if not directory.roles and not directory.default_role:
            self.add("ROLES", "is needed, or TRIVET_LDAP_DEFAULT_ROLE: nobody could log in")
        if not _ATTRIBUTE.fullmatch(directory.id_attribute):
            self.add("ID_ATTRIBUTE", "is not the name of an attribute")
        for name in ("connect_timeout", "timeout", "slots"):
            if getattr(directory, name) < 1:
                self.add(name.upper(), "must be at least 1")


def is_address(host: str) -> bool:
    """True for an IP address: it has no place in TLS's server name indication (RFC 6066 §3)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
