"""What `trivet check` says of logins: the directory's settings, the outside issuers, and roles without rules."""

import ssl
from collections.abc import Iterable, Iterator

from auth_service import outside_issuers
from auth_service.directory import config
from auth_service.directory.config import Directory
from auth_service.mail import server_of
from auth_service.outside_issuers import OutsideIssuersError
from auth_service.settings import AuthSettings
from chassis.settings import SettingsError
from contracts.identity import ADMIN_ROLE

_HERE = ("localhost", "127.0.0.1", "::1")
DOCTOR = (
    "the directory's settings were read, and nobody was asked: `trivet ldap doctor USER` walks through a login "
    "(connection, certificate, bind, search, groups, roles)"
)


def faults(settings: AuthSettings) -> Iterator[str]:
    """What would keep auth from starting, or every login by the directory from succeeding."""
    try:
        directory = config.of(settings)
    except SettingsError as error:
        yield from error.faults
    else:
        if directory is not None and directory.ca_file is not None:
            yield from _of_authorities("TRIVET_LDAP_CA_FILE", directory.ca_file)
    try:
        server_of(settings)
    except SettingsError as error:
        yield from error.faults
    if settings.smtp_ca_file:
        yield from _of_authorities("TRIVET_SMTP_CA_FILE", settings.smtp_ca_file)
    try:
        outside_issuers.load(settings.issuers, settings.issuer)
    except OutsideIssuersError as error:
        yield f"TRIVET_ISSUERS: {error}"


def remarks(settings: AuthSettings, known: Iterable[str] | None) -> Iterator[str]:
    """What should be known of settings without faults; ``known`` are the configuration's roles, None without one."""
    try:
        directory = config.of(settings)
        issuers = outside_issuers.load(settings.issuers, settings.issuer)
        mail = server_of(settings)
    except (SettingsError, OutsideIssuersError):
        return
    given = [*_roles_of(directory), *((role, "TRIVET_ISSUERS") for role in issuers.roles)]
    for role, source in dict.fromkeys(given):
        if known is not None and role not in {*known, ADMIN_ROLE}:
            yield f"{source} gives the role {role}, of which the configuration says nothing: who has it sees nothing"
    if mail is not None and mail.tls == "none" and mail.host not in _HERE:
        yield f"mail goes to {mail.host} in the clear, and the tokens in it open accounts: use smtps or smtp+starttls"
    if directory is not None:
        yield DOCTOR


def _roles_of(directory: Directory | None) -> Iterator[tuple[str, str]]:
    if directory is not None:
        yield from ((rule.role, "TRIVET_LDAP_ROLES") for rule in directory.roles)
        if directory.default_role:
            yield directory.default_role, "TRIVET_LDAP_DEFAULT_ROLE"


def _of_authorities(name: str, path: str) -> Iterator[str]:
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        yield f"{name}: {path} holds no certificate in PEM"
    except OSError as fault:
        yield f"{name}: {path} can't be read: {fault.strerror}"
