"""The service as a client of HTTP sees it, over a few rows in memory."""

import gzip
import zlib

import msgspec
import pytest
from contracts.identity import ANONYMOUS
from contracts.problems import Problem
from flask.testing import FlaskClient
from rest_service.app import create_app
from rest_service.settings import Settings

OBJECT = {"Accept": "application/vnd.pgrst.object+json"}


class MountedClient(FlaskClient):
    """Asks for the same addresses below the mount, where the express lane answers what it can."""

    def open(self, path, *args, **kwargs):
        mounted = path.startswith(("/rest/v1", "/livez", "/readyz"))
        return super().open(path if mounted else f"/rest/v1{path}", *args, **kwargs)


@pytest.fixture(params=[FlaskClient, MountedClient], ids=["root", "mount"])
def client(app, request):
    """A client of the service: all tests here are asked at both doors."""
    app.test_client_class = request.param
    return app.test_client()


@pytest.mark.parametrize("base", ["", "/rest/v1"])
def test_reading(client, base):
    response = client.get(f"{base}/film?id=in.(1,2)", headers={"Prefer": "count=exact"})
    assert response.status_code == 200
    assert [row["id"] for row in response.json] == [1, 2]
    assert response.headers["Content-Range"] == "0-1/2"
    assert response.headers["Content-Location"] == "/film?id=in.%281%2C2%29"
    assert "data;dur=" in response.headers["Server-Timing"]


def test_pages(client):
    part = client.get("/film?limit=5&offset=5", headers={"Prefer": "count=exact"})
    assert (part.status_code, part.headers["Content-Range"]) == (206, "5-9/15")
    ranged = client.get("/film", headers={"Range-Unit": "items", "Range": "0-1"})
    assert (ranged.status_code, len(ranged.json), ranged.headers["Content-Range"]) == (200, 2, "0-1/*")
    beyond = client.get("/film?offset=100", headers={"Prefer": "count=exact"})
    assert (beyond.status_code, beyond.headers["Content-Range"], beyond.json["code"]) == (416, "*/15", "PGRST103")


def test_head(client):
    response = client.head("/film?limit=5", headers={"Prefer": "count=exact"})
    assert (response.status_code, response.data) == (206, b"")
    assert response.headers["Content-Range"] == "0-4/15"
    assert "Content-Length" not in response.headers
    assert client.head("/film?limit=5").headers["Content-Range"] == client.get("/film?limit=5").headers["Content-Range"]
    missing = client.head("/nothing")
    assert (missing.status_code, missing.data) == (404, b"")


def test_single_objects(client):
    one = client.get("/film?id=eq.3&select=id", headers=OBJECT)
    assert (one.status_code, one.json["id"]) == (200, 3)
    none = client.get("/film?id=eq.99", headers=OBJECT)
    assert none.status_code == 406
    assert none.json["code"] == "PGRST116"
    assert "0 rows" in none.json["details"]


def test_creating(client, memory):
    made = client.post("/film", json={"title": "New"})
    assert (made.status_code, made.data, made.headers["Content-Length"]) == (201, b"", "0")
    assert "Content-Type" not in made.headers
    assert memory.rows[-1]["title"] == "New"
    located = client.post("/film", json={"title": "New"}, headers={"Prefer": "return=headers-only"})
    assert located.headers["Location"] == "/film?id=eq.17"
    shown = client.post("/film", json=[{"title": "A"}, {"title": "B"}], headers={"Prefer": "return=representation"})
    assert (shown.status_code, [row["title"] for row in shown.json]) == (201, ["A", "B"])
    assert client.post("/film", data="title\nX\nY\n", headers={"Content-Type": "text/csv"}).status_code == 201
    assert [row["title"] for row in memory.rows[-2:]] == ["X", "Y"]


