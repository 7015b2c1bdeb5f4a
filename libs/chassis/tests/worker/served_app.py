"""The application that the workers of these tests serve: each path does one thing that an answer may be about."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

Environ = dict[str, Any]
Start = Callable[..., Callable[[bytes], None]]
MEBIBYTE = b"0123456789abcdef" * 65_536
NOTES = os.environ.get("NOTES", "")  # a file that the application writes down what it sees in


def app(environ: Environ, start: Start) -> Iterable[bytes]:
    name = environ["PATH_INFO"].strip("/").partition("/")[0]
    return PATHS.get(name, tell)(environ, start)


def note(text: str) -> None:
    with Path(NOTES).open("a") as file:
        file.write(text + "\n")


def argument(environ: Environ, name: str, default: str = "") -> str:
    return parse_qs(environ["QUERY_STRING"]).get(name, [default])[0]


def answer(start: Start, body: bytes, status: str = "200 OK", headers: Iterable[tuple[str, str]] = ()) -> list[bytes]:
    start(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), *headers])
    return [body]


def tell(environ: Environ, start: Start) -> list[bytes]:
    """The environ and the body, as the application got them."""
    body = environ["wsgi.input"].read()
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    return answer(start, json.dumps({"body": body.decode("latin-1"), "environ": said}).encode())


def lines(environ: Environ, start: Start) -> list[bytes]:
    """The body read in every way that WSGI has."""
    source = environ["wsgi.input"]
    found = [source.readline(), source.readline(3), source.read(2), *source.readlines(), source.read(), source.read(5)]
    return answer(start, json.dumps([part.decode() for part in found]).encode())


def digest(environ: Environ, start: Start) -> list[bytes]:
    found, size = hashlib.sha256(), 0
    while part := environ["wsgi.input"].read(10_000):
        found.update(part)
        size += len(part)
    return answer(start, f"{size} {found.hexdigest()}".encode())


def ignore(environ: Environ, start: Start) -> list[bytes]:
    """An answer that does not look at the body."""
    return answer(start, b"ignored")


def pieces(environ: Environ, start: Start) -> Iterator[bytes]:
    """A body without a length, empty pieces in it."""
    start("200 OK", [("Content-Type", "text/plain")])
    yield from (b"", b"one", b"", b"two", b"three")


def large(environ: Environ, start: Start) -> Iterator[bytes]:
    """So many mebibytes; how many were asked for is noted when it ends."""
    wanted = int(argument(environ, "n"))
    start("200 OK", [("Content-Length", str(wanted * len(MEBIBYTE)))])
    given = 0
    try:
        for _ in range(wanted):
            given += 1
            yield MEBIBYTE
    finally:
        note(f"large {given}")


def bodiless(environ: Environ, start: Start) -> list[bytes]:
    """A status that has no body, with one all the same."""
    status = argument(environ, "status")
    start(f"{status} Thing", [("Content-Type", "text/plain"), ("Content-Length", "4"), ("ETag", '"x"')])
    return [b"body"]


def crash(environ: Environ, start: Start) -> list[bytes]:
    raise RuntimeError("secret inside")


def crash_after_start(environ: Environ, start: Start) -> list[bytes]:
    start("200 OK", [("Content-Length", "3")])
    raise RuntimeError("secret inside")


def crash_midway(environ: Environ, start: Start) -> Iterator[bytes]:
    start("200 OK", [("Content-Length", "10")])
    yield b"half"
    raise RuntimeError("secret inside")


def too_short(environ: Environ, start: Start) -> list[bytes]:
    start("200 OK", [("Content-Length", "10")])
    return [b"half"]


def too_long(environ: Environ, start: Start) -> list[bytes]:
    start("200 OK", [("Content-Length", "4")])
    return [b"half", b"more"]


def bad_header(environ: Environ, start: Start) -> list[bytes]:
    start("200 OK", [("X-Odd", "a\r\nX-Injected: yes"), ("Content-Length", "0")])
    return []


def hop_by_hop(environ: Environ, start: Start) -> list[bytes]:
    return answer(start, b"ok", headers=[("Keep-Alive", "timeout=99"), ("X-Two", "1"), ("X-Two", "2")])


def replaced(environ: Environ, start: Start) -> list[bytes]:
    """start_response a second time, with the reason."""
    start("200 OK", [("Content-Length", "3")])
    try:
        raise ValueError("seen too late")
    except ValueError:
        start("503 Service Unavailable", [("Content-Length", "4")], sys.exc_info())
    return [b"sick"]


def replaced_late(environ: Environ, start: Start) -> Iterator[bytes]:
    """The same after some of the body has gone: the exception comes back."""
    start("200 OK", [("Content-Length", "8")])
    yield b"half"
    try:
        raise ValueError("seen too late")
    except ValueError:
        start("503 Service Unavailable", [], sys.exc_info())
    yield b"rest"


def twice(environ: Environ, start: Start) -> list[bytes]:
    start("200 OK", [("Content-Length", "3")])
    start("200 OK", [("Content-Length", "3")])
    return [b"two"]


def written(environ: Environ, start: Start) -> list[bytes]:
    """A body through the callable that start_response returns."""
    write = start("200 OK", [("Content-Length", "9")])
    write(b"one")
    write(b"two")
    return [b"end"]


class Closing:
    """A body that must be closed."""

    def __init__(self, name: str, *, broken: bool = False) -> None:
        self._name = name
        self._broken = broken

    def __iter__(self) -> Iterator[bytes]:
        yield b"body"
        if self._broken:
            raise RuntimeError("secret inside")

    def close(self) -> None:
        note(f"closed {self._name}")


def closing(environ: Environ, start: Start) -> Iterable[bytes]:
    start("200 OK", [("Content-Length", "4")])
    return Closing(argument(environ, "name"), broken=bool(argument(environ, "broken")))


def pause(environ: Environ, start: Start) -> list[bytes]:
    """A body after some seconds; on the hub they are waited for there."""
    from chassis.worker import hub

    waiting = hub()
    (time.sleep if waiting is None else waiting.sleep)(float(argument(environ, "s", "0.2")))
    note(f"paused {argument(environ, 'name')}")
    return answer(start, str(os.getpid()).encode())


def guarded(environ: Environ, start: Start) -> list[bytes]:
    """Waits in a way of its choice, and notes how that ended; with ``shield`` it may not be broken off."""
    from chassis.hub.lanes import Abandoned, shielded
    from chassis.hub.loop import blocking
    from chassis.hub.loop import pause as wait

    name, how = argument(environ, "name"), argument(environ, "how")
    note(f"begun {name}")
    try:
        if how == "thread":
            blocking(lambda: (time.sleep(1), note(f"worked {name}")))
        elif how == "shield":
            with shielded():
                wait(1)
                note(f"shielded {name}")
            wait(30)
        else:
            wait(float(argument(environ, "s", "30")))
        note(f"done {name}")
    except Abandoned:
        wait(0.05)  # what cleans up may wait
        note(f"abandoned {name}")
        raise
    return answer(start, b"done")


def hang(environ: Environ, start: Start) -> list[bytes]:
    """Something that waits without asking the hub."""
    time.sleep(30)
    return answer(start, b"late")


PATHS: dict[str, Callable[[Environ, Start], Iterable[bytes]]] = {
    "lines": lines, "digest": digest, "ignore": ignore, "pieces": pieces, "large": large, "bodiless": bodiless,
    "crash": crash, "crash-after-start": crash_after_start, "crash-midway": crash_midway, "short": too_short,
    "long": too_long, "bad-header": bad_header, "hop-by-hop": hop_by_hop, "replaced": replaced,
    "replaced-late": replaced_late, "twice": twice, "written": written, "closing": closing, "pause": pause, "hang": hang,
    "guarded": guarded,
}  # fmt: skip
