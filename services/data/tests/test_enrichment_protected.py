"""A protected key of an enriched field: the source gets what the role sees of it, and nothing else."""

import json

import pytest
from contracts.filters import FieldRef
from contracts.identity import Caller, Principal
from contracts.operations import FieldOutput, Node, Read, Sort

from tests.fixtures.remote_world import open_world

CONFIG = """
version: 1
sources:
  cities: {{rest: {rest}}}
resources:
  addresses:
    fields:
      city: {{protect: {{mask: '{{first:1}}***', roles: {{clerk: clear}}}}}}
      country:
        enrich: {{source: cities, path: /cities, query: {{names: '{{city}}'}}, keys: {{city: name}}, rows: data.items, value: country, type: text}}
    permissions:
      clerk: {{select: {{columns: [id, country], filter: {{}}}}}}
      guest: {{select: {{columns: [id, country], filter: {{}}}}}}
"""


@pytest.fixture(scope="module")
def world(request, place, kind, tmp_path_factory):
    with open_world(request, place, kind, tmp_path_factory.mktemp("protected"), CONFIG) as made:
        yield made


def countries(world, role):
    world.forget()
    read = Read("addresses", Node(outputs=(FieldOutput("country", FieldRef("country")),), sort=(Sort(FieldRef("id")),)))
    body, _ = world.ask(read, who=Caller(principal=Principal(role=role, subject="s")))
    return [row["country"] for row in body], json.dumps([path for _, path, _ in world.rest.requests])


def test_who_sees_the_key_gets_the_value(world):
    assert countries(world, "clerk")[0] == ["Norway", "Norway", "Italy"]


def test_who_does_not_gets_none_and_the_source_only_the_mask(world):
    found, asked = countries(world, "guest")
    assert found == [None, None, None]
    assert not any(city in asked for city in ("Oslo", "Bergen", "Rome"))