def test_updating_and_deleting(client, memory):
    changed = client.patch("/film?id=in.(1,2)", json={"title": "Z"})
    assert (changed.status_code, changed.headers["Content-Range"], changed.data) == (204, "0-1/*", b"")
    assert "Content-Length" not in changed.headers
    shown = client.patch("/film?id=eq.99", json={"title": "Z"}, headers={"Prefer": "return=representation"})
    assert (shown.status_code, shown.json) == (200, [])
    gone = client.delete("/film?id=eq.1", headers={"Prefer": "return=representation,count=exact"})
    assert (gone.status_code, gone.json[0]["title"], gone.headers["Content-Range"]) == (200, "Z", "*/1")
    assert [row["id"] for row in memory.rows][:2] == [2, 3]


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_writes_without_a_filter_are_refused(client, method):
    response = getattr(client, method)("/film", json={"title": "Z"})
    assert (response.status_code, response.json["code"]) == (400, "21000")
    assert response.json["message"].endswith("requires a WHERE clause")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/a/b", 404, "PGRST125"),
        ("GET", "/film/", 404, "PGRST125"),
        ("GET", "/rest/v1//film", 404, "PGRST125"),
        ("GET", "/film//x", 404, "PGRST125"),
        ("GET", "/rest/v1/a/b/c", 404, "PGRST125"),
        ("GET", "/rpc/a/b", 404, "PGRST125"),
        ("GET", "/nothing", 404, "PGRST205"),
        ("OPTIONS", "/nothing", 404, "PGRST205"),
        ("TRACE", "/film", 405, "PGRST117"),
        ("LOCK", "/rest/v1/film", 405, "PGRST117"),
        ("POST", "/", 405, "PGRST117"),
        ("DELETE", "/rest/v1/", 405, "PGRST117"),
        ("PUT", "/film?id=eq.1", 400, "PGRST102"),
        ("PUT", "/film?title=eq.1", 400, "PGRST102"),
        ("GET", "/rpc/add", 404, "PGRST202"),
        ("POST", "/rest/v1/rpc/add", 404, "PGRST202"),
        ("PATCH", "/rpc/add", 405, "PGRST101"),
        ("GET", "/film?id=foo", 400, "PGRST100"),
        ("GET", "/film?x.y=eq.1", 400, "PGRST108"),
        ("POST", "/film", 400, "PGRST102"),
        ("POST", "/metrics", 400, "PGRST102"),
    ],
)
def test_every_problem_has_the_four_keys(client, method, path, status, code):
    response = client.open(path, method=method)
    assert (response.status_code, response.json["code"]) == (status, code)
    assert set(response.json) == {"code", "message", "details", "hint"}
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Proxy-Status"] == f"PostgREST; error={code}"


def test_messages_of_methods(client):
    assert client.open("/film", method="LOCK").json["message"] == "Unsupported HTTP method: LOCK"
    assert client.patch("/rpc/f").json["message"] == "Cannot use the PATCH method on RPC"


def test_crashes_say_nothing_of_themselves(client, memory):
    memory.problem = RuntimeError("secret /etc/path")
    response = client.get("/film")
    assert (response.status_code, response.json["code"]) == (500, "XX000")
    assert b"secret" not in response.data


