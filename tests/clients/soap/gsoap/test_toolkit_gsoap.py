"""gSOAP makes the tour: both versions of SOAP, both kinds of password."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.toolkits
HERE = Path(__file__).parent


def test_gsoap(build, make_tour, postgres_shop):
    client = [build(HERE, postgres_shop, "&soap=11") / "client", postgres_shop.address]
    for kind in ("text", "digest"):
        make_tour(client, postgres_shop, "11", kind)


def test_gsoap_with_soap_12(build, make_tour, postgres_shop):
    # of two bindings gSOAP makes one client, which speaks SOAP 1.2
    client = [build(HERE, postgres_shop) / "client", postgres_shop.address]
    make_tour(client, postgres_shop, "12")
