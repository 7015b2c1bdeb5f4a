"""Inserts, updates, upserts and deletes: the same statuses, headers and rows from both databases."""

import json

import pytest

FULL = "return=representation"
OBJECT = "application/vnd.pgrst.object+json"
MERGE = "resolution=merge-duplicates"
NEW = {"label": "none", "n": 7, "flag": None}

DONE = [
    # method, path, body, headers, status, rows (None: no body), Content-Range
    ("POST", "counters", {"id": 10, "label": "ten"}, {}, 201, None, "*/*"),
    ("POST", "counters", {"id": 10}, {"Prefer": FULL}, 201, [{"id": 10, **NEW}], "*/*"),
    ("POST", "counters?select=id,label", {"id": 10}, {"Prefer": FULL}, 201, [{"id": 10, "label": "none"}], "*/*"),
    ("POST", "counters", [{"id": 10, "n": 1}, {"id": 11, "n": 2}], {"Prefer": f"{FULL}, count=exact"}, 201, [{"id": 10, **NEW, "n": 1}, {"id": 11, **NEW, "n": 2}], "*/2"),
    ("POST", "counters?columns=id,label", [{"id": 10, "label": "x"}, {"id": 11}], {"Prefer": f"{FULL}, missing=default"}, 201, [{"id": 10, **NEW, "label": "x"}, {"id": 11, **NEW}], "*/*"),
    ("POST", "counters?columns=id", [{"id": 10, "label": "ignored", "zzz": 1}, {"id": 11}], {"Prefer": FULL}, 201, [{"id": 10, **NEW}, {"id": 11, **NEW}], "*/*"),
    ("POST", 'counters?columns="id","n"', [{"id": 10, "n": 3}], {"Prefer": FULL}, 201, [{"id": 10, **NEW, "n": 3}], "*/*"),
    ("POST", "counters", [], {"Prefer": FULL}, 201, [], "*/*"),
    ("POST", "counters", [], {}, 201, None, "*/*"),
    ("POST", "counters", 5, {"Prefer": FULL}, 201, [], "*/*"),
    ("POST", "counters", None, {"Prefer": FULL}, 201, [], "*/*"),
    ("POST", "counters", [1, 2], {"Prefer": FULL}, 201, [], "*/*"),
    ("POST", "counters?id=eq.5&limit=1&order=id", {"id": 10}, {"Prefer": FULL}, 201, [{"id": 10, **NEW}], "*/*"),
    ("POST", "counters?on_conflict=id", {"id": 10}, {"Prefer": FULL}, 201, [{"id": 10, **NEW}], "*/*"),
    ("POST", "counters", {"id": 10}, {"Accept": OBJECT}, 201, None, "*/*"),
    ("POST", "counters", {"id": 10}, {"Accept": OBJECT, "Prefer": FULL}, 201, {"id": 10, **NEW}, "*/*"),
    ("POST", "staff?select=name,boss:boss_id(name)", {"id": 10, "name": "New", "boss_id": 1}, {"Prefer": FULL}, 201, [{"name": "New", "boss": {"name": "Chief"}}], "*/*"),
    ("POST", "works?select=title,artists(name),themes(name)", {"title": "Made", "artist_id": 1}, {"Prefer": FULL}, 201, [{"title": "Made", "artists": {"name": "Mira Holt"}, "themes": []}], "*/*"),
    ("POST", "Gift%20Shop?select=\"a.b\"", {"Item No": 10, "unit price": 1.5, "a.b": "x"}, {"Prefer": FULL}, 201, [{"a.b": "x"}], "*/*"),
    ("POST", "日本語", {"番号": 5, "名前": "光琳"}, {"Prefer": FULL}, 201, [{"番号": 5, "名前": "光琳", "artist_id": None}], "*/*"),
    ("POST", "reserved?select=select,order,limit", {"id": 9, "select": "a", "order": "b", "limit": 1}, {"Prefer": FULL}, 201, [{"select": "a", "order": "b", "limit": 1}], "*/*"),
    ("POST", "visits", {"visitor": "new"}, {"Prefer": FULL}, 201, [{"visitor": "new", "rating": None}], "*/*"),
    ("POST", "keyed", {"code": "22222222-2222-2222-2222-222222222222", "label": "two"}, {"Prefer": FULL}, 201, [{"code": "22222222-2222-2222-2222-222222222222", "label": "two", "upped": "TWO"}], "*/*"),
    ("POST", "works?select=price,weight,on_loan,bought,changed_at,seen_at,details", {"title": "t", "price": "12.305", "weight": "1.5", "on_loan": "true", "bought": "2020-02-29", "changed_at": "2020-01-01T00:00:00", "seen_at": "2020-01-01T02:00:00+02:00", "details": {"a": [1, None]}}, {"Prefer": FULL}, 201,
     [{"price": 12.31, "weight": 1.5, "on_loan": True, "bought": "2020-02-29", "changed_at": "2020-01-01T00:00:00", "seen_at": "2020-01-01T00:00:00+00:00", "details": {"a": [1, None]}}], "*/*"),
    # upserts
    ("POST", "counters", [{"id": 1, "label": "uno"}, {"id": 50, "label": "L"}], {"Prefer": f"{MERGE}, {FULL}, count=exact"}, 201, [{"id": 1, "label": "uno", "n": 1, "flag": True}, {"id": 50, **NEW, "label": "L"}], "*/2"),
    ("POST", "counters", [{"id": 1, "label": "uno"}], {"Prefer": MERGE}, 200, None, "*/*"),
    ("POST", "counters?columns=id,n", [{"id": 1, "label": "not me", "n": 99}], {"Prefer": f"{MERGE}, {FULL}"}, 200, [{"id": 1, "label": "one", "n": 99, "flag": True}], "*/*"),
    ("POST", "counters", [], {"Prefer": f"{MERGE}, {FULL}"}, 200, [], "*/*"),
    ("POST", "counters", [{"id": 1, "label": "ignored"}, {"id": 53, "label": "L"}], {"Prefer": f"resolution=ignore-duplicates, {FULL}"}, 201, [{"id": 53, **NEW, "label": "L"}], "*/*"),
    ("POST", "counters", {"id": 1, "label": "ignored"}, {"Prefer": "resolution=ignore-duplicates"}, 201, None, "*/*"),
    ("POST", "artists?on_conflict=name&select=id,born", {"name": "Nobody", "born": 1}, {"Prefer": f"{MERGE}, {FULL}"}, 200, [{"id": 4, "born": 1}], "*/*"),
    ("POST", "work_themes", [{"work_id": 1, "theme_id": 1}, {"work_id": 5, "theme_id": 3}], {"Prefer": f"{MERGE}, {FULL}"}, 201, [{"work_id": 1, "theme_id": 1}, {"work_id": 5, "theme_id": 3}], "*/*"),
    ("POST", "visits", [{"visitor": "x"}], {"Prefer": f"{MERGE}, {FULL}"}, 201, [{"visitor": "x", "rating": None}], "*/*"),
    ("PUT", "counters?id=eq.1", {"id": 1, "label": "put"}, {}, 204, None, None),
    ("PUT", "counters?id=eq.1", {"id": 1, "label": "put"}, {"Prefer": FULL}, 200, [{"id": 1, "label": "put", "n": 1, "flag": True}], None),
    ("PUT", "counters?id=eq.70&select=label", [{"id": 70, "label": "put"}], {"Prefer": FULL}, 201, [{"label": "put"}], None),
    ("PUT", "shifts?staff_id=eq.2&day=eq.2024-01-01", {"staff_id": 2, "day": "2024-01-01", "room_id": 3}, {"Prefer": FULL}, 200, [{"staff_id": 2, "day": "2024-01-01", "room_id": 3}], None),
    ("PUT", 'Gift%20Shop?"Item No"=eq.1&select="a.b"', {"Item No": 1, "a.b": "put"}, {"Prefer": FULL, "Accept": OBJECT}, 200, {"a.b": "put"}, None),
    # updates
    ("PATCH", "counters?id=eq.1", {"label": "x"}, {}, 204, None, "0-0/*"),
    ("PATCH", "counters?id=eq.1&select=label", {"label": "x"}, {"Prefer": FULL}, 200, [{"label": "x"}], "0-0/*"),
    ("PATCH", "counters?id=eq.99", {"label": "x"}, {}, 204, None, "*/*"),
    ("PATCH", "counters?id=eq.99", {"label": "x"}, {"Prefer": FULL}, 200, [], "*/*"),
    ("PATCH", "counters?id=in.(1,2)", {"n": 5}, {"Prefer": "count=exact"}, 204, None, "0-1/2"),
    ("PATCH", "counters?id=eq.1", {}, {"Prefer": FULL}, 200, [], "*/*"),
    ("PATCH", "counters?id=eq.1", {}, {}, 204, None, "*/*"),
    ("PATCH", "counters?id=eq.1", [], {"Prefer": FULL}, 200, [], "*/*"),
    ("PATCH", "counters?id=eq.1&select=n", [{"n": 8}], {"Prefer": FULL}, 200, [{"n": 8}], "0-0/*"),
    ("PATCH", "counters?id=eq.1&columns=n", {"n": 9, "label": "no"}, {"Prefer": FULL}, 200, [{"id": 1, "label": "one", "n": 9, "flag": True}], "0-0/*"),
    ("PATCH", "counters?id=eq.1&columns=n,label", {"n": 9}, {"Prefer": f"{FULL}, missing=default"}, 200, [{"id": 1, "label": "none", "n": 9, "flag": True}], "0-0/*"),
    ("PATCH", "counters?id=in.(1,2)", {"n": 17}, {"Prefer": "handling=strict, max-affected=2"}, 204, None, "0-1/*"),
    ("PATCH", "counters?id=in.(1,2)", {"n": 17}, {"Prefer": "max-affected=1"}, 204, None, "0-1/*"),
    ("PATCH", "counters?or=(id.eq.1,id.eq.2)&select=n", {"n": 19}, {"Prefer": FULL}, 200, [{"n": 19}, {"n": 19}], "0-1/*"),
    ("PATCH", "works?id=eq.1&select=title,artists(name)", {"title": "R"}, {"Prefer": FULL}, 200, [{"title": "R", "artists": {"name": "Mira Holt"}}], "0-0/*"),
    ("PATCH", "counters?id=eq.1&limit=1&order=id&select=n", {"n": 21}, {"Prefer": FULL}, 200, [{"n": 21}], "0-0/*"),
    ("PATCH", "keyed?label=eq.first&select=upped", {"label": "1st"}, {"Prefer": FULL}, 200, [{"upped": "1ST"}], "0-0/*"),
    ("PATCH", 'Gift%20Shop?"a.b"=eq.dot&select="a.b"', {"a.b": "dash"}, {"Prefer": FULL}, 200, [{"a.b": "dash"}], "0-0/*"),
    # deletes
    ("DELETE", "counters?id=eq.1", None, {}, 204, None, "*/*"),
    ("DELETE", "counters?id=eq.99", None, {}, 204, None, "*/*"),
    ("DELETE", "counters?id=eq.99", None, {"Prefer": FULL}, 200, [], "*/*"),
    ("DELETE", "counters?id=eq.1&select=id", None, {"Prefer": FULL}, 200, [{"id": 1}], "*/*"),
    ("DELETE", "counters?id=in.(1,2)", None, {"Prefer": "count=exact"}, 204, None, "*/2"),
    ("DELETE", "works?id=eq.4&select=title,artists(name),themes(name)", None, {"Prefer": FULL}, 200, [{"title": "Ring", "artists": {"name": "Ito Kenji"}, "themes": []}], "*/*"),
    ("DELETE", "visits?visitor=eq.x", None, {"Prefer": FULL}, 200, [{"visitor": "x", "rating": 5}, {"visitor": "x", "rating": 5}], "*/*"),
]  # fmt: skip


