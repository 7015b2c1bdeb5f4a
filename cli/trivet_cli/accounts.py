"""The accounts that a first start makes: the demo's, or the one administrator of a database of one's own."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auth_service import accounts, store
from auth_service.store import StoreError
from contracts.problems import Problem

from trivet_cli.faults import CannotStart
from trivet_cli.login import Login

ADMIN = "admin@trivet.local"
DEMO_PASSWORD = "trivet-demo"  # noqa: S105  (printed in the README; never made beside a database of one's own)
_ADMIN_ROLES = ("admin",)


def make_demo(url: str, rows: Sequence[dict[str, Any]]) -> Login:
    """Make the demo's accounts where they are missing. Raises `CannotStart`."""
    with _Accounts(url) as opened:
        for row in rows:
            if accounts.by_email(opened, row["email"]) is None:
                accounts.add(
                    opened,
                    row["email"],
                    row["password"],
                    row["role"],
                    row.get("roles", ()),
                    row.get("session", {}),
                )
    shown = next((row for row in rows if row["role"] == "clerk"), rows[0])
    return Login(shown["email"], shown["password"])


def make_admin(url: str, file: Path) -> Login:
    """Make the administrator where there is no account yet. Raises `CannotStart`.

    The password is kept in ``file`` (mode 0600) until it has been shown on a terminal, so that it can't be lost.
    """
    with _Accounts(url) as opened:
        if not accounts.everyone(opened):
            password = secrets.token_urlsafe(15)
            _keep(file, password)
            accounts.add(opened, ADMIN, password, "admin", _ADMIN_ROLES)
    if not file.exists():
        return Login(ADMIN, None)
    return Login(ADMIN, file.read_text(encoding="utf-8").strip(), file)


def _keep(file: Path, password: str) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as kept:
        kept.write(f"{password}\n")


class _Accounts:
    """The accounts store, brought up to date, for the time of a ``with``; its troubles become `CannotStart`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> store.Store:
        try:
            store.migrate(self._url)
            self._store = store.open(self._url)
        except (StoreError, Problem) as fault:
            raise CannotStart(f"the accounts can't be opened: {fault}") from None
        return self._store

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        self._store.close()
        if isinstance(fault, (ValueError, Problem)):
            raise CannotStart(f"the accounts can't be made: {fault}") from fault
