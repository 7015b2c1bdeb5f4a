"""What a GraphQL request is refused with before data is asked: one or several errors in Hasura's form."""

from typing import NamedTuple, NoReturn

from contracts.problems import Problem

Path = tuple[str | int, ...]

VALIDATION_FAILED = "validation-failed"
PARSE_FAILED = "parse-failed"
INVALID_JSON = "invalid-json"
NOT_SUPPORTED = "not-supported"
DATA_EXCEPTION = "data-exception"


class Error(NamedTuple):
    """One entry of ``errors``: the message, Hasura's code, and the place in the document from its root (``$``).

    ``internal`` says more to whoever wrote the document; ``locations`` are lines and columns in its text.
    """

    message: str
    code: str
    path: Path = ()
    internal: str | None = None
    locations: tuple[tuple[int, int], ...] = ()


class Refusal(Problem):
    """A request that is not answered, with the errors as the client gets them; ``cause`` is what data said."""

    def __init__(self, *errors: Error, cause: Problem | None = None, problem: str = "TRV109") -> None:
        status, headers = (cause.status, cause.headers) if cause is not None else (None, None)
        code = cause.code if cause is not None else problem
        super().__init__(code, errors[0].message, status=status, headers=headers)
        self.errors = errors


class Misfit(Exception):
    """A value that does not fit its place; each level that it passes on its way out puts its step before ``path``."""

    def __init__(self, message: str, code: str = VALIDATION_FAILED, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = path

    def under(self, *steps: str | int) -> "Misfit":
        """The same, seen from further out."""
        self.path = (*steps, *self.path)
        return self

    def error(self) -> Error:
        """The entry of ``errors``."""
        return Error(self.message, self.code, self.path)


def refuse(message: str, code: str = VALIDATION_FAILED, path: Path = (), problem: str = "TRV109") -> NoReturn:
    """Raise a `Refusal` with one error."""
    raise Refusal(Error(message, code, path), problem=problem)


_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def json_path(path: Path) -> str:
    """A path as JSONPath text (``$.selectionSet.album.args.objects[0]``)."""
    text = "$"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step and set(step) <= _PLAIN and not step[0].isdigit():
            text += f".{step}"
        else:
            quoted = step.replace("\\", "\\\\").replace("'", "\\'")
            text += f"['{quoted}']"
    return text
