"""What operators see of a service: one JSON log line a request, metrics, and steps timed by name."""

import json
import logging
import sys
import threading
import time
import uuid
from bisect import bisect_left
from collections import Counter as Counts
from collections import deque
from typing import Any

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client import values as metric_values

from chassis import explanations, trace, warnings
from chassis.access_log import AccessLog, Entry
from chassis.soon import Soon
from chassis.trace import Trace

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNTOLD = 100_000  # answers that may wait to be told; where nobody takes the log any more, the oldest go
_REQUESTS = Counter("trivet_requests_total", "Requests answered", ["service", "method", "status"])
_SECONDS = Histogram("trivet_request_seconds", "Time to answer", ["service"])


class JsonLines(logging.Formatter):
    """Log records as one JSON object a line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}",
            "level": record.levelname.lower(),
            "service": self._service,
            "message": record.getMessage(),
        }
        if (current := trace.current()) is not None:
            line["request_id"] = current.request_id
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure_logging(service: str, level: str) -> None:
    """Send this process's log to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger("trivet")
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False


def request_id() -> str:
    """The id of the request at hand; outside of requests a new one."""
    current = trace.current()
    return uuid.uuid4().hex if current is None else current.request_id


class step:
    """Time a step of the request at hand under a name."""

    __slots__ = ("_name", "_start")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        if (current := trace.current()) is not None:
            current.timings[self._name] = round((time.perf_counter() - self._start) * 1_000_000)


def add_timings(timings: dict[str, int]) -> None:
    """Add microseconds by step's name to the request at hand."""
    if (current := trace.current()) is not None:
        current.timings.update(timings)


class Observer:
    """Logs and counts the answers of one service: lines and numbers are told a few times a second."""

    def __init__(self, service: str) -> None:
        self._log = AccessLog(service)
        self._soon = Soon(self.flush)
        self._service = service
        self._entries: deque[Entry] = deque(maxlen=_UNTOLD)
        self._waits = False
        self._telling = threading.Lock()
        _observers.append(self)

    def answered(self, trace: Trace, status: int) -> list[tuple[str, str]]:
        """Log and count the answer to a request; the headers that tell of it."""
        seconds = time.perf_counter() - trace.started
        trace.status = status
        environ = trace.environ
        request_id = trace.request_id
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self._entries.append(Entry(time.time(), seconds, method, path, status, request_id, trace.role))
        if not self._waits:
            self._waits = True
            self._soon.ask()
        steps = "".join([f"{name};dur={micros / 1000}, " for name, micros in trace.timings.items()])
        headers = [("X-Request-Id", request_id), ("Server-Timing", f"{steps}total;dur={seconds * 1000:.3f}")]
        if trace.explanation is not None:
            headers.append((explanations.HEADER, trace.explanation))
        if trace.warnings:
            headers.append((warnings.HEADER, warnings.header(trace.warnings)))
        return headers

    def flush(self) -> None:
        """Tell what has been gathered."""
        self._waits = False  # before they are taken: what comes meanwhile asks again
        with self._telling:
            entries = [self._entries.popleft() for _ in range(len(self._entries))]
            if not entries:
                return
            for (method, status), number in Counts((entry.method, entry.status) for entry in entries).items():
                known = method if method in _METHODS else "other"
                _REQUESTS.labels(self._service, known, str(status)).inc(number)
            _observe(_SECONDS.labels(self._service), [entry.seconds for entry in entries])
            self._log.write(entries)


_observers: list[Observer] = []


def _observe(histogram: Histogram, values: list[float]) -> None:
    """What `Histogram.observe` does, for many values at once: its buckets are not public, and our version is fixed."""
    if values:
        histogram._sum.inc(sum(values))
        for place, number in Counts(bisect_left(histogram._upper_bounds, value) for value in values).items():
            histogram._buckets[place].inc(number)


def install(app: Flask) -> None:
    """Serve ``/metrics``."""

    @app.get("/metrics")
    def metrics() -> Response:
        for observer in _observers:
            observer.flush()
        return Response(_exposition(), content_type=CONTENT_TYPE_LATEST)


def _exposition() -> bytes:
    if metric_values.ValueClass.__name__ != "MutexValue":  # several processes write their numbers to files
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return bytes(generate_latest(registry))
    return bytes(generate_latest())
