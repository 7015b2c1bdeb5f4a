"""A gunicorn worker for many requests in one thread: ``gunicorn -k chassis.worker.HubWorker``.

Each request runs in a greenlet of the worker's `chassis.hub.loop.Hub`, and waits there for other services, threads and
slow clients while others run. What blocks without asking the hub (`hub`) blocks all of them. HTTP/1.1 over plain
sockets; gunicorn's hooks about single requests and its access log are not called.
"""

import errno
import gc
import os
import select
import socket
import time
from functools import partial
from typing import Any

from gunicorn.workers.base import Worker

from chassis.hub import environ
from chassis.hub.connection import Connection
from chassis.hub.loop import Hub, current_hub
from chassis.hub.reader import Limits, Reader
from chassis.hub.service import Patience, Service
from chassis.settings import ServiceSettings, load

_FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_BEAT = 1.0  # seconds between two signs of life
_FAREWELL = 2.0  # seconds that a worker which ends waits for requests that may be on their way
# times the limit of a body: the services refuse in their own dialects, and what they ask of data may be longer
_BACKSTOP = 4
_HEAD = 327_680  # bytes of a request's head at most: more than nginx lets through

hub = current_hub


class HubWorker(Worker):  # type: ignore[misc]  # (gunicorn has no types)
    """The worker process: it takes connections, and ends in order."""

    alive: bool

    def run(self) -> None:
        """Serve until told to end; then answer what has arrived, within gunicorn's ``graceful_timeout``."""
        if self.cfg.is_ssl:
            raise RuntimeError("this worker does not speak TLS; let a proxy do it")
        self._service = _service_of(self)
        self._bases = {listener.fileno(): environ.fixed(self.cfg) for listener in self.sockets}
        self._accepting = False
        self._beaten = 0.0
        self._full_until = 0.0
        loop = self._service.hub
        gc.freeze()  # what has been loaded stays: it need not be looked through again and again
        loop.register(self.PIPE[0], select.EPOLLIN, self._on_signal)
        while self.alive and self.ppid == os.getppid():
            self._beat()
            self._accept_while_there_is_room()
            loop.turn(self._pause)
            if self._service.answered >= self.max_requests:
                self.log.info("Autorestarting worker after current request.")
                self.alive = False
        self._finish()

    @property
    def _pause(self) -> float:
        patience = self._service.patience
        return min(_BEAT, patience.head / 4, patience.idle / 4 or _BEAT)

    def _beat(self) -> None:
        """Every now and then: tell gunicorn that we live, and look after the connections."""
        now = time.monotonic()
        if now - self._beaten >= self._pause:
            self._beaten = now
            self.notify()
            for connection in list(self._service.connections):
                connection.check(now)

    def _accept_while_there_is_room(self) -> None:
        room = len(self._service.connections) < self.cfg.worker_connections and time.monotonic() >= self._full_until
        if room == self._accepting:
            return
        self._accepting = room
        for listener in self.sockets:
            if room:
                listener.setblocking(False)
                events = select.EPOLLIN | select.EPOLLEXCLUSIVE  # of several workers one is woken
                self._service.hub.register(listener.fileno(), events, partial(self._on_listener, listener))
            else:
                self._service.hub.unregister(listener.fileno())

    def _on_listener(self, listener: Any, _: int) -> None:
        self._accept(listener)

    def _accept(self, listener: Any) -> bool:
        """Take one connection: the others may be for other workers. False where there is none."""
        try:
            sock, peer = listener.accept()
        except OSError as fault:  # another worker has taken it, or the client has gone
            if fault.errno in _FULL:
                self.log.warning("No connection can be taken: %s", fault.strerror)
                self._full_until = time.monotonic() + _BEAT
            return False
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        service = self._service
        base = environ.of_connection(self._bases[listener.fileno()], peer, listener.getsockname())
        secure = service.secure if self._trusts(peer) else {}
        Connection(service, sock, Reader(base, service.names, secure, service.limits))
        return True

    def _trusts(self, peer: Any) -> bool:
        """Whether it may tell what scheme its clients use."""
        return not isinstance(peer, tuple) or not {"*", peer[0]}.isdisjoint(self.cfg.forwarded_allow_ips)

    def _finish(self) -> None:
        """Take no more connections but those that wait already, answer all requests, and let go of everything."""
        service = self._service
        if self._accepting:
            for listener in self.sockets:
                service.hub.unregister(listener.fileno())
                while self._accept(listener):
                    pass
        service.stopping = True
        end = time.monotonic() + self.cfg.graceful_timeout
        service.idle_until = time.monotonic() + _FAREWELL
        while service.connections and time.monotonic() < end:
            self._beat()
            service.hub.turn(0.1)
        for connection in list(service.connections):
            connection.close()
        for listener in self.sockets:
            listener.close()

    def _on_signal(self, _: int) -> None:
        try:
            os.read(self.PIPE[0], 4096)  # it has done its work: the loop turns
        except BlockingIOError:
            pass


def _service_of(worker: HubWorker) -> Service:
    cfg, settings = worker.cfg, load(ServiceSettings)
    limits = Limits(
        head=_HEAD,
        target=max(cfg.limit_request_line, 0),
        field=cfg.limit_request_field_size or _HEAD,
        fields=cfg.limit_request_fields,
        body=_BACKSTOP * settings.body_limit,
    )
    patience = Patience(
        idle=cfg.keepalive,
        head=settings.head_timeout,
        body=settings.head_timeout,
        rate=max(settings.body_rate, 1),
        send=settings.request_timeout,
    )
    secure = {"HTTP_" + name.replace("-", "_"): value for name, value in cfg.secure_scheme_headers.items()}
    return Service(worker.wsgi, Hub(cfg.threads), worker.log, limits, patience, secure)
