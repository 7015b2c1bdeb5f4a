"""The groups of an entry: as it says (memberOf), as they say (member, uniqueMember, memberUid), and theirs in turn."""

from collections.abc import Iterable, Iterator

from ldap3.utils.conv import escape_bytes

from auth_service.directory.config import Directory
from auth_service.directory.link import Entry, Link
from auth_service.directory.names import NameFault, escaped, fold_dn

_IN_CHAIN = "1.2.840.113556.1.4.1941"  # LDAP_MATCHING_RULE_IN_CHAIN ([MS-ADTS] 3.1.1.3.4.4.3)
_DEPTH = 16  # groups within groups: deeper ones are somebody's mistake
_BATCH = 25  # groups whose groups one search asks for
_MOST = 2000  # groups of one person
_NAMED = ("cn",)


def of(link: Link, directory: Directory, entry: Entry) -> tuple[str, ...]:
    """The DNs of all groups that the entry is in, those of its groups included where so configured.

    Raises `Unavailable`.
    """
    if directory.schema == "ad":
        return _of_ad(link, directory, entry)
    found = _Found()
    fresh = found.add(entry.texts("memberOf"))
    fresh += found.add(_search(link, directory, _direct(entry)))
    for _ in range(_DEPTH if directory.nested_groups else 0):
        # our own recursion: AD's rule is no fault elsewhere, it silently finds nothing
        above = [dn for batch in _batches(fresh) for dn in _search(link, directory, _any(map(_holds, batch)))]
        fresh = found.add(above)
        if not fresh:
            break
    return found.all()


def _of_ad(link: Link, directory: Directory, entry: Entry) -> tuple[str, ...]:
    """By AD's own rule; the primary group, which no attribute lists, by its SID ([MS-ADTS] 3.1.1.4.5.22)."""
    found = _Found()
    rule = f":{_IN_CHAIN}:" if directory.nested_groups else ""
    found.add(entry.texts("memberOf"))
    found.add(_search(link, directory, f"(member{rule}={escaped(entry.dn)})"))
    sid, primary = next(iter(entry.raw("objectSid")), b""), entry.text("primaryGroupID")
    if len(sid) > 8 and primary.isdecimal():
        group = sid[:-4] + int(primary).to_bytes(4, "little")
        for dn in found.add(_search(link, directory, f"(&(objectClass=group)(objectSid={escape_bytes(group)}))")):
            if directory.nested_groups:
                found.add(_search(link, directory, f"(member{rule}={escaped(dn)})"))
    return found.all()


class _Found:
    """Groups found so far, each once, whatever its spelling; what is no DN is none."""

    def __init__(self) -> None:
        self._by_folded: dict[str, str] = {}

    def add(self, dns: Iterable[str]) -> list[str]:
        """Those that are new."""
        fresh = []
        for dn in dns:
            try:
                folded = fold_dn(dn)
            except NameFault:
                continue
            if folded and folded not in self._by_folded and len(self._by_folded) < _MOST:
                self._by_folded[folded] = dn
                fresh.append(dn)
        return fresh

    def all(self) -> tuple[str, ...]:
        return tuple(self._by_folded.values())


def _direct(entry: Entry) -> str:
    gid = entry.text("gidNumber")
    filters = [_holds(entry.dn)]
    filters += [f"(&(objectClass=posixGroup)(memberUid={escaped(uid)}))" for uid in entry.texts("uid")]
    if gid.isdecimal():
        filters.append(f"(&(objectClass=posixGroup)(gidNumber={gid}))")
    return _any(filters)


def _holds(dn: str) -> str:
    return f"(|(member={escaped(dn)})(uniqueMember={escaped(dn)}))"


def _any(filters: Iterable[str]) -> str:
    return f"(|{''.join(filters)})"


def _search(link: Link, directory: Directory, filter_: str) -> list[str]:
    return [entry.dn for entry in link.search(directory.group_base, filter_, _NAMED)]


def _batches(dns: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(dns), _BATCH):
        yield dns[start : start + _BATCH]
