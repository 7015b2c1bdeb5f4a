"""What a run will serve and where, settled and checked before anything is started."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from trivet_cli import database_url
from trivet_cli.faults import CannotStart
from trivet_cli.nginx_conf import NO_TLS, Tls
from trivet_cli.settings import UpSettings

_ORIGIN = re.compile(r"https?://[0-9A-Za-z.\-\[\]:]+")


@dataclass(frozen=True)
class Choices:
    """A run's settled settings. ``database`` and ``config`` are None for the demo store; ``config`` may be for any."""

    database: str | None
    config: Path | None
    bind: str
    port: int
    public_url: str
    tls: Tls = NO_TLS

    @property
    def demo(self) -> bool:
        """True where the demo store is served."""
        return self.database is None

    @property
    def address(self) -> str:
        """Where this machine itself reaches the gateway."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.bind, self.bind)  # noqa: S104  (compared, not bound)
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}"

    @property
    def tls_url(self) -> str | None:
        """The address that clients know the gateway's TLS by; None where there is none."""
        if not self.tls.listen:
            return None
        public, port = urlsplit(self.public_url), self.tls.listen.rpartition(":")[2]
        host = f"[{public.hostname}]" if ":" in (public.hostname or "") else public.hostname
        return f"https://{host}" if port == "443" else f"https://{host}:{port}"


def settle(settings: UpSettings) -> Choices:
    """The run that these settings ask for. Raises `CannotStart` with every fault at once."""
    faults: list[str] = []
    database = config = None
    try:
        database = database_url.resolve(settings.database_url) if settings.database_url else None
    except CannotStart as fault:
        faults.append(str(fault))
    if settings.config:
        config = Path(settings.config).expanduser().absolute()
        if not config.is_file():
            faults.append(f"CONFIG names a file that does not exist: {config}")
    if not 0 < settings.port < 65_536:
        faults.append(f"PORT must be between 1 and 65535, not {settings.port}")
    if not 0 <= settings.tls_port < 65_536 or settings.tls_port == settings.port:
        faults.append(f"PORT_TLS must be 0, or between 1 and 65535 and not PORT, not {settings.tls_port}")
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        faults.append("TLS_CERTIFICATE and TLS_KEY go together")
    if not _is_address(settings.bind):
        faults.append(f"BIND must be an address of this machine such as 127.0.0.1 or 0.0.0.0, not {settings.bind!r}")
    elif _opens_the_demo(settings):
        faults.append(
            f"BIND={settings.bind} opens the suite to others, and the demo's accounts have a known password: "
            "name a DATABASE_URL, or stay on 127.0.0.1, or say TRIVET_DEMO=1 where nobody else can reach it"
        )
    faults += [
        f"TRUSTED_PROXIES: {text!r} is not an address or a network such as 10.0.0.0/8"
        for text in settings.trusted_proxies
        if not _is_network(text)
    ]
    faults += [
        f"CORS_ORIGINS: {text!r} is not an origin such as https://app.example"
        for text in settings.cors_origins
        if not _ORIGIN.fullmatch(text)
    ]
    if faults:
        raise CannotStart("\n".join(faults))
    public = settings.public_url or _public(settings.bind, settings.port)
    return Choices(database, config, settings.bind, settings.port, public.rstrip("/"), _tls(settings))


def require_free(bind: str, port: int, setting: str = "PORT") -> None:
    """Raise `CannotStart` where the port of this setting can't be had."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except PermissionError:
            raise CannotStart(f"{setting}={port}: only root may listen there; choose one above 1023") from None
        except OSError as fault:
            raise CannotStart(f"{setting}={port} on {bind} can't be had: {fault.strerror}; choose another") from None


def free_port(*taken: int) -> int:
    """A port of this machine's own address that nobody listens on at present, none of those that are ``taken``."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port


def _tls(settings: UpSettings) -> Tls:
    if not settings.tls_port:
        return NO_TLS
    host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    return Tls(f"{host}:{settings.tls_port}", settings.tls_certificate, settings.tls_key, settings.tls_names)


def _opens_the_demo(settings: UpSettings) -> bool:
    return not (settings.database_url or settings.demo or ipaddress.ip_address(settings.bind).is_loopback)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "%" not in text


def _public(bind: str, port: int) -> str:
    address = ipaddress.ip_address(bind)
    if address.is_loopback or address.is_unspecified:
        return f"http://localhost:{port}" if bind != "::1" else f"http://[::1]:{port}"
    return f"http://[{bind}]:{port}" if address.version == 6 else f"http://{bind}:{port}"
