"""What `trivet up` shows once the suite answers: addresses, a login, and three commands to try."""

import shlex
from pathlib import Path
from typing import Any

import msgspec
from chassis.hop import Hop
from contracts.problems import Problem
from rich.console import Console

from trivet_cli import nginx_conf
from trivet_cli.choices import Choices
from trivet_cli.layout import Layout
from trivet_cli.login import Login


def greet(console: Console, choices: Choices, layout: Layout, login: Login, logs: Path | None) -> None:
    """Print where the APIs are and what to try; a new password is shown on a terminal that once.

    ``logs`` is the folder of the log files, None where there are none.
    """
    token = None if choices.demo or login.password is None else _token(layout, login)
    index = _index(layout, token)
    _line(console, f"\nTrivet is up at {choices.public_url}", style="bold green")
    for api in index["apis"]:
        _line(console, f"  {api['name']:<8} {api['address']}")
    _line(console, f"  {'Login':<8} {choices.public_url}/auth/v1")
    if choices.tls_url is not None:
        _line(console, f"  {'TLS':<8} {choices.tls_url}{_trust(choices, layout)}")
    if logs is not None:
        _line(console, f"  {'Logs':<8} {logs}")
    shows = console.is_terminal and not choices.demo
    _say_login(console, choices, login, shows=shows)
    _line(console, "\nTry:", style="bold")
    if not choices.demo:
        _line(console, "  " + _sign_in(index["sign_in"], login, shows=shows))
    for api in index["apis"]:
        _line(console, "  " + api["command"])
    _line(console, "\nCtrl-C ends it.")
    if shows and login.file is not None:
        login.file.unlink(missing_ok=True)


def _say_login(console: Console, choices: Choices, login: Login, *, shows: bool) -> None:
    if choices.demo:
        _line(console, f"\nDemo accounts: customer@, clerk@ and admin@example.com, password {login.password}")
    elif login.password is None:
        _line(console, f"\nAdministrator: {login.email}, with the password of the first start")
    elif shows:
        _line(console, f"\nAdministrator: {login.email}, password {login.password} (shown this once)", style="yellow")
    else:
        _line(console, f"\nAdministrator: {login.email}; the password is in {login.file}")


def _trust(choices: Choices, layout: Layout) -> str:
    """How a client comes to trust a certificate that was made here."""
    if choices.tls.certificate:
        return ""
    file = nginx_conf.development_certificate(layout)
    return f" (a certificate for development: curl --cacert {shlex.quote(str(file))})"


def _sign_in(command: str, login: Login, *, shows: bool) -> str:
    """The gateway's command for a token, with this login in it."""
    password = login.password if shows else f"'\"$(cat {shlex.quote(str(login.file))})\"'" if login.file else None
    return command.replace("you@example.com", login.email).replace("your password", password or "your password")


def _token(layout: Layout, login: Login) -> str | None:
    body = msgspec.json.encode({"email": login.email, "password": login.password})
    found = _ask(layout.url("auth"), "/auth/v1/token?grant_type=password", {}, body)
    return found.get("access_token") if found else None


def _index(layout: Layout, token: str | None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return _ask(layout.url("gateway"), "/", headers) or {"apis": [], "sign_in": ""}


def _ask(url: str, path: str, headers: dict[str, str], body: bytes = b"") -> dict[str, Any] | None:
    wanted = {"Accept": "application/json", "Content-Type": "application/json", **headers}
    try:
        reply = Hop(url, connect_patience=0.2).call("POST" if body else "GET", path, body, wanted, timeout=10.0)
        found = msgspec.json.decode(reply.body) if reply.status == 200 else None
    except (Problem, msgspec.DecodeError):
        return None
    return found if isinstance(found, dict) else None


def _line(console: Console, text: str, style: str | None = None) -> None:
    # commands are for copying: never wrapped, and no brackets taken for markup
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
