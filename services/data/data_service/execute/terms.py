"""What PostgreSQL is told before it works for us: settings that make answers the same everywhere, and time limits."""

_LOCK = 0.75  # of the time limit: a lock that is waited for longer is told as such
# so that an answer is the same whatever the login's own settings are, and comes in time
_SETTINGS = {
    "timezone": "UTC", "datestyle": "ISO, MDY", "intervalstyle": "postgres", "extra_float_digits": "1",
    "bytea_output": "hex", "xmloption": "content",
    # a tree of many levels would be compiled for longer than it runs, and no time limit ends that
    "jit": "off",
}  # fmt: skip
# so that no view or function writes behind a read's back
_READS = {"default_transaction_read_only": "on"}

LIMITS = "select set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)"
"""The time limits, for the rest of the transaction: see `limit_values`."""

ZONE = "select set_config('timezone', $1, true)"
"""The time zone, for the rest of the transaction."""
WRITES, READS = "set default_transaction_read_only = off", "set default_transaction_read_only = on"
"""What is not begun expressly may write, or only read, on a connection of our own."""
WHOLE = "set local cursor_tuple_fraction = 1"
"""All rows of a cursor will be taken, so that it be planned for that."""


def of_connection(milliseconds: int) -> str:
    """What a connection of our own is told once; ``milliseconds`` is the time limit of a statement."""
    settings = (f"{name} = '{value}'" for name, value in (_SETTINGS | _READS).items())
    return "; ".join([limits(milliseconds), *(f"set {setting}" for setting in settings)])


def limits(milliseconds: int) -> str:
    """The time limits of a connection, from now on."""
    statement, lock = limit_values(milliseconds)
    return f"set statement_timeout = {statement}; set lock_timeout = {lock}"


def limit_values(milliseconds: int) -> tuple[str, str]:
    """The values of ``statement_timeout`` and ``lock_timeout``."""
    return str(milliseconds), str(max(int(milliseconds * _LOCK), 1))


def beginning(milliseconds: int, *, writes: bool, snapshot: bool = False, begin: str = "") -> str:
    """How a transaction begins on a connection that is ours for no longer than that, as one text.

    ``snapshot``: all its statements see the database as it is at the first one. ``begin`` is its own first statement.
    """
    statement, lock = limit_values(milliseconds)
    settings = {"statement_timeout": statement, "lock_timeout": lock} | _SETTINGS
    begin = (
        begin or f"begin read {'write' if writes else 'only'}{', isolation level repeatable read' if snapshot else ''}"
    )
    return "; ".join([begin, *(f"set local {name} = '{value}'" for name, value in settings.items())])


def of_transaction(*, writes: bool) -> str:
    """The same settings as one statement, with the places of `LIMITS`: good for what ends with the next Sync, too."""
    settings = _SETTINGS if writes else _SETTINGS | {"transaction_read_only": "on"}
    return ", ".join([LIMITS, *(f"set_config('{name}', '{value}', true)" for name, value in settings.items())])
