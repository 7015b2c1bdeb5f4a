"""Who calls: headers and tokens become a caller, or a problem that says what is wrong with them."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from chassis.authn import HASURA_CLAIMS, LEEWAY, Authenticator, in_role, principal_of
from chassis.exchange import Exchange
from chassis.hop import Hop
from chassis.keys import JWKS_PATH, KeySet
from chassis.revocations import Revocations
from contracts.identity import SECRET_SUBJECT, Caller
from contracts.problems import Problem
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY = generate_private_key(SECP256R1())
STRANGERS = generate_private_key(SECP256R1())


def token(key: Any = KEY, key_id: str | None = "k1", **claims: Any) -> str:
    now = int(time.time())
    full = {"iss": "trivet", "aud": "trivet", "sub": "u1", "iat": now, "exp": now + 600, "role": "clerk", **claims}
    headers = {} if key_id is None else {"kid": key_id}
    return jwt.encode({k: v for k, v in full.items() if v is not None}, key, algorithm="ES256", headers=headers)


class Named(dict[str, str]):
    """Headers by name, in lower case where several are asked for."""

    def starting(self, prefix: str) -> dict[str, str]:
        """Those whose names begin so."""
        return {name.lower(): value for name, value in self.items() if name.startswith(prefix)}


class Suite:
    """An authenticator against a peer that stands for auth."""

    def __init__(self, peer: Any) -> None:
        hop = Hop(peer.url)
        public = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        keys = json.dumps({"keys": [{**public, "kid": "k1", "alg": "ES256"}]}).encode()
        granted = json.dumps({"access_token": token(sub="basic"), "expires_in": 600}).encode()
        peer.answer = lambda asked: (200, {}, keys if asked.path == JWKS_PATH else granted)
        self.revocations = Revocations(hop)
        self.keys = KeySet(hop)
        self.with_passwords = self._authenticator(Exchange(hop))
        self.tokens_only = self._authenticator(None)

    def _authenticator(self, exchange: Exchange | None) -> Authenticator:
        return Authenticator(self.keys, self.revocations, exchange, issuer="trivet", audience="trivet")

    def caller(self, **headers: str) -> Caller:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.with_passwords.caller(Named(named), request_id="r1", timeout=5, address="192.0.2.1")


@pytest.fixture
def suite(peer: Any) -> Suite:
    return Suite(peer)


def refusal(suite: Suite, **headers: str) -> Problem:
    with pytest.raises(Problem) as caught:
        suite.caller(**headers)
    return caught.value


def test_nothing_is_anonymous(suite: Suite) -> None:
    caller = suite.caller()
    assert caller.principal.anonymous
    assert (caller.principal.role, caller.token, caller.role) == ("anonymous", None, None)
    assert caller.principal.session == {"x-hasura-role": "anonymous"}
    assert suite.caller(X_Hasura_Role="anonymous").principal.anonymous


@pytest.mark.parametrize("key", ["anon", "sb_publishable_KqX2_9f3", "any key", ""])
def test_a_publishable_key_is_nobody(suite: Suite, key: str) -> None:
    """As Supabase's clients send it: alone, and as bearer too while nobody is logged in."""
    assert suite.caller(apikey=key).principal.anonymous
    if key:
        assert suite.caller(apikey=key, Authorization=f"Bearer {key}").principal.anonymous
        assert suite.caller(apikey=key, Authorization=f"Bearer {token()}").principal.subject == "u1"
        assert refusal(suite, apikey=key, X_Hasura_Role="admin").code == "TRV204"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer anon"},
        {"Authorization": "Bearer anon", "apikey": "other"},
        {"X_API_Key": "anon"},
        {"apikey": "a.b.c"},
        {"apikey": "a.b.c", "Authorization": "Bearer a.b.c"},
        {"apikey": "..", "Authorization": "Bearer .."},
    ],
)
def test_what_is_no_publishable_key_is_refused(suite: Suite, headers: dict[str, str]) -> None:
    assert refusal(suite, **headers).code == "PGRST301"


def test_a_role_without_a_token_is_refused(suite: Suite) -> None:
    problem = refusal(suite, X_Hasura_Role="admin")
    assert (problem.code, problem.status) == ("TRV204", 401)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_is_a_principal(suite: Suite, scheme: str) -> None:
    text = token()
    caller = suite.caller(Authorization=f"{scheme} {text}")
    assert (caller.principal.subject, caller.principal.role, caller.token) == ("u1", "clerk", text)
    assert (caller.request_id, caller.role) == ("r1", None)
    assert suite.caller(apikey=text).principal.subject == "u1"


