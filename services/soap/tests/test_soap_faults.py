"""Each kind of problem as a fault, with its status in both versions."""

import pytest
from contracts.problems import Problem
from lxml import etree
from soap_service.namespaces import SOAP11, SOAP12

LIST = "<ListCustomers/>"


@pytest.mark.parametrize(
    "code, status11, status12, whose",
    [
        ("PGRST100", 500, 400, "Client"),
        ("42703", 500, 400, "Client"),
        ("42501", 500, 400, "Client"),
        ("23505", 500, 400, "Client"),
        ("PGRST116", 500, 400, "Client"),
        ("25006", 500, 400, "Client"),
        ("22P02", 500, 400, "Client"),
        ("PGRST301", 401, 401, "Client"),
        ("TRV103", 413, 413, "Client"),
        ("TRV105", 429, 429, "Client"),
        ("PGRST000", 503, 503, "Server"),
        ("53300", 503, 503, "Server"),
        ("57014", 500, 500, "Server"),
        ("PGRST003", 500, 500, "Server"),
        ("XX000", 500, 500, "Server"),
    ],
)
def test_status_by_kind(post, data, code, status11, status12, whose):
    data.refusal = Problem(code, "No <way>", details={"a": 1}, hint="Try", headers={"Retry-After": "3"})
    answer = post(LIST)
    root = etree.fromstring(answer.data)
    (found,) = root.iter(f"{{{SOAP11}}}Fault")
    assert [child.tag for child in found] == ["faultcode", "faultstring", "detail"]
    assert (answer.status_code, found[0].text, found[1].text) == (status11, f"soap:{whose}", "No <way>")
    members = {etree.QName(child).localname: child.text for child in found[2][0]}
    trace = members.pop("traceId")
    assert trace == answer.headers["X-Request-Id"]
    assert members == {"code": code, "message": "No <way>", "details": '{"a":1}', "hint": "Try"}
    assert answer.headers["Retry-After"] == "3"
    answer = post(LIST, soap=SOAP12)
    root = etree.fromstring(answer.data)
    value = root.findtext(f".//{{{SOAP12}}}Code/{{{SOAP12}}}Value")
    assert (answer.status_code, value) == (status12, "env:Sender" if whose == "Client" else "env:Receiver")
    assert root.find(f".//{{{SOAP12}}}Detail/{{urn:trivet:v1}}ServiceFault") is not None


def test_a_crash_says_nothing_of_itself(post, data, monkeypatch):
    monkeypatch.setattr(data, "execute", lambda *_: 1 / 0)
    answer = post(LIST)
    assert answer.status_code == 500
    assert "XX000" in answer.text
    assert "zero" not in answer.text
    assert "Traceback" not in answer.text


def test_methods_and_addresses(client):
    answer = client.put("/soap/v1", data="x")
    assert (answer.status_code, answer.content_type) == (405, "text/xml; charset=utf-8")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    answer = client.post("/soap/v2", content_type="application/soap+xml")
    assert (answer.status_code, answer.content_type) == (404, "application/soap+xml; charset=utf-8")
    assert "TRV110" in answer.text


def test_a_wrong_password_of_http(post):
    answer = post(LIST, auth=("clerk", "wrong"))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert "TRV201" in answer.text


@pytest.mark.parametrize("body", [LIST, "<Nonsense/>"])
def test_the_anonymous_are_challenged(post, data, body):
    answer = post(body, auth=None)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert data.asked == []


def test_the_anonymous_may_do_what_is_open(post, data, catalog):
    data.catalogs["anonymous"] = catalog
    assert post(LIST, auth=None).status_code == 200
    data.refusal = Problem("42501", "permission denied")
    assert post(LIST, auth=None).status_code == 401


def test_too_many_tries(post):
    answer = post(LIST, auth=("locked", "x"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