def test_forbidden_is_403_and_401_for_the_anonymous(client, memory, door):
    memory.problem = Problem("42501", "permission denied for table film")
    assert client.get("/film").status_code == 403
    door.who = ANONYMOUS
    response = client.get("/film")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_bad_token_is_refused_before_anything_else(client, memory, door, monkeypatch):
    def refuse():
        raise Problem("PGRST303", "JWT expired", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    monkeypatch.setattr(door, "caller", refuse)
    response = client.get("/film?id=foo")
    assert (response.status_code, response.json["code"]) == (401, "PGRST303")
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert memory.seen == []


def test_options(client):
    response = client.options("/rest/v1/film")
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["Allow"] == "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    assert client.options("/actor").headers["Allow"] == "OPTIONS,GET,HEAD"
    assert client.options("/").headers["Allow"] == "OPTIONS,GET,HEAD"


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST", "PATCH", "DELETE"])
def test_a_profile_is_of_a_schema_that_is_exposed(client, memory, method):
    profile = {"Accept-Profile": "other", "Content-Profile": "other"}
    body = b"{}" if method in ("POST", "PATCH") else b""
    usual = {"Accept-Profile": "public", "Content-Profile": "public"}
    alone = client.open("/film?id=eq.1", method=method, headers=usual, data=body)
    assert alone.status_code < 300
    assert client.open("/film?id=eq.1", method=method, headers=profile, data=body).json["code"] == "PGRST106"
    memory.catalog_of = msgspec.structs.replace(memory.catalog_of, schemas=("public", "sales"))
    unknown = client.open("/film?id=eq.1", method=method, headers=profile, data=body)
    assert (unknown.status_code, unknown.json["code"]) == (406, "PGRST106")
    assert unknown.json["hint"] == "Only the following schemas are exposed: public, sales"


def test_who_has_no_schema_public_need_not_mind_that_clients_name_it(client, memory):
    memory.catalog_of = msgspec.structs.replace(memory.catalog_of, schemas=("main",))
    answer = client.get("/film", headers={"Accept-Profile": "public"})
    assert (answer.status_code, answer.headers.get("Content-Profile")) == (200, None)


def test_of_several_schemas_the_answer_names_its_own(client, memory):
    memory.catalog_of = msgspec.structs.replace(memory.catalog_of, schemas=("public", "sales"))
    assert client.get("/film").headers["Content-Profile"] == "public"
    assert memory.seen[-1][0].schema is None
    assert client.get("/film", headers={"Accept-Profile": "sales"}).headers["Content-Profile"] == "sales"
    assert memory.seen[-1][0].schema == "sales"


def test_a_near_name_is_suggested(client):
    assert client.options("/films").json["hint"] == "Perhaps you meant the table 'public.film'"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/Order%20Items", "Order Items"),
        ("/rest/v1/a%2Fb", "a/b"),
        ("/%E6%97%A5%E6%9C%AC", "日本"),
        ("/rest", "rest"),
        ("/rest/v1/livez", "livez"),
        ("/rpc", "rpc"),
        ("/a+b", "a+b"),
        ("/100%25", "100%"),
    ],
)
def test_names_of_any_kind_reach_data(client, memory, path, name):
    client.get(path)
    assert memory.seen[0][0].resource == name


def test_bytes_beyond_ascii_may_come_unencoded(app, memory):
    environ = {"RAW_URI": "/größe".encode().decode("latin-1"), "QUERY_STRING": "a=eq.é".encode().decode("latin-1")}
    app.test_client().get("/x", environ_overrides=environ)
    operation, values, _ = memory.seen[0]
    assert (operation.resource, values) == ("größe", ["é"])


def test_csv_and_stripped_nulls(client):
    csv = client.get("/film?id=in.(1,2)", headers={"Accept": "text/csv"})
    assert csv.data == b'id,title,rating\n1,"Film 1",G\n2,"Film 2",'
    stripped = client.get("/film?id=eq.2", headers={"Accept": "application/vnd.pgrst.object+json;nulls=stripped"})
    assert stripped.json == {"id": 2, "title": "Film 2"}


def test_json_passes_through_untouched(client, memory, monkeypatch):
    text = b'[{"id": 1,\n "n": 1.500}]'
    read = memory._read
    monkeypatch.setattr(memory, "_read", lambda *a: msgspec.structs.replace(read(*a), body=text))
    assert client.get("/film").data == text


@pytest.mark.parametrize("base", ["", "/rest/v1"])
def test_too_large_bodies(memory, door, tmp_path, base):
    app = create_app(Settings(state_dir=str(tmp_path), body_limit=10), memory, door)
    response = app.test_client().post(f"{base}/film", json={"title": "longer than that"})
    assert (response.status_code, response.json["code"]) == (413, "TRV103")
    assert memory.seen == []


def test_health(client, memory, monkeypatch):
    def down(caller):
        raise Problem("TRV107", "A service of the suite does not answer")

    monkeypatch.setattr(memory, "catalog", down)
    assert client.get("/livez").json["status"] == "ok"
    assert client.get("/readyz").status_code == 503  # data has never answered
    monkeypatch.undo()
    assert client.get("/readyz").json["status"] == "ok"
    monkeypatch.setattr(memory, "catalog", down)
    assert client.get("/readyz").json["degraded"] == ["data"]
    assert client.get("/readyz").status_code == 200


def test_what_a_client_has_already_is_not_sent_again(client, memory):
    first = client.get("/film?id=eq.1", headers={"Prefer": "count=exact"})
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": f'"other", W/{tag}', "Prefer": "count=exact"}
    again = client.get("/film?id=eq.1", headers=known)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Vary"] == "Accept, Prefer, Range"
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert "Content-Type" not in again.headers
    memory.rows[0]["title"] = "Renamed"
    changed = client.get("/film?id=eq.1", headers=known)
    assert (changed.status_code, changed.json[0]["title"]) == (200, "Renamed")
    assert changed.headers["ETag"] != tag


