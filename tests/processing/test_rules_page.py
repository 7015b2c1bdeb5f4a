"""What docs/processing.md says of cleansing, validation and computed fields: its configuration, and its requests."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from data_service.processing.cleansers import CLEANSERS
from data_service.processing.formats import FORMATS

from tests.fixtures.guarded_store import ADMIN, Suite, exact, postgres_suite, sqlite_suite

PAGE = (Path(__file__).parents[2] / "docs" / "processing.md").read_text(encoding="utf-8")
CONFIGURATION = next(block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.S) if "minLength" in block)
EXCHANGES = re.findall(r"```http\n(.*?)```", PAGE, re.S)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The facades under the page's configuration."""
    folder = tmp_path_factory.mktemp("page")
    if request.param == "sqlite":
        with sqlite_suite(folder, policies=CONFIGURATION) as made:
            yield made
    else:
        url = request.getfixturevalue("postgres_server").create_database("rules_page")
        with postgres_suite(url, folder, policies=CONFIGURATION) as made:
            yield made


def test_the_page_shows_exchanges() -> None:
    assert len(EXCHANGES) >= 4


@pytest.mark.parametrize("text", EXCHANGES, ids=[text.splitlines()[0] for text in EXCHANGES])
def test_an_exchange_goes_as_it_is_written(page: Suite, text: str) -> None:
    head, *parts = text.strip().split("\n\n")
    (method, address), *headers = (line.split(" ", 1) for line in head.splitlines())
    body = parts[0] if len(parts) == 2 else None
    status, _, expected = parts[-1].partition("\n")
    answer = page.rest.open(
        address,
        method=method,
        data=body,
        content_type="application/json" if body else None,
        headers={**{name.removesuffix(":"): value for name, value in headers}, **ADMIN.headers},
    )
    page.restore()
    assert answer.status_code == int(status), answer.text
    assert exact(answer.data) == json.loads(expected, parse_float=Decimal)


def test_every_step_and_format_is_named() -> None:
    named = set(re.findall(r"[a-z_-]+\d?", " ".join(re.findall(r"`([^`]*)`", PAGE))))
    assert named >= CLEANSERS.keys()
    assert named >= FORMATS.keys()
