"""What processes cost, read from /proc: CPU seconds, memory, and where they may run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def api_core() -> int:
    """The core that the servers have to themselves."""
    return min(os.sched_getaffinity(os.getpid()))


def other_core() -> int:
    """The core of the database and of the load generator."""
    return max(os.sched_getaffinity(os.getpid()))


@contextmanager
def started_on(core: int) -> Iterator[None]:
    """What is started inside may run on this core alone, and so may all that it starts itself."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree(root: int) -> list[int]:
    """A process and all its descendants that live."""
    found = [root]
    for process in found:
        for task in _PROC.glob(f"{process}/task/*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue  # it has ended meanwhile
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of a process and its descendants, of those too that ended and were waited for."""
    ticks = 0
    for process in tree(root):
        try:
            fields = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime: proc(5)
    return ticks / _TICKS


def memory(root: int) -> int:
    """Bytes of a process and its descendants, where pages that several share are divided among them (PSS)."""
    total = 0
    for process in tree(root):
        try:
            lines = (_PROC / str(process) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
    return total
