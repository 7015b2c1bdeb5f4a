"""Domains whose values are written otherwise outside: their casts from and to JSON, and from text (PostgreSQL)."""

import psycopg
import pytest

from tests.clients.rest import gallery
from tests.clients.rest.museum import meant, told


@pytest.fixture(scope="module")
def rooms(postgres_server, tmp_path_factory):
    url = postgres_server.create_database("gallery_forms")
    with gallery.served(url, tmp_path_factory.mktemp("gallery")) as made:
        yield made


ANSWERS = [
    ("tubes?select=id,paint&order=id", '[{"id": 1, "paint": "#0000FF"}, {"id": 2, "paint": "#FF0000"}, {"id": 3, "paint": null}]'),
    ("tubes?id=eq.1", '[{"id": 1, "paint": "#0000FF", "painter_id": 1, "label": "blue"}]'),
    ("tube_list?select=paint&id=eq.2", '[{"paint": "#FF0000"}]'),
    ("tubes?select=raw:paint::int&id=eq.1", '[{"raw": 255}]'),
    ("tubes?select=id&paint=eq.%23FF0000", '[{"id": 2}]'),
    ("tubes?select=id&paint=in.(%23FF0000,%230000ff)&order=id", '[{"id": 1}, {"id": 2}]'),
    ("tubes?select=id&paint=eq(any).{%23FF0000}", '[{"id": 2}]'),
    ("tubes?select=id&or=(paint.gt.%230000FF,paint.is.null)&order=id", '[{"id": 2}, {"id": 3}]'),
    ("tubes?select=id&order=paint.desc.nullslast", '[{"id": 2}, {"id": 1}, {"id": 3}]'),
    ("painters?select=id,tubes(paint)&id=eq.1&tubes.order=id", '[{"id": 1, "tubes": [{"paint": "#0000FF"}, {"paint": "#FF0000"}]}]'),
    ("painters?select=id,tubes!inner(id)&tubes.paint=eq.%230000FF", '[{"id": 1, "tubes": [{"id": 1}]}]'),
    ("tubes?select=paint,count()&order=paint.nullsfirst&limit=2", '[{"paint": null, "count": 1}, {"paint": "#0000FF", "count": 1}]'),
]  # fmt: skip


@pytest.mark.parametrize("path, answer", ANSWERS, ids=[path for path, _ in ANSWERS])
def test_answer(rooms, path, answer):
    assert told(rooms.get(path)) == meant(answer)


def test_writes(rooms):
    back = {"Prefer": "return=representation"}
    made = rooms.ask(
        "POST", "tubes?select=id,paint", '[{"id": 7, "paint": "#00FF00"}, {"id": 8, "paint": null}]', **back
    )
    assert made.json == [{"id": 7, "paint": "#00FF00"}, {"id": 8, "paint": None}]
    changed = rooms.ask("PATCH", "tubes?paint=eq.%2300FF00&select=paint", '{"paint": "#000001"}', **back)
    assert changed.json == [{"paint": "#000001"}]
    merged = rooms.ask(
        "POST", "tubes?select=paint&columns=id,paint", '[{"id": 7, "paint": "#000002"}, {"id": 9}]',
        Prefer="resolution=merge-duplicates, missing=default, return=representation",
    )  # fmt: skip
    assert merged.json == [{"paint": "#000002"}, {"paint": None}]
    listed = rooms.ask(
        "POST", "tubes?select=paint", "id,paint\n10,#00000A\n", Content_Type="text/csv", Accept="text/csv", **back
    )
    assert listed.text == "paint\n#00000A"
    gone = rooms.ask("DELETE", "tubes?id=gt.3&select=paint&order=id", **back)
    assert sorted(str(row["paint"]) for row in gone.json) == ["#000002", "#00000A", "None", "None"]


def test_a_new_cast_is_noticed(postgres_server):
    from data_service.reflect.options import Exposure
    from data_service.reflect.postgres import fingerprint

    url = postgres_server.create_database("gallery_casts")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create domain plain as integer; create table t (p plain)")
        connection.execute("create function shown(plain) returns json language sql as 'select to_json($1)'")
        before = fingerprint(connection, Exposure())
        connection.execute("create cast (plain as json) with function shown(plain)")
        assert fingerprint(connection, Exposure()) != before
