"""Frames: what goes in comes out, in whatever pieces it arrives, and nothing else is taken for one."""

import pytest
from chassis import frames
from chassis.frames import AnswerReader, Asked
from contracts.identity import Caller
from contracts.results import Basis, Result
from hypothesis import given
from hypothesis import strategies as st

RESULTS = st.builds(
    Result,
    body=st.binary(max_size=200),
    rows=st.none() | st.integers(0, 2**40),
    total=st.none() | st.integers(0, 2**40),
    affected=st.none() | st.integers(0, 2**40),
    inserted=st.none() | st.integers(0, 2**40),
    location=st.none() | st.dictionaries(st.text(), st.text(), max_size=3),
    catalog_version=st.text(max_size=10),
    timings=st.dictionaries(st.text(max_size=5), st.integers(0, 10**9), max_size=3),
    basis=st.none()
    | st.builds(
        Basis,
        st.text(),
        st.tuples(st.integers(0, 2047)),
        st.binary(),
        st.tuples(st.text()),
        st.none() | st.floats(0, 9),
    ),
)


@given(
    st.lists(
        st.tuples(st.binary(max_size=50), st.binary(max_size=50), st.text(max_size=20), st.booleans()), max_size=16
    )
)
def test_operations_come_out_as_they_went_in(items) -> None:
    body = b"".join(
        frames.asked(operation, values, Caller(token=token, request_id="r", explain=explain), 1.5)
        for operation, values, token, explain in items
    )
    found = [(asked.operation, asked.values, asked.head.token, asked.head.explain) for asked in frames.read_asked(body)]
    assert found == items


@given(st.lists(RESULTS, min_size=1, max_size=5), st.integers(1, 300), st.booleans())
def test_answers_come_out_as_they_went_in_however_they_arrive(results, size, explained) -> None:
    told = "why" if explained else None
    text = b"".join(frames.answered(number, result, told) for number, result in enumerate(results))
    reader, found = AnswerReader(), []
    for at in range(0, len(text), size):
        found += reader.feed(text[at : at + size])
    assert reader.between
    assert [answered.number for answered in found] == list(range(len(results)))
    for answered, result in zip(found, results, strict=True):
        head = answered.head
        assert not answered.problem
        assert head.explanation == told
        assert result == Result(
            body=answered.body, rows=head.rows, total=head.total, affected=head.affected, inserted=head.inserted,
            location=head.location, catalog_version=head.catalog_version, timings=head.timings, basis=head.basis,
        )  # fmt: skip


def test_a_problem_is_told_apart() -> None:
    [answered] = AnswerReader().feed(frames.refused(3, b"{}", "v1"))
    assert (answered.number, answered.problem, answered.head.catalog_version, answered.body) == (3, True, "v1", b"{}")


def test_half_a_frame_is_none() -> None:
    text = frames.answered(0, Result(body=b"[]"))
    reader = AnswerReader()
    assert reader.feed(text[:-1]) == []
    assert not reader.between


WHOLE = frames.asked(b"{}", b"[]", Caller(), 1.0)


@pytest.mark.parametrize("body", [WHOLE[:-1], WHOLE + b"x", b"\0" * 12, WHOLE * 17, WHOLE.replace(b"null", b"nil!", 1)])
def test_what_is_no_row_of_frames_is_refused(body) -> None:
    with pytest.raises(ValueError):
        frames.read_asked(body)


def test_nothing_is_no_frames() -> None:
    assert frames.read_asked(b"") == []


def test_further_members_of_a_head_are_left_alone() -> None:
    """A service of a later release may say more."""
    frame = frames.asked(b"{}", b"[]", Caller(request_id="r"), 1.0)
    longer = frame.replace(b",null]", b",null,7]")
    sizes = (int.from_bytes(frame[:4], "big") + 2).to_bytes(4, "big")
    assert frames.read_asked(sizes + longer[4:])[0] == Asked(frames.read_asked(frame)[0].head, b"{}", b"[]")
