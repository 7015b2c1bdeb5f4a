"""Ranges, counts, formats, schemas, preferences and verbs: statuses and headers on both databases."""

import json

import pytest

EXACT = "count=exact"
OBJECT = "application/vnd.pgrst.object+json"

RANGES = [
    ("works", {"Range": "0-1"}, 200, "0-1/*", 2),
    ("works", {"Range": "0-1", "Range_Unit": "items"}, 200, "0-1/*", 2),
    ("works", {"Range": "2-"}, 200, "2-4/*", 3),
    ("works", {"Range": "2-2", "Prefer": EXACT}, 206, "2-2/5", 1),
    ("works", {"Range": "0-100", "Prefer": EXACT}, 200, "0-4/5", 5),
    ("works", {"Range": "100-200"}, 200, "*/*", 0),
    ("works", {"Range": "100-200", "Prefer": EXACT}, 416, "*/5", None),
    ("works", {"Range": "5-9", "Prefer": EXACT}, 200, "*/5", 0),
    ("works", {"Range": "5-2"}, 416, None, None),
    ("works", {"Range": "0-0"}, 200, "0-0/*", 1),
    ("works", {"Range": "garbage"}, 200, "0-4/*", 5),
    ("works", {"Range": "bytes=0-1"}, 200, "0-4/*", 5),
    ("works", {"Range": "-5"}, 200, "0-4/*", 5),
    ("works?limit=3", {"Range": "0-1"}, 200, "0-1/*", 2),
    ("works?limit=1", {"Range": "0-2"}, 200, "0-0/*", 1),
    ("works?limit=2&offset=1", {"Range": "2-4"}, 200, "2-2/*", 1),
    ("works?limit=2", {"Range": "3-4"}, 416, None, None),
    ("works?limit=2&offset=1", {"Prefer": EXACT}, 206, "1-2/5", 2),
    ("works?offset=5", {"Prefer": EXACT}, 200, "*/5", 0),
    ("works?offset=6", {"Prefer": EXACT}, 416, "*/5", None),
    ("works?offset=6", {}, 200, "*/*", 0),
    ("works?limit=0", {"Prefer": EXACT}, 206, "*/5", 0),
    ("works?limit=-1", {}, 416, None, None),
    ("works?id=eq.99", {"Prefer": EXACT}, 200, "*/0", 0),
    ("works?id=eq.99&offset=1", {"Prefer": EXACT}, 416, "*/0", None),
    ("works?limit=2", {"Prefer": "count=estimated"}, 206, "0-1/5", 2),
    ("artists?select=id,works!inner(id)&works.title=eq.Ring", {"Prefer": EXACT}, 200, "0-0/1", 1),
    ("artists?select=id,works(id)&works.title=eq.Ring", {"Prefer": EXACT}, 200, "0-3/4", 4),
    ("works?select=artist_id,count()&limit=1", {"Prefer": EXACT}, 206, "0-0/3", 1),
]


@pytest.mark.parametrize("path, headers, status, span, rows", RANGES)
def test_ranges(museum, path, headers, status, span, rows):
    answer = museum.get(path, **headers)
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, span)
    assert rows is None or len(answer.json) == rows
    assert status != 416 or answer.json["code"] == "PGRST103"


@pytest.mark.parametrize(
    "path, headers, status, span",
    [
        ("works", {"Prefer": EXACT}, 200, "0-4/5"),
        ("works?limit=2", {"Prefer": EXACT}, 206, "0-1/5"),
        ("works?offset=9", {"Prefer": EXACT}, 416, "*/5"),
        ("works", {"Range": "0-1"}, 200, "0-4/*"),  # a range is for GET
        ("works?select=nope", {}, 400, None),
        ("nope", {}, 404, None),
        ("works?id=eq.99", {"Accept": OBJECT}, 406, None),
    ],
)
def test_head_is_a_get_without_its_body(museum, path, headers, status, span):
    answer = museum.ask("HEAD", path, **headers)
    assert (answer.status_code, answer.headers.get("Content-Range"), answer.data) == (status, span, b"")


