"""WS-Security: the UsernameToken and the Timestamp."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from soap_service.namespaces import BASE64_BINARY, PASSWORD_DIGEST, PASSWORD_TEXT, SOAP11, SOAP12, WSSE, WSU

LIST = "<ListCustomers/>"


def token(username="clerk", password="secret", kind=PASSWORD_TEXT):
    attribute = f' Type="{kind}"' if kind else ""
    return (
        f"<o:UsernameToken><o:Username>{username}</o:Username><o:Password{attribute}>{password}</o:Password>"
        "</o:UsernameToken>"
    )


def security(inner, attributes=""):
    return f'<o:Security xmlns:o="{WSSE}" xmlns:u="{WSU}" {attributes}>{inner}</o:Security>'


def stamp(created=None, expires=None):
    parts = "".join(
        f"<u:{name}>{text}</u:{name}>" for name, text in (("Created", created), ("Expires", expires)) if text
    )
    return f"<u:Timestamp>{parts}</u:Timestamp>"


def at(minutes, form="%Y-%m-%dT%H:%M:%SZ"):
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime(form)


def code(answer):
    root = etree.fromstring(answer.data)
    return root.findtext(".//faultcode") or root.findtext(f".//{{{SOAP12}}}Subcode/{{{SOAP12}}}Value")


@pytest.mark.parametrize("kind", [PASSWORD_TEXT, ""])
@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
def test_a_password_as_text(post, kind, soap):
    assert post(LIST, security(token(kind=kind), 's:mustUnderstand="1"'), soap, auth=None).status_code == 200


@pytest.mark.parametrize("soap, status", [(SOAP11, 500), (SOAP12, 400)])
@pytest.mark.parametrize("username, password", [("clerk", "wrong"), ("nobody", "secret"), ("clerk", "")])
def test_a_failed_login(post, soap, status, username, password):
    answer = post(LIST, security(token(username, password)), soap, auth=None)
    assert (answer.status_code, code(answer)) == (status, "wsse:FailedAuthentication")
    assert b"etail" not in answer.data
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("username, status", [("locked", 429), ("down", 503)])
def test_a_login_that_is_not_judged(post, username, status):
    answer = post(LIST, security(token(username)), auth=None)
    assert answer.status_code == status
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    "inner, expected",
    [
        (token(kind=PASSWORD_DIGEST), "wsse:InvalidSecurityToken"),
        (token(kind="urn:x"), "wsse:UnsupportedSecurityToken"),
        ("<o:BinarySecurityToken/>", "wsse:UnsupportedSecurityToken"),
        ('<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/>', "wsse:UnsupportedSecurityToken"),
        ("<o:UsernameToken/>", "wsse:InvalidSecurityToken"),
        ("<o:UsernameToken><o:Username>a</o:Username></o:UsernameToken>", "wsse:InvalidSecurityToken"),
        (token() + token(), "wsse:InvalidSecurity"),
        (stamp("yesterday"), "wsse:InvalidSecurity"),
        (stamp("2024-01-01T00:00:00"), "wsse:InvalidSecurity"),
        (stamp("2024-13-01T00:00:00Z"), "wsse:InvalidSecurity"),
    ],
)
def test_bad_security(post, data, inner, expected):
    assert code(post(LIST, security(inner))) == expected
    assert data.asked == []


DIGEST = b64encode(bytes(20)).decode()


def digest_token(digest=DIGEST, nonce="AAECAwQFBgc=", created="", encoding="", further=""):
    created = created or at(0)
    return (
        f'<o:UsernameToken><o:Username>clerk</o:Username><o:Password Type="{PASSWORD_DIGEST}">{digest}</o:Password>'
        f"<o:Nonce{encoding}>{nonce}</o:Nonce><u:Created>{created}</u:Created>{further}</o:UsernameToken>"
    )


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
@pytest.mark.parametrize(
    "inner",
    [
        lambda: digest_token(),
        lambda: digest_token(encoding=f' EncodingType="{BASE64_BINARY}"'),
        lambda: digest_token(digest=f"\n  {DIGEST[:10]}\n  {DIGEST[10:]}\n", nonce="AAEC\nAwQFBgc=\n"),
        lambda: digest_token(created=at(-4)),
        lambda: digest_token(created=at(4, "%Y-%m-%dT%H:%M:%S.%f+00:00")),
        lambda: digest_token(created=at(0, "%Y-%m-%dT%H:%M:%S.1234567Z")),
        lambda: digest_token(created=at(0, "\n %Y-%m-%dT%H:%M:%SZ \n")),
    ],
)
def test_a_digest_goes_to_auth_as_it_was_made(post, door, soap, inner):
    inner = inner()  # times of now, not of when the tests were collected
    assert post(LIST, security(inner), soap, auth=None).status_code == 200
    username, proof = door.proofs[-1]
    assert (username, proof.digest, proof.nonce) == ("clerk", DIGEST, "AAECAwQFBgc=")
    assert proof.created in inner
    assert proof.created == proof.created.strip()


@pytest.mark.parametrize(
    "inner, expected",
    [
        (lambda: digest_token(nonce=""), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(nonce="no*base64"), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(nonce=b64encode(bytes(300)).decode()), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(digest="no base64"), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(nonce="A" * 100_000), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(digest=b64encode(bytes(40)).decode()), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(digest="&#x430;" * 28), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(encoding=' EncodingType="urn:hex"'), "wsse:UnsupportedSecurityToken"),
        (lambda: digest_token(further="<o:Nonce>AAEC</o:Nonce>"), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(further="<u:Created>2026-01-01T00:00:00Z</u:Created>"), "wsse:InvalidSecurityToken"),
        (lambda: digest_token().replace("Created", "Creation"), "wsse:InvalidSecurityToken"),
        (lambda: digest_token().replace("Nonce", "None"), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(created="now"), "wsse:InvalidSecurity"),
        (lambda: digest_token(created="2026-01-01T00:00:00"), "wsse:InvalidSecurity"),
        (lambda: digest_token(created=at(6)), "wsse:InvalidSecurityToken"),
        (lambda: digest_token(created=at(-6)), "wsu:MessageExpired"),
    ],
)
def test_a_digest_that_can_t_be_good_is_not_asked_about(post, data, door, inner, expected):
    asked = len(door.proofs)
    assert code(post(LIST, security(inner()), auth=None)) == expected
    assert len(door.proofs) == asked
    assert data.asked == []


def test_two_security_blocks(post):
    assert code(post(LIST, security(token()) * 2)) == "wsse:InvalidSecurity"
    assert post(LIST, security(token()) + security("", 's:actor="urn:other"')).status_code == 200


@pytest.mark.parametrize(
    "created, expires, expected",
    [
        (lambda: at(-1), lambda: at(4), None),
        (lambda: at(-1, "%Y-%m-%dT%H:%M:%S.%fZ"), lambda: at(4, "%Y-%m-%dT%H:%M:%S.1234567+00:00"), None),
        (lambda: at(-60), lambda: None, None),
        (lambda: at(4), lambda: at(9), None),
        (lambda: at(-60), lambda: at(-55), "wsu:MessageExpired"),
        (lambda: at(60), lambda: at(65), "wsse:InvalidSecurity"),
        (lambda: at(2), lambda: at(1), "wsse:InvalidSecurity"),
    ],
)
def test_timestamps(post, created, expires, expected):
    assert code(post(LIST, security(stamp(created(), expires())))) == expected  # times of now, not of collection


FRACTIONS = ["", ".1", ".123", ".123456", ".1234567", ".123456789"]


@pytest.mark.parametrize("zone", ["Z", "+00:00", "-00:00"])
@pytest.mark.parametrize("fraction", FRACTIONS)
def test_times_as_toolkits_write_them(post, fraction, zone):
    form = f"%Y-%m-%dT%H:%M:%S{fraction}{zone}"
    assert post(LIST, security(stamp(at(-1, form), at(1, form)))).status_code == 200
    assert post(LIST, security(digest_token(created=at(0, form))), auth=None).status_code == 200
    assert code(post(LIST, security(stamp(at(-20, form), at(-10, form))))) == "wsu:MessageExpired"


def test_a_timestamp_is_answered_with_one(post):
    must = f"{{{SOAP11}}}mustUnderstand"
    for body in (LIST, "<Nonsense/>"):
        root = etree.fromstring(post(body, security(stamp(at(0)), 's:mustUnderstand="1"')).data)
        (block,) = root.iter(f"{{{WSSE}}}Security")
        assert block.get(must) == "1"
        assert block.findtext(f"{{{WSU}}}Timestamp/{{{WSU}}}Created").endswith("Z")
    root = etree.fromstring(post(LIST, security(stamp(at(0)))).data)
    assert next(root.iter(f"{{{WSSE}}}Security")).get(must) is None
    assert not list(etree.fromstring(post(LIST, security(token())).data).iter(f"{{{WSSE}}}Security"))


def test_the_credential_of_http_goes_first(post):
    assert post(LIST, security(token("nobody"))).status_code == 200
    assert post(LIST, auth_token("x")).status_code == 200


def auth_token(text, attributes=""):
    return f"<AuthToken {attributes}>{text}</AuthToken>"


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
def test_the_token_of_a_session(post, soap):
    assert post(LIST, auth_token("\n t ", 's:mustUnderstand="1"'), soap, auth=None).status_code == 200
    answer = post(LIST, auth_token("x"), soap, auth=None)
    assert answer.status_code == 401
    assert "PGRST301" in answer.text


@pytest.mark.parametrize("header", [auth_token("t") * 2, auth_token("<a>t</a>")])
def test_a_session_has_one_token(post, data, header):
    assert "PGRST102" in post(LIST, header, auth=None).text
    assert data.asked == []


def test_a_login_goes_before_a_token(post):
    assert post(LIST, security(token()) + auth_token("x"), auth=None).status_code == 200
    assert code(post(LIST, security(token("nobody")) + auth_token("t"), auth=None)) == "wsse:FailedAuthentication"


def test_a_token_for_somebody_else_is_none_for_us(post):
    actor = 's:actor="urn:other"'
    assert post(LIST, auth_token("t", actor), auth=None).status_code == 401
