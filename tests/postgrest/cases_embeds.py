"""Related rows: all cardinalities, inner joins, conditions and orders by related rows, views, computed relations."""

from tests.postgrest.case import ANY, ask, ids, refused, sent

_EXACT = "count=exact"
_MERIDIAN, _TUNDRA = {"id": 1, "name": "Meridian"}, {"id": 2, "name": "Tundra"}
_INES = {"id": 1, "name": "Ines"}
_REMARK = {"id": 1, "author_id": 1, "singer_id": 2, "track_id": 6, "content": "Again, slower"}


def _names(*names):
    return ids(*names, key="name")


def _no_relation(path, parent, child, schema="public"):
    details = f"Searched for a foreign key relationship between '{parent}' and '{child}' in the schema '{schema}', but no matches were found."
    return refused(
        path,
        400,
        "PGRST200",
        f"Could not find a relationship between '{parent}' and '{child}' in the schema cache",
        details,
    )


def _not_embedded(path, name):
    return refused(path, 400, "PGRST108", f"'{name}' is not an embedded resource in this request", None,
                   f"Verify that '{name}' is included in the 'select' query parameter.")  # fmt: skip


_SHAPES = (
    ask("/albums?id=eq.1&select=id, name, bands(*), tracks(id, name)&tracks.order=id",
        [{"id": 1, "name": "Dawn", "bands": _MERIDIAN, "tracks": [{"id": 1, "name": "Intro Dawn"}, {"id": 2, "name": "Coda Dawn"}]}]),
    ask("/albums?select=name,band:bands(bandId:id,name)&order=id",
        [{"name": "Dawn", "band": {"bandId": 1, "name": "Meridian"}}, {"name": "Dusk", "band": {"bandId": 1, "name": "Meridian"}},
         {"name": "Frost", "band": {"bandId": 2, "name": "Tundra"}}, {"name": "Thaw", "band": {"bandId": 2, "name": "Tundra"}},
         {"name": "Solo", "band": None}]),
    ask("/remarks?select=*,takes(singerId:singer_id)", [{**_REMARK, "takes": {"singerId": 2}}]),
    ask("/remarks?select=*,takes(trackId:track_id)", [{**_REMARK, "takes": {"trackId": 6}}]),
    ask("/albums?id=in.(1,5)&select=id,bands(id)&order=id", [{"id": 1, "bands": {"id": 1}}, {"id": 5, "bands": None}]),
    ask("/albums?id=in.(5)&select=id,tracks(id)", [{"id": 5, "tracks": []}]),
    ask("/bands?id=eq.1&select=id,albums(id,tracks(id))&albums.order=id&albums.tracks.order=id",
        [{"id": 1, "albums": [{"id": 1, "tracks": ids(1, 2)}, {"id": 2, "tracks": ids(3, 4)}]}]),
    ask("/tracks?select=id,singers(id)&order=id&singers.order=id",
        [{"id": n, "singers": ids(*s)} for n, s in enumerate(((1, 3), (1,), (1,), (1,), (2, 3), (2,), (2,), ()), 1)]),
    ask("/tracks?id=eq.1&select=id,theSingers:singers(id)&theSingers.order=id", [{"id": 1, "theSingers": ids(1, 3)}]),
    ask("/singers?select=id,tracks(id)&order=id&tracks.order=id", [{"id": 1, "tracks": ids(1, 2, 3, 4)}, {"id": 2, "tracks": ids(5, 6, 7)}, {"id": 3, "tracks": ids(1, 5)}]),
    ask("/files?filename=eq.cover.png&album_id=eq.1&select=filename,takes(singer_id,track_id)&takes.order=singer_id",
        [{"filename": "cover.png", "takes": [{"singer_id": 1, "track_id": 1}, {"singer_id": 3, "track_id": 1}]}]),
    ask("/takes?singer_id=eq.1&track_id=eq.1&select=singer_id,files(filename)&files.order=filename",
        [{"singer_id": 1, "files": [{"filename": "cover.png"}, {"filename": "mix.wav"}]}]),
    ask("/takes?singer_id=eq.1&track_id=eq.1&select=singer_id,files!opened(filename)&files.order=filename",
        [{"singer_id": 1, "files": [{"filename": "cover.png"}, {"filename": "mix.wav"}]}]),
    ask("/takes?singer_id=eq.2&track_id=eq.6&select=*, remarks(content)", [{"singer_id": 2, "track_id": 6, "remarks": [{"content": "Again, slower"}]}]),
    ask("/pupils_info?select=address,pupils(name)&order=id", [{"address": "Row 1", "pupils": {"name": "Jo Doe"}}, {"address": "Row 2", "pupils": {"name": "Ja Doe"}}]),
    ask("/pupils?select=name,pupils_info(address)&order=id", [{"name": "Jo Doe", "pupils_info": {"address": "Row 1"}}, {"name": "Ja Doe", "pupils_info": {"address": "Row 2"}}]),
    ask("/nations?select=name,capitals(name)&order=id", [{"name": "Avalon", "capitals": {"name": "Camelot"}}, {"name": "Boreas", "capitals": {"name": "Rime"}}]),
    ask("/capitals?select=name,nations(name)&order=id", [{"name": "Camelot", "nations": {"name": "Avalon"}}, {"name": "Rime", "nations": {"name": "Boreas"}}]),
    ask("/nations?id=eq.1&select=id(name)", [{"id": {"name": "Camelot"}}]),
    *(ask(f"/capitals?id=eq.1&select=name,{target}(name)", [{"name": "Camelot", target.partition("!")[0]: {"name": "Avalon"}}])
      for target in ("nation_id", "capitals_nation_id_fkey", "nations!id", "nations!nation_id", "nations!capitals_nation_id_fkey")),
    *(ask(f"/nations?id=eq.1&select=name,{target}(name)", [{"name": "Avalon", target.partition("!")[0]: {"name": "Camelot"}}])
      for target in ("capitals_nation_id_fkey", "capitals!id", "capitals!nation_id", "capitals!capitals_nation_id_fkey")),
    ask("/stock?select=*,sprout(*)&stock=eq.1&sprout.order=sprout", [{"stock": 1, "sprout": [{"sprout": 1, "stock": 1}, {"sprout": 2, "stock": 1}, {"sprout": 3, "stock": 1}]}]),
    ask("/stock?select=*,part(*)&stock=eq.1", [{"stock": 1, "part": [{"part": 1}]}]),
    ask("/singers?select=id,intros:tracks(id),codas:tracks(id)&intros.name=like.Intro*&codas.name=like.Coda*&id=lt.3&order=id&intros.order=id&codas.order=id",
        [{"id": 1, "intros": ids(1, 3), "codas": ids(2, 4)}, {"id": 2, "intros": ids(5, 7), "codas": ids(6)}]),
    ask("/albums?select=id,intros:tracks(name,singers(id))&intros.name=like.Intro*&intros.singers.id=in.(1,2)&id=in.(1,5)&order=id",
        [{"id": 1, "intros": [{"name": "Intro Dawn", "singers": ids(1)}]}, {"id": 5, "intros": []}]),
    ask("/roots?select=id,twigs:boughs(id,gs:leaves(id))&twigs.and=(id.in.(1,2,3))&twigs.gs.or=(id.eq.1,id.eq.2)&order=id&twigs.order=id&twigs.gs.order=id&id=lt.4",
        [{"id": 1, "twigs": [{"id": 1, "gs": ids(1, 2)}, {"id": 2, "gs": []}]}, {"id": 2, "twigs": [{"id": 3, "gs": []}]}, {"id": 3, "twigs": []}]),
    ask("/bands?select=id,albums(id,tracks(id,name))&albums.tracks.name=like.Intro*&id=eq.1&albums.order=id",
        [{"id": 1, "albums": [{"id": 1, "tracks": [{"id": 1, "name": "Intro Dawn"}]}, {"id": 2, "tracks": [{"id": 3, "name": "Intro Dusk"}]}]}]),
    _not_embedded("/bands?select=*&no_such.name=like.*x*", "no_such"),
    _not_embedded("/bands?select=*,the_albums:albums(*)&the_albumsss.name=ilike.*x*", "the_albumsss"),
    _not_embedded("/bands?select=id,albums(id,tracks(id,name))&albums.tracks2.name=like.x*", "tracks2"),
    _not_embedded("/bands?select=*&no_such.order=id", "no_such"),
    _not_embedded("/bands?select=*&no_such.limit=1", "no_such"),
    _not_embedded("/bands?select=*&no_such.or=(id.eq.1,id.eq.2)", "no_such"),
    _no_relation("/bands?select=*,lamps(*)", "bands", "lamps"),
    _no_relation("/bands?select=*,nowhere(*)", "bands", "nowhere"),
    refused("/bands?select=*,album(*)", 400, "PGRST200", hint="Perhaps you meant 'albums' instead of 'album'."),
    refused("/bands?select=*,albums(void)", 400, "42703", "column albums_1.void does not exist"),
    refused("/bands?select=*,albums(*)&albums.void=eq.1", 400, "42703", "column albums_1.void does not exist"),
)  # fmt: skip