def text(method, body):
    return None if method == "DELETE" else json.dumps(body)


@pytest.mark.parametrize("method, path, body, headers, status, rows, span", DONE)
def test_done(fresh_museum, method, path, body, headers, status, rows, span):
    answer = fresh_museum.ask(method, path, text(method, body), **headers)
    assert answer.status_code == status, answer.text
    assert (json.loads(answer.data) if answer.data else None) == rows
    assert answer.headers.get("Content-Range") == span
    assert ("Content-Type" in answer.headers) == (rows is not None)


REFUSED = [
    ("POST", "counters", [{"id": 10, "label": "x"}, {"id": 11}], {}, 400, "PGRST102"),
    ("POST", "counters", [{"id": 10}, 5], {}, 400, "PGRST102"),
    ("POST", "counters?columns=id,label", [{"id": 10, "label": "x"}, {"id": 11}], {}, 400, "23502"),
    ("POST", "counters?columns=id,zzz", [{"id": 10}], {}, 400, "PGRST204"),
    ("POST", "counters", {"id": 10, "zzz": 1}, {}, 400, "PGRST204"),
    ("POST", "counters", {"id": 1}, {}, 409, "23505"),
    ("POST", "counters", {"id": "abc"}, {}, 400, "22P02"),
    ("POST", "counters", {"id": 10, "label": None}, {}, 400, "23502"),
    ("POST", "counters?select=nope", {"id": 10}, {"Prefer": FULL}, 400, "42703"),
    ("POST", "counters", [{"id": 10}, {"id": 11}], {"Accept": OBJECT, "Prefer": FULL}, 406, "PGRST116"),
    ("POST", "counters", [{"id": 10}, {"id": 11}], {"Accept": OBJECT}, 406, "PGRST116"),
    ("POST", "counters", {"id": 10}, {"Content_Type": "text/xml"}, 400, "PGRST102"),
    ("POST", "works", {"title": "x", "artist_id": 99}, {}, 409, "23503"),
    ("POST", "works", {"title": "x", "bought": "2020-02-30"}, {}, 400, "22008"),
    ("POST", "works", {"title": "x", "price": 123456789012.5}, {}, 400, "22003"),
    ("POST", "artists", {"name": "x", "born": 1900, "died": 1800}, {}, 400, "23514"),
    ("POST", "artists", {"name": "x" * 41}, {}, 400, "22001"),
    ("POST", "keyed", {"code": "22222222-2222-2222-2222-222222222222", "upped": "no"}, {}, 400, "428C9"),
    ("POST", "keyed", {"code": "nope"}, {}, 400, "22P02"),
    ("POST", "nope", {}, {}, 404, "PGRST205"),
    ("POST", "counters?on_conflict=nope", {"id": 1}, {"Prefer": MERGE}, 400, "42703"),
    ("POST", "counters?on_conflict=label", {"id": 1, "label": "x"}, {"Prefer": MERGE}, 400, "42P10"),
    ("POST", "counters", [{"id": 1, "n": 1}, {"id": 1, "n": 2}], {"Prefer": MERGE}, 400, "21000"),
    ("POST", "counters?select=count()", {"id": 10}, {"Prefer": FULL}, 400, "PGRST127"),
    ("PATCH", "works?id=eq.1&select=price.sum()", {"year": 1}, {"Prefer": FULL}, 400, "PGRST127"),
    ("DELETE", "counters?id=eq.1&select=label,n.max()", None, {"Prefer": FULL}, 400, "PGRST127"),
    ("PUT", "counters?id=eq.2", {"id": 1}, {}, 400, "PGRST115"),
    ("PUT", "counters?id=gt.1", {"id": 1}, {}, 405, "PGRST105"),
    ("PUT", "visits?visitor=eq.x", {"visitor": "x"}, {}, 405, "PGRST105"),
    ("PUT", "shifts?staff_id=eq.2", {"staff_id": 2, "day": "2024-01-01", "room_id": 3}, {}, 405, "PGRST105"),
    ("PUT", "counters?id=eq.1&limit=1", {"id": 1}, {}, 400, "PGRST114"),
    ("PUT", "counters?id=eq.1", {"id": 1, "zzz": 1}, {}, 400, "PGRST204"),
    ("PUT", "nope?id=eq.1", {"id": 1}, {}, 404, "PGRST205"),
    ("PATCH", "counters?id=eq.1", [{"n": 8}, {"n": 9}], {}, 400, "PGRST102"),
    ("PATCH", "counters?id=eq.1&columns=n,label", {"n": 9}, {}, 400, "23502"),
    ("PATCH", "counters?id=eq.1&columns=zzz", {"n": 9}, {}, 400, "PGRST204"),
    ("PATCH", "counters?id=eq.1", {"zzz": 9}, {}, 400, "PGRST204"),
    ("PATCH", "counters", {"n": 9}, {}, 400, "21000"),
    ("PATCH", "counters?nope=eq.1", {"n": 9}, {}, 400, "42703"),
    ("PATCH", "counters?id=eq.1", {"id": 2}, {}, 409, "23505"),
    ("PATCH", "counters?id=eq.1", {"n": "abc"}, {}, 400, "22P02"),
    ("PATCH", "counters?id=in.(1,2)", {"n": 7}, {"Accept": OBJECT, "Prefer": FULL}, 406, "PGRST116"),
    ("PATCH", "counters?id=in.(1,2)", {"n": 7}, {"Accept": OBJECT}, 406, "PGRST116"),
    ("PATCH", "counters?id=eq.99", {"n": 7}, {"Accept": OBJECT, "Prefer": FULL}, 406, "PGRST116"),
    ("PATCH", "counters?id=in.(1,2)", {"n": 17}, {"Prefer": "handling=strict, max-affected=1"}, 400, "PGRST124"),
    ("PATCH", "keyed?label=eq.first", {"upped": "x"}, {}, 400, "428C9"),
    ("DELETE", "counters", None, {}, 400, "21000"),
    ("DELETE", "counters?nope=eq.1", None, {}, 400, "42703"),
    ("DELETE", "counters?id=in.(1,2)", None, {"Accept": OBJECT, "Prefer": FULL}, 406, "PGRST116"),
    ("DELETE", "counters?id=in.(1,2)", None, {"Prefer": "handling=strict, max-affected=1"}, 400, "PGRST124"),
    ("DELETE", "artists?id=eq.1", None, {}, 409, "23503"),
]  # fmt: skip