def test_the_hasura_object_is_read_in_any_case() -> None:
    claims = {
        "sub": "u1",
        "exp": 5,
        "role": "ignored",
        HASURA_CLAIMS: {
            "X-Hasura-Default-Role": "clerk",
            "x-hasura-allowed-roles": ["clerk", "admin"],
            "X-Hasura-Org-Ids": ["1", "2"],
            "x-hasura-level": 3,
            "x-hasura-vip": True,
            "other": "no",
        },
    }
    principal = principal_of(claims)
    assert (principal.role, principal.roles) == ("clerk", ("clerk", "admin"))
    assert principal.session == {
        "x-hasura-default-role": "clerk",
        "x-hasura-org-ids": '{"1","2"}',
        "x-hasura-level": "3",
        "x-hasura-vip": "true",
        "x-hasura-role": "clerk",
        "x-hasura-user-id": "u1",
    }


def test_the_plain_role_claim_will_do() -> None:
    principal = principal_of({"sub": "u1", "exp": 5, "role": "clerk"})
    assert (principal.role, principal.roles) == ("clerk", ("clerk",))
    assert principal_of({"sub": "u1", "exp": 5}).role == "anonymous"


def test_another_of_its_roles_may_be_asked_for(suite: Suite) -> None:
    claims = {HASURA_CLAIMS: {"x-hasura-default-role": "clerk", "x-hasura-allowed-roles": ["clerk", "admin"]}}
    text = token(**claims)
    caller = suite.caller(Authorization=f"Bearer {text}", X_Hasura_Role="admin")
    assert (caller.principal.role, caller.role) == ("admin", "admin")
    assert caller.principal.session["x-hasura-role"] == "admin"
    assert suite.caller(Authorization=f"Bearer {text}", X_Trivet_Role="admin").principal.role == "admin"
    assert suite.caller(Authorization=f"Bearer {text}").principal.role == "clerk"
    problem = refusal(suite, Authorization=f"Bearer {text}", X_Hasura_Role="root")
    assert (problem.code, problem.status) == ("TRV204", 403)


def test_a_role_not_allowed_is_refused_without_headers_too() -> None:
    with pytest.raises(Problem, match="not in allowed roles"):
        in_role(principal_of({"sub": "u1", "exp": 5, "role": "clerk"}), "admin")


PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
_HEADER = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()


@pytest.mark.parametrize(
    "make, code, message",
    [
        (lambda: "x", "PGRST301", "Expected 3 parts in JWT; got 1"),
        (lambda: "a.b.c.d", "PGRST301", "Expected 3 parts in JWT; got 4"),
        (lambda: "a.b.c", "PGRST301", "JWT cryptographic operation failed"),
        (lambda: "é.é.é", "PGRST301", "JWT cryptographic operation failed"),
        (lambda: f"{_HEADER}.{token().split('.')[1]}.", "PGRST301", "No suitable key or wrong key type"),
        (lambda: token(key=STRANGERS), "PGRST301", "JWT cryptographic operation failed"),
        (lambda: token(key_id="k2"), "PGRST301", "No suitable key or wrong key type"),
        (lambda: token(key_id=None), "PGRST301", "No suitable key or wrong key type"),
        (lambda: token()[:-3] + "AAA", "PGRST301", "JWT cryptographic operation failed"),
        (lambda: token(exp=int(time.time()) - LEEWAY - 5), "PGRST303", "JWT expired"),
        (lambda: token(nbf=int(time.time()) + 600), "PGRST303", "JWT not yet valid"),
        (lambda: token(aud="other"), "PGRST303", "JWT not in audience"),
        (lambda: token(aud=None), "PGRST303", "JWT lacks a claim that is needed"),
        (lambda: token(exp=None), "PGRST303", "JWT lacks a claim that is needed"),
        (lambda: token(sub=None), "PGRST303", "JWT lacks a claim that is needed"),
    ],
)
def test_bad_tokens_say_what_is_wrong(suite: Suite, make: Any, code: str, message: str) -> None:
    for _ in range(2):  # what was refused is refused again
        problem = refusal(suite, Authorization=f"Bearer {make()}")
        assert (problem.code, problem.status, problem.message) == (code, 401, message)
        assert problem.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


