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
]  # fmt: skip


@pytest.mark.parametrize("path, answer", ANSWERS, ids=[path for path, _ in ANSWERS])
def test_answer(museum, path, answer):
    assert told(museum.get(path)) == meant(answer)
