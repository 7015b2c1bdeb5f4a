"""One login by the directory, walked through step by step, and in plain words where it stops and what to try."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from auth_service import accounts, identities
from auth_service.connectors.ldap import PROVIDER, address_of, serving
from auth_service.directory import advice, granting, groups, lock_policy, people
from auth_service.directory.config import Directory, Server
from auth_service.directory.link import Entry, Link, Refused, Unavailable, dial
from auth_service.directory.names import Typed, fill_bind_name, fill_filter, typed
from auth_service.directory.sub_codes import explained
from auth_service.ldap_settings import LdapSettings
from auth_service.store import Store

Outcome = Literal["good", "noted", "stopped"]


@dataclass(frozen=True)
class Step:
    """What was looked at, how it is, and lines about it; after one that is ``stopped`` nothing follows."""

    title: str
    outcome: Outcome
    lines: tuple[str, ...] = ()


class Stopped(Exception):
    """A step that is the last one."""

    def __init__(self, title: str, *lines: str) -> None:
        super().__init__(title)
        self.step = Step(title, "stopped", lines)


def examine(
    directory: Directory, settings: LdapSettings, store: Store, username: str, password: str | None
) -> Iterator[Step]:
    """The steps of a login; without a password all but the person's own bind. The bind is a real one, and counts."""
    try:
        server = None
        for candidate in directory.servers:
            step = _reached(directory, candidate)
            yield step
            server = candidate if server is None and step.outcome == "good" else server
        if server is None:
            raise Stopped("no server can be used")
        with dial(directory, server) as link:
            yield from _examine(link, directory, username, password, store)
            yield _lock(link, directory, settings)
    except Stopped as stopped:
        yield stopped.step
    except Unavailable as why:
        yield Step(f"{why.stage}: {why}", "stopped", tuple(advice.of(why.stage, str(why))))


def _examine(link: Link, directory: Directory, username: str, password: str | None, store: Store) -> Iterator[Step]:
    name = typed(username, directory.domain, directory.base)
    if directory.direct_bind:
        bind_name = fill_bind_name(directory.direct_bind, name)
        if password is None:
            raise Stopped(f"bind as {bind_name}", "TRIVET_LDAP_DIRECT_BIND looks as the person: give --password-stdin")
        yield _bound(link, bind_name, password)
        entry = people.itself(link, directory, bind_name, name)
        if entry is None:
            raise Stopped("own entry", "who binds can't read their own entry: allow it, or set TRIVET_LDAP_BIND_DN")
        yield _entry(directory, entry)
    else:
        yield _service(link, directory)
        entry = _found(link, directory, name)
        yield _entry(directory, entry)
        if password is None:
            yield Step("password", "noted", ("not tried: give it with --password-stdin",))
        else:
            yield _bound_apart(directory, entry.dn, password)
    yield _state(entry)
    found = groups.of(link, directory, entry)
    yield _groups(link, directory, found)
    roles = granting.roles_of(directory, found)
    yield _roles(directory, found, roles)
    yield _account(directory, store, entry, roles)


def _reached(directory: Directory, server: Server) -> Step:
    try:
        with dial(directory, server) as link:
            how = "LDAPS" if server.implicit_tls else "StartTLS"
            return Step(f"{server}", "good", (f"answers; {how}, {link.tls_version}, its certificate is good",))
    except Unavailable as why:
        return Step(f"{server}", "noted", (f"{why.stage}: {why}", *advice.of(why.stage, str(why))))


def _service(link: Link, directory: Directory) -> Step:
    try:
        serving(link, directory)
    except Unavailable as why:
        raise Stopped(f"bind as {directory.bind_dn}", str(why), *advice.of("service", str(why))) from None
    if not directory.bind_dn:
        return Step("who looks for people", "good", ("nobody in particular (TRIVET_LDAP_BIND_DN is empty)",))
    return Step(f"bind as {directory.bind_dn}", "good", ("the directory takes its password",))


def _found(link: Link, directory: Directory, name: Typed) -> Entry:
    filter_ = fill_filter(directory.user_filter, name)
    title = f"search below {directory.base}"
    found = people.matching(link, directory, name)
    if len(found) == 1:
        return found[0]
    if found:
        raise Stopped(title, f"{filter_} finds several: {'; '.join(entry.dn for entry in found)}", *advice.SEVERAL)
    there = link.search(directory.base, "(objectClass=*)", ["cn"], itself=True)
    lines = advice.NOT_FOUND if there else advice.NO_BASE
    raise Stopped(title, f"{filter_} finds nobody", *lines)


