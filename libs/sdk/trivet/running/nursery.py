"""``python -m trivet.running.nursery``: loads a project's operations once, and forks the processes that do them.

Its standard input is a socket to data. Told where the folder is, it describes all that this declares; then it makes
(``+``) and ends (``-`` and a process id) processes, and answers a new one's id together with its end of a link.
"""

import os
import select
import signal
import socket
import struct
import sys
from io import FileIO
from pathlib import Path

from trivet.running import frames, process, sandbox
from trivet.running.describe import Registry

_ID = struct.Struct(">cI")


def main() -> None:
    """Serve data until it lets go of the socket."""
    control = socket.socket(fileno=os.dup(0))
    void = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(void, standard)
    told = frames.decode(frames.receive(control)[1])
    folder, scratch = told["folder"], told["scratch"]
    size = Path("/proc/self/statm").open("rb", buffering=0)  # noqa: SIM115  (/proc is out of sight from here on)
    closed = sandbox.close_off({folder, sys.prefix, sys.base_prefix, *filter(None, sys.path)}, [scratch])
    os.chdir(scratch)
    registry = Registry(Path(folder))
    registry.load()
    described = {**registry.described(), "closed": closed}
    frames.send(control, frames.DONE, frames.encode(described))
    Nursery(control, registry, told["settings"], told["memory"], size).serve()


class Nursery:
    """Its processes by id. Each may take ``memory`` bytes beyond what they share; ``size`` tells how much that is."""

    def __init__(
        self, control: socket.socket, registry: Registry, settings: dict[str, str], memory: int, size: FileIO
    ) -> None:
        self._size = size
        self._control = control
        self._registry = registry
        self._settings = settings
        self._memory = memory
        self._processes: set[int] = set()

    def serve(self) -> None:
        """Make and end processes as data says; all end with this."""
        try:
            while True:
                ready, _, _ = select.select([self._control], [], [], 1.0)
                self._bury()
                if not ready:
                    continue
                text = self._control.recv(_ID.size, socket.MSG_WAITALL)
                if len(text) < _ID.size:
                    return
                wish, number = _ID.unpack(text)
                if wish == b"+":
                    self._make()
                else:
                    self._end(number)
        except OSError:
            pass
        finally:
            for number in self._processes:
                os.kill(number, signal.SIGKILL)

    def _make(self) -> None:
        ours, theirs = socket.socketpair()
        shared = int(os.pread(self._size.fileno(), 64, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")
        number = os.fork()
        if number == 0:
            ours.close()
            self._control.close()
            os.setpgid(0, 0)
            sandbox.die_with_parent()
            sandbox.keep_apart()
            sandbox.make_no_processes()
            sandbox.limit(shared + self._memory)
            process.run(theirs, self._registry.functions, self._settings)
        theirs.close()
        self._processes.add(number)
        socket.send_fds(self._control, [_ID.pack(b"+", number)], [ours.fileno()])
        ours.close()

    def _end(self, number: int) -> None:
        """End a process; its id is nobody else's until it is buried here."""
        if number in self._processes:
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
            self._processes.discard(number)

    def _bury(self) -> None:
        for number in list(self._processes):
            if os.waitpid(number, os.WNOHANG)[0]:
                self._processes.discard(number)


if __name__ == "__main__":
    main()
