"""The supervisor with real processes: started, started again, ended, and ended with it."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from trivet_cli import leftovers
from trivet_cli.faults import CannotStart
from trivet_cli.layout import Layout
from trivet_cli.supervisor import Program, Supervisor

# a head with one worker, as gunicorn and nginx have: both write down their ids
HEAD = """
import os, subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()} {worker.pid}\\n")
time.sleep(600)
"""
PATIENCE = 0.05


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def places(tmp_path: Path) -> Layout:
    (tmp_path / "run").mkdir()
    (tmp_path / "log").mkdir()
    return Layout(tmp_path, tmp_path / "run")


class Watched:
    """A supervisor that is watched in steps of our own, and what it says."""

    def __init__(self, places: Layout) -> None:
        self.places = places
        self.said: list[str] = []
        self.supervisor = Supervisor(places.run, places.log, self.said.append)

    def head(self, name: str = "head") -> Path:
        """Start a head that writes its ids into the file returned."""
        file = self.places.state / f"{name}.ids"
        argv = (sys.executable, "-c", HEAD, str(file))
        self.supervisor.start(Program(name, argv, {}, file.exists))
        return file

    def look(self) -> None:
        """One round of what `watch` does."""
        for running in self.supervisor._running.values():
            self.supervisor._look_after(running)


@pytest.fixture
def watched(places: Layout):
    watched = Watched(places)
    yield watched
    watched.supervisor.stop(PATIENCE)


def ids(file: Path) -> list[list[int]]:
    return [[int(word) for word in line.split()] for line in file.read_text().splitlines()] if file.exists() else []


def test_a_killed_head_is_started_again_without_its_workers(watched: Watched, eventually) -> None:
    file = watched.head()
    eventually(lambda: len(ids(file)) == 1)
    watched.supervisor.wait_ready(10)
    head, worker = ids(file)[0]
    os.kill(head, signal.SIGKILL)
    eventually(lambda: not alive(head))

    def started_again() -> bool:
        watched.look()
        return len(ids(file)) == 2

    eventually(started_again)
    eventually(lambda: not alive(worker))
    assert all(alive(pid) for pid in ids(file)[1])
    assert "SIGKILL" in watched.said[-1]


def test_one_that_dies_at_once_is_started_more_and_more_slowly(watched: Watched, eventually) -> None:
    watched.supervisor.start(Program("brief", (sys.executable, "-c", "raise SystemExit(4)"), {}, lambda: True))
    running = watched.supervisor._running["brief"]
    pauses: list[float] = []

    def died(times: int) -> bool:
        before = running.failures
        watched.look()
        if running.failures > before:
            pauses.append(running.due)
        return running.failures >= times

    eventually(lambda: died(4))
    waits = [text.rpartition(" ")[0].rpartition(" ")[2] for text in watched.said]
    assert watched.said[0] == "brief ended with status 4; starting it again now"
    assert [float(wait) for wait in waits[1:4]] == [1.0, 2.0, 4.0]


def test_stop_ends_everything_by_force_if_need_be(watched: Watched, eventually) -> None:
    file = watched.head()
    stubborn = watched.places.state / "stubborn.ids"
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HEAD
    watched.supervisor.start(Program("deaf", (sys.executable, "-c", deaf, str(stubborn)), {}, stubborn.exists))
    eventually(lambda: bool(ids(file) and ids(stubborn)))
    watched.supervisor.stop(0.5)
    for pid in [*ids(file)[0], *ids(stubborn)[0]]:
        eventually(lambda pid=pid: not alive(pid))
    assert not list(watched.places.run.glob("*.pid"))


def test_one_that_ends_while_starting_is_told_with_its_last_words(watched: Watched) -> None:
    code = "import sys; print('no such setting', file=sys.stderr); sys.exit(3)"
    watched.supervisor.start(Program("broken", (sys.executable, "-c", code), {}, lambda: False))
    with pytest.raises(CannotStart, match=r"broken ended with status 3(.|\n)*no such setting"):
        watched.supervisor.wait_ready(10)


def test_a_patient_one_and_its_children_let_others_finish(watched: Watched, eventually) -> None:
    for name, patient, policy in (("patient", True, os.SCHED_BATCH), ("usual", False, os.SCHED_OTHER)):
        file = watched.places.state / f"{name}.ids"
        argv = (sys.executable, "-c", HEAD, str(file))
        watched.supervisor.start(Program(name, argv, {}, file.exists, patient=patient))
        eventually(lambda file=file: file.exists() and file.read_text().endswith("\n"))
        assert [os.sched_getscheduler(int(pid)) for pid in file.read_text().split()] == [policy, policy]


def test_one_that_is_never_ready_is_named(watched: Watched) -> None:
    watched.supervisor.start(Program("slow", (sys.executable, "-c", HEAD, "/dev/null"), {}, lambda: False))
    with pytest.raises(CannotStart, match=r"not ready after 0\.1 s: slow"):
        watched.supervisor.wait_ready(0.1)


SUPERVISE = """
import sys
from pathlib import Path
from trivet_cli.supervisor import Program, Supervisor
run, log, ids, head = sys.argv[1:]
supervisor = Supervisor(Path(run), Path(log), print)
supervisor.start(Program("head", (sys.executable, "-c", head, ids), {}, lambda: True))
supervisor.watch()
"""


def supervise(places: Layout, head: str) -> "tuple[subprocess.Popen[bytes], Path]":
    file = places.state / "orphans.ids"
    arguments = (str(places.run), str(places.log), str(file), head)
    return subprocess.Popen([sys.executable, "-c", SUPERVISE, *arguments]), file


def test_children_end_when_the_supervisor_is_killed(places: Layout, eventually) -> None:
    process, file = supervise(places, HEAD)
    eventually(lambda: bool(ids(file)))
    process.kill()
    process.wait()
    head, worker = ids(file)[0]
    eventually(lambda: not alive(head))
    # the worker is this head's own business, and a head that has none left behind is the rule: see leftovers
    leftovers.end(places)
    eventually(lambda: not alive(worker))


def test_what_outlives_its_supervisor_is_ended_by_the_next(places: Layout, eventually) -> None:
    deaf = textwrap.dedent("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)") + HEAD
    process, file = supervise(places, deaf)
    eventually(lambda: bool(ids(file)))
    process.kill()
    process.wait()
    head, worker = ids(file)[0]
    assert alive(head)
    assert leftovers.end(places) == 2
    assert not alive(head)
    assert not alive(worker)


def test_leftovers_spares_strangers(places: Layout) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True, cwd="/")
    try:
        (places.run / "auth.pid").write_text(str(stranger.pid))
        (places.run / "data.pid").write_text("no number")
        assert leftovers.end(places) == 0
        assert alive(stranger.pid)
    finally:
        stranger.kill()
        stranger.wait()


def test_without_a_folder_of_logs_all_write_where_we_do(places: Layout, capfd: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(places.run, None, lambda _text: None)
    talk = "import sys; print('to out', flush=True); print('to err', file=sys.stderr)"
    supervisor.start(Program("talker", (sys.executable, "-c", talk), {}, lambda: False))
    with pytest.raises(CannotStart, match="above"):
        supervisor.wait_ready(10)
    supervisor.stop(PATIENCE)
    assert set(capfd.readouterr().out.split("\n")) >= {"to out", "to err"}
    assert list(places.log.iterdir()) == []
