"""Computed fields and computed relations: functions over a row, as PostgREST's users write them."""

import pytest

from tests.clients.rest import gallery
from tests.clients.rest.museum import meant, told


@pytest.fixture(scope="module")
def rooms(postgres_server, tmp_path_factory):
    url = postgres_server.create_database("gallery")
    with gallery.served(url, tmp_path_factory.mktemp("gallery")) as made:
        yield made


ANSWERS = [
    ("painters?select=id,full_name&order=id",
     '[{"id": 1, "full_name": "Mira Holt"}, {"id": 2, "full_name": "Ito"}, {"id": 3, "full_name": "Ana Elder"}]'),
    ("painters?select=*&id=eq.1", '[{"id": 1, "first": "Mira", "last": "Holt", "born": 1880}]'),
    ("painters?select=*,century&id=eq.1", '[{"id": 1, "first": "Mira", "last": "Holt", "born": 1880, "century": 19}]'),
    ("painters?select=id,n:full_name,c:century::text&id=eq.1", '[{"id": 1, "n": "Mira Holt", "c": "19"}]'),
    ("painters?select=id&full_name=like.*Elder", '[{"id": 3}]'),
    ("painters?select=id&or=(full_name.eq.Ito,century.lt.18)&order=id", '[{"id": 2}, {"id": 3}]'),
    ("painters?select=id&order=full_name", '[{"id": 3}, {"id": 2}, {"id": 1}]'),
    ("painters?select=id,full_name&order=century.desc&limit=1", '[{"id": 2, "full_name": "Ito"}]'),
    ("painters?select=century,count()&order=century", '[{"century": 17, "count": 1}, {"century": 19, "count": 1}, {"century": 20, "count": 1}]'),
    ("painters?select=century.max()", '[{"max": 20}]'),
    ("paintings?select=id,painters(full_name)&id=lt.3&order=id",
     '[{"id": 1, "painters": {"full_name": "Mira Holt"}}, {"id": 2, "painters": {"full_name": "Mira Holt"}}]'),
    ("paintings?select=id,...painters(full_name)&id=eq.3", '[{"id": 3, "full_name": "Ito"}]'),
    ("paintings?select=id,painters!inner(full_name)&painters.full_name=eq.Ito", '[{"id": 3, "painters": {"full_name": "Ito"}}]'),
    ("paintings?select=id,painters(id)&order=painters(full_name),id&id=lt.4",
     '[{"id": 3, "painters": {"id": 2}}, {"id": 1, "painters": {"id": 1}}, {"id": 2, "painters": {"id": 1}}]'),
    ("paintings?select=id,first_size&order=first_size.nullslast,id&limit=2", '[{"id": 2, "first_size": 10}, {"id": 1, "first_size": 30}]'),
    ("painters?select=id,s:signed&id=eq.1", '[{"id": 1, "s": "Holt!"}]'),  # its other argument has a default
    ("painters?select=signed::text&id=eq.1", '[{"signed": "Holt!"}]'),
    ("painters?select=id&signed=eq.Holt!", "400 42703"),
    ("paintings?select=full_name", "400 42703"),  # of other rows
    ("painters?select=careful", "400 42703"),  # runs with its owner's rights
    ("paintings?select=noted", "400 42703"),  # gives nothing
    ("painters?select=id,best_paintings(title)&order=id",
     '[{"id": 1, "best_paintings": [{"title": "Storm"}]}, {"id": 2, "best_paintings": [{"title": "Ring"}]}, {"id": 3, "best_paintings": []}]'),
    ("painters?select=id,best_paintings!inner(title)&order=id&best_paintings.title=eq.Ring", '[{"id": 2, "best_paintings": [{"title": "Ring"}]}]'),
    ("painters?select=id,b:best_paintings(title,houses(name))&id=eq.1", '[{"id": 1, "b": [{"title": "Storm", "houses": {"name": "South"}}]}]'),
    ("painters?select=id,best_paintings()&best_paintings=is.null", '[{"id": 3}]'),
    ("painters?select=id,best_paintings(price.sum())&order=id&id=lt.3", '[{"id": 1, "best_paintings": [{"sum": 20.00}]}, {"id": 2, "best_paintings": [{"sum": 30.00}]}]'),
    ("painters?select=id,...best_paintings(titles:title)&order=id", '[{"id": 1, "titles": ["Storm"]}, {"id": 2, "titles": ["Ring"]}, {"id": 3, "titles": []}]'),
    ("painters?select=id,best_house(name)&order=id", '[{"id": 1, "best_house": {"name": "South"}}, {"id": 2, "best_house": {"name": "North"}}, {"id": 3, "best_house": null}]'),
    ("painters?select=id,...best_house(house:name)&order=best_house(rank),id&id=lt.3", '[{"id": 1, "house": "South"}, {"id": 2, "house": "North"}]'),
    ("painters?select=...best_house(name),count()&order=best_house(name).nullsfirst", '[{"name": null, "count": 1}, {"name": "North", "count": 1}, {"name": "South", "count": 1}]'),
    ("painters?select=id&order=best_paintings(price)", "400 PGRST108"),
    ("painters?select=id,best_paintings(price)&order=best_paintings(price)", "400 PGRST118"),
    ("shows?select=id,houses(name)&order=id&houses.order=name", '[{"id": 1, "houses": [{"name": "North"}, {"name": "South"}]}, {"id": 2, "houses": [{"name": "North"}]}]'),
    ("painters?select=first,elders(first,elders(first))&id=eq.2&elders.order=born",
     '[{"first": "Ito", "elders": [{"first": "Ana", "elders": []}, {"first": "Mira", "elders": [{"first": "Ana"}]}]}]'),
    ("paintings?select=id,painters(best_paintings(title,painters(full_name)))&id=eq.1&limit=1",
     '[{"id": 1, "painters": {"best_paintings": [{"title": "Storm", "painters": {"full_name": "Mira Holt"}}]}}]'),
    ("painters?select=id,best_paintings(title)&order=id&limit=1&offset=1", '[{"id": 2, "best_paintings": [{"title": "Ring"}]}]'),
    ("rpc/elders?select=full_name", "404 PGRST202"),
]  # fmt: skip


