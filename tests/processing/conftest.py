"""What the tests of data processing share: the three facades under rules, on each database."""

from collections.abc import Iterator

import pytest
from data_service.processing.setting import Means

from tests.fixtures.guarded_store import Suite, postgres_suite, sqlite_suite

RULES = """
version: 1
resources:
  customers:
    fields:
      name: {cleanse: [trim, collapse], validate: {minLength: 2}}
      email: {cleanse: [email], validate: {format: email}}
      balance: {cleanse: [{round: 2}], validate: {minimum: 0, maximum: 1000}}
      greeting: {compute: {sql: "'Dear ' || name", type: text, comment: how a letter begins}}
      shout: {compute: {python: shout, needs: [name], type: text}}
      secret: {validate: {pattern: '^s', maxLength: 20}}
    checks:
      - {expression: {_or: [{vip: {_eq: false}}, {email: {_is_null: false}}]}, message: a VIP has an address}
    permissions:
      reader: {select: {columns: [id, shout], filter: {}}}
  odd Name.s:
    fields:
      the Key: {validate: {maximum: 100}}
      quo"te: {validate: {minLength: 2}}
"""


class Here:
    """The function that computes a field here, run in this process."""

    functions = ("shout",)

    def compute(self, function, rows, types, occasion):
        assert function == "shout"
        return [row["name"].upper() for row in rows]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The three facades over the small store, under `RULES`."""
    folder, means = tmp_path_factory.mktemp("processing"), Means(computers=Here())
    if request.param == "sqlite":
        with sqlite_suite(folder, policies=RULES, means=means) as made:
            yield made
    else:
        server = request.getfixturevalue("postgres_server")
        with postgres_suite(server.create_database("processing"), folder, policies=RULES, means=means) as made:
            yield made


@pytest.fixture
def fresh(suite: Suite) -> Iterator[Suite]:
    """The suite, whose rows are put back as they were afterwards."""
    yield suite
    suite.restore()
