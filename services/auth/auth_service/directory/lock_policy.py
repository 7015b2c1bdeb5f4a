"""After how many wrong passwords the directory itself locks an entry."""

from dataclasses import dataclass

from auth_service.directory.config import Directory
from auth_service.directory.link import Entry, Link
from auth_service.directory.names import parent

_TICKS = 10_000_000  # a second, in AD's negative intervals ([MS-SAMR] 3.1.1.5)


@dataclass(frozen=True)
class LockPolicy:
    """Wrong passwords until the lock (0: never), and the seconds after which they are forgotten (0: never)."""

    attempts: int
    seconds: int


def read(link: Link, directory: Directory) -> LockPolicy | None:
    """The strictest policy that can be read, None where none can. Raises `Unavailable`."""
    if directory.schema == "ad":
        wanted = ["lockoutThreshold", "lockOutObservationWindow"]
        found = link.search(_domain(directory.base), "(lockoutThreshold=*)", wanted, itself=True)
        policies = [LockPolicy(_number(entry, wanted[0]), abs(_number(entry, wanted[1])) // _TICKS) for entry in found]
    else:
        wanted = ["pwdLockout", "pwdMaxFailure", "pwdFailureCountInterval"]
        found = link.search(_domain(directory.base), "(objectClass=pwdPolicy)", wanted)
        locks = (entry.text(wanted[0]).upper() == "TRUE" for entry in found)
        policies = [
            LockPolicy(_number(entry, wanted[1]) if lock else 0, _number(entry, wanted[2]))
            for entry, lock in zip(found, locks, strict=True)
        ]
    return min(policies, key=lambda policy: policy.attempts or 1_000_000, default=None)


def _domain(base: str) -> str:
    while (above := parent(base)) not in ("", base):
        base = above
    return base


def _number(entry: Entry, name: str) -> int:
    text = entry.text(name)
    return int(text) if text.lstrip("-").isdecimal() else 0
