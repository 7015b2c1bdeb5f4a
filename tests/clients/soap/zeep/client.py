"""A tour of the record shop with zeep: client.py WSDL USERNAME PASSWORD 11|12 text|digest [arrays]"""

import sys
from datetime import UTC, date
from decimal import Decimal

import zeep
from zeep.wsse.username import UsernameToken

wsdl, username, password, version, kind, *more = sys.argv[1:]

client = zeep.Client(wsdl, wsse=UsernameToken(username, password, use_digest=kind == "digest"))
shop = client.bind("TrivetService", f"TrivetSoap{version}Port")

# a list, a page of it, and what belongs to each row
answer = shop.ListAlbums(
    orderBy={"item": [{"field": "title"}]},
    page={"limit": 2, "includeTotal": True},
    include={"string": ["artist", "tracks"]},
)
albums = answer["items"]["Albums"]
print("listed:", ", ".join(album.title for album in albums))
print("total:", answer.totalCount)
print("artist:", albums[0].artist.name)
print("tracks:", ", ".join(track.title for track in albums[0].tracks.Tracks))

# a filter: released, and either named so or dear
answer = shop.ListAlbums(
    filter={
        "released": {"isNull": False},
        "or": [{"title": {"ilike": "%of blue"}}, {"price": {"gt": Decimal("14.00")}}],
    },
    orderBy={"item": [{"field": "title"}]},
)
print("filtered:", ", ".join(album.title for album in answer["items"]["Albums"]))

# a row, every type
album = shop.GetAlbums(id=3)
for name in ("price", "stars", "plays", "minutes"):
    print(f"{name}:", album[name])
print("live:", str(album.live).lower())
print("released:", album.released.isoformat())
print("bought:", album.bought.isoformat())
print("heard:", album.heard.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
print("cover:", album.cover.hex())
for name in ("details", "mark", "notes"):
    print(f"{name}:", album[name])
print("nothing:", "null" if shop.GetAlbums(id=4).released is None else "?")

# a row made, changed and deleted
new = {"artist_id": 1, "title": "Ascension", "price": Decimal("12.50"), "released": date(1966, 2, 1), "notes": "signed"}
made = shop.CreateAlbums(albums=new)
print("created:", made.title, made.price, made.released.isoformat(), made.notes)
shop.UpdateAlbums(id=made.id, albums={"price": Decimal("13.00"), "notes": zeep.xsd.Nil})
changed = shop.GetAlbums(id=made.id)
print("changed:", changed.price, changed.notes or "null")
print("deleted:", shop.DeleteAlbums(id=made.id))
print("gone:", shop.GetAlbums(id=made.id) or "null")

# names that XML can't have
(line,) = shop.ListOrderDetails(filter={"Order_x0020_No": {"eq": 7}})["items"]["OrderDetails"]
print("odd names:", line["_x0032_nd_x0020_name"], line["unit_x0020_price"])

# a fault, and what it carries
try:
    shop.CreateArtists(artists={"name": "Björk"})
except zeep.exceptions.Fault as fault:
    problem = client.wsdl.types.deserialize(fault.detail[0])
    print("fault:", problem.code, str(bool(problem.traceId)).lower())

# a wrong password
client.wsse = UsernameToken(username, "wrong")
try:
    shop.GetAlbums(id=3)
except zeep.exceptions.Fault as fault:
    code = fault.subcodes[0].localname if version == "12" else fault.code
    print("refused:", code.split(":")[-1])
client.wsse = UsernameToken(username, password, use_digest=kind == "digest")

if "arrays" in more:
    full, empty = shop.ListPlaylists(orderBy={"item": [{"field": "id"}]})["items"]["Playlists"]
    print("arrays:", " ".join(full.moods.string) + ",", " ".join(map(str, full.minutes.int)))
    # zeep reads an empty array as None, and NULL as an object without members
    print("empty:", len(empty.moods.string if empty.moods else []), ", ".join(map(str, empty.minutes.int)) or "null")
