"""JAX-WS makes the tour: both versions of SOAP, both kinds of password."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.toolkits
HERE = Path(__file__).parent
RUNTIME = "/usr/share/java/jaxws-rt.jar"


def test_jaxws(build, make_tour, postgres_shop):
    folder = build(HERE, postgres_shop, "&profile=java")
    client = ["java", "-cp", f"{folder}:{RUNTIME}", "Client", folder / "trivet.wsdl"]
    for version, kind in (("11", "text"), ("11", "digest"), ("12", "text")):
        make_tour(client, postgres_shop, version, kind)
