"""The suite and its peers on the same work, side by side: `make bench`, or for a quick look while working

    .venv/bin/python bench/run.py --quick --systems trivet,express --only W1,W2

`--help` lists the options. What was measured is kept in bench/results; `--write` puts the tables into docs too.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import fairness, footprint, growth, install, keep, machine, peers, suite
from bench.database import Databases
from bench.goals import verdicts as goals_of
from bench.measure import Bench, Sample
from bench.summary import report
from bench.system import System
from bench.workloads import MEANINGS

PARTS = ("comparison", "variants", "growth", "footprint", "fairness")
QUICK = {"rounds": 1, "seconds": 2, "connections": [16]}
FULL = {"rounds": 3, "seconds": 3, "connections": [1, 4, 16, 64]}
MIDDLE = 16  # the connections at which ratios are judged and variants compared


def main() -> None:
    """Run what the command line asks for."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that all that was started ends too
    install.install_wrk()
    for name in given.systems:
        if name in peers.PEERS:
            peers.install(name)
    systems = [_system(name) for name in given.systems]
    samples: list[Sample] = []
    for part in given.parts:
        found, text = _measure(part, systems, given)
        samples += found
        print(f"## {part.capitalize()}\n\n{text}")
        if given.write:
            keep.page(part, text)
            keep.page("made", machine.described())
    keep.results(samples)


def _measure(part: str, systems: Sequence[System], given: argparse.Namespace) -> tuple[list[Sample], str]:
    match part:
        case "comparison":
            samples = compare(systems, given.only, given.connections, given.rounds, given.seconds)
            goals = goals_of(samples, MIDDLE)
            return samples, (f"### Goals, at {MIDDLE} connections\n\n{goals}\n\n" if goals else "") + report(
                samples, MIDDLE
            )
        case "variants":
            variants = [suite.system(name) for name in suite.VARIANTS]
            samples = compare(variants, given.only, [MIDDLE], given.rounds, given.seconds)
            return samples, report(samples, MIDDLE)
        case "growth":
            return growth.measure(given.rounds, given.seconds, _say)
        case "footprint":
            return [], footprint.measure(systems, _say)
        case _:
            return [], fairness.measure(given.rounds, given.seconds, _say)


def _system(name: str) -> System:
    return suite.system(name) if name in suite.VARIANTS else peers.system(name)


def compare(
    systems: Sequence[System], workloads: Sequence[str], connections: Sequence[int], rounds: int, seconds: int
) -> list[Sample]:
    """All samples, after every system's answers were compared; the systems take turns, a second of warming up first."""
    samples: list[Sample] = []
    with ExitStack() as stack:
        databases = stack.enter_context(Databases())
        running = {}
        for system in systems:
            _say(f"starting {system.name}")
            running[system.name] = stack.enter_context(system.start(databases.url(system)))
        bench = Bench(running, systems, databases.head)
        serving = {workload: bench.verify(workload) for workload in workloads}
        for workload, names in serving.items():
            for name in names:
                bench.sample(name, workload, 16, 1)
        for turn in range(rounds):
            for workload, names in serving.items():
                for number in connections:
                    for name in names:
                        sample = bench.sample(name, workload, number, seconds)
                        samples.append(sample)
                        _say(
                            f"round {turn + 1} {workload} {number:3} {name:18} "
                            f"{sample.cpu_per_request * 1e6:7.0f} CPU-µs {sample.rate:8.0f}/s"
                        )
    return samples


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    every = ", ".join([*suite.VARIANTS, *peers.PEERS])
    works = ", ".join(MEANINGS)
    parser.add_argument("--parts", type=_words, default=PARTS[:1], metavar="A,B", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument(
        "--systems", type=_words, default=["trivet", "trivet-cached", *peers.PEERS], metavar="A,B", help=f"of {every}"
    )
    parser.add_argument("--only", type=_words, default=list(MEANINGS), metavar="A,B", help=f"the workloads: of {works}")
    parser.add_argument("--connections", type=lambda text: list(map(int, _words(text))), metavar="1,4")
    parser.add_argument("--rounds", type=int, help="how many; the tables hold their medians")
    parser.add_argument("--seconds", type=int, help="of load for each measurement")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} unless said otherwise")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    given = parser.parse_args()
    for name, value in (QUICK if given.quick else FULL).items():
        if getattr(given, name) is None:
            setattr(given, name, value)
    given.parts = list(PARTS) if given.parts == ["all"] else given.parts
    known = {"parts": set(PARTS), "systems": {*suite.VARIANTS, *peers.PEERS}, "only": set(MEANINGS)}
    for option, values in known.items():
        if wrong := sorted(set(getattr(given, option)) - values):
            parser.error(f"--{option}: there is no {', '.join(wrong)}")
    return given


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(text.split(",")))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
