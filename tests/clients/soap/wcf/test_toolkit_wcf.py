"""WCF, as Mono has it, makes the tour: both versions of SOAP, both kinds of password."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.toolkits
HERE = Path(__file__).parent


def test_wcf(build, make_tour, postgres_shop):
    client = ["mono", build(HERE, postgres_shop) / "Client.exe", postgres_shop.address]
    for kind in ("text", "digest"):
        make_tour(client, postgres_shop, "11", kind)
    # Mono's reads no fault that comes with 400, as those of SOAP 1.2 do
    make_tour(client, postgres_shop, "12", fault=None, refused=None)