def test_a_tag_stands_for_the_total_and_the_media_type_too(client, memory):
    def tag(**headers):
        return client.get("/film?id=eq.99", headers=headers).headers["ETag"]

    assert len({tag(), tag(Prefer="count=exact"), tag(Accept="text/csv")}) == 3
    part = client.get("/film?limit=5", headers={"Prefer": "count=exact"})
    memory.rows.append({"id": 16, "title": "One more", "rating": None})
    again = client.get("/film?limit=5", headers={"Prefer": "count=exact", "If-None-Match": part.headers["ETag"]})
    assert (again.status_code, again.headers["Content-Range"]) == (206, "0-4/16")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 201), ("PATCH", 204), ("DELETE", 204)])
def test_only_a_get_has_a_tag(client, method, status):
    body = b'{"title":"X"}' if method in ("POST", "PATCH") else b""
    response = client.open("/film?id=eq.1", method=method, data=body, headers={"If-None-Match": "*"})
    assert response.status_code == status
    assert "ETag" not in response.headers


def test_a_refusal_is_never_not_modified(client):
    response = client.get("/nothing", headers={"If-None-Match": "*"})
    assert (response.status_code, response.json["code"]) == (404, "PGRST205")


PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    "accept, standard",
    [
        (PROBLEM, True),
        (f"{PROBLEM}, application/json", True),
        (f"application/json;q=0.5, {PROBLEM}", True),
        (f"text/csv, {PROBLEM};q=0.1", True),
        (f"application/json, {PROBLEM}", False),
        (f"{PROBLEM};q=0.5, application/json", False),
        (f"*/*, {PROBLEM}", False),
        (f"{PROBLEM};q=0", False),
        ("application/json", False),
        ("application/xml", False),
    ],
)
def test_problems_in_the_standards_form(client, accept, standard):
    for path, status, code in (("/nothing", 404, "PGRST205"), ("/film/2", 404, "PGRST125")):
        response = client.get(path, headers={"Accept": accept})
        kind = PROBLEM if standard else "application/json; charset=utf-8"
        if response.status_code == 406:  # asked for nothing else
            code, status = "PGRST107", 406
        assert (response.status_code, response.headers["Content-Type"]) == (status, kind)
        if standard:
            assert (response.json["status"], response.json["code"]) == (status, code)
            assert response.json["type"] == "about:blank"
            assert response.json["title"]
        else:
            assert sorted(response.json) == ["code", "details", "hint", "message"]
        assert response.headers["Proxy-Status"] == f"PostgREST; error={code}"


def test_data_comes_whatever_form_problems_would_have(client):
    response = client.get("/film?id=eq.1", headers={"Accept": f"{PROBLEM}, application/json"})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json; charset=utf-8")


@pytest.mark.parametrize("path", ["/film", "/fi%6Cm"])  # the second is Flask's
def test_packed_bodies(client, path):
    def post(body, coding, **headers):
        headers = {"Content-Encoding": coding, "Content-Type": "application/json", **headers}
        response = client.post(path, data=body, headers=headers)
        return response.status_code, None if response.status_code == 201 else response.json["code"]

    body = b'[{"title": "Packed"}]'
    assert post(gzip.compress(body), "gzip") == (201, None)
    assert post(gzip.compress(body[:8]) + gzip.compress(body[8:]), "x-gzip") == (201, None)
    assert post(zlib.compress(body), "Deflate") == (201, None)
    assert post(body, "identity") == (201, None)
    assert post(b"title\nx\n", "gzip", **{"Content-Type": "text/csv"}) == (400, "TRV100")
    assert post(gzip.compress(body)[:-4], "gzip") == (400, "TRV100")
    assert post(body, "br") == (415, "TRV102")
    assert post(gzip.compress(gzip.compress(body)), "gzip, gzip") == (415, "TRV102")
    assert post(gzip.compress(b" " * 50_000_000), "gzip") == (413, "TRV103")
