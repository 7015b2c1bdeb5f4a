"""What operators see of a service: one JSON log line a request, metrics, and steps timed by name."""

import json
import logging
import sys
import time
import uuid
from typing import Any

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client import values as metric_values

from chassis import explanations, trace
from chassis.access_log import AccessLog
from chassis.trace import Trace

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
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
    """Logs and counts the answers of one service."""

    def __init__(self, service: str) -> None:
        self._log = AccessLog(service)
        self._seconds = _SECONDS.labels(service)
        self._service = service
        self._counters: dict[tuple[str, int], Counter] = {}

    def answered(self, trace: Trace, status: int) -> list[tuple[str, str]]:
        """Log and count the answer to a request; the headers that tell of it."""
        seconds = time.perf_counter() - trace.started
        trace.status = status
        method = trace.environ["REQUEST_METHOD"]
        key = (method if method in _METHODS else "other", status)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = _REQUESTS.labels(self._service, key[0], str(status))
        counter.inc()
        self._seconds.observe(seconds)
        self._log.note(trace, status, seconds)
        steps = "".join([f"{name};dur={micros / 1000:.3f}, " for name, micros in trace.timings.items()])
        headers = [
            ("X-Request-Id", trace.request_id),
            ("Server-Timing", f"{steps}total;dur={seconds * 1000:.3f}"),
        ]
        if trace.explanation is not None:
            headers.append((explanations.HEADER, trace.explanation))
        return headers


def install(app: Flask) -> None:
    """Serve ``/metrics``."""

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(_exposition(), content_type=CONTENT_TYPE_LATEST)


def _exposition() -> bytes:
    if metric_values.ValueClass.__name__ != "MutexValue":  # several processes write their numbers to files
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return bytes(generate_latest(registry))
    return bytes(generate_latest())
