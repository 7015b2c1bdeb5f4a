"""Entity tags and `If-None-Match`."""

import pytest
from chassis.conditional import etag, matches

TAG = etag(b'[{"id":1}]')


def test_the_tag_is_a_strong_one_and_the_same_for_the_same_answer() -> None:
    assert etag(b'[{"id":1}]') == TAG
    assert TAG.startswith('"')
    assert TAG.endswith('"')
    assert '"' not in TAG[1:-1]


def test_another_body_or_another_word_beside_it_has_another_tag() -> None:
    tags = {
        etag(b""),
        etag(b"[]"),
        etag(b"[] "),
        etag(b"[]", "application/json"),
        etag(b"[]", "0-9/100"),
        etag(b"[]0-9/", "100"),  # the border between the two counts
        etag(b"0-9/100\0[]"),
    }
    assert len(tags) == 7


@pytest.mark.parametrize(
    "header",
    [
        TAG,
        f"W/{TAG}",
        "*",
        " * ",
        f'"other", {TAG}',
        f'{TAG},"other"',
        f'"other",W/{TAG} , "third"',
        f" {TAG} ",
        f'"with,comma" ,{TAG}',
        f", ,{TAG},",  # a recipient reads empty members of a list (RFC 9110, 5.6.1.2)
        f'"caf\xe9", {TAG}',
    ],
)
def test_a_client_that_names_the_tag_has_the_answer(header: str) -> None:
    assert matches(header, TAG)


@pytest.mark.parametrize(
    "header",
    [
        "",
        '"other"',
        'W/"other"',
        TAG.strip('"'),  # without quotes it is no entity tag
        f'"{TAG}"',
        f"w/{TAG}",  # the prefix is case-sensitive
        f"{TAG} {TAG}",
        f'{TAG}, "half',
        f"{TAG}, *",
        f'"x{TAG[1:]}',
        f'"a,{TAG[1:]}',
    ],
)
def test_any_other_header_names_another_answer_or_nothing(header: str) -> None:
    assert not matches(header, TAG)


def test_a_weak_tag_of_ours_is_compared_weakly_too() -> None:
    assert matches(TAG, f"W/{TAG}")
    assert matches(f"W/{TAG}", f"W/{TAG}")


def test_a_long_list_takes_no_more_than_one_pass() -> None:
    assert not matches('"a" ' * 5000, TAG)
    assert matches('"a", ' * 5000 + TAG, TAG)
