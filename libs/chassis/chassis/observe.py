"""What operators see of a service: one JSON log line a request, metrics, and steps timed by name."""

import json
import logging
import re
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client import values as metric_values

from chassis import explanations

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,64}")
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
        if has_request_context():
            line["request_id"] = request_id()
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
    """The id of the request at hand: the caller's own where it is well-formed, else a new one."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    return str(g.request_id)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Time a step of the request at hand under ``name``."""
    start = time.perf_counter()
    try:
        yield
    finally:
        add_timings({name: round((time.perf_counter() - start) * 1_000_000)})


def add_timings(timings: dict[str, int]) -> None:
    """Add microseconds by step's name to the request at hand."""
    if has_request_context():
        g.setdefault("timings", {}).update(timings)


def install(app: Flask, service: str) -> None:
    """Give every answer of ``app`` its request id and timings, and log and count it; serve ``/metrics``."""
    log = logging.getLogger("trivet.access")

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        request_id()

    @app.after_request
    def finish(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        response.headers["X-Request-Id"] = request_id()
        timings = {**g.get("timings", {}), "total": round(seconds * 1_000_000)}
        if (explanation := explanations.noted()) is not None:
            response.headers[explanations.HEADER] = explanation
        response.headers["Server-Timing"] = ", ".join(f"{k};dur={v / 1000:.3f}" for k, v in timings.items())
        _REQUESTS.labels(
            service, request.method if request.method in _METHODS else "other", str(response.status_code)
        ).inc()
        _SECONDS.labels(service).observe(seconds)
        log.info("request", extra={"fields": _line(response, seconds)})
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(_exposition(), content_type=CONTENT_TYPE_LATEST)


def _line(response: Response, seconds: float) -> dict[str, Any]:
    # the path without its query: filters and tokens don't belong into a log
    return {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "ms": round(seconds * 1000, 3),
        "role": g.get("role"),
    }


def _exposition() -> bytes:
    if metric_values.ValueClass.__name__ != "MutexValue":  # several processes write their numbers to files
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return bytes(generate_latest(registry))
    return bytes(generate_latest())