def _entry(directory: Directory, entry: Entry) -> Step:
    try:
        external_id = people.permanent_id(entry, directory)
    except Refused as why:
        raise Stopped(f"entry {entry.dn}", str(why), "name another attribute in TRIVET_LDAP_ID_ATTRIBUTE") from None
    return Step(f"entry {entry.dn}", "good", (f"{directory.id_attribute} {external_id}",))


def _bound(link: Link, name: str, password: str) -> Step:
    try:
        link.bind(name, password)
    except Refused as why:
        raise Stopped(f"bind as {name}", f"refused: {why}", explained(str(why)) or advice.REFUSED) from None
    return Step(f"bind as {name}", "good", ("the password is right",))


def _bound_apart(directory: Directory, dn: str, password: str) -> Step:
    """The person's bind on a connection of its own: the other goes on as who looks for people."""
    for place, server in enumerate(directory.servers):
        try:
            with dial(directory, server) as link:
                return _bound(link, dn, password)
        except Unavailable as why:
            if why.stage not in ("connect", "tls") or place == len(directory.servers) - 1:
                raise
    raise Stopped("no server can be used")


def _state(entry: Entry) -> Step:
    why = people.why_shut_out(entry)
    if why is not None:
        raise Stopped("state of the entry", why, "change that in the directory: nobody comes in with it as it is")
    return Step("state of the entry", "good", ("neither disabled nor expired",))


def _groups(link: Link, directory: Directory, found: Sequence[str]) -> Step:
    if found:
        return Step("groups", "good", tuple(found))
    there = link.search(directory.group_base, "(objectClass=*)", ["cn"], itself=True)
    why = "in none" if there else f"TRIVET_LDAP_GROUP_BASE {directory.group_base} is not there, or can't be read"
    return Step("groups", "noted", (why,))


def _roles(directory: Directory, found: Sequence[str], roles: Sequence[str]) -> Step:
    if roles:
        return Step("roles", "good", (f"{roles[0]} by default; may ask for: {', '.join(roles)}",))
    known = "; ".join(f"{rule.group} => {rule.role}" for rule in directory.roles)
    lines = [f"no group has a role; TRIVET_LDAP_ROLES says: {known or 'nothing'}"]
    if found:
        lines.append(f"to let this group in, add:  {found[0]} => ROLE")
    lines.append("or give everybody else a role by TRIVET_LDAP_DEFAULT_ROLE")
    raise Stopped("roles", *lines)


def _account(directory: Directory, store: Store, entry: Entry, roles: Sequence[str]) -> Step:
    account = identities.linked(store, PROVIDER, people.permanent_id(entry, directory))
    if account is None:
        email = accounts.fold(address_of(directory, entry))
        if accounts.by_email(store, email) is not None:
            raise Stopped("account", *advice.taken(email))
        return Step("account", "good", (f"{email} will be made at the first login",))
    if account.disabled:
        raise Stopped("account", f"{account.email} is disabled here: trivet user enable {account.email}")
    if list(account.roles) != list(roles):
        kept = f"{account.email} has the roles {', '.join(account.roles)}"
        return Step("account", "noted", (f"{kept}; if the directory gave them, they change at the next login",))
    return Step("account", "good", (f"{account.email}, with these roles",))


def _lock(link: Link, directory: Directory, settings: LdapSettings) -> Step:
    try:
        policy = lock_policy.read(link, directory)
    except Unavailable:
        policy = None
    if policy is None:
        return Step("the directory's lock", "noted", advice.no_policy(settings.ldap_lock_attempts))
    if policy.attempts == 0:
        return Step("the directory's lock", "good", ("it locks nobody",))
    told = f"it locks after {policy.attempts} wrong passwords within {policy.seconds or 'unlimited'} seconds"
    ours = f"Trivet stops after {settings.ldap_lock_attempts}, for {settings.ldap_lock_seconds} seconds"
    if settings.ldap_lock_attempts >= policy.attempts or settings.ldap_lock_seconds < policy.seconds:
        return Step("the directory's lock", "noted", (told, ours, advice.LOCK_LATER))
    return Step("the directory's lock", "good", (told, ours))
