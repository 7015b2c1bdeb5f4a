"""Values of each type in filters and casts: the same from both databases."""

import pytest

from tests.clients.rest.museum import meant, told

ANSWERS = [
    ('works?select=id,seen_at::date,price::int,weight::text,changed_at::time&id=eq.1',
     '[{"id": 1, "seen_at": "2024-01-01", "price": 1000, "weight": "12.5", "changed_at": "10:00:00"}]'),
    ('works?select=id,title::varchar,on_loan::text,on_loan::int&id=eq.2',
     '[{"id": 2, "title": "Fjord, again", "on_loan": 1}]'),
    ('works?select=bought::timestamp&id=eq.1',
     '[{"bought": "1990-05-01T00:00:00"}]'),
    ('works?select=price::float8,year::numeric&id=eq.1',
     '[{"price": 1000, "year": 1901}]'),
    ('works?seen_at=gt.2024-01-01T11:00:00%2B02:00&select=id&order=id',
     '[{"id": 1}, {"id": 3}]'),
    ('works?seen_at=eq.2024-01-01&select=id',
     '[]'),
    ('works?changed_at=gte.2024-02-01&select=id',
     '[{"id": 3}]'),
    ('works?bought=lt.2000-01-01&select=id',
     '[{"id": 1}]'),
    ('works?bought=eq.tomorrowish&select=id',
     '400 22007'),
    ('works?price=eq.99.9&select=id',
     '[{"id": 3}]'),
    ('works?price=in.(99.90,0.1)&select=id&order=id',
     '[{"id": 3}, {"id": 5}]'),
    ('works?weight=gt.1e1&select=id',
     '[{"id": 1}]'),
    ('works?on_loan=eq.maybe',
     '400 22P02'),
    ('works?on_loan=in.(true)&select=id&order=id',
     '[{"id": 2}, {"id": 4}]'),
    ('works?id=eq.1.0',
     '400 22P02'),
    ('works?id=eq. 1',
     '[{"id": 1, "title": "Scream of the Fjord", "artist_id": 1, "room_id": 1, "year": 1901, "price": 1000.0, "on_loan": false, "weight": 12.5, "bought": "1990-05-01", "changed_at": "2024-01-01T10:00:00", "seen_at": "2024-01-01T10:00:00+00:00", "details": {"size": {"h": 60, "w": 90}, "colours": ["red", "blue"]}}]'),
    ('works?id=eq.0x1',
     '400 22P02'),
    ('works?title=eq.%ff',
     '[]'),
    ('works?title=ilike.RING&select=id&order=id',
     '[{"id": 3}, {"id": 4}]'),
    ('artists?name=ilike.*ÖSLO*',
     '[]'),
    ('keyed?code=eq.11111111-1111-1111-1111-111111111111&select=label',
     '[{"label": "first"}]'),
    ('keyed?code=eq.11111111111111111111111111111111&select=label',
     '[{"label": "first"}]'),
    ('keyed?code=eq.zzz',
     '400 22P02'),
    ('keyed?code=in.(11111111-1111-1111-1111-111111111111)&select=label',
     '[{"label": "first"}]'),
    ('keyed?code=like.1*',
     '404 42883'),
    ('works?select=title::int', '400 22P02'),
    ('works?select=t:title::bigint&id=eq.99', '[]'),
    ('works?select=title::numeric', '400 22P02'),
    ('works?select=title::float8', '400 22P02'),
    ('works?select=title::bool', '400 22P02'),
    ('works?select=title::uuid', '400 22P02'),
    ('works?select=title::json', '400 22P02'),
    ('works?select=title::date', '400 22007'),
    ('works?select=title::time', '400 22007'),
    ('works?select=title::timestamp', '400 22007'),
    ('works?select=title::timestamptz', '400 22007'),
    ('works?select=price::bigint,year::smallint,w:weight::int&id=eq.2', '[{"price": 251, "year": 1910, "w": 8}]'),
    ('works?select=x:details->size->w::smallint,y:details->size->>h::int,z:details->size::json&id=eq.1',
     '[{"x": 90, "y": 60, "z": {"w": 90, "h": 60}}]'),
    ('works?select=details->colours->>0::int&id=eq.1', '400 22P02'),
    ('artists?select=born::text,c:born::char,n:name::char,b:name::bpchar&id=eq.1',
     '[{"born": "1880", "c": "1", "n": "M", "b": "Mira Holt"}]'),
    ('artists?select=d:died::int,n:died::char&id=eq.4', '[{"d": null, "n": null}]'),
    ('artists?select=country->a', '400 22P02'),
    ('artists?select=id&country->>a=eq.1', '400 22P02'),
    ('keyed?select=label->a&label=is.null', '[]'),
    ('reports?select=id,body->a&id=eq.3', '[{"id": 3, "a": null}]'),
    ('works?select=s:title::int.sum()', '400 22P02'),
    ('works?select=price::int.sum()', '[{"sum": 1351}]'),
]  # fmt: skip


@pytest.mark.parametrize("path, answer", ANSWERS, ids=[path for path, _ in ANSWERS])
def test_answer(museum, path, answer):
    assert told(museum.get(path)) == meant(answer)


@pytest.mark.parametrize("cast", ["int", "numeric", "float8", "bool", "uuid", "json", "date"])
def test_a_value_that_can_not_be_cast_is_not_told(museum, cast):
    answer = museum.get(f"artists?select=name::{cast}")
    assert answer.status_code == 400
    assert all(name not in answer.text for name in ("Mira", "Ito", "Ana", "Nobody"))
