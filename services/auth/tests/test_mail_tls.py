"""Mail over TLS, implicit and by STARTTLS, to a real SMTP server: certificates are verified before anything is said."""

import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from auth_service.app import create_app
from auth_service.mail import Letter, Mail
from auth_service.settings import AuthSettings
from chassis.settings import SettingsError

from tests.fixtures.certificates import Authority

USER, PASSWORD = "post@example.com", "p:a/ss@word%"
IN_URL = "post%40example.com:p%3Aa%2Fss%40word%25"
LETTER = Letter("ada@example.com", "Hello", "A word.\n")


class Postbox:
    """A mail server that takes letters over TLS alone, and from who logs in alone."""

    def __init__(self, folder: Path, authority: Authority, scheme: str, **certificate: Any) -> None:
        authority.issue(folder, "mail", **({"hosts": ["localhost"]} | certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "mail.pem", folder / "mail.key")
        self.letters: Queue[tuple[str, bool, bytes]] = Queue()
        self.logins: list[bytes] = []
        implicit = scheme == "smtps"
        self._controller = Controller(
            self, "127.0.0.1", _free_port(), authenticator=self._knows, auth_required=True,
            ssl_context=context if implicit else None,
            tls_context=None if implicit else context, require_starttls=not implicit, auth_require_tls=not implicit,
        )  # fmt: skip
        self.address = f"localhost:{self._controller.port}"

    def __enter__(self) -> "Postbox":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep a letter: to whom, whether it came by TLS, and its text."""
        over_tls = server.transport.get_extra_info("ssl_object") is not None
        assert isinstance(envelope.content, bytes)
        self.letters.put((envelope.rcpt_tos[0], over_tls, envelope.content))
        return "250 OK"

    def _knows(self, _server: SMTP, _session: Session, _envelope: Envelope, _kind: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.password)
        right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=right)  # who is wrong is told so by the server itself


Make = Callable[..., Postbox]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that the settings name."""
    return Authority(tmp_path)


@pytest.fixture
def postbox(tmp_path: Path, authority: Authority) -> Iterator[Make]:
    """A function that starts a mail server for a scheme, with another authority or certificate where given."""
    with ExitStack() as servers:

        def make(scheme: str, authority: Authority = authority, **certificate: Any) -> Postbox:
            return servers.enter_context(Postbox(tmp_path, authority, scheme, **certificate))

        yield make


def send(scheme: str, server: Postbox, authority: Authority, login: str = f"{IN_URL}@") -> None:
    settings = AuthSettings(smtp_url=f"{scheme}://{login}{server.address}", smtp_ca_file=str(authority.certificate))
    Mail(settings).send(lambda: [LETTER])


Log = Queue[str]


@pytest.fixture
def log() -> Iterator[Log]:
    """What the sender logs, line by line."""
    lines: Log = Queue()
    handler = logging.Handler()
    handler.emit = lambda record: lines.put(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("trivet.mail")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_letter_is_sent_over_tls_and_with_a_login(postbox: Make, authority: Authority, scheme: str) -> None:
    server = postbox(scheme)
    send(scheme, server, authority)
    to, over_tls, text = server.letters.get(timeout=20)
    assert (to, over_tls) == ("ada@example.com", True)
    assert b"A word." in text
    assert server.logins == [PASSWORD.encode()]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("flaw", ["a stranger's", "another name's", "expired"])
def test_a_certificate_that_proves_nothing_gets_no_word(
    postbox: Make, authority: Authority, tmp_path: Path, log: Log, scheme: str, flaw: str
) -> None:
    given: dict[str, dict[str, Any]] = {
        "a stranger's": {"authority": Authority(tmp_path, "stranger")},
        "another name's": {"hosts": ["mail.example"]},
        "expired": {"expired": True},
    }
    server = postbox(scheme, **given[flaw])
    send(scheme, server, authority)
    assert log.get(timeout=20) == "a letter was not sent: SSLCertVerificationError"
    assert (server.logins, server.letters.qsize()) == ([], 0)


def test_a_server_that_lost_its_starttls_gets_no_word(postbox: Make, authority: Authority, log: Log) -> None:
    """As when somebody in between takes the offer out."""
    server = postbox("smtp+starttls")
    server._controller.SMTP_kwargs.update(tls_context=None, require_starttls=False, auth_require_tls=False)
    send("smtp+starttls", server, authority)
    assert log.get(timeout=20) == "a letter was not sent: SMTPNotSupportedError"
    assert (server.logins, server.letters.qsize()) == ([], 0)


def test_a_wrong_password_is_told_without_it(postbox: Make, authority: Authority, log: Log) -> None:
    server = postbox("smtps")
    send("smtps", server, authority, "post%40example.com:hunter2@")
    assert log.get(timeout=20) == "a letter was not sent: SMTPAuthenticationError"
    assert server.letters.qsize() == 0


@pytest.mark.parametrize("url", ["smtp+tls://host", "smtps://", "mail.example", "smtps://host:port"])
def test_an_address_that_is_none_keeps_auth_from_starting(settings: AuthSettings, url: str) -> None:
    """Else a slip would send tokens in the clear."""
    with pytest.raises(SettingsError, match="TRIVET_SMTP_URL"):
        create_app(replace(settings, smtp_url=url))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
