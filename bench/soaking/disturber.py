"""What is done to a suite under way: reloads that must cost nothing, and kills that may cost what was under way."""

import os
import random
import signal
import threading
import time
from itertools import cycle
from pathlib import Path

from bench.processes import tree
from bench.soaking.record import Record
from bench.soaking.rough import Policy
from bench.soaking.store import configuration
from bench.soaking.talk import Lost, Talk
from tests.fixtures.suite import Suite

_PATIENCE = 60.0
_KNOWN = 15.0  # seconds after which a changed configuration is in force everywhere
_ON_HUB = ("rest", "graphql", "soap", "data")


class Disturber(threading.Thread):
    """Does one thing after the other, every so many seconds."""

    def __init__(self, suite: Suite, configuration_file: Path, every: float, record: Record, policy: Policy) -> None:
        super().__init__(name="disturber")
        self._suite = suite
        self._file = configuration_file
        self._every = every
        self._record = record
        self._policy = policy
        self._draw = random.Random(7)

    def run(self) -> None:
        """Disturb."""
        services, victims = cycle(_ON_HUB), cycle(("rest", "data", "graphql", "soap"))
        for what in cycle(("policy", "reload", "kill", "policy", "reload", "router")):
            if self._record.over.wait(self._every):
                return
            try:
                if what == "policy":
                    self._change_policy()
                elif what == "reload":
                    self._reload(next(services))
                elif what == "router":
                    self._reload("nginx")
                else:
                    self._kill_a_worker(next(victims))
            except Exception as fault:  # noqa: BLE001  (a suite that can't be disturbed is at fault)
                self._record.fault(what, f"{type(fault).__name__}: {fault}")

    def _change_policy(self) -> None:
        (shown,) = self._policy.shows_grades
        self._policy.shows_grades = {shown, not shown}
        fresh = self._file.with_suffix(".new")
        fresh.write_text(configuration(shows_grades=not shown), encoding="utf-8")
        fresh.replace(self._file)
        self._record.over.wait(_KNOWN)
        self._policy.shows_grades = {not shown}
        self._record.provoked["policy changed"] += 1

    def _reload(self, name: str) -> None:
        """HUP: new workers take over from old ones."""
        head = self._suite.process_id(name)
        before = set(tree(head)[1:])
        os.kill(head, signal.SIGHUP)
        self._wait_for(lambda: bool(set(tree(head)[1:])) and not before & set(tree(head)[1:]), f"{name} reloaded")
        self._record.provoked[f"{name} reloaded"] += 1

    def _kill_a_worker(self, name: str) -> None:
        workers = tree(self._suite.process_id(name))[1:]
        with self._record.provocation(f"worker of {name} killed"):
            victim = self._draw.choice(workers)
            os.kill(victim, signal.SIGKILL)
            head = self._suite.process_id(name)
            self._wait_for(lambda: victim not in tree(head) and len(tree(head)) > len(workers), f"{name} is whole")
            self._wait_for(self._ready, "all is ready")

    def _ready(self) -> bool:
        talk = Talk(self._suite.base_url.removeprefix("http://"))
        try:
            status, _, data = talk.ask("GET", "/readyz")
            return status == 200 and b'"ok"' in data
        except Lost:
            return False
        finally:
            talk.close()

    def _wait_for(self, holds: object, what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not holds():  # type: ignore[operator]
            if time.monotonic() > deadline:
                raise AssertionError(f"not after {_PATIENCE:.0f} seconds: {what}")
            time.sleep(0.1)
