"""Where a native run keeps its things: one folder of mode 0700, and a short one for its sockets where needed."""

import fcntl
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from trivet_cli.faults import CannotStart

_SOCKET_PATH_LIMIT = 100  # bytes: a unix socket's address holds 107, and gunicorn and nginx need room for a suffix
_PLAIN = re.compile(r"[A-Za-z0-9._/+-]+")  # what needs no quoting in nginx's configuration
_OURS = ("lock", "accounts.db", "keys", "run", "log")


@dataclass(frozen=True)
class Layout:
    """The folders of one suite; ``state`` is absolute, ``run`` holds sockets and pids."""

    state: Path
    run: Path

    @property
    def log(self) -> Path:
        """Folder of the log files."""
        return self.state / "log"

    @property
    def demo(self) -> Path:
        """Folder of the demo store."""
        return self.state / "demo"

    @property
    def metrics(self) -> Path:
        """Folder of the numbers that the services' processes write."""
        return self.state / "metrics"

    @property
    def versions(self) -> Path:
        """File in which data's processes count what they write."""
        return self.run / "versions"

    def socket(self, name: str) -> Path:
        """The unix socket of a process."""
        return self.run / f"{name}.sock"

    def url(self, name: str) -> str:
        """The address of a service as settings want it."""
        return f"unix:{self.socket(name)}"


def layout_of(state: str) -> Layout:
    """The folders for this choice of ``state``; nothing is made yet."""
    path = Path(state).expanduser().absolute()
    run = path / "run"
    if len(os.fsencode(run / "graphql.sock")) > _SOCKET_PATH_LIMIT or not _PLAIN.fullmatch(str(run)):
        run = Path("/tmp") / f"trivet-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"  # noqa: S108  (checked below)
    return Layout(path, run)


def make(layout: Layout) -> None:
    """Make the folders, mode 0700. Raises `CannotStart` where the chosen one is plainly not ours."""
    try:
        layout.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        _own(layout.state)
        layout.run.mkdir(mode=0o700, exist_ok=True)
        _guard(layout.run)
        layout.log.mkdir(mode=0o700, exist_ok=True)
    except OSError as fault:
        raise CannotStart(f"the folder {layout.state} can't be used: {fault.strerror}") from None


def lock(layout: Layout) -> int:
    """Hold the folder for this process; the lock ends with the descriptor. Raises `CannotStart` if another has it."""
    descriptor = os.open(layout.state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CannotStart(
            f"a suite is running with the folder {layout.state} already; choose another with STATE="
        ) from None
    return descriptor


def _own(folder: Path) -> None:
    # never take a folder over that holds other things: STATE=/tmp would lock everybody else out of it
    if stat.S_IMODE(folder.stat().st_mode) == 0o700:
        return
    if any(folder.iterdir()) and not any((folder / name).exists() for name in _OURS):
        raise CannotStart(f"STATE={folder} holds other things; choose a folder for Trivet alone")
    folder.chmod(0o700)


def _guard(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise CannotStart(f"{folder} belongs to somebody else")
    folder.chmod(0o700)
