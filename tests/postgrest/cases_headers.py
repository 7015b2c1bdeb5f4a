"""Formats, preferences, methods, schemas and refusals: what an answer is besides its rows."""

from tests.postgrest.case import ANY, Case, ask, ids, refused, sent

_JSON, _OBJECT, _ARRAY = "application/json", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json"
_UTF8 = "; charset=utf-8"
_FIRM_1 = {"id": 1, "name": "Ref", "manager_id": 1}
_STRICT = "Invalid preferences given with handling=strict"
_COERCE = "Cannot coerce the result to a single JSON object"


def _options(path, allow, status=200):
    return sent(ask(path, b"" if status == 200 else ANY, status, Allow=allow), "OPTIONS")


def _strict(prefer, named, method="GET", path="/slots"):
    body = {"code": "PGRST122", "message": _STRICT, "details": f"Invalid preferences: {named}", "hint": None}
    return sent(ask(path, body, 400), method, Prefer=prefer)


def _table(path, name, hint):
    return refused(path, 404, "PGRST205", f"Could not find the table 'public.{name}' in the schema cache", None, hint)


_FORMATS = (
    ask("/notes?order=extra", [{"k": "abba", "extra": "p"}, {"k": "aBBa", "extra": "q"}], Content_Type=_JSON + _UTF8),
    sent(ask("/notes", ANY, Content_Type=_JSON + _UTF8), Accept="*/*"),
    sent(ask("/notes", ANY, Content_Type=_JSON + _UTF8), Accept="application/*"),
    sent(ask("/notes", ANY, Content_Type=_JSON + _UTF8), Accept="text/unknowntype, */*"),
    sent(ask("/notes", ANY, Content_Type="text/csv" + _UTF8), Accept="text/csv, */*"),
    sent(ask("/notes", ANY, Content_Type="text/csv" + _UTF8), Accept="text/csv, application/json"),
    sent(ask("/notes", ANY, Content_Type="text/csv" + _UTF8), Accept="text/unknowntype, text/csv"),
    sent(ask("/notes", ANY, Content_Type=_JSON + _UTF8), Accept="text/csv;q=0.5, application/json"),
    sent(ask("/notes?order=extra", b"k,extra\nabba,p\naBBa,q", Content_Type="text/csv" + _UTF8), Accept="text/csv; version=1"),
    sent(ask("/notes", ANY, Content_Type=_JSON + _UTF8), Accept="application/json; charset=utf-8"),
    sent(ask("/notes", ANY, Content_Type=_JSON + _UTF8), Accept="APPLICATION/JSON"),
    sent(refused("/notes", 406, "PGRST107", "None of these media types are available: text/unknowntype", None, None), Accept="text/unknowntype"),
    sent(refused("/notes", 406, "PGRST107", "None of these media types are available: image/png, text/unknowntype", None, None), Accept="image/png, text/unknowntype"),
    sent(ask("/slots?id=eq.5", {"id": 5}, span="0-0/*", Content_Type=_OBJECT + _UTF8), Accept=_OBJECT),
    sent(ask("/slots?id=eq.5", {"id": 5}, Content_Type=_OBJECT + _UTF8), Accept="application/vnd.pgrst.object"),
    sent(ask("/slots?id=eq.5", {"id": 5}, Content_Type=_OBJECT + _UTF8), Accept=_OBJECT, Prefer="count=none"),
    sent(refused("/slots?id=gt.0&id=lt.0", 406, "PGRST116", _COERCE, "The result contains 0 rows", None), Accept=_OBJECT),
    sent(refused("/slots", 406, "PGRST116", _COERCE, "The result contains 15 rows", None), Accept=_OBJECT),
    sent(ask("/albums_view?id=eq.1&select=id,bands(*),tracks(id)&tracks.order=id", {"id": 1, "bands": {"id": 1, "name": "Meridian"}, "tracks": ids(1, 2)}), Accept=_OBJECT),
    sent(ask("/firms?order=id&limit=3", [_FIRM_1, {"id": 2, "name": "Aud", "manager_id": 2}, {"id": 3, "name": "Acme", "referee": 1, "auditor": 2, "manager_id": 3}],
             Content_Type=f"{_ARRAY};nulls=stripped{_UTF8}"), Accept=f"{_ARRAY};nulls=stripped"),
    sent(ask("/firms?order=id&limit=1", [_FIRM_1], Content_Type=f"{_ARRAY};nulls=stripped{_UTF8}"), Accept="application/vnd.pgrst.array;nulls=stripped"),
    sent(ask("/firms?order=id&limit=1", _FIRM_1, Content_Type=f"{_OBJECT};nulls=stripped{_UTF8}"), Accept=f"{_OBJECT};nulls=stripped"),
    sent(ask("/firms?select=id,referee,auditor&order=id&limit=3", [{"id": 1}, {"id": 2}, {"id": 3, "referee": 1, "auditor": 2}]), Accept=f"{_ARRAY};nulls=stripped"),
    sent(ask("/firms?select=id,referee&order=id&limit=1", {"id": 1}), Accept=f"{_OBJECT};nulls=stripped"),
    sent(ask("/firms?select=id,boss:referee(name)&order=id&limit=1", [{"id": 1}]), Accept=f"{_ARRAY};nulls=stripped"),
    sent(refused("/firms?select=*", 406, "PGRST116", _COERCE, "The result contains 6 rows", None), Accept=f"{_OBJECT};nulls=stripped"),
    sent(ask("/firms?select=id,referee&order=id&limit=1", [{"id": 1, "referee": None}], Content_Type=_JSON + _UTF8), Accept=_ARRAY),
)  # fmt: skip

