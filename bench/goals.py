"""What the suite is to reach: how many times our CPU a peer uses for the same request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.measure import Sample
from bench.summary import OURS, figures, ratio, table


@dataclass(frozen=True)
class Goal:
    """The least ratio to a peer for each workload, of the suite as it comes or in a variant."""

    peer: str
    least: Mapping[str, float]
    ours: str = OURS


GOALS = (
    Goal("express", {"W1": 1.3, "W2": 2, "W3": 2, "W4": 1}),
    Goal("apollo", {"G1": 3.5, "G2": 3.5, "G3": 3.5, "G4": 2}),
    Goal("postgraphile", {"G1": 5, "G2": 5, "G3": 5, "G4": 2}),
    Goal("drf", {"W1": 20, "W2": 20, "W3": 20, "W4": 10}),
    Goal("node-soap", {"W5": 1.5, "W6": 4}),
    Goal("express", {"W1": 3, "W2": 7, "W3": 7}, "trivet-cached"),
    Goal("apollo", {"G1": 8, "G3": 25}, "trivet-cached"),
    Goal("postgraphile", {"G3": 20}, "trivet-cached"),
    Goal("drf", {"W1": 60, "W2": 60, "W3": 60}, "trivet-cached"),
    Goal("node-soap", {"W5": 5, "W6": 15}, "trivet-cached"),
)


QUICK_AS = "express"  # whose p50 ours must not exceed where few ask at once
FEW = (1, 4)


def verdicts(samples: Sequence[Sample], connections: int) -> str:
    """The goals that these samples can speak of, as a table; empty where there is none."""
    rows = [*_cpu_rows(samples, connections), *_p50_rows(samples)]
    return table(["goal", "wanted", "found", ""], rows) if rows else ""


def _cpu_rows(samples: Sequence[Sample], connections: int) -> Iterator[Sequence[str]]:
    for goal in GOALS:
        for workload, least in goal.least.items():
            found = ratio(samples, goal.peer, goal.ours, workload, connections)
            if found is not None:
                name = f"{workload}: CPU of {goal.peer} ÷ {goal.ours}"
                yield name, f"≥ {least:g}", f"{found:.2f}", "met" if found >= least else "missed"


def _p50_rows(samples: Sequence[Sample]) -> Iterator[Sequence[str]]:
    found = figures(samples)
    for (system, workload, connections), ours in found.items():
        theirs = found.get((QUICK_AS, workload, connections))
        if system == OURS and connections in FEW and theirs is not None:
            name = f"{workload}: p50 in ms at {connections}, ours beside {QUICK_AS}"
            yield name, f"≤ {theirs.p50:.2f}", f"{ours.p50:.2f}", "met" if ours.p50 <= theirs.p50 else "missed"
