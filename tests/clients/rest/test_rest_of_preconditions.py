"""Writes of what must be as the client has seen it: ``If-Match`` with a GET's entity tag, on both databases."""

import pytest

OBJECT = "application/vnd.pgrst.object+json"
ROW = "counters?id=eq.1"


def test_a_row_that_is_unchanged_is_written(fresh_museum):
    tag = fresh_museum.get(ROW).headers["ETag"]
    answer = fresh_museum.ask("PATCH", ROW, '{"label": "mine"}', If_Match=tag, Prefer="return=representation")
    assert (answer.status_code, answer.json) == (200, [{"id": 1, "label": "mine", "n": 1, "flag": True}])
    refused = fresh_museum.ask("PATCH", ROW, '{"label": "late"}', If_Match=tag)
    assert (refused.status_code, refused.json["code"]) == (412, "TRV111")
    assert fresh_museum.get(ROW).json[0]["label"] == "mine"
    newer = fresh_museum.get(ROW).headers["ETag"]
    assert fresh_museum.ask("PUT", ROW, '{"id": 1, "label": "put"}', If_Match=f'"x", {newer}').status_code == 204
    assert fresh_museum.ask("DELETE", ROW, If_Match=newer).status_code == 412
    last = fresh_museum.get(ROW).headers["ETag"]
    assert fresh_museum.ask("DELETE", ROW, If_Match=last).status_code == 204
    assert fresh_museum.get(ROW).json == []


def test_one_object_and_chosen_columns_have_tags_of_their_own(fresh_museum):
    row = f"{ROW}&select=label,n"
    tag = fresh_museum.get(row, Accept=OBJECT).headers["ETag"]
    given = {"Accept": OBJECT, "Prefer": "return=representation"}
    assert fresh_museum.ask("PATCH", row, '{"n": 5}', If_Match=tag).status_code == 412  # the tag of another form
    answer = fresh_museum.ask("PATCH", row, '{"n": 5}', If_Match=tag, **given)
    assert (answer.status_code, answer.json) == (200, {"label": "one", "n": 5})


@pytest.mark.parametrize(
    "method, body", [("PATCH", '{"label": "x"}'), ("DELETE", None), ("PUT", '{"id": 77, "label": "x"}')]
)
def test_what_is_not_there_matches_nothing(fresh_museum, method, body):
    for tags in ("*", '"a"'):
        answer = fresh_museum.ask(method, "counters?id=eq.77", body, If_Match=tags)
        assert (answer.status_code, answer.json["code"]) == (412, "TRV111")
    assert fresh_museum.get("counters?id=eq.77").json == []


def test_anything_that_is_there(fresh_museum):
    assert fresh_museum.ask("PATCH", "counters?id=gt.0", '{"n": 3}', If_Match="*").status_code == 204
    assert fresh_museum.ask("PUT", ROW, '{"id": 1, "n": 4}', If_Match="*").status_code == 204
    assert [row["n"] for row in fresh_museum.get("counters?order=id").json] == [4, 3]


def test_a_row_that_must_be_new(fresh_museum):
    path, given = "counters?id=eq.77", {"If_None_Match": "*", "Prefer": "return=representation"}
    made = fresh_museum.ask("PUT", path, '{"id": 77, "label": "x"}', **given)
    assert (made.status_code, made.json[0]["label"]) == (201, "x")
    again = fresh_museum.ask("PUT", path, '{"id": 77, "label": "y"}', **given)
    assert (again.status_code, again.json["code"]) == (412, "TRV111")
    assert fresh_museum.get(path).json[0]["label"] == "x"


def test_several_rows_have_no_tag_together(fresh_museum):
    tag = fresh_museum.get("counters?id=gt.0").headers["ETag"]
    assert fresh_museum.ask("PATCH", "counters?id=gt.0", '{"n": 3}', If_Match=tag).status_code == 412


def test_a_change_that_comes_in_between_is_seen(fresh_museum, monkeypatch):
    from rest_service.preconditions import Guard

    held = Guard.hold

    def hold(self, asked, body):
        assert fresh_museum.ask("PATCH", ROW, '{"n": 100}').status_code == 204
        return held(self, asked, body)

    tag = fresh_museum.get(ROW).headers["ETag"]
    monkeypatch.setattr(Guard, "hold", hold)
    assert fresh_museum.ask("PATCH", ROW, '{"label": "lost?"}', If_Match=tag).status_code == 412
    assert fresh_museum.get(ROW).json[0] == {"id": 1, "label": "one", "n": 100, "flag": True}