_EMPTY = (
    ask("/albums?select=id,bands()&order=id", ids(1, 2, 3, 4, 5)),
    ask("/albums?select=id,bands!inner()&bands.id=eq.2&order=id", ids(3, 4)),
    ask("/bands?select=id,albums()&order=id", ids(1, 2)),
    ask("/bands?select=id,albums!inner()&albums.name=eq.Frost", ids(2)),
    ask("/singers?select=*,tracks!inner()&id=eq.1", [_INES]),
    ask("/singers?select=*,tracks!inner()&tracks.id=eq.3", [_INES]),
    ask("/singers?select=*,takes(tracks(albums()))&id=eq.1", [_INES]),
    ask("/singers?select=*,takes!inner(tracks!inner(albums()))&takes.tracks.id=eq.3", [_INES]),
    ask("/singers?select=*,tracks(albums(bands()),takes())&id=eq.1", [_INES]),
    ask(
        "/singers?select=*,tracks!inner(albums(bands()),takes(),name)&tracks.id=eq.3",
        [{**_INES, "tracks": _names("Intro Dusk")}],
    ),
)

_INNER = (
    ask("/albums?select=id,bands!inner(id)&order=id", [{"id": n, "bands": {"id": (n + 1) // 2}} for n in (1, 2, 3, 4)]),
    ask("/albums?select=id,bands!left(id)&order=id", [*({"id": n, "bands": {"id": (n + 1) // 2}} for n in (1, 2, 3, 4)), {"id": 5, "bands": None}]),
    sent(ask("/albums?select=id,bands!inner(id)", b"", span="0-3/4"), "HEAD", Prefer=_EXACT),
    ask("/albums?select=id,bands!inner(id)&bands.id=eq.2&order=id", [{"id": 3, "bands": {"id": 2}}, {"id": 4, "bands": {"id": 2}}]),
    ask("/albums?select=id,bands!inner(id)&bands.id=eq.0", []),
    sent(ask("/albums?select=id,bands!inner(id)&bands.id=eq.1", b"", span="0-1/2"), "HEAD", Prefer=_EXACT),
    ask("/tracks?select=id,albums!inner(id,bands!inner(id))&albums.bands.id=eq.1&order=id",
        [{"id": n, "albums": {"id": (n + 1) // 2, "bands": {"id": 1}}} for n in (1, 2, 3, 4)]),
    sent(ask("/tracks?select=id,albums!inner(id,bands!inner(id))&albums.bands.id=eq.1", b"", span="0-3/4"), "HEAD", Prefer=_EXACT),
    ask("/tracks?select=id,albums(id,bands!inner(id))&albums.bands.id=eq.2&order=id&id=in.(4,5)",
        [{"id": 4, "albums": None}, {"id": 5, "albums": {"id": 3, "bands": {"id": 2}}}]),
    sent(ask("/tracks?select=id,albums(id,bands!inner(id))&albums.bands.id=eq.2", b"", span="0-7/8"), "HEAD", Prefer=_EXACT),
    ask("/roots?select=id,boughs!inner(id)&order=id&boughs.order=id", [{"id": 1, "boughs": ids(1, 2, 4, 5)}, {"id": 2, "boughs": ids(3, 6)}]),
    sent(ask("/roots?select=id,boughs!inner(id)", b"", span="0-1/2"), "HEAD", Prefer=_EXACT),
    ask("/roots?select=id,boughs!inner(id)&boughs.id=eq.3", [{"id": 2, "boughs": ids(3)}]),
    ask("/roots?select=id,boughs!inner(id,leaves!inner(id))&boughs.leaves.id=in.(1,5)&boughs.order=id",
        [{"id": 1, "boughs": [{"id": 1, "leaves": ids(1)}, {"id": 2, "leaves": ids(5)}]}]),
    sent(ask("/roots?select=id,boughs!inner(id,leaves!inner(id))&boughs.leaves.id=in.(1,5)", b"", span="0-0/1"), "HEAD", Prefer=_EXACT),
    ask("/roots?select=id,boughs!inner(id,leaves(id))&boughs.leaves.id=eq.2&order=id&boughs.order=id",
        [{"id": 1, "boughs": [{"id": 1, "leaves": ids(2)}, {"id": 2, "leaves": []}, {"id": 4, "leaves": []}, {"id": 5, "leaves": []}]},
         {"id": 2, "boughs": [{"id": 3, "leaves": []}, {"id": 6, "leaves": []}]}]),
    ask("/goods?select=id,sellers!inner(id)&order=id&sellers.order=id", [{"id": 1, "sellers": ids(1, 2)}, {"id": 2, "sellers": ids(1, 3)}]),
    ask("/goods?select=id,sellers!left(id)&order=id&sellers.order=id&id=gt.1", [{"id": 2, "sellers": ids(1, 3)}, {"id": 3, "sellers": []}]),
    sent(ask("/goods?select=id,sellers!inner(id)&sellers.id=eq.2", b"", span="0-0/1"), "HEAD", Prefer=_EXACT),
    ask("/goods?select=id,sellers!inner(id)&sellers.id=eq.3", [{"id": 2, "sellers": ids(3)}]),
    ask("/goods?select=id,sellers!inner(id,unions!inner(id))&sellers.unions.id=eq.3", [{"id": 1, "sellers": [{"id": 2, "unions": ids(3)}]}]),
    ask("/goods?select=id,sellers!inner(id,unions(id))&sellers.unions.id=eq.3&order=id&sellers.order=id",
        [{"id": 1, "sellers": [{"id": 1, "unions": []}, {"id": 2, "unions": ids(3)}]}, {"id": 2, "sellers": [{"id": 1, "unions": []}, {"id": 3, "unions": []}]}]),
    ask("/tracks?select=name,albums!inner(name),singers!inner(name)&id=in.(2,8)", [{"name": "Coda Dawn", "albums": {"name": "Dawn"}, "singers": _names("Ines")}]),
    ask("/albums?select=id,bands!band!inner(id)&bands.id=eq.2&order=id", [{"id": 3, "bands": {"id": 2}}, {"id": 4, "bands": {"id": 2}}]),
    ask("/albums?select=id,bands!inner!band(id)&bands.id=eq.2&order=id", [{"id": 3, "bands": {"id": 2}}, {"id": 4, "bands": {"id": 2}}]),
    ask("/albums?select=id,band!inner(id)&band.id=eq.2&order=id", [{"id": 3, "band": {"id": 2}}, {"id": 4, "band": {"id": 2}}]),
    ask("/shops?select=id,shop_contacts!inner(name),shop_infos!inner(other)&shop_contacts.name=eq.Wally",
        [{"id": 1, "shop_contacts": _names("Wally"), "shop_infos": [{"other": "12 Main St"}]}]),
    ask("/shops?select=id,shop_contacts!inner(name),shop_infos!inner(other)&shop_infos.other=eq.45%20South%20St",
        [{"id": 2, "shop_contacts": _names("Tabby"), "shop_infos": [{"other": "45 South St"}]}]),
    sent(ask("/shops?select=id,name,shop_contacts!inner(name),shop_infos!inner(other)", b"", span="0-2/3"), "HEAD", Prefer=_EXACT),
    sent(ask("/tracks?select=id,albums(name),singers!inner(name)&id=gte.7", b"", span="0-0/1"), "HEAD", Prefer=_EXACT),
)  # fmt: skip

_RELATED = (
    ask("/albums?select=id,bands(name)&order=bands(name).nullsfirst,id", [
        {"id": 5, "bands": None}, *({"id": n, "bands": {"name": "Meridian"}} for n in (1, 2)), *({"id": n, "bands": {"name": "Tundra"}} for n in (3, 4))]),
    ask("/albums?select=id,band:bands(name)&order=band(name).desc.nullslast,id.desc", [
        *({"id": n, "band": {"name": "Tundra"}} for n in (4, 3)), *({"id": n, "band": {"name": "Meridian"}} for n in (2, 1)), {"id": 5, "band": None}]),
    ask("/albums?select=id,bands()&order=bands(name).desc.nullslast,id", ids(3, 4, 1, 2, 5)),
    ask("/parcels?select=id,parcel_details(data)&order=parcel_details(data->key).asc", [{"id": n, "parcel_details": {"data": {"key": k}}} for n, k in ((2, 6), (3, 8), (1, 10))]),
    ask("/parcels?select=id,parcel_details(id)&order=parcel_details(data->key).desc", [{"id": n, "parcel_details": {"id": n}} for n in (1, 3, 2)]),
    ask("/singers?select=name,tracks(id,albums(id))&tracks.order=albums(id).desc,name&id=eq.1", [{"name": "Ines", "tracks": [
        {"id": 4, "albums": {"id": 2}}, {"id": 3, "albums": {"id": 2}}, {"id": 2, "albums": {"id": 1}}, {"id": 1, "albums": {"id": 1}}]}]),
    refused("/bands?select=*,albums(*)&order=albums(id)", 400, "PGRST118", "A related order on 'albums' is not possible",
            "'bands' and 'albums' do not form a many-to-one or one-to-one relationship", None),
    refused("/bands?select=*,pros:albums(*)&order=pros(id)", 400, "PGRST118", "A related order on 'pros' is not possible",
            "'bands' and 'pros' do not form a many-to-one or one-to-one relationship", None),
    _not_embedded("/albums?select=id,bands(name)&order=bandsx(name).nullsfirst", "bandsx"),
    ask("/albums?select=name,bands()&bands=not.is.null&order=id", _names("Dawn", "Dusk", "Frost", "Thaw")),
    ask("/albums?select=name,bands()&bands=is.null", _names("Solo")),
    ask("/albums?select=name,bands(name)&bands=is.null", [{"name": "Solo", "bands": None}]),
    ask("/roots?select=name,boughs()&boughs=not.is.null&order=id", _names("root 1", "root 2")),
    ask("/roots?select=name,boughs()&boughs=is.null&order=id", _names("root 3", None)),
    ask("/roots?select=name,kids:boughs()&kids=is.null&order=id", _names("root 3", None)),
    ask("/singers?select=name,tracks()&tracks.id=eq.1&tracks=not.is.null&order=id", _names("Ines", "Odile")),
    ask("/singers?select=name,tracks()&tracks.id=eq.1&tracks=is.null", _names("Marek")),
    ask("/roots?select=name,boughs(name,leaves())&boughs.leaves=not.is.null&boughs=not.is.null&boughs.order=id", [{"name": "root 1", "boughs": _names("bough 1", "bough 2")}]),
    ask("/shops?select=*,shop_infos(),shop_contacts()&shop_infos.other=ilike.*main*&shop_contacts.name=ilike.*tabby*&or=(shop_infos.not.is.null,shop_contacts.not.is.null)&order=id",
        [{"id": 1, "name": "Wal"}, {"id": 2, "name": "Tar"}]),
    sent(ask("/shops?select=id,shop_infos(),shop_contacts()&shop_infos.other=ilike.*main*&shop_contacts.name=ilike.*tabby*&or=(shop_infos.not.is.null,shop_contacts.not.is.null)&order=id",
             ids(1, 2), span="0-1/2"), Prefer=_EXACT),
    ask("/albums?select=name,band_id,band:band_id(name)&band_id=eq.2&order=id", [{"name": n, "band_id": 2, "band": {"name": "Tundra"}} for n in ("Frost", "Thaw")]),
    ask("/follows?select=*,subscriber(*)&subscriber=eq.9", []),
    ask("/follows?select=subscribed,subscriber(name)&subscriber=eq.1", [{"subscribed": 2, "subscriber": {"name": "Mark"}}]),
    ask("/cups?select=id,stages(label)&stages=eq.3", [{"id": 2, "stages": {"label": "done"}}]),
    ask("/cups?select=id,stages(label)&or=(stages.eq.3,stages.lt.0)", [{"id": 2, "stages": {"label": "done"}}]),
    ask("/mates_b?select=name,mates_a(name)&mates_a=not.is.null&order=id", [{"name": "Test 1", "mates_a": {"name": "Named"}}, {"name": "Test 2", "mates_a": {"name": None}}]),
    ask("/mates_b?select=name,mates_a()&mates_a=is.null", _names("Test 3")),
    sent(ask("/albums?select=name,bands()&bands=is.null", _names("Solo"), span="0-0/1"), Prefer=_EXACT),
    refused("/albums?select=name,bands()&bands=eq.1", 400, "PGRST120", "Bad operator on the 'bands' embedded resource",
            "Only is null or not is null filters are allowed on embedded resources", None),
    refused("/albums?select=name,bands()&bands=is.true", 400, "PGRST120"),
    refused("/albums?select=name,bands()&or=(bands.gt.1,id.eq.1)", 400, "PGRST120"),
)  # fmt: skip

_VIEWS = (
    ask("/albums_view?id=eq.1&select=id, name, bands(*), tracks(id)&tracks.order=id", [{"id": 1, "name": "Dawn", "bands": _MERIDIAN, "tracks": ids(1, 2)}]),
    ask("/albums_renamed?a_id=eq.1&select=a_id, name, bands(*), tracks(id)&tracks.order=id", [{"a_id": 1, "name": "Dawn", "bands": _MERIDIAN, "tracks": ids(1, 2)}]),
    ask("/tracks?id=eq.1&select=id,albums_renamed(a_id,bands(name))", [{"id": 1, "albums_renamed": {"a_id": 1, "bands": {"name": "Meridian"}}}]),
    ask("/pupils_view?select=name,pupils_info(address)&id=eq.1", [{"name": "Jo Doe", "pupils_info": {"address": "Row 1"}}]),
    ask("/pupils_view?select=name,pupils_info_view(address)&id=eq.1", [{"name": "Jo Doe", "pupils_info_view": {"address": "Row 1"}}]),
    ask("/pupils_info_view?select=address,pupils(name)&id=eq.1", [{"address": "Row 1", "pupils": {"name": "Jo Doe"}}]),
    ask("/pupils_info_view?select=address,pupils_view(name)&id=eq.1", [{"address": "Row 1", "pupils_view": {"name": "Jo Doe"}}]),
)  # fmt: skip

SHARED = (*_SHAPES, *_EMPTY, *_INNER, *_RELATED, *_VIEWS)

_HIDDEN_TABLES = (
    ask("/albums_kept?select=id,tracks(id)&id=eq.1&tracks.order=id", [{"id": 1, "tracks": ids(1, 2)}]),
    ask("/books?select=title,author:authors(name)&id=eq.5", [{"title": "Fahrenheit", "author": {"name": "Ray B"}}]),
    ask("/forties_books?select=title,author:authors(name)&id=eq.1", [{"title": "1984", "author": {"name": "George O"}}]),
    ask("/fifties_books?select=title,author:authors(name)&id=eq.4", [{"title": "The Catcher", "author": {"name": "JD S"}}]),
    ask("/authors_counted?select=*,books(title)&id=eq.1", [{"id": 1, "name": "George O", "forties": 1, "books": [{"title": "1984"}]}]),
    ask("/authors_in_decade?select=*,books(title)&id=eq.3", [{"id": 3, "name": "Antoine S", "forties": True, "books": [{"title": "The Prince"}]}]),
    ask("/books_of_both?select=title,publisher,author:authors(name)&id=eq.1", [{"title": "1984", "publisher": "Secker", "author": {"name": "George O"}}]),
    ask("/odd_years?select=title,year,author:authors(name)&id=eq.2", [{"title": "The Diary", "year": 1947, "author": {"name": "Anne F"}}]),
    ask("/albums_counted?select=albums,band:bands(name)&order=band_id", [{"albums": 2, "band": {"name": "Meridian"}}, {"albums": 2, "band": {"name": "Tundra"}}, {"albums": 1, "band": None}]),
    ask("/albums_counted?select=albums,band_id(name)&band_id=eq.2", [{"albums": 2, "band_id": {"name": "Tundra"}}]),
    ask("/albums_counted?select=albums,band(name)&band_id=eq.2", [{"albums": 2, "band": {"name": "Tundra"}}]),
    ask("/albums_counted?select=albums,bands!band_id(name)&band_id=eq.2", [{"albums": 2, "bands": {"name": "Tundra"}}]),
    ask("/bands?select=name,albums_counted(albums)&id=eq.2", [{"name": "Tundra", "albums_counted": [{"albums": 2}]}]),
    ask("/books?select=title,authors!inner(name)&authors.name=eq.George%20O", [{"title": "1984", "authors": {"name": "George O"}}]),
    sent(ask("/books?select=title,authors!inner(name)&authors.name=eq.George%20O", b"", span="0-0/1"), "HEAD", Prefer=_EXACT),
    ask("/authors?select=*,books!inner(id)&books.title=eq.1984", [{"id": 1, "name": "George O", "books": ids(1)}]),
    ask("/books?select=id,authors(name),publishers!inner(name)&id=gte.5", [{"id": 5, "authors": {"name": "Ray B"}, "publishers": {"name": "Ballant"}}]),
    ask("/screens?select=name,labels(name)&order=id", [{"name": "banana", "labels": _names("fruit")}, {"name": "car", "labels": _names("vehicles")}]),
    _no_relation("/ends_one?select=ends_two(*)", "ends_one", "ends_two"),
)  # fmt: skip

_PARTITIONS = (
    ask("/cars?name=in.(Dorian,Murc)&select=name,year,brands(name)&order=name.asc",
        [{"name": "Dorian", "year": 1981, "brands": {"name": "Dmc"}}, {"name": "Murc", "year": 2001, "brands": {"name": "Lam"}}]),
    ask("/brands?select=name,cars(name)&order=name.asc&cars.order=name.asc",
        [{"name": "Dmc", "cars": _names("Dorian")}, {"name": "Fer", "cars": _names("F310")}, {"name": "Lam", "cars": _names("Murc", "Vene")}]),
    ask("/cars?name=in.(Dorian,F310)&select=name,racers(name)&order=name.asc", [{"name": "Dorian", "racers": []}, {"name": "F310", "racers": _names("Michael")}]),
    ask("/racers?select=name,cars(name,year)&order=name.asc", [{"name": "Alain", "cars": None}, {"name": "Michael", "cars": {"name": "F310", "year": 1997}}]),
    ask("/cars?name=in.(Dorian,Vene)&select=name,car_sales(day,quantity)&order=name.asc&car_sales.order=day",
        [{"name": "Dorian", "car_sales": [{"day": "2021-01-14", "quantity": 7}, {"day": "2021-01-15", "quantity": 9}]}, {"name": "Vene", "car_sales": []}]),
    ask("/car_sales?day=eq.2021-02-11&select=quantity,cars(name)", [{"quantity": 1, "cars": {"name": "Murc"}}]),
    _no_relation("/cars?select=name,car_sales_january(day)", "cars", "car_sales_january"),
    refused("/car_sales_january?select=*,cars(*)", 404, "PGRST205", "Could not find the table 'public.car_sales_january' in the schema cache"),
)  # fmt: skip

_CIV = [{"name": "Civ I"}, {"name": "Civ II"}]
_COMPUTED = (
    ask("/games?select=name,maker:their_maker(name)&order=id&limit=1", [{"name": "Civ I", "maker": {"name": "Sid Meier"}}]),
    ask("/games?select=name,maker:their_one_maker(name)&order=id&limit=1", [{"name": "Civ I", "maker": {"name": "Sid Meier"}}]),
    ask("/makers?select=name,games:their_games(name)&id=eq.1&games.order=id", [{"name": "Sid Meier", "games": _CIV}]),
    sent(ask("/makers?select=name,games:their_games!inner(name)&games.name=eq.Civ%20I", [{"name": "Sid Meier", "games": _CIV[:1]}], span="0-0/1"), Prefer=_EXACT),
    sent(ask("/games?select=id,maker:their_maker!inner(name)&maker.name=like.*hironobu*&order=id",
             [{"id": n, "maker": {"name": "Hironobu S"}} for n in (3, 4)], span="0-1/2"), Prefer=_EXACT),
    sent(ask("/games?select=id,maker:their_one_maker!inner(name)&maker.name=like.*hironobu*&order=id",
             [{"id": n, "maker": {"name": "Hironobu S"}} for n in (3, 4)], span="0-1/2"), Prefer=_EXACT),
    ask("/rpc/all_games?select=name,maker:their_maker(name)&limit=1", [{"name": "Civ I", "maker": {"name": "Sid Meier"}}]),
    ask("/games?select=name,maker:their_maker(*)&id=eq.1", [{"name": "Civ I", "maker": {"id": 1, "name": "Sid Meier"}}]),
    ask("/pages?select=name,child_pages(name),parent_page(name)&id=in.(0,1)&order=id",
        [{"name": "tardis", "child_pages": _names("fezz", "foo"), "parent_page": {"name": "wat"}}, {"name": "fezz", "child_pages": _names("wut"), "parent_page": {"name": "tardis"}}]),
    ask("/games?select=*,makers!inner(*)", []),
    ask("/games?select=id,their_maker(id)&order=their_maker(id).desc,id", [{"id": n, "their_maker": {"id": m}} for n, m in ((3, 2), (4, 2), (1, 1), (2, 1))]),
    refused("/makers?select=id,their_games(id)&order=their_games(id).desc", 400, "PGRST118", "A related order on 'their_games' is not possible"),
    ask("/albums?select=name,their_band()&their_band=is.null", _names("Solo")),
    ask("/games?select=name,...their_maker(maker:name)&id=eq.3", [{"name": "Final I", "maker": "Hironobu S"}]),
    ask("/albums?select=name,bands(name,first_album(name))&id=eq.2", [{"name": "Dusk", "bands": {"name": "Meridian", "first_album": {"name": "Dawn"}}}]),
    ask("/bands?select=name,albums(name,their_band(name))&id=eq.2&albums.order=id",
        [{"name": "Tundra", "albums": [{"name": "Frost", "their_band": {"name": "Tundra"}}, {"name": "Thaw", "their_band": {"name": "Tundra"}}]}]),
    ask("/rpc/all_albums?select=id,bands!inner(id)&bands.id=eq.1&order=id", [{"id": 1, "bands": {"id": 1}}, {"id": 2, "bands": {"id": 1}}]),
    ask("/games?select=id,their_band(name)", ANY, 400),
)  # fmt: skip

POSTGRES = (*_HIDDEN_TABLES, *_PARTITIONS, *_COMPUTED)
