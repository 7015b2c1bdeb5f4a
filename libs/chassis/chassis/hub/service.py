"""What all connections of a worker share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from logging import Logger
from typing import Any, Protocol

from chassis.hub.environ import Names
from chassis.hub.loop import Hub
from chassis.hub.reader import Limits

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Waiting(Protocol):
    """A connection, as its worker looks after it."""

    def check(self, now: float) -> None:
        """Close it if it has waited for too long."""
        ...

    def close(self) -> None:
        """Close it at once."""
        ...


@dataclass(frozen=True)
class Patience:
    """Seconds that are waited for a client, and the bytes a second that it must send of a body at least."""

    idle: float = 75.0  # for the next request
    head: float = 10.0  # for a head, once it has begun
    body: float = 10.0  # for a body, besides what its rate allows
    rate: int = 1024
    send: float = 30.0  # until a client takes more of an answer


@dataclass
class Service:
    """The application, the hub that it runs on, the terms for clients, and who is connected."""

    app: Application
    hub: Hub
    log: Logger
    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)
    secure: Mapping[str, str] = field(default_factory=dict)  # environ key and value that tell of https
    names: Names = field(default_factory=Names)
    connections: set[Waiting] = field(default_factory=set)
    answered: int = 0
    stopping: bool = False
    idle_until: float = float("inf")  # when connections without a request are closed, however long they have waited
