"""The Flask app of auth, put together."""

from typing import Any, cast

import msgspec
from chassis import events
from chassis.app import create_app as create_service
from chassis.problems import of_http
from chassis.settings import load
from contracts.problems import Problem
from flask import Flask, Response, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from auth_service import (
    __version__,
    absent_routes,
    admin_routes,
    admin_secret,
    api_key_routes,
    errors,
    factor_routes,
    inner_routes,
    mail_routes,
    outside_issuers,
    routes,
    schemas,
    self_routes,
    soap_secret_routes,
    store,
    tokens,
    upgrade,
)
from auth_service.admission import Admission
from auth_service.attempts import Attempts, Limits
from auth_service.connectors import ldap
from auth_service.connectors.accounts import AccountsConnector
from auth_service.login import Login, tidy
from auth_service.mail import Mail
from auth_service.passwords import Passwords
from auth_service.settings import AuthSettings
from auth_service.signing_keys import KeyRing
from auth_service.upkeep import Upkeep

_WIDE_DELAY = 60.0  # seconds for which strangers are delayed at most by what others tried
_BODY_LIMIT = 65_536  # bytes: nobody logs in with more


class Documentation(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's OpenAPI, with auth's own form of errors."""

    ERROR_SCHEMA = schemas.ErrorBody

    def handle_http_exception(self, error: HTTPException) -> Response:
        """An HTTP error in auth's form, what was wrong with the input included."""
        if error.response is not None or (error.code or 500) < 400:
            return cast(Response, error.get_response())
        messages = (getattr(error, "data", None) or {}).get("messages")
        return render(of_http(error) if messages is None else _of_input(messages))


def create_app(settings: AuthSettings | None = None) -> Flask:
    """The app, from the environment's settings where none are given.

    Raises `SettingsError`, `store.StoreError` (tables of another release), `MasterKeyError`, `OutsideIssuersError`. A
    store that does not answer is no obstacle: logins get 503 until it does.
    """
    settings = settings or load(AuthSettings)
    login = build_login(settings)
    ring = _keys(login, settings)
    wishes = {"redis": login.upkeep.redis_answers} if settings.redis_url else {}
    app = create_service("auth", settings, render, needs={"accounts": login.store.reachable}, wishes=wishes)
    app.config["MAX_CONTENT_LENGTH"] = min(settings.body_limit, _BODY_LIMIT)
    app.extensions[routes.EXTENSION] = login
    app.extensions[routes.EXTENSION + "_keys"] = ring
    admin_secret.check(settings.hasura_admin_secret)
    app.extensions[inner_routes.ISSUERS] = outside_issuers.load(settings.issuers, settings.issuer)
    tokens.install(app, settings, ring)
    app.before_request(_require_sound_json)
    _document(app, settings)
    app.register_blueprint(inner_routes.blueprint)
    login.upkeep.start()
    return app


def build_login(settings: AuthSettings) -> Login:
    """Everything behind the routes. Raises as `create_app`."""
    accounts = store.open(settings.store_url)
    try:
        store.require_migrated(accounts)
    except Problem:
        pass  # it may come back
    client = events.connect(settings.redis_url)
    limits = Limits(settings.login_attempts, settings.login_delay_seconds, settings.login_delay_limit_seconds)
    wide = Limits(settings.login_attempts_wide, settings.login_delay_seconds, _WIDE_DELAY)
    upkeep = Upkeep(client, lambda: tidy(accounts, settings))
    return Login(
        settings,
        accounts,
        (
            AccountsConnector(accounts, Passwords(settings.hash_slots)),
            *ldap.connectors(settings, accounts, client, upkeep.announce),
        ),
        Attempts(limits, client, wide),
        # together they leave a thread for who is known, and for everything else
        Admission(settings.threads // 2, settings.threads - settings.threads // 2 - 1),
        upkeep,
        upgrade.master_key(settings),
        Mail(settings),
    )


def _keys(login: Login, settings: AuthSettings) -> KeyRing:
    """The signing keys, looked at already; a store that is away may come back."""
    ring = KeyRing(login.store, login.master, settings.signing_algorithm)
    try:
        _ = ring.keys
    except Problem:
        pass
    return ring


def render(problem: Problem) -> Response:
    """A problem as an answer, in the form of the path."""
    inner = request.path.startswith(inner_routes.PREFIX + "/")
    answer = errors.inner_answer(problem) if inner else errors.public_answer(problem)
    return Response(answer.body, answer.status, answer.headers)


def _document(app: Flask, settings: AuthSettings) -> None:
    app.config.update(
        API_TITLE="Trivet auth",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=routes.PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={"servers": [{"url": settings.public_url.rstrip("/") or "/"}]},
    )
    api = Documentation(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for found in (
        routes, self_routes, mail_routes, factor_routes, soap_secret_routes, absent_routes, admin_routes,
        api_key_routes,
    ):  # fmt: skip
        api.register_blueprint(found.blueprint)


def _require_sound_json() -> None:
    """Raise `Problem` TRV100 for a body that only Python takes for JSON: NaN, half a character, nested beyond sense."""
    public = not request.path.startswith(inner_routes.PREFIX + "/")
    if public and request.mimetype == "application/json" and (body := request.get_data()):
        try:
            msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Problem("TRV100", "The body is not JSON") from None


def _of_input(messages: Any) -> Problem:
    """The first thing wrong with the input; ``messages`` are webargs' own: by place, then by member."""
    if not isinstance(messages, dict):
        return Problem("TRV109", "The request is not understood")
    place, faults = next(iter(messages.items()))
    if isinstance(faults, dict):
        place, faults = next(iter(faults.items()))
    text = str(faults[0] if isinstance(faults, list) and faults else faults)
    if text == "Invalid JSON body.":
        return Problem("TRV100", "The body is not JSON")
    return Problem("TRV109", text if place == "_schema" else f"{place}: {text}")
