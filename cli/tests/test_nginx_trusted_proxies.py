"""Proxies before nginx: whose word about the client counts, and that nobody else's does."""

import http.client
import json
import subprocess
from pathlib import Path

import pytest
from trivet_cli import nginx_conf
from trivet_cli.choices import settle
from trivet_cli.faults import CannotStart
from trivet_cli.settings import UpSettings

SCRIPT = Path(__file__).resolve().parents[2] / "nginx" / "trusted-proxies.sh"
TOLD = {
    "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com",
    "X-Forwarded-Port": "443",
}  # fmt: skip


def seen(router, headers: dict[str, str]) -> dict[str, str]:
    """The headers that a service gets."""
    connection = http.client.HTTPConnection("127.0.0.1", router.port, timeout=10)
    connection.request("GET", "/rest/v1/x", headers=headers)
    found = json.loads(connection.getresponse().read())["headers"]
    connection.close()
    return {name.lower(): value for name, value in found}


def test_nobody_is_trusted_by_itself(router) -> None:
    found = seen(router, TOLD)
    assert (found["x-real-ip"], found["x-forwarded-for"]) == ("127.0.0.1", "127.0.0.1")
    assert (found["x-forwarded-proto"], found["x-forwarded-host"]) == ("http", f"127.0.0.1:{router.port}")
    assert found["x-forwarded-port"] == str(router.port)


def test_a_trusted_proxy_says_for_whom_it_asks(trusting_router) -> None:
    found = seen(trusting_router, TOLD)
    assert (found["x-real-ip"], found["x-forwarded-for"]) == ("203.0.113.9", "203.0.113.9")
    assert (found["x-forwarded-proto"], found["x-forwarded-host"]) == ("https", "api.example.com")
    assert found["x-forwarded-port"] == "443"


@pytest.mark.parametrize(
    "chain, address",
    [
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),  # what the client wrote itself stands before
        ("6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("203.0.113.9, 10.2.0.1", "10.2.0.1"),
        ("2001:db8::7, fd00::1", "2001:db8::7"),
        ("nonsense", "127.0.0.1"),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(trusting_router, chain: str, address: str) -> None:
    found = seen(trusting_router, {"X-Forwarded-For": chain})
    assert (found["x-real-ip"], found["x-forwarded-for"]) == (address, address)


@pytest.mark.parametrize(
    "header, value, shown",
    [
        ("X-Forwarded-Proto", "gopher", "http"),
        ("X-Forwarded-Proto", "https, http", "http"),
        ("X-Forwarded-Proto", "http, https", "https"),
        ("X-Forwarded-Host", "a b", None),
        ("X-Forwarded-Host", "evil.example, api.example.com:8443", "api.example.com:8443"),
        ("X-Forwarded-Port", "44x", None),
    ],
)
def test_only_sensible_words_of_a_proxy_count(trusting_router, header: str, value: str, shown: str | None) -> None:
    plain = {"X-Forwarded-Host": f"127.0.0.1:{trusting_router.port}", "X-Forwarded-Port": str(trusting_router.port)}
    assert seen(trusting_router, {header: value})[header.lower()] == (shown or plain[header])


def test_other_forwarding_headers_are_stripped_from_a_proxy_too(trusting_router) -> None:
    sent = {"Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6", "X-Forwarded-Prefix": "/x", "X-Trivet-Role": "admin"}
    found = seen(trusting_router, sent)
    assert found["x-real-ip"] == "127.0.0.1"
    assert not {"forwarded", "x-forwarded-prefix", "x-trivet-role"} & set(found)


@pytest.mark.parametrize("proxies", [(), ("127.0.0.1",), ("10.0.0.0/8", "fd00::/8", "192.168.1.1")])
def test_containers_get_the_same_lines(tmp_path: Path, proxies: tuple[str, ...]) -> None:
    environment = {"TRIVET_NGINX_DIR": str(tmp_path), "TRUSTED_PROXIES": ", ".join(proxies), "PATH": "/usr/bin:/bin"}
    subprocess.run([SCRIPT], env=environment, check=True, timeout=10)
    assert (tmp_path / "trusted.conf").read_text() == nginx_conf.trusted(proxies)


def test_containers_refuse_what_is_no_network(tmp_path: Path) -> None:
    environment = {"TRIVET_NGINX_DIR": str(tmp_path), "TRUSTED_PROXIES": "10.0.0.1; evil", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([SCRIPT], env=environment, capture_output=True, check=False, timeout=10)
    assert done.returncode == 1
    assert b"10.0.0.1;" in done.stderr
    assert not (tmp_path / "trusted.conf").exists()


def test_proxies_are_checked_before_anything_starts() -> None:
    assert settle(UpSettings(trusted_proxies=("10.0.0.0/8", "::1", "10.1.2.3/8"))).demo
    with pytest.raises(CannotStart) as refused:
        settle(UpSettings(trusted_proxies=("10.0.0.0/33", "proxy.example", "fe80::1%eth0", "1.2.3.4; x")))
    assert len(str(refused.value).splitlines()) == 4
