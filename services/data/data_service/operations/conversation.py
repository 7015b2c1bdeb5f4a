"""The talk with one process: calls go there, and what they ask of the database comes back, until they have ended."""

import logging
import re
import time
from collections.abc import Callable
from datetime import timezone
from typing import Any

import msgspec
from chassis import zones
from contracts.identity import Caller
from contracts.problems import CODES, Problem, describe
from trivet.running import frames

from data_service.operations.nursery import Link
from data_service.operations.pool import Pool

log = logging.getLogger("trivet.operations")
Answer = Callable[[str, dict[str, Any]], bytes]  # a statement's verb and content to the text of what it gives
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_LOG_LINES = 1000  # of a conversation: beyond them nothing more is written
_BROKEN = (OSError, frames.Broken, msgspec.DecodeError, KeyError, TypeError)


class Conversation:
    """All calls of one piece of work, in one process that is taken with the first. To be ended with `close`."""

    def __init__(self, pool: Pool, caller: Caller) -> None:
        self._pool = pool
        self._caller = caller
        self._link: Link | None = None
        self._sound = True
        self._lines = 0
        self._stopped = False

    def call(self, key: str, content: dict[str, Any], until: float, answer: Answer) -> bytes:
        """What a function gives, as JSON text; ``answer`` does its statements. Raises `Problem`.

        At ``until`` (monotonic seconds) it is killed. A function may be called while another waits for a statement.
        """
        link = self._link
        if link is None:
            link = self._link = self._pool.take(until)
            if self._stopped:
                self._pool.kill(link)
        principal = self._caller.principal
        told = {
            "key": key,
            "request_id": self._caller.request_id,
            "timezone": _zone(self._caller.timezone),
            "principal": {
                "role": principal.role,
                "subject": principal.subject,
                "roles": principal.roles,
                "session": dict(principal.session),
                "claims": dict(principal.claims),
            },
            **content,
        }
        try:
            link.socket.settimeout(max(until - time.monotonic(), 0.001))
            frames.send(link.socket, frames.CALL, frames.encode(told))
            return self._ended(link, key, until, answer)
        except TimeoutError:
            self._sound = False
            raise Problem("TRV341", f"{_named(key)} took too long") from None
        except _BROKEN as fault:
            self._sound = False
            log.error("%s ended its process: %s", key, fault)
            raise failed(key) from None

    def stop(self) -> None:
        """Break off what is under way. From any thread."""
        self._stopped = True
        if self._link is not None:
            self._pool.kill(self._link)

    def close(self) -> None:
        """Let go of the process."""
        link, self._link = self._link, None
        if link is None:
            return
        if self._sound and not self._stopped:
            self._pool.give_back(link)
        else:
            self._pool.end(link)

    def _ended(self, link: Link, key: str, until: float, answer: Answer) -> bytes:
        while True:
            kind, text = frames.receive(link.socket, until)
            if kind == frames.DONE:
                return text
            if kind == frames.LOG:
                self._log(frames.decode(text))
            elif kind == frames.LEAVING:
                self._sound = False
            elif kind == frames.ASK:
                self._reply(link, frames.decode(text), until, answer)
            elif kind == frames.PROBLEM:
                raise _raised(frames.decode(text))
            elif kind == frames.CRASH:
                log.error("%s failed:\n%s", key, frames.decode(text)["traceback"])
                raise failed(key)
            else:
                raise frames.Broken(f"a message of kind {kind}")

    def _reply(self, link: Link, asked: dict[str, Any], until: float, answer: Answer) -> None:
        try:
            kind, text = frames.REPLY, answer(asked.pop("verb"), asked)
        except Problem as problem:
            kind, text = frames.REFUSAL, told_of(problem)
        link.socket.settimeout(max(until - time.monotonic(), 0.001))
        frames.send(link.socket, kind, text)

    def _log(self, line: dict[str, Any]) -> None:
        self._lines += 1
        if self._lines <= _LOG_LINES:
            log.log(_LEVELS.get(line["level"], 20), "%s", line["message"])


def _zone(name: str | None) -> str | int | None:
    """A zone as the process is told of it: its name, or an offset from UTC in seconds."""
    zone = None if name is None else zones.zone_of(name)
    return round(zone.utcoffset(None).total_seconds()) if isinstance(zone, timezone) else name


def failed(key: str) -> Problem:
    """All that a client is told of a fault in the project's code."""
    return Problem("TRV342", f"{_named(key)} failed", hint="The request id helps the operator to find its cause")


def told_of(problem: Problem) -> bytes:
    """A problem as a process is told of it."""
    return frames.encode(
        {
            "message": problem.message,
            "code": problem.code,
            "status": problem.status,
            "details": problem.details,
            "hint": problem.hint,
        }
    )


def _raised(found: dict[str, Any]) -> Problem:
    """The problem that the project's code raised: its code may be the project's own, its status is an error's."""
    code, status, hint = str(found["code"]), found["status"], found["hint"]
    if not _CODE.fullmatch(code):
        code = "TRV340"
    if status is None and code not in CODES:
        status = describe(code, 400).status
    elif not isinstance(status, int) or not 400 <= status <= 599:
        status = None
    told = None if hint is None else str(hint)
    return Problem(code, str(found["message"]), details=found["details"], hint=told, status=status)


def _named(key: str) -> str:
    kind, _, name = key.partition(" ")
    return f"The operation {name}" if kind == "operation" else "A hook" if kind == "hook" else f"The field {name}"
