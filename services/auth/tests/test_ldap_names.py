"""Names of a directory: DNs compared, names put into filters and DNs without a way out of them."""

import pytest
from auth_service.directory.names import (
    NameFault,
    below,
    common_name,
    dns_domain,
    fill_bind_name,
    fill_filter,
    fold_dn,
    folded_name,
    parent,
    typed,
)
from ldap3.utils.dn import parse_dn

BASE = "ou=people,dc=Corp,dc=example"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uid=ines,ou=people,dc=x", "UID=Ines, OU=People, DC=X"),
        (r"cn=Smith\, Ada,dc=x", r"cn=Smith\2C Ada,dc=x"),
        (r"cn=J\C3\B6rg,dc=x", "cn=Jörg,dc=x"),
        ("cn=a  b,dc=x", "cn=a b,dc=x"),
        ("cn=ada+uid=1,dc=x", "CN=Ada+UID=1,dc=x"),
    ],
)
def test_spellings_of_one_dn_are_one(one: str, other: str) -> None:
    assert fold_dn(one) == fold_dn(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"cn=a\,ou=b,dc=x", "cn=a,ou=b,dc=x"),
        (r"cn=a\+uid=b,dc=x", "cn=a+uid=b,dc=x"),
        ("cn=a,dc=x", "cn=a,dc=y"),
    ],
)
def test_what_is_escaped_is_no_separator(one: str, other: str) -> None:
    assert fold_dn(one) != fold_dn(other)


@pytest.mark.parametrize("text", ["ines", "cn", "=x,dc=y", "cn=a,,dc=b"])
def test_what_is_no_dn_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NameFault):
        fold_dn(text)


def test_a_group_is_below_its_base_only_by_whole_parts() -> None:
    assert below("cn=a,ou=groups,dc=x", "OU=Groups,dc=x")
    assert not below(r"cn=a\,ou=groups,dc=x", "ou=groups,dc=x")
    assert not below("cn=a,ou=my groups,dc=x", "ou=groups,dc=x")
    assert not below("ou=groups,dc=x", "ou=groups,dc=x")


def test_parts_of_a_dn() -> None:
    assert common_name(r"cn=Smith\, Ada,ou=x,dc=y") == "smith, ada"
    assert dns_domain(BASE) == "corp.example"
    assert parent(BASE) == "dc=Corp,dc=example"
    assert parent("dc=corp,dc=example") == "dc=corp,dc=example"


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("ines", "ines"),
        (r"CORP\ines", "ines"),
        (r"corp\ines", "ines"),
        (r"OTHER\ines", None),
        ("ines@corp.example", "ines"),
        ("ines@CORP.Example", "ines"),
        ("ines@other.example", None),
    ],
)
def test_names_of_ad_in_their_three_spellings(text: str, account: str | None) -> None:
    assert typed(text, "CORP", BASE).account == account


@pytest.mark.parametrize(
    "name",
    ["*", "x)(uid=*", "ines)(|(uid=*", "(", ")", "\\", "x\\29(uid=*", "x\x00", "{account}", "i*", "*)(objectClass=*"],
)
def test_no_name_changes_a_filter(name: str) -> None:
    text = fill_filter("(uid={name})", typed(name, "", BASE))
    inner = text.removeprefix("(uid=").removesuffix(")")
    assert not set("()*\x00") & set(inner)
    assert all(part[:2].lower() in {"5c", "2a", "28", "29", "00"} for part in inner.split("\\")[1:])


@pytest.mark.parametrize(
    "name", ["a,ou=admins", "a+uid=root", "a,dc=evil", "#04", " a ", "a\\", 'a"b', "a;b", "a=b", "<a>", "{name}"]
)
def test_no_name_changes_a_dn(name: str) -> None:
    found = parse_dn(fill_bind_name("uid={name},ou=people,dc=x", typed(name, "", BASE)))
    assert [kind for kind, _, _ in found] == ["uid", "ou", "dc"]


def test_placeholders_within_a_name_are_not_filled() -> None:
    assert fill_filter("(&(a={account})(b={name}))", typed("{name}", "", BASE)) == "(&(a={name})(b={name}))"


def test_spellings_that_a_directory_takes_for_one_name_count_as_one() -> None:
    assert len({folded_name(name) for name in ("ines", "INES", " ines ", "\uff49nes")}) == 1