FORMATS = [
    ("works?id=eq.1&select=id", OBJECT, 200, OBJECT, '{"id": 1}'),
    ("works?id=eq.1&select=id", "application/vnd.pgrst.object", 200, OBJECT, '{"id": 1}'),
    ("works?id=eq.5&select=id,year", f"{OBJECT};nulls=stripped", 200, f"{OBJECT};nulls=stripped", '{"id": 5}'),
    ("works?select=id,artists(id,died)&id=gte.4&order=id", "application/vnd.pgrst.array+json;nulls=stripped", 200,
     "application/vnd.pgrst.array+json;nulls=stripped", '[{"id": 4, "artists": {"id": 2}}, {"id": 5}]'),
    ("works?select=id&limit=1&order=id", "application/vnd.pgrst.array+json", 200, "application/json", '[{"id": 1}]'),
    ("works?select=id&limit=1&order=id", "text/html,application/xhtml+xml,*/*;q=0.8", 200, "application/json", '[{"id": 1}]'),
    ("artists?select=id,name,died&order=id&id=gt.2", "text/csv", 200, "text/csv", 'id,name,died\n3,"Ana, the ""Elder""",1760\n4,Nobody,'),
    ("artists?select=id,name&id=eq.99", "text/csv", 200, "text/csv", "id,name"),
    ("works?select=id,on_loan,price&id=in.(2,4)&order=id", "text/csv", 200, "text/csv", "id,on_loan,price\n2,true,250.50\n4,true,"),
    ("works?select=id&limit=1&order=id", "application/json;q=0.5, text/csv", 200, "text/csv", "id\n1"),
    ("works?id=eq.99", OBJECT, 406, "application/json", "PGRST116"),
    ("works", OBJECT, 406, "application/json", "PGRST116"),
    ("works", "text/html", 406, "application/json", "PGRST107"),
    ("works", "application/vnd.pgrst.plan", 406, "application/json", "PGRST107"),
    ("works", "application/geo+json", 406, "application/json", "PGRST107"),
    ("works", "application/openapi+json", 406, "application/json", "PGRST107"),
    ("", "text/csv", 406, "application/json", "PGRST107"),
]  # fmt: skip


@pytest.mark.parametrize("path, accept, status, kind, body", FORMATS)
def test_formats(museum, path, accept, status, kind, body):
    answer = museum.get(path, Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, f"{kind}; charset=utf-8")
    if status == 406:
        assert answer.json["code"] == body
    elif kind == "text/csv":
        assert answer.text == body
    else:
        assert json.loads(answer.data) == json.loads(body)


PREFERENCES = [
    ("handling=strict, foo=bar", 400, None),
    ("handling=strict, foo, count=exact", 400, None),
    ("handling=strict, count=wrong", 400, None),
    ("handling=lenient, foo=bar", 200, "handling=lenient"),
    ("foo=bar", 200, None),
    ("count=exact, count=planned", 200, "count=exact"),
    ("handling=strict,count=exact", 200, "count=exact, handling=strict"),
    ("COUNT=exact", 200, "count=exact"),
    ("return=representation", 200, None),
]


@pytest.mark.parametrize("prefer, status, applied", PREFERENCES)
def test_preferences(museum, prefer, status, applied):
    answer = museum.get("works?select=id", Prefer=prefer)
    assert (answer.status_code, answer.headers.get("Preference-Applied")) == (status, applied)
    if status == 400:
        assert answer.json["code"] == "PGRST122"
        assert answer.json["details"].startswith("Invalid preferences: ")


