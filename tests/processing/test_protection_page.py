"""What docs/processing.md says of protection: its configuration, and what each role is answered under it."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from data_service.processing.masks import FORMS
from data_service.processing.secrets import Secrets
from data_service.processing.setting import Means

from tests.fixtures.guarded_store import Suite, Who, exact, postgres_suite, sqlite_suite

PAGE = (Path(__file__).parents[2] / "docs" / "processing.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Protection\n")[2].partition("\n## ")[0]
CONFIGURATION = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)[0]
EXCHANGES = re.findall(r"```text\n(.*?)```", SECTION, re.DOTALL)[0].strip().split("\n\n")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The facades under the page's configuration."""
    folder = tmp_path_factory.mktemp("page")
    means = Means(secrets=Secrets(folder / "protection.keys", str(folder / "vault.db")))
    if request.param == "sqlite":
        with sqlite_suite(folder, policies=CONFIGURATION, means=means) as made:
            yield made
    else:
        url = request.getfixturevalue("postgres_server").create_database("protection_page")
        with postgres_suite(url, folder, policies=CONFIGURATION, means=means) as made:
            yield made


def test_the_exchanges_go_as_they_are_written(page: Suite) -> None:
    for text in EXCHANGES:
        head, *body, status, expected = text.split("\n")
        role, method, address = re.fullmatch(r"(\w+): (\w+) /rest/v1/(.*)", head).groups()
        given = json.loads(body[0]) if body else None
        answer = page.send(method, address, Who(role), given, Prefer="return=representation")
        assert answer.status_code == int(status), (head, answer.text)
        assert exact(answer.data) == json.loads(expected, parse_float=Decimal), head


def test_every_form_is_named() -> None:
    for form in FORMS:
        assert f"| `{form}` |" in SECTION
