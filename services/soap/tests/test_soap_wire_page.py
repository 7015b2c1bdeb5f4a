"""The messages of docs/soap-wire.md, sent as they stand there, and its numbers."""

import re
from pathlib import Path

import pytest
from lxml import etree
from soap_service import envelope
from soap_service.namespaces import SOAP11, SOAP12, WSA, WSSE

PAGE = (Path(__file__).parents[3] / "docs" / "soap-wire.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^```xml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_has_examples():
    assert len(MESSAGES) == 3


@pytest.mark.parametrize("text", MESSAGES)
def test_an_example_is_answered_as_it_says(post, text):
    # whoever the page means is the clerk here
    sent = text.replace("TOKEN", "t").replace("NAME", "clerk").replace("PASSWORD", "secret")
    credential = ("clerk", "secret") if "addressing" in text else None
    soap = SOAP12 if SOAP12 in text else SOAP11
    answer = post(sent, soap=soap, auth=credential)
    assert answer.status_code == 200, answer.text
    root = etree.fromstring(answer.data)
    assert root.find(f".//{{{soap}}}Body/{{urn:trivet:v1}}ListCustomersResponse") is not None
    assert (root.find(f".//{{{WSSE}}}Security") is not None) == ("Timestamp" in text)
    assert (root.find(f".//{{{WSA}}}RelatesTo") is not None) == ("MessageID" in text)


def test_its_limits_are_the_service_s_own():
    for limit, what in (
        (envelope._MAX_ATTRIBUTES, "attributes"), (envelope._MAX_NAMESPACES, "namespaces"), (envelope._MAX_BLOCKS, "header blocks")
    ):  # fmt: skip
        assert f"{limit} {what}" in PAGE.replace("\n", " ")
