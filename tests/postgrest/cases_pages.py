"""Slices of the rows and their counts."""

from tests.postgrest.case import ask, ids, refused, sent

_ALL = ids(*range(1, 16))
_GONE = "Requested range not satisfiable"
_EXACT = "count=exact"


def _beyond(path, offset, rows):
    details = f"An offset of {offset} was requested, but there are only {rows} rows."
    body = {"code": "PGRST103", "message": _GONE, "details": details, "hint": None}
    return ask(path, body, 416, span=f"*/{rows}")


def _spans(path, nothing):
    """What the Range header does with a resource of fifteen rows; ``nothing`` is one without any."""
    and_ = "&" if "?" in path else "?"
    return (
        ask(f"{path}{and_}order=id", _ALL, span="0-14/*"),
        sent(ask(f"{path}{and_}order=id", ids(1, 2), span="0-1/*"), Range="0-1", Range_Unit="items"),
        sent(ask(f"{path}{and_}order=id", _ALL, span="0-14/*"), Range="0-"),
        sent(ask(f"{path}{and_}order=id", ids(1), span="0-0/*"), Range="0-0"),
        sent(ask(f"{path}{and_}order=id", ids(11, 12, 13, 14, 15), span="10-14/*"), Range="10-100"),
        sent(ask(f"{path}{and_}order=id", ids(3, 4), 206, span="2-3/15"), Range="2-3", Prefer=_EXACT),
        sent(ask(f"{path}{and_}order=id", _ALL, span="0-14/*"), Range="bytes=0-1"),
        sent(ask(f"{path}{and_}order=id&limit=3", ids(1, 2), span="0-1/*"), Range="0-1"),
        sent(ask(f"{path}{and_}order=id&limit=2", ids(1, 2), span="0-1/*"), Range="0-4"),
        sent(ask(nothing, [], span="*/*"), Range="0-1"),
        sent(ask(nothing, [], span="*/0"), Prefer=_EXACT),
        sent(_beyond(nothing, 1, 0), Range="1-2", Prefer=_EXACT),
        sent(_beyond(path, 100, 15), Range="100-199", Prefer=_EXACT),
        sent(refused(nothing, 416, "PGRST103", _GONE,
                     "The lower boundary must be lower than or equal to the upper boundary in the Range header.", None), Range="1-0"),
        sent(_beyond(f"{path}{and_}offset=100", 100, 15), Prefer=_EXACT),
        sent(_beyond(f"{nothing}{'&' if '?' in nothing else '?'}offset=1", 1, 0), Prefer=_EXACT),
    )  # fmt: skip


