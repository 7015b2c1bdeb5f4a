"""Starts the suite's processes, watches them, starts the dead again, and ends them all."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from trivet_cli.faults import CannotStart

_TICK = 0.05  # seconds between two looks
_ASK = 0.1  # seconds between two questions whether all are ready
_TELL = 10.0  # seconds after which the one that is waited for is named
_STEADY = 20.0  # seconds after which a process counts as well again
_LONGEST_PAUSE = 10.0
_LOG_LIMIT = 10_000_000  # bytes of a log file that is begun anew at the next start
_REQUEST_LINE = '"message": "request"'  # a service's log of a request that it answered
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """A process of the suite.

    ``ready`` is asked until it is true. ``stop`` is the signal that ends it in order, ``orphaned`` the one that it
    gets from the kernel when its supervisor dies. ``stage`` tells who stands on whom: the lowest ends first and is
    asked last whether it is ready. One that is ``patient`` lets whoever wakes it finish what it is at (sched(7),
    SCHED_BATCH).
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready: Callable[[], bool]
    stop: signal.Signals = signal.SIGTERM
    orphaned: signal.Signals = signal.SIGTERM
    stage: int = 1
    patient: bool = False


@dataclass
class _Running:
    program: Program
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0
    ready: bool = False
    waits_since: float = field(default_factory=time.monotonic)


