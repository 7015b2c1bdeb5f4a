"""The connector of the suite's own accounts: email address and password."""

from auth_service import accounts
from auth_service.accounts import Account
from auth_service.passwords import Passwords, outdated
from auth_service.store import Store


class AccountsConnector:
    """Verifies against the password hashes in the accounts store."""

    def __init__(self, store: Store, passwords: Passwords) -> None:
        self._store = store
        self._passwords = passwords

    def verify(self, username: str, password: str) -> Account | None:
        """The account, or None; see `Connector.verify`."""
        account = accounts.by_email(self._store, username)
        kept = account.password_hash if account is not None else None
        if not self._passwords.verify(kept, password) or account is None or account.disabled:
            return None
        if account.password_hash is not None and outdated(account.password_hash):
            accounts.rehash(self._store, account, password)
        return account

    def matches(self, account: Account, password: str) -> bool:
        """Whether it is the account's password already. Raises `Problem` PGRST001 where all slots stay taken."""
        return self._passwords.verify(account.password_hash, password)