_HEADERS = (
    ask("/gaps?b=eq.1&a=eq.1", [], Content_Location="/gaps?a=eq.1&b=eq.1"),
    ask("/notes", ANY, Content_Location="/notes", Content_Profile=None, Vary="Accept, Prefer, Range"),
    ask("/guests?name=eq.Max Born&select=name", ids("Max Born", key="name"), Content_Location="/guests?name=eq.Max%20Born&select=name"),
    sent(ask("/slots?id=eq.5", ids(5)), Accept_Profile="public"),
    sent(refused("/slots?id=eq.5", 406, "PGRST106", "Invalid schema: unknown"), Accept_Profile="unknown"),
    sent(ask("/slots?id=eq.1", ids(1), Preference_Applied="count=exact"), Prefer="count=exact"),
    sent(ask("/slots?id=eq.1", ids(1), Preference_Applied="count=exact, handling=lenient"), Prefer="handling=lenient, count=exact, anything"),
    sent(ask("/slots?id=eq.1", ids(1), Preference_Applied="handling=strict"), Prefer="handling=strict"),
    sent(ask("/slots?id=eq.1", ids(1), Preference_Applied=None), Prefer="anything, return=representation"),
    sent(ask("/slots?id=eq.1", ids(1), Preference_Applied="count=exact"), Prefer="count=exact,count=planned"),
    _strict("handling=strict, anything", "anything"),
    _strict("handling=strict, something, else", "something, else"),
    _strict("anything, handling=strict, count=none", "anything, count=none"),
)  # fmt: skip