SHARED = (
    *_spans("/slots", "/void_rows"),
    sent(ask("/void_rows", [], span="*/*"), Prefer="count=none"),
    sent(ask("/slots?order=id", _ALL, span="0-14/*"), Prefer="count=none"),
    sent(ask("/slots?id=eq.1&order=id", ids(1), span="0-0/*"), Prefer="count=none"),
    ask("/slots?select=id&order=id.asc&limit=3", ids(1, 2, 3), span="0-2/*"),
    ask("/slots?select=id&order=id.asc&limit=3&offset=2", ids(3, 4, 5), span="2-4/*"),
    sent(ask("/slots?select=id&order=id.asc&limit=3&offset=2", b"", span="2-4/*", Content_Type="application/json; charset=utf-8"), "HEAD"),
    sent(ask("/slots", b"", span="0-14/*"), "HEAD"),
    sent(ask("/slots", b"", span="0-14/15", Preference_Applied="count=exact"), "HEAD", Prefer=_EXACT),
    sent(ask("/slots?limit=2", b"", 206, span="0-1/15"), "HEAD", Prefer=_EXACT),
    sent(ask("/slots?id=gt.90", b"", span="*/0"), "HEAD", Prefer=_EXACT),
    ask("/slots?select=id&offset=0&order=id", _ALL, span="0-14/*"),
    ask("/slots?select=id&offset=-4&order=id", _ALL, span="0-14/*"),
    ask("/slots?select=id&offset=13&order=id", ids(14, 15), span="13-14/*"),
    ask("/slots?select=id&offset=15&order=id", [], span="*/*"),
    ask("/slots?select=id&offset=99&order=id", [], span="*/*"),
    ask("/slots?select=id&limit=0", [], span="*/*"),
    ask("/slots?select=id&order=id&limit=&offset=x", _ALL, span="0-14/*"),
    refused("/slots?select=id&limit=-1", 416, "PGRST103", _GONE, "Limit should be greater than or equal to zero.", None),
    sent(ask("/slots?order=id&limit=3", ids(1, 2, 3), 206, span="0-2/15", Preference_Applied="count=exact"), Prefer=_EXACT),
    sent(ask("/slots?order=id&offset=12", ids(13, 14, 15), 206, span="12-14/15"), Prefer=_EXACT),
    sent(ask("/slots?order=id", _ALL, span="0-14/15"), Prefer=_EXACT),
    sent(ask("/slots?id=gt.8&order=id", ids(*range(9, 16)), span="0-6/7"), Prefer=_EXACT),
    sent(ask("/slots?offset=15&order=id", [], span="*/15"), Prefer=_EXACT),
    sent(ask("/slots?limit=0", [], 206, span="*/15"), Prefer=_EXACT),
    ask("/bands?select=id,albums(id,tracks(id))&order=id.asc&limit=1&albums.order=id.asc&albums.limit=2&albums.tracks.order=id.asc&albums.tracks.limit=1",
        [{"id": 1, "albums": [{"id": 1, "tracks": ids(1)}, {"id": 2, "tracks": ids(3)}]}], span="0-0/*"),
    ask("/bands?select=id,albums(id)&order=id&albums.order=id&albums.offset=1", [{"id": 1, "albums": ids(2)}, {"id": 2, "albums": ids(4)}]),
    ask("/bands?select=id,albums(id)&order=id&albums.limit=0", [{"id": 1, "albums": []}, {"id": 2, "albums": []}]),
    ask("/tracks?select=id,albums(id)&order=id&limit=1&albums.offset=1", [{"id": 1, "albums": None}]),
    sent(ask("/albums?select=id,bands!inner(id)&order=id&limit=2", [{"id": 1, "bands": {"id": 1}}, {"id": 2, "bands": {"id": 1}}], 206, span="0-1/4"), Prefer=_EXACT),
    sent(ask("/slots?select=count()", [{"count": 15}], span="0-0/1"), Prefer=_EXACT),
)  # fmt: skip

POSTGRES = (
    *_spans("/rpc/slots_between?min=0&max=15", "/rpc/slots_between?min=2&max=2"),
    ask("/rpc/slots_between?min=2&max=2", [], span="*/*"),
    sent(ask("/slots?select=id&id=gt.8&order=id", ids(*range(9, 16)), 206, span="0-6/8"), Prefer="count=planned"),
    sent(ask("/slots", b"", span="0-14/15"), "HEAD", Prefer="count=planned"),
    sent(ask("/slots?limit=2&offset=3", b"", 206, span="3-4/15"), "HEAD", Prefer="count=planned"),
    sent(ask("/boughs", b"", span="0-5/6"), "HEAD", Prefer="count=planned"),
    sent(ask("/boughs?limit=2", b"", 206, span="0-1/6"), "HEAD", Prefer="count=planned"),
    sent(ask("/boughs?select=*,roots(*)", b"", span="0-5/6"), "HEAD", Prefer="count=planned"),
    sent(ask("/slots?limit=2", b"", 206, span="0-1/15"), "HEAD", Prefer="count=estimated"),
    sent(ask("/rpc/all_albums?select=id,bands!inner(id)&bands.id=eq.1", b"", span="0-1/2"), "HEAD", Prefer=_EXACT),
)  # fmt: skip
