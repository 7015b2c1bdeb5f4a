"""What commands change, in an audit log of the command line's own: lines like those that auth writes for its routes.

The file is opened before anything is changed: where nothing can be written down, nothing is done.
"""

import logging
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auth_service import audit
from auth_service.settings import AuthSettings
from chassis.observe import JsonLines
from chassis.settings import load

from trivet_cli.settings import OperatorSettings

FILE = "audit.log"
_NOBODY = 4_294_967_295  # the login uid of processes that no login began
_log = logging.getLogger("trivet.audit")


class AuditTrailError(Exception):
    """The audit log can't be written; the message says where and why."""


@contextmanager
def audit_trail(settings: AuthSettings) -> Iterator[None]:
    """Send audit lines to the file for the time of a ``with``. Raises `AuditTrailError`, `SettingsError`."""
    path = Path(load(OperatorSettings).audit_log or Path(settings.state_dir).absolute() / FILE)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # a file of ours alone; what is there already (a pipe, a file for a group) keeps its mode
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise AuditTrailError(f"the audit log {path} can't be written, so nothing is done: {fault.strerror}") from None
    with open(descriptor, "a", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(JsonLines("cli"))
        before = _log.propagate
        _log.addHandler(handler)
        _log.propagate = False
        try:
            yield
        finally:
            _log.propagate = before
            _log.removeHandler(handler)


def note(action: str, *, who: str = "", **about: str | int | float | None) -> None:
    """Write that the operator did ``action``: to the account of this id, or where empty to what ``about`` says."""
    if who:
        about["by"] = operator()
    audit.note(action, "done", who=who or operator(), address="", **about)


def operator() -> str:
    """Who runs this command: the user who logged in to this machine, even where they became another by ``sudo``."""
    try:
        login = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        login = _NOBODY
    uid = os.getuid() if login == _NOBODY else login
    try:
        return f"operator:{pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"operator:{uid}"
