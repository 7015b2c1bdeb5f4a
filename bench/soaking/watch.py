"""The memory of a suite's processes over time, and what its logs say."""

import json
import threading
import time
from datetime import datetime
from pathlib import Path

from bench.processes import tree
from bench.soaking.record import Record
from tests.fixtures.suite import Suite

PARTS = ("nginx", "redis", "auth", "data", "rest", "graphql", "soap", "gateway")
_WARM = 90.0  # seconds of a process that are not judged: what it loads and remembers comes at first
_GROWTH_KIB = 16_384  # that a process may gain once it is warm
# and auth besides, of which each thread keeps the memory of one password's hash once it has made one
_HASHES_KIB = 4 * 19_456
_SAMPLES = 8  # below so many nothing is judged
_EXPECTED = ("SIGKILL", "SIGTERM")  # words about processes that were killed here


class Watch(threading.Thread):
    """Samples the memory of every process of a suite."""

    def __init__(self, suite: Suite, every: float, record: Record) -> None:
        super().__init__(name="watch")
        self._suite = suite
        self._every = every
        self._record = record
        self.samples: dict[tuple[str, int], list[tuple[float, int]]] = {}  # part and process: time, KiB

    def run(self) -> None:
        """Sample until the record is over."""
        while not self._record.over.wait(self._every):
            for part in PARTS:
                try:
                    processes = tree(self._suite.process_id(part))
                except (OSError, ValueError):
                    continue  # it is starting again
                for process in processes:
                    size = resident(process)
                    if size:
                        self.samples.setdefault((part, process), []).append((time.monotonic(), size))

    def judge(self) -> None:
        """Note a fault for each process that grew while it was warm."""
        for (part, process), samples in self.samples.items():
            warm = [size for moment, size in samples if moment > samples[0][0] + _WARM]
            if len(warm) < _SAMPLES:
                continue
            quarter = max(len(warm) // 4, 1)
            gained = sum(warm[-quarter:]) / quarter - sum(warm[:quarter]) / quarter
            if gained > _GROWTH_KIB + (_HASHES_KIB if part == "auth" else 0):
                self._record.fault("memory", f"{part} {process} gained {gained:.0f} KiB once warm: {warm[::quarter]}")

    def table(self) -> str:
        """First, median and last of each process that was sampled for a while."""
        lines = [f"{'process':>16} {'samples':>8} {'first':>8} {'median':>8} {'last':>8}  KiB"]
        for (part, process), samples in sorted(self.samples.items()):
            sizes = [size for _, size in samples]
            if len(sizes) >= _SAMPLES:
                middle = sorted(sizes)[len(sizes) // 2]
                lines.append(f"{part + ' ' + str(process):>16} {len(sizes):8} {sizes[0]:8} {middle:8} {sizes[-1]:8}")
        return "\n".join(lines)


def resident(process: int) -> int:
    """The memory of a process in KiB; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
    except (OSError, StopIteration):
        return 0


def judge_logs(folder: Path, record: Record) -> None:
    """Note a fault for each line about an error that was not provoked."""
    for path in sorted(folder.glob("*.log")):
        with path.open(errors="replace") as file:
            for line in file:
                fault = _fault_of(line, record)
                if fault:
                    record.fault(f"log {path.stem}", fault)


def _fault_of(line: str, record: Record) -> str:
    if line.startswith("{"):
        try:
            said = json.loads(line)
        except ValueError:
            return ""  # a worker was killed while it wrote
        if said.get("level") not in ("error", "critical"):
            return ""
        moment = datetime.fromisoformat(said["time"]).astimezone().timestamp()
        return "" if record.in_window(moment) else f"{said.get('message')} {str(said.get('trace'))[-1500:]}"
    loud = "[ERROR]" in line or "[CRITICAL]" in line or "Traceback" in line
    return line.strip() if loud and not any(word in line for word in _EXPECTED) else ""
