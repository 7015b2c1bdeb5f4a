"""One request handed to the WSGI application, and its answer to the client."""

from functools import partial
from io import BytesIO
from time import monotonic
from typing import Any, Protocol

from chassis.hub.body import Body
from chassis.hub.environ import Refusal
from chassis.hub.lanes import Abandoned
from chassis.hub.reader import Request, too_much
from chassis.hub.response import CONTINUE, Response
from chassis.hub.service import Service


class ClientGone(OSError):
    """The client has hung up, or takes nothing any more."""


class Client(Protocol):
    """The connection that the request came by."""

    def more(self, timeout: float) -> None:
        """Wait for more of the body. Raises `ClientGone`, `TimeoutError`."""
        ...

    def send(self, data: bytes) -> None:
        """Send all of it. Raises `ClientGone`."""
        ...

    def stays(self, request: Request) -> bool:
        """Whether another request may follow."""
        ...


def answer(request: Request, client: Client, service: Service) -> bool:
    """Answer one request; True where another one may follow on the connection."""
    environ = request.environ
    if request.complete and request.fault is None:
        environ["wsgi.input"] = BytesIO(b"".join(request.chunks)) if request.chunks else BytesIO()
        request.chunks.clear()
    else:
        _expect_body(request, client, service)
    response = Response(request, client)
    service.answered += 1
    whole = _run(service, environ, response)
    request.environ = {}  # the body in it knows the request: let neither keep the other alive
    return whole and not response.close and (request.complete or _read_over(request, client, service))


def _expect_body(request: Request, client: Client, service: Service) -> None:
    limit = service.limits.body
    if request.length is not None and 0 < limit < request.length:
        request.fault = too_much()
    request.environ["wsgi.input"] = Body(request, partial(_more, request, client, service))


def _run(service: Service, environ: dict[str, Any], response: Response) -> bool:
    """Call the application and send what it gives; True where that went well."""
    result: Any = None
    whole = False
    try:
        result = service.app(environ, response.start)
        for part in result:
            response.write(part)
        response.finish()
        whole = True
    except (ClientGone, Abandoned):
        pass
    except Refusal as refusal:
        _refuse(response, refusal)
    except Exception:
        service.log.exception("Error handling request %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
        _refuse(response, Refusal(500, "Internal Server Error"))
    finally:
        whole = _close(result, service, environ) and whole
    return whole


def _refuse(response: Response, refusal: Refusal) -> None:
    """Say what is wrong where nothing has been said yet; else the answer just breaks off."""
    if not response.started:
        try:
            response.refuse(refusal)
        except ClientGone:
            pass


def _close(result: Any, service: Service, environ: dict[str, Any]) -> bool:
    close = getattr(result, "close", None)
    if close is not None:
        try:
            close()
        except Exception:
            service.log.exception("Error closing the answer to %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return False
    return True


def _more(request: Request, client: Client, service: Service) -> None:
    """Wait for more of a body. Raises `Refusal` where the client is slower than it may be."""
    if request.expects:
        request.expects = False
        client.send(CONTINUE)
    patience = service.patience
    left = patience.body + request.received / patience.rate - request.waited
    begun = monotonic()
    try:
        client.more(max(left, 0.0))
    except TimeoutError:
        request.fault = Refusal(408, "Request Timeout")
    request.waited += monotonic() - begun


def _read_over(request: Request, client: Client, service: Service) -> bool:
    """Read what the application left of a body; True where its end came."""
    try:
        while not request.complete and request.fault is None:
            request.chunks.clear()
            _more(request, client, service)
    except OSError:
        return False
    return request.complete
