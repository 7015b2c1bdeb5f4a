"""The audit log: one JSON line for each login, refusal, lockout, use of a key and revocation.

Who, from where, what, and with which outcome; the request's id is added where there is one. The lines go where the
log goes, at every log level, under the name ``audit``. Secrets never come here, and neither does a name that is no
account's: people type passwords into the wrong field.
"""

import hashlib
import hmac
import logging
import secrets
from typing import Literal

Outcome = Literal["granted", "refused", "locked out", "unavailable", "done"]

_log = logging.getLogger("trivet.audit")
_log.setLevel(logging.INFO)  # the log's own level is no reason to lose a line
_key = secrets.token_bytes(32)


def note(action: str, outcome: Outcome, *, who: str, address: str = "", **about: str | int | float | None) -> None:
    """Write one line: ``action`` in a word or two, ``who`` an account's or key's id, ``about`` further members."""
    fields = {"audit": action, "outcome": outcome, "who": who, "address": address}
    _log.info("audit", extra={"fields": fields | about})


def unknown(name: str) -> str:
    """What stands for a name that is no account's: the same for the same name while the process lives."""
    mark = hmac.new(_key, name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    return f"unknown:{mark[:12]}"
