"""The long runs: a million requests and a million rows with flat memory, and an hour of everything at once.

    python -m bench.soak million [--requests 1000000]
    python -m bench.soak streams [--rows 1000000]
    python -m bench.soak hours [--minutes 60] [--rate 50] [--database sqlite|postgres|both] [--worker hub|gthread]

The second takes a million rows in every format of rows, on both databases. The third runs the whole suite as
`trivet up` does, with two workers of each service: clerks read and write in REST, GraphQL and SOAP and hold every
answer against what it must be; others ask for nonsense, are slow or go away; policies change, services reload, workers
are killed. Whatever was not provoked is a fault. All end with 1 where there is one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench import worker
from bench.soaking import store, streams
from bench.soaking.clerk import PASSWORD, Clerk, Counter
from bench.soaking.disturber import Disturber
from bench.soaking.record import Pace, Record
from bench.soaking.rough import Place, Policy, Rough
from bench.soaking.watch import Watch, judge_logs, resident
from tests.fixtures.postgres_server import PostgresServer
from tests.fixtures.suite import Suite

_CLERKS = 6
_ROUGH = 4
_GROWTH_KIB = 1_024  # that a worker may gain over a million requests once it is warm
_WARM_REQUESTS = 100_000


class Run:
    """A suite under soak, and all who have to do with it."""

    def __init__(self, name: str, database: str, folder: Path, given: argparse.Namespace, share: float) -> None:
        self.record = Record(name)
        file = folder / f"{name}.yaml"
        file.write_text(store.configuration(shows_grades=True), encoding="utf-8")
        settings = {"TRIVET_WORKER": given.worker, "TRIVET_WORKERS": "2"}
        self.suite = Suite(database, config=file, settings=settings).__enter__()
        for number in range(_CLERKS):
            self._add_clerk(number)
        minutes = given.minutes * 60
        pace, counter, policy = Pace(given.rate * share), Counter(), Policy(True)
        host = self.suite.base_url.removeprefix("http://")
        sockets = self.suite.state / "run"
        self.watch = Watch(self.suite, max(min(minutes / 100, 30.0), 1.0), self.record)
        every = given.every or max(min(minutes / 24, 120.0), 5.0)
        self._threads = [
            *[Clerk(number, host, self.record, pace, counter) for number in range(_CLERKS)],
            *[Rough(number, Place(host, sockets), self.record, pace, policy) for number in range(_ROUGH)],
            Disturber(self.suite, file, every, self.record, policy),
            self.watch,
        ]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """End it, and judge memory and logs."""
        self.record.over.set()
        for thread in self._threads:
            thread.join(120)
            if thread.is_alive():
                self.record.fault("thread", f"{thread.name} does not end")
        self.watch.judge()
        if self.suite.terminate() != 0:
            self.record.fault("suite", "`trivet up` did not end with 0")
        judge_logs(self.suite.state / "log", self.record)
        self.suite.stop()

    def _add_clerk(self, number: int) -> None:
        words = ["user", "add", f"clerk{number}@example.com", "--role", "clerk"]
        words += ["--var", f"x-hasura-author=author{number}", "--password-stdin"]
        subprocess.run(  # noqa: S603  (our own command, no shell)
            [sys.executable, "-m", "trivet_cli", *words],
            input=f"{PASSWORD}\n",
            text=True,
            check=True,
            capture_output=True,
            env={**os.environ, "TRIVET_STATE_DIR": str(self.suite.state)},
        )

    def report(self) -> str:
        """What was seen."""
        record = self.record
        lines = [f"== {record.name}: {sum(record.answers.values())} right answers, {len(record.faults)} faults"]
        lines += [f"  {count:8} {kind}" for kind, count in sorted(record.answers.items())]
        lines += [f"  {count:8} {kind} excused: it was provoked" for kind, count in sorted(record.excused.items())]
        lines += [f"  {count:8} times: {what}" for what, count in sorted(record.provoked.items())]
        return "\n".join([*lines, self.watch.table(), *[f"FAULT {fault}" for fault in self._chosen()]])

    def _chosen(self) -> list[str]:
        """The faults to show: what the logs say of them, and the first that clients met."""
        told = [fault for fault in self.record.faults if " log " in fault]
        met = [fault for fault in self.record.faults if " log " not in fault]
        return told[:10] + met[:30]


def hours(given: argparse.Namespace) -> int:
    """The mixed soak; the number of faults."""
    names = ("sqlite", "postgres") if given.database == "both" else (given.database,)
    with tempfile.TemporaryDirectory(prefix="tvs-") as text, ExitStack() as stack:
        folder, runs = Path(text), list[Run]()
        try:
            for name in names:
                if name == "sqlite":
                    database = store.make_sqlite(folder / "store.db")
                else:
                    server = PostgresServer().start()
                    stack.callback(server.stop)
                    database = server.create_database("soak", store.postgres_script())
                runs.append(Run(name, database, folder, given, 1 / len(names)))
            _wait(given.minutes * 60, runs)
        finally:
            for run in runs:
                run.finish()
    for run in runs:
        print(run.report())
    idle = [run.record.name for run in runs if not run.record.answers]
    return sum(len(run.record.faults) for run in runs) + len(idle)


def _wait(seconds: float, runs: list[Run]) -> None:
    end, said = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < end:
        time.sleep(1)
        if time.monotonic() - said >= 60:
            said = time.monotonic()
            told = [
                f"{r.record.name}: {sum(r.record.answers.values())} right, {len(r.record.faults)} faults" for r in runs
            ]
            print(time.strftime("%H:%M:%S"), "; ".join(told), flush=True)


def million(given: argparse.Namespace) -> int:
    """Many requests of one worker, whose memory must stay as it is once warm; 1 where it does not."""
    with tempfile.TemporaryDirectory(prefix="tvs-") as folder, worker.served("hub", Path(folder)) as (path, process):
        worker.ask(path, _WARM_REQUESTS, 16)
        warm = resident(process)
        print(f"{'warm':>9} {warm:8} KiB", flush=True)
        for done in range(100_000, given.requests + 1, 100_000):
            worker.ask(path, 100_000, 16)
            print(f"{done:9} {resident(process):8} KiB", flush=True)
        gained = resident(process) - warm
    print(f"gained {gained} KiB of {_GROWTH_KIB} allowed")
    return int(gained > _GROWTH_KIB)


def rows(given: argparse.Namespace) -> int:
    """Many rows in every format; the number of faults."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tvs-") as folder, ExitStack() as stack:
        server = PostgresServer().start()
        stack.callback(server.stop)
        url = server.create_database("streams")
        streams.fill_postgres(url, given.rows)
        for database in (url, streams.fill_sqlite(Path(folder) / "rows.db", given.rows)):
            print("==", database.partition(":")[0], flush=True)
            with Suite(database, settings={"TRIVET_WORKER": given.worker, "TRIVET_WORKERS": "1"}) as suite:
                faults += streams.run(suite, given.rows)
    for fault in faults:
        print("FAULT", fault)
    return len(faults)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    many = commands.add_parser("million")
    many.add_argument("--requests", type=int, default=1_000_000)
    long = commands.add_parser("streams")
    long.add_argument("--rows", type=int, default=1_000_000)
    long.add_argument("--worker", choices=("hub", "gthread"), default="hub")
    mixed = commands.add_parser("hours")
    mixed.add_argument("--minutes", type=float, default=60.0)
    mixed.add_argument("--rate", type=float, default=50.0, help="actions a second in all")
    mixed.add_argument("--every", type=float, default=0.0, help="seconds between two disturbances")
    mixed.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    mixed.add_argument("--worker", choices=("hub", "gthread"), default="hub")
    given = parser.parse_args()
    faults = {"million": million, "streams": rows, "hours": hours}[given.command](given)
    print("clean" if not faults else f"{faults} FAULTS")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
