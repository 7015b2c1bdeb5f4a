"""The tour that every toolkit makes of the record shop, and what it must tell of it, a line for each stop."""

TOLD = {
    "listed": "Blue Train, Giant Steps",  # the first two by title
    "total": "4",
    "artist": "John Coltrane",  # a row that comes with its album
    "tracks": "Blue Train, Moment's Notice",  # and rows
    "filtered": "Giant Steps, Kind of Blue",  # released, and either named so or dear
    "price": "9.90",
    "stars": "5",
    "plays": "5000000000",
    "minutes": "45.75",
    "live": "false",
    "released": "1959-08-17",
    "bought": "2024-02-29T23:59:58",
    "heard": "2024-02-29T12:00:01Z",
    "cover": "00ff10",
    "details": '{"label":"Columbia"}',
    "mark": "8f14e45f-ceea-467f-9575-05f1a2b3c4d5",
    "notes": 'a < b & "c" – 漢字',
    "nothing": "null",  # a NULL among them
    "created": "Ascension 12.50 1966-02-01 signed",
    "changed": "13.00 null",  # a price written, and NULL
    "deleted": "1",
    "gone": "null",
    "odd names": "Vinyl 4.50",
    "fault": "23505 true",  # the code of the typed fault, and whether it tells a trace
    "refused": "FailedAuthentication",  # a wrong password
}
ARRAYS = {"arrays": "calm late, 30 45", "empty": "0 null"}  # of PostgreSQL's


def told(output: str) -> dict[str, str]:
    """What a client printed: ``stop: what was found there`` on each line."""
    return dict(line.split(": ", 1) for line in output.splitlines() if ": " in line)
