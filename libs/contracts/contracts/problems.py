"""The one error type, and the table of its codes; `docs/errors.md` describes each, and codes are never reused."""

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What sort of trouble it is; each facade gives each kind its own status."""

    MALFORMED = "malformed request"
    NOT_PARSABLE = "not XML, not JSON at all"
    UNKNOWN_NAME = "unknown name"
    UNAUTHENTICATED = "no or bad credential"
    FORBIDDEN = "not allowed"
    CONSTRAINT = "constraint"
    NOT_SINGLE = "too many rows, not single"
    METHOD = "wrong method"
    MEDIA = "wrong media type"
    TOO_LARGE = "too large"
    TOO_MANY = "too many requests"
    UNAVAILABLE = "database or directory down, past capacity"
    TIMEOUT = "statement too long"
    INTERNAL = "our own bug"


class Code(NamedTuple):
    """A row of the table: the kind, the status in the REST dialect, and the meaning for the documentation."""

    kind: Kind
    status: int
    meaning: str


CODES: dict[str, Code] = {
    "PGRST000": Code(Kind.UNAVAILABLE, 503, "the database, or a service on the way to it, does not answer"),
    "PGRST001": Code(Kind.UNAVAILABLE, 503, "the suite is at its capacity"),
    "PGRST002": Code(Kind.UNAVAILABLE, 503, "the catalog has not been read yet"),
    "PGRST003": Code(Kind.TIMEOUT, 504, "waited too long for a connection"),
    "PGRST100": Code(Kind.MALFORMED, 400, "the request's query can't be parsed"),
    "PGRST101": Code(Kind.METHOD, 405, "this verb can't call a function"),
    "PGRST102": Code(Kind.MALFORMED, 400, "the request's body can't be used"),
    "PGRST103": Code(Kind.NOT_SINGLE, 416, "the range can't be satisfied"),
    "PGRST105": Code(Kind.METHOD, 405, "a PUT needs all and only the primary key's columns as filters"),
    "PGRST106": Code(Kind.MEDIA, 406, "the schema is not exposed"),
    "PGRST107": Code(Kind.MEDIA, 406, "no media type that was asked for is available"),
    "PGRST108": Code(Kind.MALFORMED, 400, "a filter, order or limit names an embed that is not selected"),
    "PGRST111": Code(Kind.INTERNAL, 500, "a function of the database has set headers that are none"),
    "PGRST112": Code(Kind.INTERNAL, 500, "a function of the database has set a status that is none"),
    "PGRST114": Code(Kind.MALFORMED, 400, "limit and offset don't go with PUT"),
    "PGRST115": Code(Kind.MALFORMED, 400, "the body's key and the address's differ"),
    "PGRST116": Code(Kind.NOT_SINGLE, 406, "one row was asked for, none or several came"),
    "PGRST117": Code(Kind.METHOD, 405, "the HTTP method is not supported"),
    "PGRST118": Code(Kind.MALFORMED, 400, "rows can be ordered by a to-one relation only"),
    "PGRST120": Code(Kind.MALFORMED, 400, "an embed can only be compared with null"),
    "PGRST121": Code(Kind.INTERNAL, 500, "a function of the database has raised JSON that is none"),
    "PGRST122": Code(Kind.MALFORMED, 400, "a preference is unknown and handling is strict"),
    "PGRST123": Code(Kind.MALFORMED, 400, "aggregates are not allowed"),
    "PGRST124": Code(Kind.MALFORMED, 400, "more rows would be affected than allowed"),
    "PGRST125": Code(Kind.UNKNOWN_NAME, 404, "there is nothing at this path"),
    "PGRST126": Code(Kind.UNKNOWN_NAME, 404, "the root document is closed"),
    "PGRST127": Code(Kind.MALFORMED, 400, "the database at hand has no such feature"),
    "PGRST128": Code(Kind.MALFORMED, 400, "max-affected is for functions that return a set"),
    "PGRST200": Code(Kind.UNKNOWN_NAME, 400, "no such relation"),
    "PGRST201": Code(Kind.UNKNOWN_NAME, 300, "several relations fit"),
    "PGRST202": Code(Kind.UNKNOWN_NAME, 404, "no such function"),
    "PGRST203": Code(Kind.UNKNOWN_NAME, 300, "several functions fit"),
    "PGRST204": Code(Kind.UNKNOWN_NAME, 400, "no such column in a write"),
    "PGRST205": Code(Kind.UNKNOWN_NAME, 404, "no such table or view"),
    "PGRST300": Code(Kind.INTERNAL, 500, "no key to check tokens with"),
    "PGRST301": Code(Kind.UNAUTHENTICATED, 401, "the token can't be decoded or is not ours"),
    "PGRST302": Code(Kind.UNAUTHENTICATED, 401, "a credential is needed"),
    "PGRST303": Code(Kind.UNAUTHENTICATED, 401, "the token's claims don't hold"),
    "TRV100": Code(Kind.NOT_PARSABLE, 400, "the body is not in the format that it claims"),
    "TRV101": Code(Kind.METHOD, 405, "the HTTP method is not supported here"),
    "TRV102": Code(Kind.MEDIA, 415, "the body's media type is not supported here"),
    "TRV103": Code(Kind.TOO_LARGE, 413, "the request is too large"),
    "TRV104": Code(Kind.TOO_LARGE, 414, "the address is too long"),
    "TRV105": Code(Kind.TOO_MANY, 429, "too many requests"),
    "TRV106": Code(Kind.MEDIA, 406, "no media type that was asked for is available here"),
    "TRV107": Code(Kind.UNAVAILABLE, 503, "a service of the suite does not answer"),
    "TRV108": Code(Kind.TIMEOUT, 504, "a service of the suite took too long"),
    "TRV109": Code(Kind.MALFORMED, 400, "the request is not understood"),
    "TRV110": Code(Kind.UNKNOWN_NAME, 404, "there is nothing at this address"),
    "TRV111": Code(Kind.CONSTRAINT, 412, "the row is not as the request says that it must be"),
    "TRV112": Code(Kind.MALFORMED, 400, "a header does not say what it can"),
    "TRV201": Code(Kind.UNAUTHENTICATED, 401, "the name or the password is wrong"),
    "TRV202": Code(Kind.UNAUTHENTICATED, 401, "the session has ended"),
    "TRV203": Code(Kind.UNAVAILABLE, 503, "accounts can't be reached"),
    "TRV204": Code(Kind.FORBIDDEN, 403, "the role is not among the token's roles"),
    "TRV205": Code(Kind.FORBIDDEN, 403, "a second factor is needed"),
    "TRV300": Code(Kind.CONSTRAINT, 400, "values break the configuration's rules"),
    "TRV303": Code(Kind.CONSTRAINT, 400, "rows can't be created with others, of which there is none"),
    "TRV301": Code(Kind.INTERNAL, 500, "a rule of the configuration failed"),
    "TRV310": Code(Kind.UNAVAILABLE, 502, "a remote source does not answer as it should"),
    "TRV311": Code(Kind.TIMEOUT, 504, "a remote source took too long"),
    "TRV312": Code(Kind.CONSTRAINT, 400, "a remote source refused what it was asked"),
    "TRV320": Code(Kind.INTERNAL, 500, "the tables can't hold what a promised SOAP service says of them"),
    "TRV340": Code(Kind.CONSTRAINT, 400, "an operation or a hook of the project refused"),
    "TRV341": Code(Kind.TIMEOUT, 504, "an operation or a hook of the project took too long"),
    "TRV342": Code(Kind.INTERNAL, 500, "an operation or a hook of the project failed"),
    "TRV343": Code(Kind.UNAVAILABLE, 503, "all processes for the project's operations are busy"),
}

# SQLSTATEs, longest prefix first. Statuses: the REST dialect's table of database errors.
SQLSTATES: dict[str, Code] = {
    "21000": Code(Kind.MALFORMED, 400, "a write without a filter is refused"),
    "22": Code(Kind.MALFORMED, 400, "a value does not fit its type"),
    "23502": Code(Kind.CONSTRAINT, 400, "a value is missing"),
    "23503": Code(Kind.CONSTRAINT, 409, "a foreign key does not hold"),
    "23505": Code(Kind.CONSTRAINT, 409, "a unique value is taken"),
    "23514": Code(Kind.CONSTRAINT, 400, "a check does not hold"),
    "23": Code(Kind.CONSTRAINT, 400, "a constraint does not hold"),
    "25006": Code(Kind.METHOD, 405, "the transaction is read-only"),
    "25": Code(Kind.INTERNAL, 500, "the transaction is in no state for this"),
    "28": Code(Kind.FORBIDDEN, 403, "the database refuses its login"),
    "40001": Code(Kind.UNAVAILABLE, 500, "concurrent writes collided: try again"),
    "40P01": Code(Kind.UNAVAILABLE, 500, "concurrent writes blocked each other: try again"),
    "42501": Code(Kind.FORBIDDEN, 403, "the role may not do this"),
    "42703": Code(Kind.UNKNOWN_NAME, 400, "no such column"),
    "42P01": Code(Kind.UNKNOWN_NAME, 404, "no such table"),
    "42P17": Code(Kind.INTERNAL, 500, "a definition refers to itself"),
    "42883": Code(Kind.UNKNOWN_NAME, 404, "no such function or operator"),
    "0L": Code(Kind.FORBIDDEN, 403, "the grant is not valid"),
    "0P": Code(Kind.FORBIDDEN, 403, "the role is not valid"),
    "08": Code(Kind.UNAVAILABLE, 503, "the connection to the database is lost"),
    "2D": Code(Kind.INTERNAL, 500, "the transaction can't be ended so"),
    "38": Code(Kind.INTERNAL, 500, "a function failed"),
    "39": Code(Kind.INTERNAL, 500, "a function failed"),
    "3B": Code(Kind.INTERNAL, 500, "a savepoint is not valid"),
    "40": Code(Kind.INTERNAL, 500, "the transaction was rolled back"),
    "53400": Code(Kind.INTERNAL, 500, "a limit of the database's configuration"),
    "53": Code(Kind.UNAVAILABLE, 503, "the database has not enough resources"),
    "54": Code(Kind.TOO_LARGE, 500, "the statement is too complex"),
    "55P03": Code(Kind.UNAVAILABLE, 503, "a lock was not to be had in time: try again"),
    "55": Code(Kind.INTERNAL, 500, "an object of the database is not in the needed state"),
    "57014": Code(Kind.TIMEOUT, 500, "the statement took too long"),
    "57P01": Code(Kind.UNAVAILABLE, 503, "the database is shutting down"),
    "57P03": Code(Kind.UNAVAILABLE, 503, "the database is starting"),
    "57": Code(Kind.INTERNAL, 500, "an operator stepped in"),
    "58": Code(Kind.INTERNAL, 500, "the database's system failed"),
    "F0": Code(Kind.INTERNAL, 500, "the database's configuration file is wrong"),
    "HV": Code(Kind.INTERNAL, 500, "a foreign server failed"),
    "P0001": Code(Kind.CONSTRAINT, 400, "a rule in the database refused"),
    "P0": Code(Kind.INTERNAL, 500, "a function in the database failed"),
    "XX": Code(Kind.INTERNAL, 500, "an internal error"),
}
_OTHER = Code(Kind.MALFORMED, 400, "the database refused the statement")
_UNKNOWN = Code(Kind.INTERNAL, 500, "an internal error")
_KINDS = {
    401: Kind.UNAUTHENTICATED, 403: Kind.FORBIDDEN, 404: Kind.UNKNOWN_NAME, 413: Kind.TOO_LARGE, 429: Kind.TOO_MANY,
    503: Kind.UNAVAILABLE, 504: Kind.TIMEOUT,
}  # fmt: skip


def describe(code: str, status: int | None = None) -> Code:
    """The table's row for a code of ours or an SQLSTATE (its longest known prefix).

    A code of a project's own is of the kind that its ``status`` says.
    """
    if code in CODES:
        return CODES[code]
    for length in (5, 2):
        if code[:length] in SQLSTATES:
            return SQLSTATES[code[:length]]
    if status is not None:
        return Code(_KINDS.get(status, Kind.CONSTRAINT if status < 500 else Kind.INTERNAL), status, "a project's own")
    return _OTHER if len(code) == 5 else _UNKNOWN


class Problem(Exception):
    """An answer that is not the one hoped for; safe to show to the client as it stands.

    ``path`` is the place in the operation, from its root: output keys and the words ``filter``, ``sort``, ``rows``.
    ``headers`` go on the response. ``status`` overrides the table's status for the REST dialect. ``table`` (schema,
    name) is the one that a database's error is about; it stays within data.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: object = None,
        hint: str | None = None,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        path: tuple[str | int, ...] = (),
        table: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        row = describe(code, status)
        self.code = code
        self.message = message
        self.details = details
        self.hint = hint
        self.kind = row.kind
        self.status = status or row.status
        self.headers = headers or {}
        self.path = path
        self.table = table

    def __reduce__(self) -> tuple[object, ...]:
        state = {k: getattr(self, k) for k in ("details", "hint", "status", "headers", "path")}
        return (_rebuild, (self.code, self.message, state))


def _rebuild(code: str, message: str, state: dict[str, object]) -> Problem:
    return Problem(code, message, **state)  # type: ignore[arg-type]


def internal() -> Problem:
    """The one thing said of a fault of our own: nothing but that there was one."""
    return Problem("XX000", "An internal error occurred", hint="The request id helps the operator to find its cause")
