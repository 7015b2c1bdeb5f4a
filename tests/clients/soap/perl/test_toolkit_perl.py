"""SOAP::Lite makes the tour: both versions of SOAP, both kinds of password, both databases."""

import shutil
import subprocess
from pathlib import Path

import pytest

CLIENT = ["perl", Path(__file__).with_name("client.pl")]


@pytest.fixture(scope="module", autouse=True)
def _installed():
    perl = shutil.which("perl")
    if perl is None or subprocess.run([perl, "-MSOAP::Lite", "-e1"], capture_output=True).returncode != 0:
        pytest.skip("Perl's SOAP::Lite is not installed")


@pytest.mark.parametrize(("version", "kind"), [("11", "text"), ("11", "digest"), ("12", "text")])
def test_soap_lite(make_tour, shop, version, kind):
    make_tour([*CLIENT, shop.address], shop, version, kind)