def test_what_is_refused_changes_nothing(museum):
    tables = ["counters", "works", "artists", "keyed", "shifts", "visits"]
    before = [museum.get(f"{table}?order={order(table)}").data for table in tables]
    for method, path, body, headers, status, code in REFUSED:
        answer = museum.ask(method, path, text(method, body), **headers)
        assert (answer.status_code, answer.json["code"]) == (status, code), (method, path, body, answer.text)
        assert answer.json.keys() == {"code", "message", "details", "hint"}
    assert [museum.get(f"{table}?order={order(table)}").data for table in tables] == before


def order(table):
    return {"keyed": "code", "shifts": "staff_id,day", "visits": "visitor"}.get(table, "id")


@pytest.mark.parametrize(("method", "path"), [("POST", "works"), ("PATCH", "works?id=eq.1")])
def test_a_number_that_is_too_large_for_its_type(museum, method, path):
    answer = museum.ask(method, path, json.dumps({"title": "x", "price": 123456789012.5}))
    assert answer.status_code == 400
    assert answer.json == {
        "code": "22003", "message": "numeric field overflow", "hint": None,
        "details": "A field with precision 10, scale 2 must round to an absolute value less than 10^8.",
    }  # fmt: skip


def test_bodies_that_are_not_json(fresh_museum):
    kept = fresh_museum.ask(
        "POST", "counters", "id,label,flag\n10,a,true\n11,b,NULL", Content_Type="text/csv", Prefer=FULL
    )
    assert [(row["id"], row["label"], row["flag"]) for row in kept.json] == [(10, "a", True), (11, "b", None)]
    form = fresh_museum.ask(
        "POST", "counters", "id=12&label=a+b", Content_Type="application/x-www-form-urlencoded", Prefer=FULL
    )
    assert form.json == [{"id": 12, **NEW, "label": "a b"}]
    changed = fresh_museum.ask("PATCH", "counters?id=eq.12", "n,label\n5,csv", Content_Type="text/csv", Prefer=FULL)
    assert changed.json == [{"id": 12, "label": "csv", "n": 5, "flag": None}]
    back = fresh_museum.ask("POST", "counters", '{"id": 13}', Accept="text/csv", Prefer=FULL)
    assert (back.status_code, back.text) == (201, "id,label,n,flag\n13,none,7,")


