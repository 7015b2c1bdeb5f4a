"""Pages by keys: every row once, in order, whatever is written in between, and by links alone."""

import re

import pytest

KEYSET = "pages=keyset"
ORDERS = [
    "",
    "order=year",
    "order=year.desc",
    "order=year.nullsfirst",
    "order=year.desc.nullslast",
    "order=title,price.desc",
    "order=on_loan.desc,title.desc",
    "order=bought.desc",
    "order=changed_at,price",
    "order=title&select=n:title,id",
    "order=artist_id,year.desc&artist_id=not.is.null&or=(id.gt.1,year.lt.2000)",
]


def next_of(answer):
    """Where an answer's link leads to."""
    return re.fullmatch(r'<(/works\?.*|/[^>]*)>; rel="next"', answer.headers["Link"])[1]


def follow(museum, path, limit=2, **headers):
    """All rows of the pages from ``path`` on."""
    rows, link = [], None
    for _ in range(10):
        if link is None:
            answer = museum.get(f"{path}{'&' if '?' in path else '?'}limit={limit}", Prefer=KEYSET, **headers)
        else:
            answer = museum.client.get(link)
        assert answer.status_code == 200, answer.text
        rows += answer.json
        if "Link" not in answer.headers:
            return rows
        link = next_of(answer)
    raise AssertionError("there is no end")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_every_row_comes_once_and_in_order(museum, order, limit):
    whole = order.partition("&")[0] or "order="
    asked = order.replace(whole, f"{whole}{'' if whole[-1] == '=' else ','}id") or "order=id"
    assert follow(museum, f"works?{order}", limit) == museum.get(f"works?{asked}").json


def test_rows_written_in_between_neither_hide_nor_repeat_others(fresh_museum):
    first = fresh_museum.get("counters?order=n&limit=1", Prefer=KEYSET)
    assert first.headers["Preference-Applied"] == KEYSET
    assert [row["id"] for row in first.json] == [1]
    fresh_museum.ask("POST", "counters", '[{"id": 5, "n": 0}, {"id": 6, "n": 9}]')
    second = fresh_museum.client.get(next_of(first))
    third = fresh_museum.client.get(next_of(second))
    assert [row["id"] for row in second.json + third.json] == [2, 6]


def test_odd_names_and_composite_keys(museum):
    assert [row["a.b"] for row in follow(museum, "Gift Shop?order=%22a.b%22", 1)] == ["dot", None]
    assert len(follow(museum, "shifts?order=room_id", 1)) == 3


@pytest.mark.parametrize(
    "path",
    [
        "works?order=id",  # without a limit
        "works?limit=2&offset=1",
        "works?limit=2&order=artists(name)&select=*,artists(name)",
        "works?limit=2&order=details",
        "works?limit=2&order=year&select=id",  # the cursor could not be told
        "works?limit=2&after=.nonsense",
        "works?limit=2&after=.WyIxIiwiMiJd",  # of another order
        "visits?limit=2",  # nothing tells its rows apart
    ],
)
def test_what_has_no_such_pages(museum, path):
    answer = museum.get(path, Prefer=KEYSET)
    assert (answer.status_code, answer.json["code"]) == (400, "PGRST100"), answer.text


def test_nobody_else_gets_a_link(museum):
    assert "Link" not in museum.get("works?limit=2&order=id").headers
    assert museum.get("works?limit=2&after=eq.1").json["code"] == "42703"  # a filter on a column, as it always was
