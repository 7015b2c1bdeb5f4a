"""What a system takes before it does any work: the time until it answers, and its memory after a little load."""

from collections.abc import Callable, Sequence

from bench.database import Databases
from bench.measure import Bench
from bench.processes import cpu_seconds, memory
from bench.summary import table
from bench.system import System

_CONNECTIONS = 16


def measure(systems: Sequence[System], say: Callable[[str], None]) -> str:
    """Start each system by itself, ask it a little of all that it serves, and read its memory: a table."""
    rows: list[Sequence[str]] = []
    split: list[Sequence[str]] = []
    with Databases() as databases:
        for system in systems:
            say(f"starting {system.name} by itself")
            with system.start(databases.url(system)) as running:
                cpu = sum(map(cpu_seconds, running.parts.values()))
                bench = Bench({system.name: running}, [system], databases.head)
                for workload in system.requests:
                    bench.sample(system.name, workload, _CONNECTIONS, 1)
                held = {part: memory(head) / 2**20 for part, head in running.parts.items()}
            rows.append([system.name, f"{running.start_seconds:.1f}", f"{cpu:.1f}", f"{sum(held.values()):.0f}"])
            split.append([system.name, ", ".join(f"{part} {size:.0f}" for part, size in held.items())])
    first = table(["", "seconds until it answers", "CPU seconds of that", "MiB in all after load (PSS)"], rows)
    return f"{first}\n\n{table(['', 'MiB of each part'], split)}\n"