@pytest.mark.parametrize("body", ["", "{bad", "[", '{"id": 1'])
def test_bodies_that_cant_be_read(museum, body):
    for method, path in (("POST", "counters"), ("PATCH", "counters?id=eq.1"), ("PUT", "counters?id=eq.1")):
        answer = museum.ask(method, path, body)
        assert (answer.status_code, answer.json["code"]) == (400, "PGRST102")


@pytest.mark.parametrize(
    "path, body, location",
    [
        ("counters", {"id": 10}, "/counters?id=eq.10"),
        ("shifts", {"staff_id": 4, "day": "2024-05-05", "room_id": 1}, "/shifts?staff_id=eq.4&day=eq.2024-05-05"),
        ("Gift%20Shop", {"Item No": 9}, "/Gift%20Shop?Item%20No=eq.9"),
        ("counters", [{"id": 10}, {"id": 11}], None),
        ("visits", {"visitor": "x"}, None),
    ],
)
def test_headers_only_tells_where_one_row_is(fresh_museum, path, body, location):
    answer = fresh_museum.ask("POST", path, json.dumps(body), Prefer="return=headers-only")
    assert (answer.status_code, answer.headers.get("Location")) == (201, location)
    if location is not None:
        assert len(fresh_museum.get(location[1:]).json) == 1


@pytest.mark.parametrize(
    "method, prefer, applied",
    [
        ("POST", "return=minimal", "return=minimal"),
        ("POST", f"count=exact, {FULL}, {MERGE}", f"{MERGE}, {FULL}, count=exact"),
        ("POST", "missing=default, return=headers-only", "missing=default, return=headers-only"),
        ("PATCH", f"handling=strict, max-affected=5, {FULL}", f"{FULL}, handling=strict, max-affected=5"),
        ("PATCH", "max-affected=5", None),
        ("DELETE", f"{FULL}, count=exact", f"{FULL}, count=exact"),
        ("PUT", f"{FULL}, {MERGE}", FULL),
    ],
)
def test_preferences_that_were_applied(fresh_museum, method, prefer, applied):
    path = "counters" if method == "POST" else "counters?id=eq.1"
    answer = fresh_museum.ask(method, path, text(method, {"id": 1 if method == "PUT" else 10}), Prefer=prefer)
    assert answer.status_code < 300, answer.text
    assert answer.headers.get("Preference-Applied") == applied