@pytest.mark.parametrize(
    "method, path, status, code",
    [
        ("TRACE", "works", 405, "PGRST117"),
        ("LOCK", "works", 405, "PGRST117"),
        ("POST", "", 405, "PGRST117"),
        ("PATCH", "rpc/x", 405, "PGRST101"),
        ("GET", "rpc/x?a=1", 404, "PGRST202"),
        ("POST", "rpc/x", 404, "PGRST202"),
        ("OPTIONS", "nope", 404, "PGRST205"),
        ("GET", "works/1", 404, "PGRST125"),
        ("GET", "works/", 404, "PGRST125"),
        ("DELETE", "a/b/c", 404, "PGRST125"),
    ],
)
def test_verbs_and_paths_that_are_refused(museum, method, path, status, code):
    answer = museum.ask(method, path)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json.keys() == {"code", "message", "details", "hint"}
    assert answer.headers["Proxy-Status"] == f"PostgREST; error={code}"


def test_options(museum):
    assert museum.ask("OPTIONS", "works").headers["Allow"] == "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    assert museum.ask("OPTIONS", "visits").headers["Allow"] == "OPTIONS,GET,HEAD,POST,PATCH,DELETE"
    view = "OPTIONS,GET,HEAD" if museum.kind == "sqlite" else "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    assert museum.ask("OPTIONS", "loans").headers["Allow"] == view


def test_where_an_answer_is_from(museum):
    answer = museum.get("works?select=id&order=id&id=eq.1")
    assert answer.headers["Content-Location"] == "/works?id=eq.1&order=id&select=id"
    assert answer.headers["Vary"] == "Accept, Prefer, Range"


def test_one_schema_leaves_no_choice(sqlite_museum):
    # supabase-js asks for the schema public, whatever there is
    answer = sqlite_museum.get("rooms?select=id&order=id&limit=1", Accept_Profile="public")
    assert (answer.json, "Content-Profile" in answer.headers) == ([{"id": 1}], False)
    made = sqlite_museum.ask("POST", "counters", '{"id": 99}', Content_Profile="public")
    assert made.status_code == 201
    sqlite_museum.restore()


def test_schemas(postgres_museum):
    chosen = postgres_museum.get("rooms", Accept_Profile="archive")
    assert (chosen.json, chosen.headers["Content-Profile"]) == ([{"id": 9, "note": "in the archive"}], "archive")
    first = postgres_museum.get("rooms?select=id&order=id&limit=1", Content_Profile="archive")  # not a read's header
    assert (first.json, first.headers["Content-Profile"]) == ([{"id": 1}], "public")
    embedded = postgres_museum.get("papers?select=title,boxes(label)&id=eq.1", Accept_Profile="archive")
    assert embedded.json == [{"title": "p1", "boxes": {"label": "b1"}}]
    unknown = postgres_museum.get("papers", Accept_Profile="nope")
    assert (unknown.status_code, unknown.json["code"]) == (406, "PGRST106")
    assert unknown.json["hint"] == "Only the following schemas are exposed: public, archive"
    assert postgres_museum.get("papers").status_code == 404


@pytest.mark.parametrize("path, hint", [("boxe", "Perhaps you meant the table 'archive.boxes'"), ("works", None)])
def test_a_hint_names_what_the_schema_asked_for_has(postgres_museum, path, hint):
    unknown = postgres_museum.get(path, Accept_Profile="archive")
    assert (unknown.json["code"], unknown.json["hint"]) == ("PGRST205", hint)


def test_writes_in_another_schema(postgres_museum):
    profile = {"Content_Profile": "archive", "Prefer": "return=representation"}
    made = postgres_museum.ask("POST", "boxes", '{"id": 5, "label": "new"}', **profile)
    assert (made.status_code, made.json, made.headers["Content-Profile"]) == (
        201,
        [{"id": 5, "label": "new"}],
        "archive",
    )
    assert postgres_museum.ask("PATCH", "boxes?id=eq.5", '{"label": "x"}', **profile).json == [{"id": 5, "label": "x"}]
    assert postgres_museum.ask("PUT", "boxes?id=eq.5", '{"id": 5, "label": "y"}', **profile).status_code == 200
    assert postgres_museum.ask("DELETE", "boxes?id=eq.5", **profile).json == [{"id": 5, "label": "y"}]
    assert postgres_museum.ask("POST", "boxes", "{}", Content_Profile="nope").status_code == 406
