"""A proxy that Mono's wsdl makes takes the tour: both versions of SOAP, both kinds of password."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.toolkits
HERE = Path(__file__).parent


def test_mono(build, make_tour, postgres_shop):
    client = ["mono", build(HERE, postgres_shop) / "Client.exe"]
    for version, kind in (("11", "text"), ("11", "digest"), ("12", "text")):
        make_tour(client, postgres_shop, version, kind)
