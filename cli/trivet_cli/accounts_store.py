"""The accounts store for the commands that work on it: opened by the settings, its troubles told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from auth_service import store
from auth_service.accounts import AccountError
from auth_service.api_keys import ApiKeyError
from auth_service.pem_files import KeyFileError
from auth_service.roles import RoleError
from auth_service.sealing import MasterKeyError
from auth_service.settings import AuthSettings
from auth_service.signing_keys import KeyStateError
from auth_service.store import Store, StoreError
from auth_service.transfer import TransferError
from chassis.settings import SettingsError, load
from contracts.problems import Problem

from trivet_cli.audit_trail import AuditTrailError, audit_trail

_TOLD = (
    SettingsError, StoreError, AccountError, ApiKeyError, RoleError, MasterKeyError, KeyFileError, KeyStateError,
    TransferError, AuditTrailError,
)  # fmt: skip


@contextmanager
def told() -> Iterator[None]:
    """Turn every trouble with settings, accounts and keys into one line and exit status 1."""
    try:
        yield
    except _TOLD as fault:
        raise click.ClickException(str(fault)) from None
    except Problem as problem:
        raise click.ClickException(problem.message) from None


@contextmanager
def opened() -> Iterator[tuple[Store, AuthSettings]]:
    """The accounts store as it is, and the settings that named it. For use within `told`."""
    settings = load(AuthSettings)
    found = store.open(settings.store_url)
    try:
        yield found, settings
    finally:
        found.close()


@contextmanager
def changing() -> Iterator[tuple[Store, AuthSettings]]:
    """As `opened`, for changes, which are written down (`audit_trail.note`): the audit log is open beforehand."""
    with opened() as (found, settings), audit_trail(settings):
        yield found, settings
