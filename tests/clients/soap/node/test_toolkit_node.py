"""node-soap makes the tour: both versions of SOAP, both kinds of password, both databases."""

import shutil
from pathlib import Path

import pytest

from tests.fixtures import npm

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> list[str | Path]:
    """The client beside its packages, which are kept for the next time under the lock's own hash."""
    packages = npm.packages(HERE, "soap")
    folder = tmp_path_factory.mktemp("node-soap")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    return ["node", shutil.copy(HERE / "client.mjs", folder)]


@pytest.mark.parametrize(("version", "kind"), [("11", "text"), ("11", "digest"), ("12", "text")])
def test_node_soap(make_tour, shop, client, version, kind):
    make_tour([*client, shop.wsdl], shop, version, kind)
