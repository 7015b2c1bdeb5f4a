"""What compose makes of the settings for logins: the profile's directory and its certificate, and outside issuers."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from auth_service.connectors.ldap import config
from auth_service.settings import AuthSettings
from chassis.settings import load

ROOT = Path(__file__).resolve().parents[1]
_HAS_COMPOSE = (
    shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
)
needs_compose = pytest.mark.skipif(not _HAS_COMPOSE, reason="docker compose is not installed")


def composed(*words: str, **settings: str) -> dict[str, Any]:
    """The services as compose understands the file with these settings alone."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings}
    command = ["docker", "compose", *words, "config", "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def mounts(service: Mapping[str, Any]) -> dict[str, str]:
    return {volume["target"]: volume["source"] for volume in service["volumes"]}


@needs_compose
@pytest.mark.parametrize("profile", ["openldap", "ldap"])
def test_the_profile_and_its_settings_are_a_directory_that_auth_can_use(profile: str) -> None:
    services = composed("--profile", profile, "--env-file", "openldap/directory.env")
    environment = services["auth"]["environment"]
    told = {name: text for name, text in environment.items() if text and not name.endswith("_FILE")}
    told["TRIVET_LDAP_CA_FILE"] = environment["TRIVET_LDAP_CA_FILE"]
    directory = config.of(load(AuthSettings, told))
    assert directory is not None
    assert [str(server) for server in directory.servers] == ["ldap://openldap:389"]
    assert directory.bind_password == services["openldap"]["environment"]["LDAP_READONLY_USER_PASSWORD"]
    folder, file = os.path.split(directory.ca_file or "")
    assert mounts(services["auth"])[folder] == mounts(services["openldap-tls"])["/ca"] == "openldap_ca"
    assert file == "ca.crt"
    assert services["auth"]["depends_on"]["openldap"]["condition"] == "service_healthy"


@needs_compose
def test_the_key_is_the_directory_s_alone() -> None:
    services = composed("--profile", "*", "--env-file", "openldap/directory.env")
    holders = {
        name
        for name, service in services.items()
        if "openldap_tls" in mounts(service | {"volumes": service.get("volumes", [])}).values()
    }
    assert holders == {"openldap", "openldap-tls"}


@needs_compose
def test_a_ca_of_one_s_own_is_mounted() -> None:
    auth = composed(TRIVET_LDAP_URLS="ldaps://ldap.example", TRIVET_LDAP_CA_FILE="/etc/ssl/example.pem")["auth"]
    assert mounts(auth)[auth["environment"]["TRIVET_LDAP_CA_FILE"]] == "/etc/ssl/example.pem"


@needs_compose
@pytest.mark.parametrize("service", ["auth", "prepare"])
def test_issuers_are_mounted_as_they_are_named(tmp_path: Path, service: str) -> None:
    """A file or a folder: auth reads either."""
    for source in (tmp_path, tmp_path / "issuers.toml"):
        found = composed(TRIVET_ISSUERS=str(source))[service]
        assert mounts(found)[found["environment"]["TRIVET_ISSUERS"]] == str(source)
    assert not composed()["auth"]["environment"]["TRIVET_ISSUERS"]


@needs_compose
def test_commands_know_what_auth_knows() -> None:
    """Else a command would make keys of another kind, ask no directory, and end sessions that go on for a while."""
    services = composed("--env-file", "openldap/directory.env", TRIVET_SIGNING_ALGORITHM="RS256")
    auth, commands = services["auth"]["environment"], services["prepare"]["environment"]
    for name in (
        "TRIVET_SIGNING_ALGORITHM",
        "TRIVET_LDAP_URLS",
        "TRIVET_REDIS_URL",
        "TRIVET_PUBLIC_URL",
        "TRIVET_STATE_DIR",
    ):
        assert commands[name] == auth[name], name
    assert "inner" in services["prepare"]["networks"]


def made(folder: Path) -> Path:
    for name in ("tls", "ca"):
        (folder / name).mkdir(exist_ok=True)
    environment = {**os.environ, "TRIVET_TLS_DIR": str(folder / "tls"), "TRIVET_CA_DIR": str(folder / "ca")}
    subprocess.run([ROOT / "openldap" / "tls.sh"], env=environment, check=True, capture_output=True)
    return folder / "tls"


def test_the_certificate_is_good_for_the_directory_s_name(tmp_path: Path) -> None:
    folder = made(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.crt", folder / "server.key")
    client = ssl.create_default_context(cafile=str(tmp_path / "ca" / "ca.crt"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    assert handshake(server, client, "openldap")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "other.example")


def test_it_is_made_once_and_its_authority_s_key_is_gone(tmp_path: Path) -> None:
    folder = made(tmp_path)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(before) == {"ca.crt", "server.crt", "server.key"}
    assert (folder / "server.key").stat().st_mode & 0o777 == 0o640
    made(tmp_path)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert (tmp_path / "ca" / "ca.crt").read_bytes() == before["ca.crt"]
    (folder / "server.crt").write_text("")
    made(tmp_path)
    assert (folder / "server.key").read_bytes() != before["server.key"]


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """The version of TLS that both agree on."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname=name) as secured:
            return secured.version()
    finally:
        ours.close()
        thread.join()
