"""What `trivet check` says of the directory and of outside issuers: faults, roles without rules, and what is next."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from trivet_cli.check import check

from tests.fixtures.certificates import Authority

Run = Callable[..., list[str]]
GOOD = {
    "TRIVET_LDAP_URLS": "ldaps://ldap.example",
    "TRIVET_LDAP_BASE": "ou=people,dc=x",
    "TRIVET_LDAP_ROLES": "boss => admin; clerks => clerk",
}
CONFIG = "version: 1\nresources:\n  orders: {permissions: {clerk: {select: {columns: '*', filter: {}}}}}\n"
ISSUER = '[[issuer]]\nissuer = "https://login.example"\naudience = "trivet"\nroles = { staff = "clerk", x = "ghost" }\n'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The lines of the command in a folder with a configuration; settings by keyword."""
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "TRIVET_CONFIG", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    Path("trivet.yaml").write_text(CONFIG)

    def invoke(*words: str, **settings: str) -> list[str]:
        result = CliRunner().invoke(check, words or ("--config", "trivet.yaml"), env=settings)
        faults = [line for line in result.output.splitlines() if line.startswith("fault: ")]
        assert result.exit_code == (1 if faults else 0)
        return result.output.splitlines()

    return invoke


def test_a_directory_without_faults(run: Run, authority: Authority) -> None:
    lines = run(**GOOD, TRIVET_LDAP_CA_FILE=str(authority.certificate))
    assert lines[-1] == "no faults"
    assert any(line.startswith("note: ") and "trivet ldap doctor USER" in line for line in lines)


def test_without_a_directory_nothing_is_said_of_it(run: Run) -> None:
    assert not any("ldap" in line.lower() for line in run())


def test_every_fault_of_the_directory_at_once(run: Run) -> None:
    lines = run(**{**GOOD, "TRIVET_LDAP_BASE": "people", "TRIVET_LDAP_BIND_DN": "cn=x"}, TRIVET_LDAP_TIMEOUT="0")
    names = [line.split(":")[1].strip() for line in lines if line.startswith("fault: ")]
    assert set(names) == {"TRIVET_LDAP_BASE", "TRIVET_LDAP_BIND_PASSWORD", "TRIVET_LDAP_TIMEOUT"}
    assert not any("doctor" in line for line in lines)


def test_certificates_that_can_t_be_read(run: Run) -> None:
    assert any("none.pem can't be read" in line for line in run(**GOOD, TRIVET_LDAP_CA_FILE="none.pem"))
    assert any("holds no certificate" in line for line in run(**GOOD, TRIVET_LDAP_CA_FILE="trivet.yaml"))


def test_roles_of_which_the_configuration_says_nothing(run: Run) -> None:
    lines = run(**{**GOOD, "TRIVET_LDAP_ROLES": "boss => admin; clerks => clreks", "TRIVET_LDAP_DEFAULT_ROLE": "guest"})
    said = [line.partition(",")[0] for line in lines if "says nothing" in line]
    assert said == [
        "note: TRIVET_LDAP_ROLES gives the role clreks", "note: TRIVET_LDAP_DEFAULT_ROLE gives the role guest",
    ]  # fmt: skip


def test_outside_issuers(run: Run) -> None:
    Path("issuers.toml").write_text(ISSUER + 'secret_file = "shared.secret"\n')
    (fault,) = [line for line in run(TRIVET_ISSUERS="issuers.toml") if line.startswith("fault: ")]
    assert fault.startswith("fault: TRIVET_ISSUERS: issuers.toml: ")
    Path("shared.secret").write_text("s" * 32)
    lines = run(TRIVET_ISSUERS="issuers.toml")
    assert [line for line in lines if "TRIVET_ISSUERS" in line] == [
        "note: TRIVET_ISSUERS gives the role ghost, of which the configuration says nothing: who has it sees nothing"
    ]


def test_mail_in_the_clear_is_noted_and_a_slip_is_a_fault(run: Run) -> None:
    assert any("in the clear" in line for line in run(TRIVET_SMTP_URL="smtp://mail.example"))
    assert not any("in the clear" in line for line in run(TRIVET_SMTP_URL="smtps://mail.example"))
    assert not any("in the clear" in line for line in run(TRIVET_SMTP_URL="smtp://localhost:25"))
    for url in ("smtp+tls://ada:hunter2@mail.example", "smtps://", "smtps://ada:hunter2@mail.example:many"):
        (fault,) = [line for line in run(TRIVET_SMTP_URL=url) if line.startswith("fault: ")]
        assert fault.startswith("fault: TRIVET_SMTP_URL: is not smtps://host")
        assert "hunter2" not in fault
