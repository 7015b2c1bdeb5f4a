"""What a request says to the transaction that answers it (`contracts.identity.Around`)."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from contracts.identity import Around

from chassis.exchange import KEY_MARK

REST = "/rest/v1"  # where the database's functions see `/films`, as PostgREST's users know it
# cookies are told apart, keys not at all
_SECRETS = frozenset({"HTTP_COOKIE", "HTTP_X_API_KEY", "HTTP_X_HASURA_ADMIN_SECRET"})
_BODY = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}


def wished(prefer: str | None) -> Literal["commit", "rollback"] | None:
    """How a ``Prefer`` header wants the transaction to end; of several wishes the first counts (RFC 7240)."""
    if prefer is None or "tx" not in prefer.lower():
        return None
    for text in prefer.split(","):
        name, _, value = text.partition("=")
        value = value.strip().strip('"')
        if name.strip().lower() == "tx" and value in ("commit", "rollback"):
            return cast("Literal['commit', 'rollback']", value)
    return None


def ending(prefer: str | None) -> Around | None:
    """What a ``Prefer`` header says to the transaction, None where it says nothing."""
    wish = wished(prefer)
    return None if wish is None else Around(tx=wish)


def told(environ: Mapping[str, Any]) -> Around:
    """All that the database may know of a request: no password and no API key, which are auth's alone."""
    return Around(
        tx=wished(environ.get("HTTP_PREFER")),
        method=environ["REQUEST_METHOD"],
        path=_path(environ),
        headers={name: value for name, value in _headers(environ) if not _is_secret(name, value)},
        cookies=_cookies(environ.get("HTTP_COOKIE", "")),
    )


def _path(environ: Mapping[str, Any]) -> str:
    raw = environ.get("RAW_URI") or environ["PATH_INFO"]
    path = urlsplit(raw).path if "://" in raw else raw.partition("?")[0]
    return path[len(REST) :] or "/" if path == REST or path.startswith(REST + "/") else path


def _headers(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [
        (key[5:].replace("_", "-").lower(), str(value))
        for key, value in environ.items()
        if key.startswith("HTTP_") and key not in _SECRETS
    ]
    return found + [(name, str(environ[key])) for key, name in _BODY.items() if environ.get(key)]


def _is_secret(name: str, value: str) -> bool:
    if name == "authorization":
        scheme, _, credential = value.partition(" ")
        return scheme.lower() != "bearer" or credential.strip().startswith(KEY_MARK)
    return name == "apikey" and value.strip().startswith(KEY_MARK)


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: cookie.value for name, cookie in SimpleCookie(header).items()}
    except CookieError:
        return {}
