"""The suite's processes: what each is called with, and how one knows that it is ready."""

import shutil
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chassis.hop import Hop
from contracts.problems import Problem

from trivet_cli.faults import CannotStart
from trivet_cli.layout import Layout
from trivet_cli.supervisor import Program

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"  # not in everybody's PATH, and nginx lives there
_THREADS = {"data": "8", "gateway": "4"}
_DEFAULT_THREADS = "6"
_ON_THREADS = ("auth", "gateway")  # whatever the others run on: a password's hash holds up a whole loop
# beside somebody who is developing, a change is to be seen at once
_USUAL = {"data": {"TRIVET_POLL_SECONDS": "2"}}


def find(program: str, environ: Mapping[str, str]) -> str:
    """The path of a system program. Raises `CannotStart` where it is not installed."""
    found = shutil.which(program, path=f"{environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")
    if found is None:
        raise CannotStart(
            f"{program} is not installed; `make setup` installs it, or: sudo apt-get install nginx redis-server"
        )
    return found


def suite_environment(layout: Layout, public_url: str, body_limit: int, base: Mapping[str, str]) -> dict[str, str]:
    """The environment that all services share."""
    return {
        **base,
        "TRIVET_STATE_DIR": str(layout.state),
        "TRIVET_AUTH_URL": layout.url("auth"),
        "TRIVET_DATA_URL": layout.url("data"),
        "TRIVET_VERSIONS": str(layout.versions),
        "TRIVET_REST_URL": layout.url("rest"),
        "TRIVET_GRAPHQL_URL": layout.url("graphql"),
        "TRIVET_SOAP_URL": layout.url("soap"),
        "TRIVET_REDIS_URL": f"unix://{layout.socket('redis')}",
        "TRIVET_PUBLIC_URL": public_url,
        "TRIVET_BODY_LIMIT": str(body_limit),
        "PYTHONUNBUFFERED": "1",
    }


def take_out(environment: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    """Take variables, and the files of their secrets, out of what all services share: one alone is to have them."""
    every = [form for name in names for form in (name, f"{name}_FILE")]
    return {name: environment.pop(name) for name in every if name in environment}


def redis(layout: Layout, base: Mapping[str, str]) -> Program:
    """Redis for this suite alone: on a unix socket, nothing kept on disk."""
    path = layout.socket("redis")
    options = {
        "port": "0", "unixsocket": str(path), "unixsocketperm": "700", "dir": str(layout.run),
        "daemonize": "no", "save": "", "appendonly": "no", "maxmemory": "64mb", "maxmemory-policy": "allkeys-lru",
        "loglevel": "warning",
    }  # fmt: skip
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    argv = (find("redis-server", base), *words)
    return Program("redis", argv, base, lambda: _redis_answers(path), stage=3)


def service(name: str, layout: Layout, environment: Mapping[str, str], extra: Mapping[str, str]) -> Program:
    """A service under gunicorn, on its unix socket."""
    env = {
        "TRIVET_THREADS": _THREADS.get(name, _DEFAULT_THREADS),
        **_USUAL.get(name, {}),
        **environment,
        **extra,
        "TRIVET_LISTEN": layout.url(name),
    }
    options = ("-c", "python:chassis.serving", *(("-k", "gthread") if name in _ON_THREADS else ()))
    argv = (sys.executable, "-m", "gunicorn", *options, f"{name}_service.app:create_app()")
    ready = http_ready(layout.url(name), "/readyz")
    return Program(name, argv, env, ready, orphaned=signal.SIGQUIT, stage=2 if name in ("data", "auth") else 1)


def rates(script: Path, port: int, base: Mapping[str, str]) -> Program:
    """The demo's SOAP service of exchange rates, which stands for a system that was there before."""
    argv = (sys.executable, str(script), "--port", str(port))
    return Program("rates", argv, base, http_ready(f"http://127.0.0.1:{port}", "/rates?wsdl"), stage=3)


def nginx(configuration: Path, base: Mapping[str, str], address: str) -> Program:
    """The router, in the foreground; ready when it reaches the gateway through ``address`` (`http://host:port`).

    It is patient: a service that answers several clients in a row would else be interrupted for each of them, and nginx
    would be woken for each: together a third of what a small read costs (docs/performance.md).
    """
    folder = configuration.parent
    argv = (find("nginx", base), "-p", f"{folder}/", "-c", str(configuration), "-e", "stderr")
    return Program("nginx", argv, base, http_ready(address, "/livez"), stop=signal.SIGQUIT, stage=0, patient=True)


def http_ready(url: str, path: str) -> Callable[[], bool]:
    """A question whether ``path`` is answered with 200 at the address ``url``."""
    hop = Hop(url, keep=0, connect_patience=0.0)  # what stays connected is waited for when the service ends

    def ready() -> bool:
        try:
            return hop.call("GET", path, timeout=2.0).status == 200
        except Problem:
            return False

    return ready


def _redis_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(0.5)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
