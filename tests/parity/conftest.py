"""What the tests of parity share: the suite on each database."""

from collections.abc import Iterator

import pytest

from tests.fixtures.guarded_store import Suite, places, postgres_suite, sqlite_suite


@pytest.fixture(scope="session", params=places("sqlite"))
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The three facades over the small store."""
    folder, keeps = tmp_path_factory.mktemp("parity"), "keeps" in request.param
    if request.param.startswith("sqlite"):
        with sqlite_suite(folder, keeps=keeps) as made:
            yield made
    else:
        server = request.getfixturevalue("postgres_server")
        with postgres_suite(server.create_database(f"parity_{keeps}".lower()), folder, keeps=keeps) as made:
            yield made
