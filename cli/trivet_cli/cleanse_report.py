"""What `trivet cleanse` found and did, counted as it goes, and printed at its end."""

from collections import Counter
from dataclasses import dataclass, field

from contracts.operations import Value
from data_service.sql.values import json_text
from data_service.stored_rows import Batch, Change, Left
from rich.console import Console
from rich.table import Table

_WIDTH = 60  # characters of a value that are shown


@dataclass(slots=True)
class Counts:
    """What was found in one resource: rows, those that change, and what became of them; samples by field."""

    seen: int = 0
    changing: int = 0
    applied: int = 0
    overtaken: int = 0
    refused: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[tuple[Change, Value, Value]]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Report:
    """Counts by resource, with so many ``samples`` a field, and what was ``left`` alone."""

    samples: int
    counts: dict[str, Counts] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)

    def add(self, name: str, batch: Batch) -> None:
        """Count a batch of a resource."""
        counts = self.counts.setdefault(name, Counts())
        counts.seen += batch.seen
        counts.changing += len(batch.changes)
        counts.applied += batch.applied
        counts.overtaken += batch.overtaken
        counts.refused += len(batch.refused)
        counts.reasons.update(reason for _, reason in batch.refused)
        for change in batch.changes:
            for name_, (old, new) in change.fields.items():
                counts.fields[name_] += 1
                samples = counts.samples.setdefault(name_, [])
                if len(samples) < self.samples:
                    samples.append((change, old, new))


def print_report(report: Report, *, apply: bool) -> None:
    """Print what was found, and what was done where ``apply``."""
    console = Console(width=None if Console().is_terminal else 160, highlight=False, markup=False)
    for name, counts in report.counts.items():
        done = f", {counts.applied} changed" if apply else " would change"
        console.print(f"{name}: {counts.seen} rows, {counts.changing}{' to change' if apply else ''}{done}")
        if counts.overtaken:
            console.print(f"  {counts.overtaken} were changed by others in the meantime, and are as they left them")
        for reason, number in counts.reasons.most_common():
            console.print(f"  {number} refused: {reason}")
        _samples(console, counts)
    for left in report.left:
        console.print(f"{left.name} is left alone: {left.reason}")
    if not apply and any(counts.changing for counts in report.counts.values()):
        console.print("Nothing was written; --apply does.")


def _samples(console: Console, counts: Counts) -> None:
    for name, number in counts.fields.most_common():
        console.print(f"  {name}: {number}")
        table = Table.grid(padding=(0, 2))
        for change, old, new in counts.samples.get(name, []):
            table.add_row("   ", _shown(list(change.key)), _shown(old), "→", _shown(new))
        console.print(table)


def _shown(value: Value) -> str:
    text = json_text(value).decode()
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
