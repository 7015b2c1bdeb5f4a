"""Views over tables that are not served: the relations they inherit, and the key that a view of one table has."""

import pytest

from tests.clients.rest import gallery
from tests.clients.rest.museum import meant, told


@pytest.fixture(scope="module")
def rooms(postgres_server, tmp_path_factory):
    url = postgres_server.create_database("gallery_views")
    with gallery.served(url, tmp_path_factory.mktemp("gallery")) as made:
        yield made


ANSWERS = [
    ("tools?select=id,makers(name)&order=id", '[{"id": 1, "makers": {"name": "Forge"}}, {"id": 2, "makers": {"name": "Forge"}}, {"id": 3, "makers": null}]'),
    ("makers?select=name,tools(label)&order=maker_id&tools.order=id", '[{"name": "Forge", "tools": [{"label": "brush"}, {"label": "knife"}]}, {"name": "Mill", "tools": []}]'),
    ("makers?select=name,brushes(label)&order=maker_id", '[{"name": "Forge", "brushes": [{"label": "BRUSH"}]}, {"name": "Mill", "brushes": []}]'),
    ("brushes?select=label,makers(name)", '[{"label": "BRUSH", "makers": {"name": "Forge"}}]'),
    ("brushes?select=label,makers!tools_maker_fkey(name)", '[{"label": "BRUSH", "makers": {"name": "Forge"}}]'),
    ("brushes?select=label,makers!made_by(name)", '[{"label": "BRUSH", "makers": {"name": "Forge"}}]'),
    ("painters?select=id,tools(label)&order=id&tools.order=id", '[{"id": 1, "tools": [{"label": "brush"}, {"label": "knife"}]}, {"id": 2, "tools": [{"label": "brush"}]}, {"id": 3, "tools": []}]'),
    ("painters?select=id,tools!uses(label)&id=eq.2", '[{"id": 2, "tools": [{"label": "brush"}]}]'),
    ("tools?select=label,painters(full_name)&id=eq.2", '[{"label": "knife", "painters": [{"full_name": "Mira Holt"}]}]'),
    ("uses?select=painters(first),tools(label,makers(name))&tool=eq.2", '[{"painters": {"first": "Mira"}, "tools": {"label": "knife", "makers": {"name": "Forge"}}}]'),
    ("tools?select=id,brushes(id)", "400 PGRST200"),
]  # fmt: skip


@pytest.mark.parametrize("path, answer", ANSWERS, ids=[path for path, _ in ANSWERS])
def test_answer(rooms, path, answer):
    assert told(rooms.get(path)) == meant(answer)


def test_a_view_of_one_table_has_its_key(rooms):
    representation = {"Prefer": "return=representation"}
    assert "PUT" in rooms.ask("OPTIONS", "makers").headers["Allow"]
    assert "PUT" in rooms.ask("OPTIONS", "brushes").headers["Allow"]  # a view of a view of one table
    made = rooms.ask("PUT", "makers?maker_id=eq.7", '{"maker_id": 7, "name": "New"}', **representation)
    assert (made.status_code, made.json) == (201, [{"maker_id": 7, "name": "New"}])
    told_where = rooms.ask("POST", "makers", '{"maker_id": 8, "name": "x"}', Prefer="return=headers-only")
    assert told_where.headers["Location"].endswith("/makers?maker_id=eq.8")
    merged = rooms.ask(
        "POST", "makers", '{"maker_id": 8, "name": "y"}', Prefer="resolution=merge-duplicates, return=representation"
    )
    assert (merged.status_code, merged.json) == (200, [{"maker_id": 8, "name": "y"}])
    assert rooms.ask("DELETE", "makers?maker_id=gte.7").status_code == 204
