"""The rules of data processing in the configuration: read, and held against the database."""

import pytest
from data_service.policies import ConfigurationError, parse

HEAD = "version: 1\nresources:\n  customers:\n"


def faults_of(text):
    with pytest.raises(ConfigurationError) as caught:
        parse(HEAD + text)
    return [(fault.line, fault.message) for fault in caught.value.faults]


def test_a_check_is_read_with_its_place():
    text = "    checks:\n      - {expression: {city: {_neq: Atlantis}}, message: there is no such city}\n"
    (check,) = parse(HEAD + text).processing.of("customers").checks
    assert (check.message, check.place) == ("there is no such city", "trivet.yaml:5")


def test_a_resource_without_rules_has_none():
    assert parse(HEAD + "    permissions: {}\n").processing.by_resource == {}


def test_faults_have_their_line_and_the_nearest_name():
    assert faults_of(
        "    fields:\n      email:\n        cleans: [trim]\n    checks:\n      - {expresion: {}, message: 7}\n"
    ) == [
        (6, "email has no key cleans; did you mean cleanse?"),
        (8, "a check has no key expresion; did you mean expression?"),
        (8, "a check needs expression"),
    ]
    assert faults_of("    checks:\n      - {expression: {}, message: x}\n") == [
        (5, "a check needs something to hold; {} always does")
    ]


@pytest.mark.parametrize(
    "rules, message",
    [
        ("cleanse: trim", "cleanse must be a list of steps, not `trim`"),
        ("cleanse: [trimm]", "there is no step trimm of cleansing; did you mean trim?"),
        ("cleanse: [{round: two}]", "round takes the number of digits after the point"),
        ("validate: {minLenght: 2}", "there is no keyword minLenght of validation; did you mean minLength?"),
        ("validate: {format: e-mail}", "there is no format e-mail; did you mean email?"),
        ("validate: {minLength: many}", "validate: minLength: 'many' is not of type 'integer'"),
        ("validate: {pattern: '('}", "validate: the pattern ( is not understood"),
        ("validate: {minLength: 2, message: 7}", "message must be a text, not `7`"),
        ("validate: [email]", "validate must be a mapping of JSON Schema keywords, not a list"),
    ],
)
def test_a_rule_that_is_none_is_refused(rules, message):
    assert faults_of(f"    fields:\n      email:\n        {rules}\n") == [(6, message)]
