"""Mail through an SMTP server, sent by a thread of its own: how long a server takes tells nobody who has an account."""

import logging
import queue
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from contracts.problems import Problem

from auth_service.settings import AuthSettings

_TIMEOUT = 10.0  # seconds
_WAITING = 100  # letters; what comes beyond is dropped and logged
log = logging.getLogger("trivet.mail")


@dataclass(frozen=True)
class Letter:
    """A letter in plain text."""

    to: str
    subject: str
    text: str = field(repr=False)


class Mail:
    """Letters to account holders. ``on`` is False where no server is set, and then nothing is ever sent."""

    def __init__(self, settings: AuthSettings) -> None:
        self._server = urlsplit(settings.smtp_url)
        self._from = settings.mail_from
        self._letters: queue.Queue[Callable[[], Sequence[Letter]]] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.on = bool(settings.smtp_url)

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
        server, context = self._server, ssl.create_default_context()
        host = server.hostname or ""
        connection: smtplib.SMTP
        if server.scheme == "smtps":
            connection = smtplib.SMTP_SSL(host, server.port or 465, timeout=_TIMEOUT, context=context)
        else:
            connection = smtplib.SMTP(host, server.port or 587, timeout=_TIMEOUT)
        with connection:
            if server.scheme == "smtp+starttls":
                connection.starttls(context=context)
            if server.username:
                connection.login(unquote(server.username), unquote(server.password or ""))
            connection.send_message(message, to_addrs=[letter.to])