def test_another_issuer_s_token_is_auth_s_to_judge(suite: Suite, peer: Any) -> None:
    text = token(iss="other")
    caller = suite.caller(Authorization=f"Bearer {text}")
    assert caller.principal.subject == "basic"  # whom auth's own token names
    assert caller.token != text
    (asked,) = [one for one in peer.asked if one.path == "/-/exchange"]
    assert json.loads(asked.body) == {"token": text, "address": "192.0.2.1"}
    with pytest.raises(Problem, match="JWT not from the expected issuer"):
        suite.tokens_only.caller({"Authorization": f"Bearer {text}"}, request_id="", timeout=5)


@pytest.mark.parametrize("name", ["X_API_Key", "apikey"])
def test_an_api_key_is_exchanged(suite: Suite, peer: Any, name: str) -> None:
    assert suite.caller(**{name: "tvk_x"}).principal.subject == "basic"
    (asked,) = [one for one in peer.asked if one.path == "/-/exchange"]
    assert json.loads(asked.body) == {"key": "tvk_x", "address": "192.0.2.1"}
    with pytest.raises(Problem):
        suite.tokens_only.caller({name.replace("_", "-"): "tvk_x"}, request_id="", timeout=5)


def test_a_scope_narrows_every_role(suite: Suite) -> None:
    hasura = {"x-hasura-default-role": "clerk", "x-hasura-allowed-roles": ["clerk", "admin"]}
    text = token(resources=["products:read", "orders"], **{HASURA_CLAIMS: hasura})
    principal = suite.caller(Authorization=f"Bearer {text}").principal
    assert principal.role == 'clerk ["orders","products:read"]'
    assert principal.session["x-hasura-role"] == "clerk"
    assert suite.caller(Authorization=f"Bearer {text}", X_Hasura_Role="clerk").principal == principal
    admin = suite.caller(Authorization=f"Bearer {text}", X_Hasura_Role="admin").principal
    assert admin.role == 'admin ["orders","products:read"]'
    for wanted in (principal.role, 'clerk ["customers"]', "clerk []"):
        assert refusal(suite, Authorization=f"Bearer {text}", X_Hasura_Role=wanted).code == "TRV204"


@pytest.mark.parametrize("scope", ["orders", [1], {"orders": 1}, 7, [["orders"]]])
def test_a_scope_that_is_none_opens_nothing(suite: Suite, scope: Any) -> None:
    assert refusal(suite, Authorization=f"Bearer {token(resources=scope)}").message == "JWT with a malformed scope"


def test_the_public_key_is_no_shared_secret(suite: Suite) -> None:
    body = token().split(".")[1]
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1"}').rstrip(b"=")
    signed = header + b"." + body.encode()
    signature = base64.urlsafe_b64encode(hmac.new(PUBLIC_PEM, signed, hashlib.sha256).digest()).rstrip(b"=")
    assert refusal(suite, Authorization=f"Bearer {(signed + b'.' + signature).decode()}").code == "PGRST301"


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Digest x", "nonsense", "Basic é", "Basic ?", "Basic YWRh", "Basic /w==", "Basic"]
)
def test_other_headers_are_malformed(suite: Suite, header: str) -> None:
    problem = refusal(suite, Authorization=header)
    assert (problem.code, problem.status) == ("PGRST301", 401)


