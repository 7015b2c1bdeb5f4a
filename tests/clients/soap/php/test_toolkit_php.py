"""PHP's SoapClient makes the tour: both versions of SOAP, both kinds of password, both databases."""

import shutil
import subprocess
from pathlib import Path

import pytest

CLIENT = ["php", Path(__file__).with_name("client.php")]


@pytest.fixture(scope="module", autouse=True)
def _installed():
    php = shutil.which("php")
    if php is None or "soap" not in subprocess.run([php, "-m"], capture_output=True, text=True).stdout.split():
        pytest.skip("PHP and its SOAP extension are not installed")


@pytest.mark.parametrize("kind", ["text", "digest"])
def test_php(make_tour, shop, kind):
    make_tour([*CLIENT, shop.wsdl], shop, "11", kind)


def test_php_with_soap_12(make_tour, shop):
    # PHP shows no subcodes: the reason's text tells what is wrong
    make_tour([*CLIENT, shop.wsdl], shop, "12", refused="Sender")
