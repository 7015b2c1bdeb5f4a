"""Rules of protection read and held against the database; patterns, keys and vaults by themselves."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from contracts.catalog import Catalog, Resource
from contracts.fields import Field, Part
from data_service.policies import ConfigurationError, check_processing, parse
from data_service.processing.keyring import Keyring, KeyringError, is_sealed, open_keyring, sealed_by
from data_service.processing.masks import PatternError, masked, parse_pattern
from data_service.processing.vault import open_vault
from data_service.reflect.node_tree import Node, TreeError, nodes
from data_service.reflect.node_tree import parse as parse_tree
from hypothesis import given
from hypothesis import strategies as st

HEAD = "version: 1\nresources:\n  people:\n    fields:\n"


def text(name, **more):
    return Field(name=name, type="text", db_type="text", **more)


PEOPLE = Resource(
    name="people", schema="public", table="people", kind="table", key=("id",),
    fields=(
        Field(name="id", type="int4", db_type="integer", nullable=False), text("ssn"), text("ssn_index"),
        text("short", length=20), text("plan", has_default=True), Field(name="photo", type="bytes", db_type="bytea"),
        Field(name="size", type="int4", db_type="integer"),
    ),
)  # fmt: skip
CATALOG = Catalog(engine="postgresql", version="1", schemas=("public",), resources=(PEOPLE,))


def faults(rules):
    try:
        policies = parse(HEAD + rules)
    except ConfigurationError as error:
        return [(fault.line, fault.message) for fault in error.faults]
    return [(fault.line, fault.message) for fault in check_processing(policies, CATALOG)]


@pytest.mark.parametrize(
    "rules, message",
    [
        ("ssn: {protect: {mask: hiden}}", "there is no mask hiden; did you mean hidden?"),
        (
            "ssn: {protect: {mask: '{last:x}'}}",
            "the mask {last:x} knows {first:n}, {last:n} and {domain}, not {last:x}",
        ),
        ("ssn: {protect: {mask: '{last:4'}}", "the mask {last:4 has a brace that is not closed or not opened"),
        ("ssn: {protect: {rolls: {}}}", "protect has no key rolls; did you mean roles?"),
        ("ssn: {protect: {mask: token}}", "only what is tokenised can be seen as its token"),
        ("ssn: {protect: {encrypt: true, tokenise: true}}", "a field is tokenised or encrypted, not both"),
        ("ssm: {protect: {mask: hidden}}", "people has no column ssm; did you mean ssn?"),
        ("ssn: {protect: {encrypt: {index: ssn_indx}}}", "people has no column ssn_indx; did you mean ssn_index?"),
        (
            "ssn: {protect: {encrypt: {index: size}}}",
            "size can't hold a blind index: that needs a text column of its own",
        ),
        ("size: {protect: {tokenise: true}}", "size is integer; only texts can be tokenised or encrypted"),
        ("short: {protect: {tokenise: true}}", "short has room for 20 characters; 36 are needed"),
        ("plan: {protect: {encrypt: true}}", "plan has a default, which the database would keep as it is"),
        ("photo: {protect: {mask: '{last:4}'}}", "photo is bytea: a mask can hide it, and show no part of it"),
        ("ssn: {protect: {}}", "protect says nothing; write `mask: hidden`, or `protect: open` for what all may see"),
    ],
)
def test_a_rule_that_does_not_fit_is_told_with_its_line(rules, message):
    found = faults(f"      {rules}\n")
    assert (5, message) in found, found


def test_good_rules_have_no_faults():
    assert (
        faults("      ssn: {protect: {encrypt: {index: ssn_index}, mask: '**{last:2}', roles: {doctor: clear}}}\n")
        == []
    )
    assert faults("      photo: {protect: {encrypt: true}}\n      size: {protect: {mask: '{first:1}'}}\n") == []
    assert faults("      ssn: {protect: open}\n") == []


def test_patterns():
    assert parse_pattern("**{last:4}") == (Part("text", "**"), Part("last", count=4))
    assert masked("4111111111111111", parse_pattern("****{last:4}")) == "****1111"
    assert masked("1234567", parse_pattern("****{last:4}")) == "****", "of a short value nothing is shown"
    assert masked("ada@example.com", parse_pattern("{first:1}***@{domain}")) == "a***@example.com"
    assert masked("no address", parse_pattern("@{domain}")) == "@"
    for bad in ("{", "}", "{last}", "{last:0}", "{middle:2}"):
        with pytest.raises(PatternError):
            parse_pattern(bad)


@given(st.text(max_size=40))
def test_at_most_half_of_a_value_is_shown(value):
    shown = masked(value, parse_pattern("{first:2}{last:2}"))
    assert len(shown) * 2 <= len(value)


@given(value=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_is_sealed_opens_as_what_it_is_about_alone(value, tmp_path_factory):
    ring = open_keyring(tmp_path_factory.getbasetemp() / "protection.keys")
    sealed = ring.seal("a.b.c", value)
    assert is_sealed(sealed)
    assert value not in sealed or len(value) < 4
    assert ring.open("a.b.c", sealed) == value
    with pytest.raises(KeyringError):
        ring.open("a.b.d", sealed)
    with pytest.raises(KeyringError):
        ring.open("a.b.c", sealed[:-8] + ("AAAAAAA=" if not sealed.endswith("AAAAAAA=") else "BAAAAAA="))


def test_keys_are_made_once_and_added_one_by_one(tmp_path):
    path = tmp_path / "state" / "protection.keys"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: open_keyring(path), range(8)))
    assert len({ring.mark("index", "a", "x") for ring in rings}) == 1, "all have the same root"
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda ring: ring.add(), rings))
    assert sorted(added, key=lambda name: int(name[1:])) == [f"k{number}" for number in range(2, 10)]
    assert sealed_by(rings[0].seal("a", "x")) == rings[-1].current
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(json.dumps({"root": "AA==", "keys": {}}))
    with pytest.raises(KeyringError, match="does not hold keys"):
        Keyring(path)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_vault_keeps_the_first_and_exchanges_the_old(kind, request, tmp_path):
    if kind == "sqlite":
        place = str(tmp_path / "vault.db")
    else:
        place = request.getfixturevalue("postgres_server").create_database("vault_of_tokens")
    vault, other = open_vault(place), open_vault(place)
    vault.put([("tok_a", "x", "1"), ("tok_b", "x", "2")])
    other.put([("tok_a", "x", "9")])
    assert dict(vault.get(["tok_a", "tok_b", "tok_c"])) == {"tok_a": "1", "tok_b": "2"}
    assert [tuple(entry) for entry in vault.after("tok_a", 5)] == [("tok_b", "x", "2")]
    assert other.exchange([("tok_a", "1", "3"), ("tok_b", "no", "4")]) == 1
    assert dict(vault.get(["tok_a", "tok_b"])) == {"tok_a": "3", "tok_b": "2"}
    assert vault.count() == 2
    vault.close()
    other.close()


def test_node_trees():
    tree = parse_tree(r'({QUERY :a <> :list ({VAR :varno 1} {VAR :varno 2}) :name x\ y :words "a b" :v 4 [ 1 0 ]})')
    (query,) = nodes(tree, "QUERY")
    assert [var.fields["varno"] for var in nodes(tree, "VAR")] == ["1", "2"]
    assert query.fields["name"] == r"x\ y"
    assert isinstance(query, Node)
    for bad in ("{A :b", "(", ")", "{A b}", "x y"):
        with pytest.raises(TreeError):
            parse_tree(bad)