def test_an_expired_token_is_not_remembered_as_good(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    text = token()
    suite.caller(Authorization=f"Bearer {text}")
    later = time.time() + 600 + LEEWAY + 1
    monkeypatch.setattr("chassis.authn.time.time", lambda: later)
    assert refusal(suite, Authorization=f"Bearer {text}").message == "JWT expired"


def test_a_verified_token_is_not_verified_again(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    text = token()
    first = suite.caller(Authorization=f"Bearer {text}").principal
    monkeypatch.setattr("chassis.authn.jwt.decode", None)
    assert suite.caller(Authorization=f"Bearer {text}").principal is first


def test_a_revoked_token_is_refused_though_it_was_verified(suite: Suite) -> None:
    text = token(sid="s1")
    suite.caller(Authorization=f"Bearer {text}")
    suite.revocations.note({"session": "s1"})
    problem = refusal(suite, Authorization=f"Bearer {text}")
    assert (problem.code, problem.message) == ("PGRST303", "JWT revoked")


def test_basic_is_exchanged(suite: Suite, peer: Any) -> None:
    value = base64.b64encode("ada:geheim:ß".encode()).decode()
    caller = suite.caller(Authorization=f"Basic {value}")
    assert caller.principal.subject == "basic"
    (asked,) = [one for one in peer.asked if one.path == "/-/exchange"]
    assert json.loads(asked.body) == {"username": "ada", "password": "geheim:ß", "address": "192.0.2.1"}


def test_a_name_and_password_from_elsewhere_are_exchanged(suite: Suite) -> None:
    caller = suite.with_passwords.password("ada", "word", Caller(request_id="r9", deadline=1.0))
    assert (caller.principal.subject, caller.request_id, caller.deadline) == ("basic", "r9", 1.0)
    assert caller.token is not None


def test_passwords_are_refused_where_only_tokens_are_taken(suite: Suite) -> None:
    value = base64.b64encode(b"ada:word").decode()
    with pytest.raises(Problem) as caught:
        suite.tokens_only.caller({"Authorization": f"Basic {value}"}, request_id="", timeout=5)
    assert caught.value.code == "PGRST301"
    with pytest.raises(Problem):
        suite.tokens_only.password("ada", "word", Caller())


def test_auth_away_is_an_outage_and_no_refusal() -> None:
    hop = Hop("unix:/nonexistent", connect_patience=0.0)
    authenticator = Authenticator(KeySet(hop), Revocations(hop), None, issuer="trivet", audience="trivet")
    with pytest.raises(Problem) as caught:
        authenticator.verify(token())
    assert (caught.value.code, caught.value.status) == ("TRV107", 503)


def test_a_token_of_a_key_that_has_gone_is_no_longer_good(peer: Any, suite: Suite) -> None:
    mine = token()
    assert suite.caller(Authorization=f"Bearer {mine}").principal.subject == "u1"
    other = jwt.algorithms.ECAlgorithm.to_jwk(STRANGERS.public_key(), as_dict=True)
    keys = json.dumps({"keys": [{**other, "kid": "k2", "alg": "ES256"}]}).encode()
    peer.answer = lambda _: (200, {}, keys)
    suite.keys.forget_age()
    assert suite.caller(Authorization=f"Bearer {mine}").principal.subject == "u1"  # as it was remembered
    suite.with_passwords.forget()
    assert refusal(suite, Authorization=f"Bearer {mine}").code == "PGRST301"
    assert suite.caller(Authorization=f"Bearer {token(STRANGERS, 'k2')}").principal.subject == "u1"


class Secret:
    """What auth is asked for by who knows the admin secret."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []

    def admin(self, _secret: str, role: str, session: dict[str, str], _address: str) -> str:
        self.asked.append((role, session))
        return token(role=role, sub=SECRET_SUBJECT)


@pytest.mark.parametrize(
    ("role", "flag", "acts"),
    [
        ("clerk", None, "clerk"),
        ("clerk", "false", "clerk"),
        ("clerk", "Yes", "clerk_backend"),
        ("clerk_backend", "t", "clerk_backend"),
        (None, "true", "admin"),
    ],
)
def test_servers_act_in_a_role_of_their_own(peer: Any, role: str | None, flag: str | None, acts: str) -> None:
    suite, secret = Suite(peer), Secret()
    suite.with_passwords._exchange = secret
    headers = {"X_Hasura_Admin_Secret": "s", "X_Hasura_Shop": "7"}
    headers |= {} if role is None else {"X_Hasura_Role": role}
    headers |= {} if flag is None else {"X_Hasura_Use_Backend_Only_Permissions": flag}
    caller = suite.caller(**headers)
    ((asked, session),) = secret.asked
    assert (asked, caller.principal.role) == (acts, acts)
    assert session == {"x-hasura-shop": "7"}
    assert "x-hasura-user-id" not in caller.principal.session  # the secret is nobody in particular


def test_what_is_neither_true_nor_false(suite: Suite) -> None:
    problem = refusal(suite, X_Hasura_Admin_Secret="s", X_Hasura_Role="a", X_Hasura_Use_Backend_Only_Permissions="x")
    assert (problem.code, problem.status) == ("TRV112", 400)
