"""What is served now: the present state, looked after in time, the last good one until there is a new one."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from contracts.problems import Problem

from data_service.execute.database import Database
from data_service.operations.project import Project
from data_service.policies import ConfigurationError
from data_service.privileges import RoleAccess
from data_service.processing.setting import NO_MEANS, Means
from data_service.reflect.options import ExposureError
from data_service.renewal import Made, Renewal
from data_service.state import State
from data_service.versioning import Versioning

log = logging.getLogger("trivet.engine")

_SOON = 1.0  # seconds until the next look where the last one failed
_FIRST = 3.0  # seconds that a request waits for the first look to be over
_FAULTS = (Problem, ConfigurationError, ExposureError, OSError)


class Present:
    """Keeps the present state, which `data_service.renewal` reads; ``announce`` gets new versions.

    With ``versioning`` it counts as written to whenever it becomes another, or the database says that it may have
    changed.
    """

    def __init__(
        self,
        database: Database,
        config: Path | None,
        salt: str,
        announce: Callable[[str], None],
        versioning: Versioning | None = None,
        *,
        means: Means = NO_MEANS,
        project: Project | None = None,
        access: RoleAccess | None = None,
    ) -> None:
        self._database = database
        self._renewal = Renewal(
            database, config, salt, counts=versioning is not None, means=means, project=project, access=access
        )
        self._versioning = versioning
        self._announce = announce
        self.state: State | None = None  # the present one; none before the first catalog
        self._reading = threading.Lock()
        self._looked = float("-inf")  # when the last look began
        self._failed = False
        self._first = threading.Event()
        self._over = threading.Event()

    @property
    def overdue(self) -> bool:
        """True where the last look failed, so that what is served may be older than the database."""
        return self._failed

    def require(self, patience: float = _FIRST) -> State:
        """The present state, waited for a moment. Raises `Problem` PGRST002."""
        if self.state is None:
            self._first.wait(max(min(patience, _FIRST), 0.0))
        if self.state is None:
            raise too_early()
        return self.state

    def refresh(self, *, force: bool = False) -> bool:
        """Read database and configuration again where they have changed; True where something new is served.

        The last good state serves on where reading fails. Raises `Problem` where there is none yet.
        """
        with self._reading:
            return self._look(force)

    def renewed(self, state: State) -> bool:
        """Whether something newer than ``state`` is served, after a look that began no earlier than now.

        Many may ask at once: one looks, and the others wait for what it finds.
        """
        since = time.monotonic()
        with self._reading:
            if self.state is state and self._looked < since:
                self._look(force=False)
            return self.state is not state

    def watch(self, seconds: float) -> None:
        """Look for changes when the database announces them and every so often, in a thread of its own."""
        threading.Thread(target=self._watch, args=(seconds,), name="trivet-catalog", daemon=True).start()

    def close(self) -> None:
        """End the watching, and the project's processes."""
        self._over.set()
        if self.state is not None and self.state.python is not None:
            self.state.python.retire()

    def _watch(self, seconds: float) -> None:
        while not self._over.is_set():
            try:
                self.refresh()
            except Exception as fault:  # noqa: BLE001  (the next look may succeed)
                log.warning("there is no catalog yet: %s", fault)
            if self._failed:
                self._over.wait(min(seconds, _SOON))
            else:
                told = self._database.wait(seconds)
                if told and self._versioning is not None:
                    with self._versioning.changing():
                        pass

    def _look(self, force: bool) -> bool:
        self._looked = time.monotonic()
        failed = True
        try:
            changed = self._read(force)
            failed = False
        except _FAULTS as fault:
            log.error("catalog not read: %s", fault)
            if self.state is None:
                raise
            return False
        finally:
            self._failed = failed  # at the end: others ask while a look is under way
            self._first.set()
        return changed

    def _read(self, force: bool) -> bool:
        look = self._renewal.look()
        known = self.state
        if known is not None and not force and self._renewal.is_known(look, known):
            return False
        python = self._renewal.loaded(look, known)
        try:
            return self._take(self._renewal.made(look, known, python, force=force))
        finally:
            served = self.state.python if self.state is not None else None
            for left in (python, known.python if known is not None else None):
                if left is not None and left is not served:
                    left.retire()

    def _take(self, made: Made) -> bool:
        """Serve this state from now on; True where its catalog is a new one."""
        first = self.state is None
        with self._versioning.changing() if self._versioning is not None else nullcontext():
            self.state = made.state
        if first and self._versioning is not None:
            self._versioning.start()
        if made.new:
            for tale in made.tales:
                log.warning("%s", tale)
            catalog = made.state.catalog
            log.info("catalog %s: %s resources", catalog.version, len(catalog.resources))
            self._announce(catalog.version)
        return made.new


def too_early() -> Problem:
    """There is no catalog yet that is true of the database."""
    message = "Could not query the database for the schema cache. Retrying."
    return Problem("PGRST002", message, headers={"Retry-After": "1"})