_METHODS = (
    _options("/slots", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"),
    _options("/albums_view", "OPTIONS,GET,HEAD"),
    _options("/unknown", None, 404),
    _options("/", "OPTIONS,GET,HEAD"),
    _options("/guests", "OPTIONS,GET,HEAD,POST,PATCH,DELETE"),
    sent(refused("/rpc/anything", 405, "PGRST101", "Cannot use the PUT method on RPC", None, None), "PUT"),
    sent(refused("/slots", 405, "PGRST117", "Unsupported HTTP method: CONNECTED", None, None), "CONNECTED"),
)  # fmt: skip

_REFUSED = (
    _table("/sltos", "sltos", "Perhaps you meant the table 'public.slots'"),
    _table("/xqzw", "xqzw", None),
    _table("/album", "album", "Perhaps you meant the table 'public.albums'"),
    Case("/xqzw", ANY, 404, told={"Proxy-Status": "PostgREST; error=PGRST205", "Content-Type": _JSON + _UTF8}),
    Case("/invalid/nested/paths", {"code": "PGRST125", "message": "Invalid path specified in request URL", "details": None, "hint": None}, 404,
         told={"Proxy-Status": "PostgREST; error=PGRST125"}),
    Case("/slots?id=eq.x", ANY, 400, told={"Proxy-Status": "PostgREST; error=22P02"}),
    Case("/rpc/no_such_thing", {"code": "PGRST202", "message": ANY, "details": ANY, "hint": ANY}, 404),
)  # fmt: skip

SHARED = (*_FORMATS, *_HEADERS, *[case for case in _METHODS if case.path != "/albums_view"], *_REFUSED)


def _plan(accept, of, content):
    return sent(
        ask(of, ANY, Content_Type=f"application/vnd.pgrst.plan+{content}{_UTF8}"),
        Accept=f"application/vnd.pgrst.plan{accept}",
    )


_FOR_JSON = '; for="application/json"'
POSTGRES = (
    _plan("+json", "/albums?id=in.(1,2)", f"json{_FOR_JSON}"),
    _plan("", "/albums?id=in.(1,2)", f"text{_FOR_JSON}"),
    _plan("+text", "/albums?id=in.(1,2)", f"text{_FOR_JSON}"),
    _plan("+json; options=verbose", "/albums", f"json{_FOR_JSON}; options=verbose"),
    _plan('+json; for="application/json"; options=analyze|buffers', "/albums", f"json{_FOR_JSON}; options=analyze|buffers"),
    _plan('+json; for="application/vnd.pgrst.object"; options=settings', "/albums?id=eq.1", f'json; for="{_OBJECT}"; options=settings'),
    _plan("+json", "/rpc/all_albums?id=eq.1", f"json{_FOR_JSON}"),
    _options("/albums_view", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"),
    _options("/albums_plain", "OPTIONS,GET,HEAD"),
    _options("/albums_insertable", "OPTIONS,GET,HEAD,POST"),
    _options("/albums_updatable", "OPTIONS,GET,HEAD,PATCH"),
    _options("/albums_deletable", "OPTIONS,GET,HEAD,DELETE"),
    _options("/albums_keyless", "OPTIONS,GET,HEAD,POST,PATCH,DELETE"),
    _options("/cars", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"),
    _options("/rpc/shout", "OPTIONS,POST"),
    _options("/rpc/all_albums", "OPTIONS,GET,HEAD,POST"),
    _options("/rpc/hello", "OPTIONS,GET,HEAD,POST"),
    sent(ask("/moments?order=t", [{"t": "2023-10-18T05:37:59.611-07:00"}, {"t": "2023-10-18T07:37:59.611-07:00"}],
             Preference_Applied="timezone=America/Los_Angeles"), Prefer="timezone=America/Los_Angeles"),
    sent(ask("/moments?order=t&limit=1", [{"t": "2023-10-18T05:37:59.611-07:00"}],
             Preference_Applied="handling=strict, timezone=America/Los_Angeles"), Prefer="handling=strict, timezone=America/Los_Angeles"),
    sent(ask("/moments?order=t&limit=1", [{"t": "2023-10-18T12:37:59.611+00:00"}], Preference_Applied=None), Prefer="timezone=Invalid/Timezone"),
    sent(ask("/moments?order=t&limit=1", [{"t": "2023-10-18T12:37:59.611+00:00"}], Preference_Applied="handling=lenient"), Prefer="handling=lenient, timezone=Invalid/Timezone"),
    _strict("handling=strict, timezone=Invalid/Timezone", "timezone=Invalid/Timezone", path="/moments"),
    refused("/bad_subquery", 500, "21000", "more than one row returned by a subquery used as an expression", None, None),
    refused("/loop_rule", 500, "42P17", 'infinite recursion detected in rules for relation "loop_rule"', None, None),
    Case("/rpc/spoils", {"code": "PT402", "message": "Payment Required", "details": "Quota exceeded", "hint": "Upgrade your plan"}, 402, "POST",
         told={"Proxy-Status": "PostgREST; error=PT402"}),
    Case("/rpc/raises", {"code": "123", "message": "ABC", "details": "DEF", "hint": "XYZ"}, 332, "POST", told={"Proxy-Status": "PostgREST; error=123"}),
    sent(ask("/rpc/one_album?id=1", {"id": 1, "name": "Dawn", "band_id": 1}, Content_Type=_OBJECT + _UTF8), Accept=_OBJECT),
    sent(refused("/rpc/one_album?id=9999", 406, "PGRST116", _COERCE, "The result contains 0 rows", None), Accept=_OBJECT),
    sent(refused("/rpc/all_albums", 406, "PGRST116", _COERCE, "The result contains 5 rows", None), Accept=_OBJECT),
)  # fmt: skip

# what the gateway and the database's own grants decide
ROLES = (
    Case("/slots?id=eq.1", ids(1), sent={"Origin": "http://example.com"}, told={"Access-Control-Allow-Origin": "*"}),
    Case("/slots", b"", 200, "OPTIONS", {"Origin": "http://example.com"}, {"Access-Control-Allow-Origin": "*"}),
    sent(Case("/", b"", 204, "OPTIONS", {"Origin": "http://example.com", "Access-Control-Request-Method": "POST"}, {
        "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": "Authorization, Foo,Bar", "Access-Control-Max-Age": "86400"}), "OPTIONS", Access_Control_Request_Headers="Foo,Bar"),
    refused("/private_slots", 401, "42501", "permission denied for table private_slots", None, ANY),
    Case("/private_slots", ANY, 401, told={"WWW-Authenticate": "Bearer", "Proxy-Status": "PostgREST; error=42501"}),
    _options("/read_only_slots", "OPTIONS,GET,HEAD"),
    Case("/slots", {"code": "PGRST301", "message": "Expected 3 parts in JWT; got 2", "details": None, "hint": None}, 401,
         sent={"Authorization": "Bearer ey9zdG.y4vZuu1d"}, told={"Proxy-Status": "PostgREST; error=PGRST301"}),
)  # fmt: skip
