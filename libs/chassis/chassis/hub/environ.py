"""A request's head as a WSGI environ (PEP 3333): fixed parts, header names, and the request target."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from gunicorn.config import Config
from gunicorn.http.wsgi import FileWrapper, WSGIErrorsWrapper
from gunicorn.util import split_request_uri

_KEPT = 512  # names that are remembered
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+;=%-]*|\[[0-9A-Za-z.:]+\])(?::[0-9]*)?").fullmatch  # RFC 3986 section 3.2
_PLAIN = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class Refusal(OSError):
    """A request that is answered by the server itself. (To an application that reads a body, a failed read.)"""

    def __init__(self, status: int, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.status = status
        self.reason = reason


def bad_request(detail: str) -> Refusal:
    """A request that is not HTTP as it should be."""
    return Refusal(400, "Bad Request", detail)


class Names:
    """Header names (bytes, any case) to environ keys; None for those that are dropped."""

    def __init__(self) -> None:
        self._keys: dict[bytes, str | None] = {}
        self.get = self._keys.get

    def learn(self, name: bytes) -> str | None:
        """The key of a name that `get` does not know.

        Names with underscores are dropped: they would pass for the same name with dashes, which nginx has checked.
        """
        lower = name.lower()
        key = None if b"_" in lower else _PLAIN.get(lower) or "HTTP_" + lower.decode("ascii").replace("-", "_").upper()
        if len(self._keys) < _KEPT:
            self._keys[name] = key
        return key


def fixed(cfg: Config) -> dict[str, Any]:
    """What is the same in every request."""
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": WSGIErrorsWrapper(cfg),
        "wsgi.multithread": True,  # requests overlap, though in one thread
        "wsgi.multiprocess": cfg.workers > 1,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
        "SERVER_SOFTWARE": "trivet",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
    }


def of_connection(base: Mapping[str, Any], peer: Any, own: Any) -> dict[str, Any]:
    """What is the same in every request of a connection; ``peer`` and ``own`` are its addresses."""
    found = dict(base)
    if isinstance(peer, tuple):
        found["REMOTE_ADDR"], found["REMOTE_PORT"] = peer[0], str(peer[1])
        found["SERVER_NAME"], found["SERVER_PORT"] = own[0], str(own[1])
    else:
        found["REMOTE_ADDR"] = ""
        found["SERVER_NAME"], found["SERVER_PORT"] = "", ""
    return found


def put_target(environ: dict[str, Any], method: str, target: str) -> None:
    """Note the request target as it was sent (RAW_URI), its path decoded to bytes in Latin-1, and its query.

    Raises `Refusal` where the form of the target does not fit the method (RFC 9112 section 3.2).
    """
    environ["RAW_URI"] = target
    if target.startswith("/") and "#" not in target:
        path, _, environ["QUERY_STRING"] = target.partition("?")
    elif target == "*" and method != "OPTIONS":
        raise bad_request("the target * is for OPTIONS alone")
    else:
        try:
            parts = split_request_uri(target)
        except ValueError:
            raise bad_request("the request target is not understood") from None
        path, environ["QUERY_STRING"] = parts.path, parts.query
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path


def is_host(text: str) -> bool:
    """Whether this may be the value of a Host header (RFC 9112 section 3.2): a name or an address, a port."""
    return _HOST(text) is not None


def put_origin(environ: dict[str, Any], secure: Mapping[str, str]) -> None:
    """Note the scheme that a trusted proxy tells (``secure``: environ key to value), and the host of a unix socket.

    Raises `Refusal` where the proxy's headers contradict each other.
    """
    scheme = ""
    for key, value in secure.items():
        if key in environ:
            told = "https" if environ[key] == value else "http"
            if scheme not in ("", told):
                raise bad_request("headers about the scheme contradict each other")
            scheme = told
    if scheme == "https":
        environ["wsgi.url_scheme"] = scheme
    if not environ["SERVER_NAME"]:
        host = environ.get("HTTP_HOST", "")
        name, colon, port = host.rpartition(":")
        if colon and port.isdigit():
            environ["SERVER_NAME"], environ["SERVER_PORT"] = name, port
        else:
            environ["SERVER_NAME"], environ["SERVER_PORT"] = host, "443" if scheme == "https" else "80"
