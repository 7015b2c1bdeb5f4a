"""zeep makes the tour: both versions of SOAP, both kinds of password, both databases."""

import sys
from pathlib import Path

import pytest

CLIENT = [sys.executable, Path(__file__).with_name("client.py")]


@pytest.mark.parametrize(("version", "kind"), [("11", "text"), ("12", "digest")])
def test_zeep(make_tour, shop, version, kind):
    make_tour([*CLIENT, shop.wsdl], shop, version, kind)
