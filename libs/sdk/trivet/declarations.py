"""The decorators by which a project says what its functions are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])
Verb = Literal["create", "update", "delete", "read"]
When = Literal["before", "after", "after_commit"]


@dataclass(frozen=True, slots=True)
class Operation:
    """A function that clients can call."""

    function: Callable[..., Any]
    name: str
    reads_only: bool
    roles: Any
    timeout: Any
    above_policies: bool


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that runs before or after what is done with rows of a resource."""

    function: Callable[..., Any]
    resource: str
    verb: str
    when: When
    timeout: Any
    above_policies: bool


@dataclass(frozen=True, slots=True)
class Compute:
    """A function that works out a field for a batch of rows."""

    function: Callable[..., Any]
    name: str


Declaration = Operation | Hook | Compute
declared: list[Declaration] = []  # in the order of the files


@overload
def operation(function: F, /) -> F: ...
@overload
def operation(
    *,
    name: str | None = None,
    reads_only: bool = False,
    roles: Sequence[str] = (),
    timeout: float | None = None,
    above_policies: bool = False,
) -> Callable[[F], F]: ...
def operation(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    reads_only: bool = False,
    roles: Sequence[str] = (),
    timeout: float | None = None,
    above_policies: bool = False,
) -> Any:
    """Make a typed function an operation of REST, GraphQL and SOAP, under its own name or ``name``.

    ``reads_only``: it changes nothing, so that REST answers GET and GraphQL has it as a query. ``roles`` may call it,
    beside those that trivet.yaml lets (and ``admin``). ``timeout``: seconds after which it is ended and all that it
    wrote undone. ``above_policies``: what it asks of the database is not limited to what its caller may do.
    """

    def declare(function: Any) -> Any:
        declared.append(Operation(function, name or function.__name__, reads_only, roles, timeout, above_policies))
        return function

    return declare if function is None else declare(function)


def before(
    resource: str, verb: Verb, *, timeout: float | None = None, above_policies: bool = False
) -> Callable[[F], F]:
    """Run a function before rows of a resource are created, updated, deleted or read, inside the transaction.

    It gets a `Context` and, before ``create``, the list of new rows; before ``update``, the values to be set, by field,
    and where it takes a third argument the rows that these are for; before ``delete``, the rows. New rows and values
    may be changed in place, or others returned. Before ``read`` it gets the resource's name. Whatever it raises undoes
    the whole transaction.
    """
    return _hook(resource, verb, "before", timeout, above_policies)


def after(
    resource: str, verb: Verb, *, commit: bool = False, timeout: float | None = None, above_policies: bool = False
) -> Callable[[F], F]:
    """Run a function after rows of a resource were created, updated or deleted, or as they are read.

    It gets a `Context` and the list of rows. Inside the transaction, so that what it raises undoes it; with ``commit``
    once all is written for good: what it raises then is logged. After ``read`` the rows hold what was asked for; the
    function may change their values in place, or return as many others.
    """
    return _hook(resource, verb, "after_commit" if commit else "after", timeout, above_policies)


def _hook(resource: str, verb: str, when: When, timeout: float | None, above_policies: bool) -> Callable[[F], F]:
    def declare(function: F) -> F:
        declared.append(Hook(function, resource, verb, when, timeout, above_policies))
        return function

    return declare


@overload
def compute(function: F, /) -> F: ...
@overload
def compute(*, name: str | None = None) -> Callable[[F], F]: ...
def compute(function: Any = None, /, *, name: str | None = None) -> Any:
    """Make a function the source of a computed field that trivet.yaml names: ``compute: {python: name, …}``.

    It gets a `Context` and a list of rows with the fields that it needs, and returns as many values.
    """

    def declare(function: Any) -> Any:
        declared.append(Compute(function, name or function.__name__))
        return function

    return declare if function is None else declare(function)
