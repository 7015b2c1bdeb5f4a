"""What a connector is: one way to verify a name and a password."""

from typing import Protocol

from auth_service.accounts import Account


class Connector(Protocol):
    """Three outcomes are kept apart: an account, a refusal (None), and no telling (`Problem` of kind unavailable)."""

    def verify(self, username: str, password: str) -> Account | None:
        """The account of who proves with ``password`` to be ``username``; None where name or password is wrong.

        A disabled account is refused like a wrong password. A refusal takes as long for an unknown name as for a
        wrong password. Raises `Problem` TRV203 (the accounts or the directory don't answer), PGRST001 (past capacity).
        """
        ...
