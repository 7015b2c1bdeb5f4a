"""nginx answers TLS on a port of its own: certificate, protocols, ciphers, HTTP/2, and what browsers are told."""

import json
import os
import socket
import ssl
import stat
import subprocess
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from trivet_cli import layout, nginx_conf
from trivet_cli.choices import settle
from trivet_cli.faults import CannotStart
from trivet_cli.nginx_conf import Tls
from trivet_cli.settings import UpSettings


def made(router: Any) -> Path:
    return router.places.state / "tls" / "development.crt"


def context(router: Any) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(made(router)))


def handshake(router: Any, chosen: ssl.SSLContext, name: str = "localhost") -> tuple[Any, ...]:
    with (
        socket.create_connection(("127.0.0.1", router.tls_port), timeout=10) as connection,
        chosen.wrap_socket(connection, server_hostname=name) as secured,
    ):
        return secured.version(), secured.cipher(), secured.selected_alpn_protocol()


def answer(router: Any, path: str = "/rest/v1/x", *, tls: bool = True) -> tuple[int, dict[str, str], str]:
    connection: HTTPConnection
    if tls:
        connection = HTTPSConnection("localhost", router.tls_port, timeout=10, context=context(router))
    else:
        connection = HTTPConnection("127.0.0.1", router.port, timeout=10)
    connection.request("GET", path)
    found = connection.getresponse()
    text = found.read().decode()
    connection.close()
    return found.status, {name.lower(): value for name, value in found.getheaders()}, text


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "gate.example", "10.1.2.3"])
def test_the_made_certificate_names_its_hosts(tls_router: Any, name: str) -> None:
    assert handshake(tls_router, context(tls_router), name)[0] == "TLSv1.3"


def test_nobody_trusts_it_by_itself_nor_for_other_names(tls_router: Any) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tls_router, ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tls_router, context(tls_router), "other.example")


def test_its_key_is_its_owner_s_alone(tls_router: Any) -> None:
    assert stat.S_IMODE(made(tls_router).with_suffix(".key").stat().st_mode) == 0o600


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_protocols_are_refused(tls_router: Any, version: ssl.TLSVersion) -> None:
    chosen = context(tls_router)
    chosen.minimum_version = chosen.maximum_version = version
    chosen.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(tls_router, chosen)


@pytest.mark.parametrize("ciphers", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"])
def test_weak_ciphers_are_refused(tls_router: Any, ciphers: str) -> None:
    chosen = context(tls_router)
    chosen.maximum_version = ssl.TLSVersion.TLSv1_2
    chosen.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(tls_router, chosen)
    chosen.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    assert handshake(tls_router, chosen)[1][0] == "ECDHE-ECDSA-AES128-GCM-SHA256"


def test_http_2_is_spoken(tls_router: Any) -> None:
    chosen = context(tls_router)
    chosen.set_alpn_protocols(["h2", "http/1.1"])
    assert handshake(tls_router, chosen)[2] == "h2"
    url = f"https://localhost:{tls_router.tls_port}/rest/v1/x?a=b"
    words = ["curl", "-sS", "--http2", "--cacert", str(made(tls_router)), "-w", "\n%{http_version}", url]
    body, _, version = subprocess.run(words, check=True, capture_output=True, text=True, timeout=20).stdout.rpartition(
        "\n"
    )
    assert version == "2"
    assert json.loads(body)["path"] == "/rest/v1/x?a=b"


def test_services_know_that_it_was_tls(tls_router: Any) -> None:
    headers = {name.lower(): value for name, value in json.loads(answer(tls_router)[2])["headers"]}
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", str(tls_router.tls_port))


def test_only_tls_tells_browsers_to_stay_with_it(tls_router: Any) -> None:
    assert answer(tls_router)[1]["strict-transport-security"] == "max-age=31536000"
    assert answer(tls_router, "/nowhere")[1]["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in answer(tls_router, tls=False)[1]


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("path", ["/rest/v1/x", "/nowhere", "/"])
def test_browsers_are_told_to_be_careful(tls_router: Any, path: str, tls: bool) -> None:
    headers = answer(tls_router, path, tls=tls)[1]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "nginx/" not in headers["server"]


def test_the_made_certificate_is_kept(tls_router: Any, short_folder: Path) -> None:
    before = made(tls_router).read_bytes()
    tls = Tls(f"127.0.0.1:{tls_router.tls_port}", names=("gate.example", "10.1.2.3"))
    places = layout.layout_of(str(short_folder / "state"))
    layout.make(places)
    nginx_conf._add_tls(short_folder, tls, made(tls_router).parent, os.environ)
    assert made(tls_router).read_bytes() == before
    nginx_conf._add_tls(short_folder, Tls("127.0.0.1:1"), short_folder, os.environ)
    assert (short_folder / "development.crt").read_bytes() != before


def test_a_given_certificate_is_taken(tls_router: Any, short_folder: Path) -> None:
    given = Tls("[::1]:9", str(made(tls_router)), str(made(tls_router).with_suffix(".key")))
    nginx_conf._add_tls(short_folder, given, short_folder / "none", os.environ)
    text = (short_folder / "tls.conf").read_text()
    assert f"ssl_certificate {made(tls_router)};" in text
    assert "listen [::1]:9 ssl" in text
    assert not (short_folder / "none").exists()


@pytest.mark.parametrize(
    "tls", [Tls("127.0.0.1:9", "/nowhere.crt", "/nowhere.key"), Tls("127.0.0.1:9", names=("x;load_module y",))]
)
def test_what_can_t_be_used_is_named(short_folder: Path, tls: Tls) -> None:
    with pytest.raises(CannotStart, match="TLS"):
        nginx_conf._add_tls(short_folder, tls, short_folder / "made", os.environ)
    assert not (short_folder / "tls.conf").exists()


def test_tls_is_off_unless_asked_for(short_folder: Path) -> None:
    assert settle(UpSettings()).tls == nginx_conf.NO_TLS
    (short_folder / "tls.conf").write_text("left over")
    nginx_conf._add_tls(short_folder, nginx_conf.NO_TLS, short_folder / "made", os.environ)
    assert os.listdir(short_folder) == []


@pytest.mark.parametrize(
    "settings",
    [UpSettings(tls_port=8080), UpSettings(tls_port=-1), UpSettings(tls_port=9, tls_certificate="/a.crt")],
)
def test_choices_that_can_t_be(settings: UpSettings) -> None:
    with pytest.raises(CannotStart, match="TLS"):
        settle(settings)
