"""SQL expressions of the configuration taken apart."""

import pytest
from data_service.processing.expression import parts_of

COLUMNS = {"price", "cost", "date", "Odd Name", "year"}


@pytest.mark.parametrize(
    "text, parts",
    [
        ("price - cost", ("", "price", " - ", "cost", "")),
        ("PRICE*2", ("", "price", "*2")),
        ("coalesce(price, 0)", ("coalesce(", "price", ", 0)")),
        ("'price' || price || E'it\\'s cost'", ("'price' || ", "price", " || E'it\\'s cost'")),
        ('"Odd Name"::date', ("", "Odd Name", "::date")),
        ("date(price)", ("date(", "price", ")")),
        ("x.price + price", ("x.price + ", "price", "")),
        ("case when price > 1e3 then 'a;b' end", ("case when ", "price", " > 1e3 then 'a;b' end")),
    ],
)
def test_columns_are_told_from_all_else(text, parts):
    assert parts_of(text, COLUMNS) == parts


@pytest.mark.parametrize(
    "text, fault",
    [
        ("price)", "a bracket too many"),
        ("(price", "lacks a closing bracket"),
        (" ", "is empty"),
        ("price; drop table x", "can't hold ;"),
        ("price -- x", "can't hold --"),
        ("(select price)", "it can't hold select"),
        ("price + $1", "can't take values"),
        ("price + ?", "can't take values"),
        ("price + 'x", "lacks a closing '"),
        ('"Odd Nam"', "there is no such column; did you mean Odd Name"),
    ],
)
def test_what_is_no_expression_over_a_row_is_refused(text, fault):
    with pytest.raises(ValueError, match=fault.replace("$", "\\$").replace("(", "\\(").replace(")", "\\)")):
        parts_of(text, COLUMNS)
