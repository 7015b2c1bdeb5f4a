"""One process of operations: it does a call at a time, asks data for statements, and says how the call ended."""

import contextlib
import io
import logging
import os
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from trivet.context import Context, Principal
from trivet.database import Database
from trivet.problem import Problem
from trivet.running import frames
from trivet.running.describe import Loaded
from trivet.running.values import as_python

_MOST_LINES = 200  # of a call that reach the log
_MOST_CHARACTERS = 4000  # of a line
_DEPTH = 8  # calls within calls: hooks whose statements have hooks


class Process:
    """The process's end of the link to data; ``functions`` are what it can be asked for."""

    def __init__(self, link: socket.socket, functions: Mapping[str, Loaded], settings: Mapping[str, str]) -> None:
        self._link = link
        self._functions = functions
        self._settings = settings
        self._owner = threading.get_ident()
        self._depth = 0
        self._lines = 0
        self._spent = False

    def serve(self) -> None:
        """Do what is asked for until nobody asks any more."""
        while not self._spent:
            try:
                kind, text = frames.receive(self._link)
            except (frames.Broken, OSError):
                return
            if kind != frames.CALL:
                return
            self._lines = 0
            self._answer(text)

    def ask(self, verb: str, content: dict[str, Any]) -> Any:
        """What data gives for a statement. Raises `Problem`."""
        if threading.get_ident() != self._owner:
            raise RuntimeError("the database can be asked from the function's own thread only")
        frames.send(self._link, frames.ASK, frames.encode({"verb": verb, **content}))
        while True:
            kind, text = frames.receive(self._link)
            if kind == frames.CALL:  # a hook of what was asked for
                self._answer(text)
                continue
            given = frames.decode(text)
            if kind == frames.REFUSAL:
                raise Problem(given.pop("message"), **given)
            return _given(given)

    def log(self, level: str, message: str) -> None:
        """Have a line written to data's log."""
        self._lines += 1
        if self._lines > _MOST_LINES:
            return
        if self._lines == _MOST_LINES:
            message = "this call has written enough to the log; nothing more of it is kept"
        text = {"level": level, "message": message[:_MOST_CHARACTERS]}
        with contextlib.suppress(OSError):
            frames.send(self._link, frames.LOG, frames.encode(text))

    def _answer(self, text: bytes) -> None:
        self._depth += 1
        try:
            kind, answer = self._called(text)
        finally:
            self._depth -= 1
        # what goes on after its call has no place in the next one
        if not self._depth and (self._spent or threading.active_count() > 1):
            self._spent = True
            frames.send(self._link, frames.LEAVING, b"")
        frames.send(self._link, kind, answer)

    def _called(self, text: bytes) -> tuple[int, bytes]:
        """How a call ended, and with what."""
        try:
            if self._depth > _DEPTH:
                raise Problem("hooks lead to each other without end", code="TRV342", status=500)
            return frames.DONE, self._done(text)
        except Problem as problem:
            return frames.PROBLEM, _told(problem)
        except BaseException as fault:  # noqa: BLE001  (whatever the project's code raises)
            self._spent = self._spent or isinstance(fault, MemoryError)
            lines = traceback.format_exception(fault)
            return frames.CRASH, frames.encode({"traceback": "".join(lines)[-8000:]})

    def _done(self, text: bytes) -> bytes:
        asked = frames.decode(text)
        loaded = self._functions[asked["key"]]
        context = self._context(asked)
        if "rows" not in asked:
            return self._operation(loaded, context, asked["arguments"])
        given = [_with_types(given, asked["types"]) for given in asked["rows"]]
        answer = loaded.function(context, *given)
        return frames.encode(given[0] if answer is None else answer)

    def _operation(self, loaded: Loaded, context: Context, given: Any) -> bytes:
        try:
            arguments = loaded.arguments(given)
        except msgspec.ValidationError as fault:
            raise Problem(str(fault), code="22023") from None
        if loaded.context is not None:
            arguments[loaded.context] = context
        answer = frames.encode(loaded.function(**arguments))
        msgspec.json.decode(answer, type=loaded.gives, strict=False)  # it is what clients were promised
        return answer

    def _context(self, asked: dict[str, Any]) -> Context:
        principal = asked["principal"]
        return Context(
            principal=Principal(**{**principal, "roles": tuple(principal["roles"])}),
            database=Database(self.ask),
            settings=self._settings,
            log=logging.getLogger("trivet.operations"),
            request_id=asked["request_id"],
            timezone=_zone(asked["timezone"]),
        )


def _zone(told: str | int | None) -> tzinfo:
    """The zone of a name, or of an offset from UTC in seconds."""
    if told is None:
        return UTC
    return ZoneInfo(told) if isinstance(told, str) else timezone(timedelta(seconds=told))


def _given(given: dict[str, Any]) -> Any:
    """What a statement gave, with Python's values."""
    return _with_types(given["value"], given["types"])


def _with_types(value: Any, types: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [as_python(row, types) if isinstance(row, dict) else row for row in value]
    return as_python(value, types) if isinstance(value, dict) else value


def _told(problem: Problem) -> bytes:
    told = {
        "code": problem.code,
        "message": problem.message,
        "status": problem.status,
        "details": problem.details,
        "hint": problem.hint,
    }
    try:
        return frames.encode(told)
    except TypeError:  # details that no client could be told
        return frames.encode({**told, "details": str(problem.details)})


class _ToData(logging.Handler):
    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            text = record.getMessage()
            if record.exc_info:
                text += "\n" + "".join(traceback.format_exception(*record.exc_info))
            self._process.log(record.levelname.lower(), text)


class _Printed(io.TextIOBase):
    """What is printed, line by line into the log."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._process.log("info", line)
        self._rest = self._rest[-_MOST_CHARACTERS:]
        return len(text)


def run(link: socket.socket, functions: Mapping[str, Loaded], settings: Mapping[str, str]) -> None:
    """Be a process of operations until data lets go of the link; never returns."""
    process = Process(link, functions, settings)
    root = logging.getLogger()
    root.handlers[:] = [_ToData(process)]
    root.setLevel(logging.INFO)
    sys.stdout = sys.stderr = _Printed(process)
    try:
        process.serve()
    except (OSError, frames.Broken):  # data is gone
        pass
    finally:
        os._exit(0)
