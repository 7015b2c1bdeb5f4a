"""Every example of docs/policies.md is a configuration that loads, and its tables name what there is."""

import re
from pathlib import Path

import pytest
from data_service.policies import Rules, parse
from data_service.policy_filters import LOGICAL, OPERATORS

PAGE = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```yaml") >= 4


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_loads_and_opens_something(text: str) -> None:
    policies = parse(text)
    assert policies.roles()
    assert all(rules != Rules() for rules in policies.permissions.values())


def test_every_operator_is_named() -> None:
    assert set(re.findall(r"(?<![\w])_[a-z_]+", PAGE)) >= OPERATORS | {*LOGICAL}
