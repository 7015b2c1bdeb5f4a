"""What docs/graphql.md says of HTTP and limits, and docs/hasura.md of moving over, holds."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from auth_service import outside_issuers
from contracts.graphql import Bounds
from data_service.policies import parse
from graphql_service.limits import Limits

DOCS = Path(__file__).parents[2] / "docs"
GRAPHQL = (DOCS / "graphql.md").read_text(encoding="utf-8")
HASURA = (DOCS / "hasura.md").read_text(encoding="utf-8")
PUBLISHED = {"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def blocks(page, kind):
    return re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("text", blocks(GRAPHQL, "yaml"))
def test_the_configurations_are_understood(text):
    documents = parse(text).documents
    if "introspection" not in text:
        return  # it is about something else than limits
    assert documents.of("clerk") == Bounds(depth=12, cost=1_000_000)
    anonymous = documents.of("anonymous")
    assert (anonymous.depth, anonymous.seconds, anonymous.introspection) == (6, 2.0, False)


def test_the_table_has_every_limit_and_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| (\w+)[^|]* \|", GRAPHQL, re.MULTILINE))
    limits = Limits()
    assert set(Bounds.__struct_fields__) - {"report_only"} <= rows.keys()
    for name in ("depth", "nodes", "aliases", "cost", "tokens", "bytes", "batch"):
        assert int(rows[name]) == getattr(limits, name)


def test_the_header_is_as_it_is_shown(reading):
    (shown,) = re.findall(r"`GraphQL-Spent: ([^`]*)`", GRAPHQL)
    response = reading.post({"query": "{ book(limit: 3) { id } }"})
    assert response.headers["GraphQL-Spent"] == shown


def test_a_document_by_its_hash(reading):
    (shape,) = re.findall(r"`(\{\"extensions\": [^`]*\})`", GRAPHQL)
    query = "{ book_aggregate { aggregate { count } } }"
    extensions = json.loads(shape.replace("…", hashlib.sha256(query.encode()).hexdigest()))
    first = reading.post(extensions)
    assert first.get_json()["errors"][0]["message"] in GRAPHQL
    assert first.get_json()["errors"][0]["extensions"]["code"] in GRAPHQL
    known = reading.post({"query": query, **extensions}).get_json()
    assert reading.post(extensions).get_json() == known


def test_the_issuers_are_understood(tmp_path):
    (text,) = blocks(HASURA, "toml")
    (tmp_path / "issuers.toml").write_text(text)
    (tmp_path / "key").write_text("k" * 32)
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [PUBLISHED]}))
    assert outside_issuers.load(str(tmp_path), "trivet").roles == ()
