"""Every error of a service in one shape: the service's own renderer gets a `Problem`, whatever went wrong."""

import logging
from collections.abc import Callable

from contracts.problems import Problem, internal
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

log = logging.getLogger("trivet")

_HTTP = {
    404: ("TRV110", "There is nothing at this address"),
    405: ("TRV101", "The method {method} is not supported here"),
    406: ("TRV106", "None of the media types asked for is available here"),
    408: ("TRV108", "The request took too long to arrive"),
    413: ("TRV103", "The request is too large"),
    414: ("TRV104", "The address is too long"),
    415: ("TRV102", "The body's media type is not supported here"),
    429: ("TRV105", "Too many requests"),
    503: ("TRV107", "A service of the suite does not answer"),
}


def of_http(error: HTTPException) -> Problem:
    """The problem that an HTTP error of the framework stands for."""
    status = error.code or 500
    code, message = _HTTP.get(
        status, ("TRV109", error.name) if status < 500 else ("XX000", "An internal error occurred")
    )
    headers = {"Allow": ", ".join(sorted(allow))} if (allow := getattr(error, "valid_methods", None)) else {}
    return Problem(code, message.format(method=request.method), status=status, headers=headers)


def install(app: Flask, render: Callable[[Problem], Response]) -> None:
    """Answer every error of ``app`` with ``render``: problems, HTTP errors and crashes (logged with their trace)."""

    def on_http(error: HTTPException) -> Response:
        if error.response is not None or (error.code or 500) < 400:
            return error.get_response()  # type: ignore[return-value]
        return render(of_http(error))

    def on_crash(error: Exception) -> Response:
        log.error("crash", exc_info=error)
        return render(internal())

    app.register_error_handler(Problem, render)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(Exception, on_crash)
