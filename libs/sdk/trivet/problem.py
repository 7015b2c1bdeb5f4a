"""The one error that reaches the client as it was raised."""

from typing import Any


class Problem(Exception):
    """An answer that is not the one hoped for: the client is told all of it, in its own protocol's form.

    ``status`` is the HTTP status in REST (400 to 599); ``code`` is for programs, ``hint`` says what to do about it.
    ``ctx.database`` raises it too, with the database's own codes. Any other exception is logged, and the client
    learns nothing of it but that there was one.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "TRV340",
        status: int | None = None,
        details: Any = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.details = details
        self.hint = hint
