"""The connector of the LDAP directory: who binds with a name and a password gets the account of their entry."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import redis
from contracts.problems import Problem

from auth_service import accounts, audit, identities
from auth_service.accounts import Account
from auth_service.attempts import Attempts, Limits
from auth_service.directory import config, granting, groups, people
from auth_service.directory.config import Directory
from auth_service.directory.link import Entry, Link, Refused, Unavailable
from auth_service.directory.names import Typed, dns_domain, fill_bind_name, folded_name, typed
from auth_service.directory.pace import Pace
from auth_service.directory.refusals import Refusals
from auth_service.directory.servers import Servers
from auth_service.directory.sub_codes import explained
from auth_service.identities import Identity, NotLinked
from auth_service.ldap_settings import LdapSettings
from auth_service.roles import RoleError
from auth_service.store import Store

PROVIDER = "ldap"
log = logging.getLogger("trivet.ldap")


class LdapConnector:
    """Verifies by a bind: one for each attempt, on one server, whatever it answers.

    ``attempts`` counts binds for one entry from wherever: it stops before the directory locks the entry for all uses.
    """

    def __init__(
        self, directory: Directory, store: Store, attempts: Attempts, announce: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self._directory = directory
        self._servers = Servers(directory)
        self._store = store
        self._attempts = attempts
        self._announce = announce
        self._refusals = Refusals()
        self._searches, self._binds = Pace(), Pace()

    def verify(self, username: str, password: str) -> Account | None:
        """The account, or None; see `Connector.verify`."""
        if not password or not username.strip() or "\x00" in username + password:
            return None  # a bind without a password succeeds for anybody (RFC 4513 §5.1.2)
        own = accounts.by_email(self._store, username)
        if own is not None and own.password_hash is not None:
            self._searches.idle()
            self._binds.idle()
            return None  # its password is none of the directory's business
        if self._refusals.holds(username, password):
            return None
        try:
            return self._admit(self._prove(username, password))
        except (Refused, NotLinked, RoleError) as why:
            self._refusals.note(username, password)
            log.info("a login by the directory is refused: %s", why)
            return None
        except Unavailable as why:
            log.warning("the directory can't tell (%s): %s", why.stage, why)
            raise Problem("TRV203", "The directory can't be reached at present", headers={"Retry-After": "5"}) from None

    def _prove(self, username: str, password: str) -> Identity:
        """Who has this name and this password. Raises `Refused`, `Unavailable`, `Problem` TRV105."""
        name = typed(username, self._directory.domain, self._directory.base)
        if self._directory.direct_bind:
            return self._prove_directly(name, password)
        with self._searches.measured():
            entry = self._servers.ask(lambda link: self._find(link, name))
        if entry is None:
            with self._attempts.one(f"{PROVIDER}:{folded_name(username)}", ""):  # as for an entry: 429 after as many
                self._binds.idle()
            raise Refused("no entry has this name, or several have")
        external_id = people.permanent_id(entry, self._directory)
        with self._binds.measured():
            self._servers.once(lambda link: self._bind(link, external_id, entry.dn, password, who=entry.dn))
        return self._servers.ask(lambda link: identity_of(self._serving(link), self._directory, entry))

    def _prove_directly(self, name: Typed, password: str) -> Identity:
        bind_name = fill_bind_name(self._directory.direct_bind, name)

        def work(link: Link) -> Identity:
            # what was typed is not told: it may be a password in the wrong field
            self._bind(link, folded_name(bind_name), bind_name, password, who=audit.unknown(bind_name))
            entry = people.itself(link, self._directory, bind_name, name)
            if entry is None:
                raise Refused("who binds can't read their own entry")
            return identity_of(link, self._directory, entry)

        return self._servers.once(work)

    def _find(self, link: Link, name: Typed) -> Entry | None:
        return people.find(self._serving(link), self._directory, name)

    def _serving(self, link: Link) -> Link:
        """The link, bound as who looks for people. Raises `Unavailable`: that it can't is nobody's wrong password."""
        return serving(link, self._directory)

    def _bind(self, link: Link, key: str, name: str, password: str, *, who: str) -> None:
        with self._attempts.one(f"{PROVIDER}:{key}", "") as attempt:
            try:
                link.bind(name, password)
            except Refused as why:
                raise Refused(f"{who}: {explained(str(why)) or why}") from None
            self._attempts.succeed(attempt)

    def _admit(self, identity: Identity) -> Account | None:
        admitted = identities.admit(self._store, identity)
        if admitted.event is not None:
            self._announce(admitted.event)
        return None if admitted.account.disabled else admitted.account


def connectors(
    settings: LdapSettings, store: Store, client: "redis.Redis | None", announce: Callable[[Mapping[str, Any]], None]
) -> tuple[LdapConnector, ...]:
    """The directory's connector, none where the settings name no directory. Raises `SettingsError`."""
    directory = config.of(settings)
    if directory is None:
        return ()
    limits = Limits(settings.ldap_lock_attempts, settings.ldap_lock_seconds, settings.ldap_lock_seconds)
    return (LdapConnector(directory, store, Attempts(limits, client), announce),)


def serving(link: Link, directory: Directory) -> Link:
    """The link, bound as who looks for people; not bound at all where that is nobody. Raises `Unavailable`."""
    if directory.bind_dn:
        try:
            link.bind(directory.bind_dn, directory.bind_password)
        except Refused as why:
            raise Unavailable("bind", f"{directory.bind_dn} is refused: {explained(str(why)) or why}") from None
    return link


def identity_of(link: Link, directory: Directory, entry: Entry) -> Identity:
    """Who has this entry, whose password was right. Raises `Refused` (shut out, or in no group), `Unavailable`."""
    why = people.why_shut_out(entry)
    if why is not None:
        raise Refused(f"{entry.dn}: {why}")
    roles = granting.roles_of(directory, groups.of(link, directory, entry))
    if not roles:
        raise Refused(f"{entry.dn} is in none of the groups that have a role (TRIVET_LDAP_ROLES)")
    return Identity(
        PROVIDER,
        people.permanent_id(entry, directory),
        entry.dn,
        address_of(directory, entry),
        roles,
        granting.variables_of(directory, entry),
        frozenset(name for name, _ in directory.variables),
    )


def address_of(directory: Directory, entry: Entry) -> str:
    """The address under which the entry's account is kept: its mail, else its name at the directory's domain."""
    for attribute in ("mail", "userPrincipalName"):
        if "@" in entry.text(attribute):
            return entry.text(attribute)
    name = entry.text("sAMAccountName") or entry.text("uid") or entry.text("cn")
    return f"{name}@{dns_domain(directory.base) or PROVIDER}"
