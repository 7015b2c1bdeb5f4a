"""Mail through an SMTP server, sent by a thread of its own: how long a server takes tells nobody who has an account."""

import logging
import queue
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal
from urllib.parse import unquote, urlsplit

from chassis.settings import SettingsError
from contracts.problems import Problem

from auth_service.settings import AuthSettings

_TIMEOUT = 10.0  # seconds
_WAITING = 100  # letters; what comes beyond is dropped and logged
_KINDS: dict[str, tuple[Literal["implicit", "starttls", "none"], int]] = {
    "smtps": ("implicit", 465),
    "smtp+starttls": ("starttls", 587),
    "smtp": ("none", 25),
}
_NO_ADDRESS = "is not smtps://host, smtp+starttls://host or smtp://host, with user:password@ and :port or without"
log = logging.getLogger("trivet.mail")


@dataclass(frozen=True)
class Letter:
    """A letter in plain text."""

    to: str
    subject: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Server:
    """A mail server as it is configured; ``tls`` is how its connection is secured."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    username: str
    password: str = field(repr=False)
    ca_file: str | None


def server_of(settings: AuthSettings) -> Server | None:
    """The mail server of the settings, None where they name none. Raises `SettingsError`."""
    if not settings.smtp_url:
        return None
    try:
        parts = urlsplit(settings.smtp_url)
        port = parts.port
    except ValueError:
        raise SettingsError([f"TRIVET_SMTP_URL: {_NO_ADDRESS}"]) from None
    if parts.scheme not in _KINDS or not parts.hostname:
        raise SettingsError([f"TRIVET_SMTP_URL: {_NO_ADDRESS}"])  # without the address: a password may be in it
    tls, usual = _KINDS[parts.scheme]
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(parts.hostname, port or usual, tls, username, password, settings.smtp_ca_file or None)


class Mail:
    """Letters to account holders. ``on`` is False where no server is set, and then nothing is ever sent.

    Raises `SettingsError`.
    """

    def __init__(self, settings: AuthSettings) -> None:
        self._server = server_of(settings)
        self._from = settings.mail_from
        self._letters: queue.Queue[Callable[[], Sequence[Letter]]] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.on = self._server is not None

    def send(self, write: Callable[[], Sequence[Letter]]) -> None:
        """Let the sender write letters, as many as there are to be, and send them; without waiting for it."""
        try:
            self._letters.put_nowait(write)
        except queue.Full:
            log.error("too many letters wait to be sent: one is dropped")
        self._start()

    def _start(self) -> None:
        with self._lock:  # by the first letter: the process that sends is not always the one that began
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="trivet-mail", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            write = self._letters.get()
            try:
                letters = write()
            except (ValueError, Problem) as fault:
                log.error("letters were not written: %s", type(fault).__name__)
                continue
            for letter in letters:
                self._try(letter)

    def _try(self, letter: Letter) -> None:
        try:
            self._deliver(letter)
        except (OSError, smtplib.SMTPException, ValueError) as fault:
            # the letter holds a token and the fault may quote it: neither goes into the log
            log.error("a letter was not sent: %s", type(fault).__name__)

    def _deliver(self, letter: Letter) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._from, letter.to, letter.subject
        message.set_content(letter.text)
        if self._server is not None:
            with _connected(self._server) as connection:
                connection.send_message(message, to_addrs=[letter.to])


def _connected(server: Server) -> smtplib.SMTP:
    """A connection to the server, secured and logged in. Certificates are verified, names included."""
    context = ssl.create_default_context(cafile=server.ca_file)
    if server.tls == "implicit":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT)
    try:
        if server.tls == "starttls":
            connection.starttls(context=context)
        if server.username:
            connection.login(server.username, server.password)
    except BaseException:
        connection.close()
        raise
    return connection
