"""From samples to tables: medians of rounds, ratios to ours, and Markdown."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.measure import Sample

OURS = "trivet"
Key = tuple[str, str, int]  # system, workload, connections


@dataclass(frozen=True)
class Figures:
    """Medians over the rounds: microseconds of CPU a request, requests a second, milliseconds."""

    cpu: float
    database_cpu: float
    rate: float
    p50: float
    p99: float
    errors: int
    parts: Mapping[str, float]


def figures(samples: Iterable[Sample]) -> dict[Key, Figures]:
    """The medians of each system, workload and number of connections."""
    rounds: dict[Key, list[Sample]] = {}
    for sample in samples:
        rounds.setdefault((sample.system, sample.workload, sample.connections), []).append(sample)
    return {key: _medians(found) for key, found in rounds.items()}


def _medians(rounds: Sequence[Sample]) -> Figures:
    def median(value: Callable[[Sample], float]) -> float:
        return statistics.median(map(value, rounds))

    parts = {
        part: median(lambda sample, part=part: sample.cpu[part] / sample.requests * 1e6)  # type: ignore[misc]
        for part in rounds[0].cpu
    }
    return Figures(
        cpu=median(lambda sample: sample.cpu_per_request * 1e6),
        database_cpu=median(lambda sample: sample.database_cpu / sample.requests * 1e6),
        rate=median(lambda sample: sample.rate),
        p50=median(lambda sample: sample.p50 * 1e3),
        p99=median(lambda sample: sample.p99 * 1e3),
        errors=sum(sample.errors for sample in rounds),
        parts=parts,
    )


def ratio(samples: Iterable[Sample], peer: str, ours: str, workload: str, connections: int) -> float | None:
    """How many times our CPU a peer uses: the median of the rounds' ratios. None where one was not measured."""
    found: dict[str, list[float]] = {peer: [], ours: []}
    for sample in samples:
        if sample.workload == workload and sample.connections == connections and sample.system in found:
            found[sample.system].append(sample.cpu_per_request)
    pairs = [theirs / our for theirs, our in zip(found[peer], found[ours], strict=False) if our]
    return statistics.median(pairs) if pairs else None


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; the first column is text, the others are numbers."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(samples: Sequence[Sample], split_at: int) -> str:
    """All tables of a run, as Markdown; where our CPU goes is shown for ``split_at`` connections."""
    found = figures(samples)
    if not found:
        return "None of these systems serves any of these workloads.\n"
    systems, workloads, connections = (list(dict.fromkeys(column)) for column in zip(*found, strict=True))
    ours = next((name for name in systems if name.startswith(OURS)), "")
    parts: list[str] = []
    for number in connections:
        title = f"### {number} connection{'s' if number > 1 else ''}:"
        grid = _Grid(found, systems, workloads, number)
        parts += [f"{title} CPU-µs of the API tier for one request", grid.of(lambda cell: f"{cell.cpu:.0f}")]
        if ours and len(systems) > 1:
            parts += [f"{title} CPU ÷ that of {ours}", _ratios(samples, ours, systems, workloads, number)]
        parts += [
            f"{title} requests a second",
            grid.of(lambda cell: f"{cell.rate:.0f}"),
            f"{title} p50 / p99 in milliseconds",
            grid.of(lambda cell: f"{cell.p50:.2f} / {cell.p99:.2f}"),
            f"{title} CPU-µs of the database for one request",
            grid.of(lambda cell: f"{cell.database_cpu:.0f}"),
        ]
    for name in systems:
        if name.startswith(OURS) and split_at in connections:
            parts += [f"### {split_at} connections: where the CPU-µs of {name} go"]
            parts += [_split(found, name, workloads, split_at)]
    wrong = [f"* {key[0]} {key[1]} at {key[2]}: {cell.errors}" for key, cell in found.items() if cell.errors]
    if wrong:
        parts += ["### Requests that failed", "\n".join(wrong)]
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class _Grid:
    found: Mapping[Key, Figures]
    systems: Sequence[str]
    workloads: Sequence[str]
    connections: int

    def of(self, value: Callable[[Figures], str]) -> str:
        def cell(system: str, workload: str) -> str:
            figure = self.found.get((system, workload, self.connections))
            return value(figure) if figure else ""

        rows = [[system, *(cell(system, workload) for workload in self.workloads)] for system in self.systems]
        return table(["", *self.workloads], rows)


def _ratios(
    samples: Sequence[Sample], ours: str, systems: Sequence[str], workloads: Sequence[str], connections: int
) -> str:
    def cell(peer: str, workload: str) -> str:
        found = ratio(samples, peer, ours, workload, connections)
        return "" if found is None else f"{found:.2f}"

    peers = [name for name in systems if name != ours]
    return table(["", *workloads], [[peer, *(cell(peer, workload) for workload in workloads)] for peer in peers])


def _split(found: Mapping[Key, Figures], name: str, workloads: Sequence[str], connections: int) -> str:
    cells = {workload: found[name, workload, connections] for workload in workloads}
    used = [part for part in next(iter(cells.values())).parts if any(cell.parts[part] >= 1 for cell in cells.values())]
    rows = [[part, *(f"{cell.parts[part]:.0f}" for cell in cells.values())] for part in used]
    return table(["", *cells], rows)
