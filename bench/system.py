"""What a system under measurement is: how it is started, what it is asked, and which processes it consists of."""

import http.client
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from bench.workloads import Request, Writer


@dataclass(frozen=True)
class Running:
    """A system that answers: its address, and its processes' heads by the name of their part.

    ``credential`` gives what the Authorization of a request says, for some minutes to come. ``start_seconds`` is how
    long it took until the system answered.
    """

    base_url: str
    parts: Mapping[str, int]
    database: str
    start_seconds: float
    credential: Callable[[], str] = field(default=lambda: "")

    @property
    def host(self) -> str:
        """The host and port of the address."""
        return self.base_url.removeprefix("http://")

    def ask(self, request: Request) -> tuple[int, bytes]:
        """The status and body that a request is answered with."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        headers = dict(request.headers)
        if credential := self.credential():
            headers["Authorization"] = credential
        try:
            connection.request(request.method, request.path, request.body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@dataclass(frozen=True)
class System:
    """A system by its name; ``requests`` says how each workload that it serves is asked for.

    ``warm_seconds`` is how long it is asked the same first, where it keeps answers: it has to know every key.
    """

    name: str
    requests: Mapping[str, Writer]
    start: Callable[[str], AbstractContextManager[Running]]
    sqlite: bool = False
    warm_seconds: int = 0
