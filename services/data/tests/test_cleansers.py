"""The steps of cleansing, each by itself; and that none changes anything a second time."""

from decimal import Decimal

import pytest
from data_service.processing.cleansers import CLEANSERS
from hypothesis import given, settings
from hypothesis import strategies as st


def step(name, option=None):
    return CLEANSERS[name].make(option)


@pytest.mark.parametrize(
    "name, option, value, clean",
    [
        ("trim", None, "  a b\t\n", "a b"),
        ("collapse", None, "  a \u00a0 b\n\nc ", "a b c"),
        ("lower", None, "ÅSE", "åse"),
        ("upper", None, "straße", "STRASSE"),
        ("title", None, "new york", "New York"),
        ("unicode", None, "A\u030a", "Å"),
        ("unicode", "NFKC", "ﬁn", "fin"),
        ("mojibake", None, "GrÃ¼ÃŸe", "Grüße"),
        ("email", None, " Ada.Lovelace@EXAMPLE.com ", "ada.lovelace@example.com"),
        ("email", None, "not an address", "not an address"),
        ("phone", {"region": "NO"}, "22 12 34 56", "+4722123456"),
        ("phone", None, "+1 (212) 555-2368", "+12125552368"),
        ("phone", None, "22 12 34 56", "22 12 34 56"),
        ("html", None, "<b>x</b><script>alert(1)</script>", "<b>x</b>"),
        ("html", {"tags": []}, "<b>x</b>", "x"),
        ("empty_to_null", None, "", None),
        ("empty_to_null", None, " ", " "),
        ("map", {"NO": "Norway", "1": None}, "NO", "Norway"),
        ("map", {"NO": "Norway", "1": None}, 1, None),
        ("map", {"NO": "Norway"}, ["NO"], ["NO"]),
        ("round", 2, Decimal("1.005"), Decimal("1.01")),
        ("round", 2, "7.5", Decimal("7.50")),
        ("round", 2, -0.125, Decimal("-0.13")),
        ("round", None, Decimal("2.5"), 3),
        ("round", -2, 1250, 1300),
        ("round", 2, "seven", "seven"),
        ("round", 2, Decimal("1e400"), Decimal("1e400")),
        ("round", 2, True, True),
    ],
)
def test_a_value_gets_its_one_form(name, option, value, clean):
    made = step(name, option)(value)
    assert (made, type(made)) == (clean, type(clean))


@pytest.mark.parametrize("name", [name for name, kind in CLEANSERS.items() if kind.kind == "text"])
def test_a_step_of_texts_lets_other_values_pass(name):
    assert [step(name)(value) for value in (1, Decimal("1.5"), True, [" a "])] == [1, Decimal("1.5"), True, [" a "]]


OPTIONS = {"map": {"a": "b", "c": None, "1": 2}, "round": 2, "phone": {"region": "NO"}, "unicode": "NFKC"}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(CLEANSERS)), st.one_of(st.text(), st.decimals(allow_nan=False), st.integers(), st.emails())
)
def test_a_step_changes_nothing_a_second_time(name, value):
    clean = step(name, OPTIONS.get(name))
    once = clean(value)
    assert once is None or clean(once) == once


@pytest.mark.parametrize(
    "name, option, fault",
    [
        ("trim", 3, "takes no option"),
        ("unicode", "NFX", "takes one of NFC, NFD, NFKC, NFKD"),
        ("phone", "Norway", "takes a region as two capital letters, such as NO"),
        ("html", {"tag": ["b"]}, "takes {tags: [b, i, …]}, or nothing for the usual ones"),
        ("map", {"a": "b", "b": "c"}, "maps to b, which it maps further"),
        ("map", [], "takes a mapping of values: {from: to}"),
        ("round", "2", "takes the number of digits after the point"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(name, option, fault):
    with pytest.raises(ValueError, match=fault.replace("{", "\\{").replace("[", "\\[")):
        step(name, option)
