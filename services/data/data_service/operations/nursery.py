"""The nursery: a clean process that has loaded the project's code, and makes and ends the processes that run it."""

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivet.running import frames

_ID = struct.Struct(">cI")
_LOADING = 60.0  # seconds that the project's files may take to be imported
_MAKING = 5.0  # seconds that a process may take to be made


@dataclass(frozen=True, slots=True)
class Terms:
    """Where the code is, and what its processes get: ``memory`` bytes each, and these settings."""

    folder: Path
    memory: int
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Link:
    """Our end of the way to a process, its id, and how many calls it has done."""

    socket: socket.socket
    process: int
    calls: int = 0


class Nursery:
    """A nursery at work. ``described`` is all that the folder declares. Raises `OSError`, `frames.Broken`.

    Nothing of our environment, files or memory is within its reach (`trivet.running.sandbox`).
    """

    def __init__(self, terms: Terms) -> None:
        self._lock = threading.Lock()
        self._scratch = tempfile.mkdtemp(prefix="trivet-operations-")
        self._tidy = weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        self._control, theirs = socket.socketpair()
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        environment |= {"HOME": self._scratch, "TMPDIR": self._scratch}
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-m", "trivet.running.nursery"],
                    stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    env=environment, cwd=self._scratch, start_new_session=True,
                )  # fmt: skip
            self.described = self._begin(terms)
        except BaseException:
            self.close()
            raise

    def make(self) -> Link:
        """A new process. Raises `OSError`, `frames.Broken`."""
        with self._lock:
            self._control.settimeout(_MAKING)
            self._control.sendall(_ID.pack(b"+", 0))
            text, handles, _, _ = socket.recv_fds(self._control, _ID.size, 1)
            if len(text) < _ID.size or not handles:
                raise frames.Broken("the nursery is gone")
            return Link(socket.socket(fileno=handles[0]), _ID.unpack(text)[1])

    def kill(self, link: Link) -> None:
        """Kill a process, whatever it is at; whoever waits for it learns so by its link. From any thread."""
        with self._lock, contextlib.suppress(OSError):
            self._control.settimeout(_MAKING)
            self._control.sendall(_ID.pack(b"-", link.process))

    def end(self, link: Link) -> None:
        """Kill a process, and let go of its link."""
        self.kill(link)
        link.socket.close()

    def close(self) -> None:
        """End it, and all its processes."""
        self._control.close()
        process = getattr(self, "_process", None)
        if process is not None:
            try:
                process.wait(_MAKING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._tidy()

    def _begin(self, terms: Terms) -> dict[str, Any]:
        told = {
            "folder": str(terms.folder),
            "scratch": os.path.realpath(self._scratch),
            "memory": terms.memory,
            "settings": dict(terms.settings),
        }
        frames.send(self._control, frames.CALL, frames.encode(told))
        found: dict[str, Any] = frames.decode(frames.receive(self._control, time.monotonic() + _LOADING)[1])
        return found
