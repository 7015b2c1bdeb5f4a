"""`trivet ldap`: the doctor walks through a login and says in plain words where it stops; accounts given to entries."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from auth_service import accounts, store
from auth_service.directory.sub_codes import explained
from click.testing import CliRunner, Result
from trivet_cli.ldap import ldap

from tests.fixtures.certificates import Authority
from tests.fixtures.ldap_people import PASSWORD
from tests.fixtures.slapd import BASE, Slapd, ldap_settings

Run = Callable[..., Result]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[store.Store]:
    url = f"sqlite:///{tmp_path}/accounts.db"
    store.migrate(url)
    opened = store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def run(slapd: Slapd, kept: store.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs the command with the tests' directory, some settings changed."""

    def make(*words: str, input: str | None = None, server: Slapd = slapd, **changes: Any) -> Result:
        monkeypatch.setenv("TRIVET_ACCOUNTS_URL", f"sqlite:///{tmp_path}/accounts.db")
        for name, value in ldap_settings(server, **changes).items():
            monkeypatch.setenv(f"TRIVET_{name.upper()}", ",".join(value) if isinstance(value, tuple) else str(value))
        return CliRunner().invoke(ldap, list(words), input=input)

    return make


def test_a_login_that_works_is_told_step_by_step(run: Run) -> None:
    found = run("doctor", "jonas", "--password-stdin", input=PASSWORD + "\n")
    assert found.exit_code == 0, found.output
    order = ["StartTLS, TLSv1.", "bind as cn=reader", f"entry uid=jonas,ou=people,{BASE}", "entryUUID", "the password is right",
             "neither disabled nor expired", f"cn=drivers,ou=groups,{BASE}", "driver by default", "jonas@trivet.example will be made",
             "locks after 8 wrong passwords", "jonas can log in"]  # fmt: skip
    places = [found.output.find(text) for text in order]
    assert -1 not in places, (order, found.output)
    assert places == sorted(places)
    assert PASSWORD not in found.output


def test_without_a_password_all_but_the_bind_is_tried(run: Run, slapd: Slapd) -> None:
    before = slapd.binds.count(f"uid=ines,ou=people,{BASE}")
    found = run("doctor", "ines")
    assert (found.exit_code, "with the right password" in found.output) == (0, True)
    assert slapd.binds.count(f"uid=ines,ou=people,{BASE}") == before


@pytest.mark.parametrize(
    ("user", "changes", "says"),
    [
        ("nobody", {}, "finds nobody"),
        ("jonas", {"ldap_base": f"ou=peeple,{BASE}"}, "TRIVET_LDAP_BASE is not there"),
        ("twin", {"ldap_base": BASE}, "finds several"),
        ("jonas", {"ldap_bind_password": "wrong"}, "check TRIVET_LDAP_BIND_DN"),
        ("jonas", {"ldap_ca_file": ""}, "TRIVET_LDAP_CA_FILE"),
        ("jonas", {"ldap_ca_file": "/nonexistent"}, "TRIVET_LDAP_CA_FILE"),
        ("jonas", {"ldap_urls": ("ldap://localhost:1",)}, "nothing listens there"),
        ("jonas", {"ldap_urls": ("ldap://nobody.invalid",)}, "the name is not known"),
        ("jonas", {"ldap_id_attribute": "nsUniqueId"}, "TRIVET_LDAP_ID_ATTRIBUTE"),
        ("expired", {}, "has expired (shadowExpire)"),
        ("guest", {}, "TRIVET_LDAP_DEFAULT_ROLE"),
        ("jonas", {"ldap_roles": "others => clerk"}, f"add:  cn=drivers,ou=groups,{BASE} => ROLE"),
        ("guest", {"ldap_group_base": f"ou=grups,{BASE}"}, "TRIVET_LDAP_GROUP_BASE"),
        ("jonas", {"ldap_direct_bind": f"uid={{name}},ou=people,{BASE}"}, "give --password-stdin"),
    ],
)
def test_where_it_stops_and_what_to_try(run: Run, user: str, changes: dict[str, Any], says: str) -> None:
    found = run("doctor", user, **changes)
    assert found.exit_code == 1
    assert says in found.output
    assert "Traceback" not in found.output


def test_a_wrong_password_is_named_as_such(run: Run) -> None:
    found = run("doctor", "jonas", "--password-stdin", input="wrong\n")
    assert found.exit_code == 1
    assert "STOP  bind as uid=jonas" in found.output
    assert run("doctor", "jonas", "--password-stdin", input="\n").exit_code == 1


@pytest.mark.parametrize(
    ("hosts", "expired", "says"), [(["else.example"], False, "for another name"), (["localhost"], True, "renew it")]
)
def test_what_is_wrong_with_a_certificate(
    run: Run, authority: Authority, make_slapd: Callable[..., Slapd], hosts: list[str], expired: bool, says: str
) -> None:
    server = make_slapd(hosts=hosts, expired=expired)
    for url in (server.url, server.tls_url):
        assert says in run("doctor", "jonas", server=server, ldap_urls=(url,)).output


def test_tls_asked_of_a_port_without_it(run: Run, slapd: Slapd) -> None:
    assert (
        "ldap://host for StartTLS" in run("doctor", "jonas", ldap_urls=(slapd.url.replace("ldap:", "ldaps:"),)).output
    )


def test_a_second_server_stands_in(run: Run, slapd: Slapd) -> None:
    found = run("doctor", "jonas", ldap_urls=("ldap://localhost:1", slapd.tls_url))
    assert found.exit_code == 0
    assert "note  ldap://localhost:1" in found.output


def test_a_lock_of_the_directory_that_comes_too_early(run: Run, make_slapd: Callable[..., Slapd]) -> None:
    found = run("doctor", "jonas", server=make_slapd(max_failure=3))
    assert "would lock people before Trivet stops" in found.output


def test_an_address_that_is_taken_and_given(run: Run, kept: store.Store) -> None:
    accounts.add(kept, "boss@example.com", "something else", "boss")
    assert "trivet ldap link" in run("doctor", "mallory").output
    assert run("link", "mallory", "nobody@example.com").exit_code == 1
    given = run("link", "mallory", "boss@example.com")
    assert (given.exit_code, "goes on to work too" in given.output) == (0, True)
    assert run("link", "mallory", "boss@example.com").exit_code == 1
    found = run("doctor", "mallory", "--password-stdin", input=PASSWORD + "\n")
    assert (found.exit_code, "boss@example.com has the roles boss" in found.output) == (0, True)


def test_without_a_directory_it_says_so(run: Run) -> None:
    assert "TRIVET_LDAP_URLS" in run("doctor", "jonas", ldap_urls=()).output


@pytest.mark.parametrize("code", ["52e", "532", "533", "701", "773", "775", "525", "530", "531"])
def test_sub_codes_of_active_directory_are_explained(code: str) -> None:
    message = f"invalidCredentials: 80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {code}, v4563"
    found = explained(message)
    assert found is not None
    assert found.startswith(f"{code}: ")
    assert explained("invalidCredentials: data abc") is None
