"""Work that may wait a moment, so that it is done for many at once."""

import atexit
import os
import threading
import time
from collections.abc import Callable

_WITHIN = 0.2  # seconds


class Soon:
    """Does ``work`` within a fifth of a second of being asked, in a thread of its own, and when the process ends."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._asked = threading.Event()
        self._process = 0  # whose thread it is: none lives on in a forked process
        self._lock = threading.Lock()

    def ask(self) -> None:
        """Have it done soon."""
        if self._process != os.getpid():
            self._start()
        self._asked.set()

    def _start(self) -> None:
        with self._lock:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
        threading.Thread(target=self._keep_doing, name="trivet-soon", daemon=True).start()
        atexit.register(self._work)

    def _keep_doing(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            time.sleep(_WITHIN)
            self._work()