@pytest.mark.parametrize("path, answer", ANSWERS, ids=[path for path, _ in ANSWERS])
def test_answer(rooms, path, answer):
    assert told(rooms.get(path)) == meant(answer)


def test_documents_know_what_can_be_filtered_by(rooms):
    document = rooms.get("openapi.json").json
    names = [reference["$ref"] for reference in document["paths"]["/painters"]["get"]["parameters"]]
    assert "#/components/parameters/filter.painters.full_name" in names
    assert "full_name" not in document["components"]["schemas"]["painters"]["properties"]  # only where it is named


def test_what_a_write_returns_may_be_computed(rooms):
    made = rooms.ask(
        "POST", "painters?select=full_name,best_paintings(id)", '{"id": 9, "first": "New", "last": "One"}',
        Prefer="return=representation",
    )  # fmt: skip
    assert made.json == [{"full_name": "New One", "best_paintings": []}]
    changed = rooms.ask(
        "PATCH", "painters?full_name=eq.New One&select=full_name", '{"last": null}', Prefer="return=representation"
    )
    assert changed.json == [{"full_name": "New"}]
    refused = rooms.ask("PATCH", "painters?id=eq.9", '{"full_name": "x"}')
    assert (refused.status_code, refused.json["code"]) == (400, "428C9")
    gone = rooms.ask("DELETE", "painters?full_name=eq.New&select=full_name", Prefer="return=representation")
    assert gone.json == [{"full_name": "New"}]


def test_a_role_has_what_a_line_opens(postgres_server, tmp_path):
    config = """
version: 1
resources:
  painters: {permissions: {clerk: {select: {columns: [id, born], filter: {born: {_gt: 1800}}}}}}
  paintings: {permissions: {clerk: {select: {columns: "*", filter: {price: {_lt: 25}}}}}}
functions:
  full_name: {permissions: {clerk: {}}}
  best_paintings: {permissions: {clerk: {}}}
"""
    url = postgres_server.create_database("gallery_roles")
    with gallery.served(url, tmp_path, config=config, role="clerk") as place:
        assert told(place.get("painters?select=id,full_name&order=id")) == [
            {"id": 1, "full_name": "Mira Holt"},
            {"id": 2, "full_name": "Ito"},
        ]
        assert told(place.get("painters?select=century")) == "400 42703"
        assert told(place.get("painters?select=id,best_house(id)")) == "400 PGRST200"
        # what the function gives is held to the rows that the role may see
        assert told(place.get("painters?select=id,best_paintings(title)&order=id")) == [
            {"id": 1, "best_paintings": [{"title": "Storm"}]},
            {"id": 2, "best_paintings": []},
        ]