class Supervisor:
    """Runs programs in process groups of their own, so that nothing of a dead one is left behind."""

    def __init__(self, run: Path, log: Path | None, say: Say) -> None:
        """``log``: the folder of their log files; None: all write where we do."""
        self._run = run
        self._log = log
        self._say = say
        self._running: dict[str, _Running] = {}
        self.stopping = False

    def pid(self, name: str) -> int | None:
        """The process id of a program at present."""
        process = self._running[name].process
        return process.pid if process is not None else None

    def request_stop(self, *_: object) -> None:
        """Make `wait_ready` and `watch` return; fit as a signal handler. Asked twice, nobody is waited for."""
        if self.stopping:
            self._kill_all()
        self.stopping = True

    def start(self, program: Program) -> None:
        """Start a program; it is watched from now on."""
        running = _Running(program)
        self._running[program.name] = running
        self._rotate(program.name)
        self._spawn(running)

    def wait_ready(self, timeout: float) -> None:
        """Return once all are ready, or a stop was asked for. Raises `CannotStart` if one ends or takes too long."""
        begun = told = time.monotonic()
        while not self.stopping and not self._all_ready():
            self._fail_if_one_ended()
            late = [name for name, running in self._running.items() if not running.ready]
            if time.monotonic() > begun + timeout:
                raise CannotStart(f"not ready after {timeout:g} s: {', '.join(late)}\n{self.last_words(late[0])}")
            if time.monotonic() > told + _TELL:
                told = time.monotonic()
                self._say(f"still waiting for {late[0]}\n{self.last_words(late[0], 2)}")
            time.sleep(_ASK)

    def watch(self) -> None:
        """Keep everything running until a stop is asked for."""
        while not self.stopping:
            for running in self._running.values():
                self._look_after(running)
            time.sleep(_TICK)

    def stop(self, patience: float = 9.0) -> None:
        """End all, stage by stage, by force after ``patience`` seconds."""
        self.stopping = True
        deadline = time.monotonic() + patience
        for stage in sorted({running.program.stage for running in self._running.values()}):
            members = [running for running in self._running.values() if running.program.stage == stage]
            for running in members:
                _signal(running.process, running.program.stop)
            while any(_alive(running.process) for running in members) and time.monotonic() < deadline:
                time.sleep(_TICK)
        self._kill_all()
        for running in self._running.values():
            if running.process is not None:
                running.process.wait()
            self._pid_file(running.program.name).unlink(missing_ok=True)

    def last_words(self, name: str, lines: int = 12) -> str:
        """The end of a program's log, and where to read on."""
        path = self._log_file(name)
        if path is None:
            return "  (its log is above)"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        telling = [line for line in text.splitlines() if _REQUEST_LINE not in line]
        end = "\n".join(f"  {line[:400]}" for line in telling[-lines:])
        return f"{end}\n  (from {path})"

    def _all_ready(self) -> bool:
        """Ask those that are not ready yet; first the ones that others stand on, last the router."""
        waiting = [running for running in self._running.values() if not running.ready]
        foremost = max((running.program.stage for running in waiting), default=0)
        for running in waiting:
            if running.program.stage == foremost and running.program.ready():
                running.ready = True
                self._say(f"{running.program.name} is ready ({time.monotonic() - running.waits_since:.1f} s)")
        return all(running.ready for running in waiting)

    def _fail_if_one_ended(self) -> None:
        for name, running in self._running.items():
            if not _alive(running.process):
                raise CannotStart(f"{name} {_fate(running.process)} while starting:\n{self.last_words(name)}")

    def _look_after(self, running: _Running) -> None:
        if running.process is not None:
            if _alive(running.process):
                return
            self._bury(running)
        if time.monotonic() >= running.due:
            self._spawn(running)

    def _bury(self, running: _Running) -> None:
        """Clear away what a dead program leaves, and set the time of its next start."""
        process = running.process
        _signal(process, signal.SIGKILL)  # workers whose master is dead would keep its socket
        steady = time.monotonic() - running.started > _STEADY
        running.failures = 1 if steady else running.failures + 1
        pause = 0.0 if running.failures == 1 else min(0.25 * 2**running.failures, _LONGEST_PAUSE)
        running.due = time.monotonic() + pause
        running.process = None
        when = f"in {pause:g} s" if pause else "now"
        self._say(f"{running.program.name} {_fate(process)}; starting it again {when}")

    def _spawn(self, running: _Running) -> None:
        program, path = running.program, self._log_file(running.program.name)
        with path.open("ab") if path is not None else nullcontext() as log:
            running.process = subprocess.Popen(  # noqa: S603  (our own programs, no shell)
                program.argv,
                env=dict(program.env),
                cwd=self._run,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log if log is not None else subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_arranging(program),  # noqa: PLW1509  (this process has one thread)
            )
        running.started = time.monotonic()
        file = self._pid_file(program.name)
        written = file.with_suffix(".new")
        written.write_text(str(running.process.pid), encoding="ascii")
        written.replace(file)  # never half a number: it says what a next start has to end

    def _rotate(self, name: str) -> None:
        path = self._log_file(name)
        if path is not None and path.exists() and path.stat().st_size > _LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))

    def _kill_all(self) -> None:
        for running in self._running.values():
            _signal(running.process, signal.SIGKILL)

    def _log_file(self, name: str) -> Path | None:
        return self._log / f"{name}.log" if self._log is not None else None

    def _pid_file(self, name: str) -> Path:
        return self._run / f"{name}.pid"


def _arranging(program: Program) -> Callable[[], None]:
    """What a new process sees to before it becomes the program."""
    parent = os.getpid()

    def arrange() -> None:
        if program.patient and hasattr(os, "SCHED_BATCH"):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if hasattr(_libc, "prctl"):  # on macOS a supervisor that is killed leaves its processes behind
            _libc.prctl(_PR_SET_PDEATHSIG, int(program.orphaned))
            if os.getppid() != parent:
                os._exit(1)  # it died before we could ask

    return arrange


def _alive(process: "subprocess.Popen[bytes] | None") -> bool:
    return process is not None and process.poll() is None


def _signal(process: "subprocess.Popen[bytes] | None", number: signal.Signals) -> None:
    """Signal a program: its head alone, or its whole group to kill it."""
    if process is None:
        return
    try:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)  # the group outlives its head while a member lives
        else:
            process.send_signal(number)
    except ProcessLookupError:
        pass


def _fate(process: "subprocess.Popen[bytes] | None") -> str:
    code = process.returncode if process is not None else None
    if code is None:
        return "ended"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with status {code}"
