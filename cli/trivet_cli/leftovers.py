"""What an earlier suite with the same folder left running when it was killed."""

import os
import signal
import time
from pathlib import Path

from trivet_cli.layout import Layout

_PROC = Path("/proc")


def end(layout: Layout, patience: float = 5.0) -> int:
    """Kill process groups that an earlier supervisor of this folder started; returns how many processes."""
    if not _PROC.is_dir():
        return 0  # macOS: nothing tells ours from a stranger's
    found = [pid for file in layout.run.glob("*.pid") for pid in _members(file, layout)]
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + patience
    while any((_PROC / str(pid)).exists() for pid in found) and time.monotonic() < deadline:
        time.sleep(0.02)
    for file in layout.run.glob("*.pid"):
        file.unlink(missing_ok=True)
    return len(found)


def _members(file: Path, layout: Layout) -> list[int]:
    """Living processes of the group whose id is in ``file``, as far as they work inside the suite's folders."""
    try:
        group = int(file.read_text(encoding="ascii"))
    except ValueError:
        return []
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _group(pid) == group and _inside(pid, layout)]


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _inside(pid: int, layout: Layout) -> bool:
    # an id may have been given to a stranger since: only ours have their working folder here
    try:
        folder = (_PROC / str(pid) / "cwd").readlink()
    except OSError:
        return False
    return any(folder.is_relative_to(root) for root in (layout.run, layout.state))
