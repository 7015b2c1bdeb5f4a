"""Tokens of outside issuers: what they grant here, and every way in which they are refused."""

import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from auth_service import key_kinds, outside_issuers, outside_keys
from auth_service.outside_issuers import OutsideIssuers, OutsideIssuersError
from auth_service.outside_keys import OutsideKeys, OutsideKeysError
from chassis.authn import HASURA_CLAIMS, principal_of
from contracts.problems import Problem

NAME, SHARED, SECRET = "https://login.example", "shared.example", b"0123456789abcdef0123456789abcdef"
KEYS = {algorithm: key_kinds.generate(algorithm) for algorithm in ("ES256", "RS256", "EdDSA")}
STRANGER = key_kinds.generate("ES256")
LIFE = 600


def jwks(*names: str) -> bytes:
    keys = [{**key_kinds.public_members(KEYS[n].public_key()), "kid": n, "alg": n, "use": "sig"} for n in names]
    return json.dumps(
        {"keys": [*keys, {"kty": "oct", "kid": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}
    ).encode()


def file(folder: Path, more: str = "", jwks_from: str = 'jwks_file = "jwks.json"') -> str:
    (folder / "jwks.json").write_bytes(jwks(*KEYS))
    (folder / "secret").write_bytes(SECRET + b"\n")
    (folder / "issuers.toml").write_text(
        f"""
        [[issuer]]
        issuer = "{NAME}"
        audience = "trivet"
        {jwks_from}
        roles_claim = ["realm_access", "roles"]
        roles = {{ boss = "clerk", staff = "reader", admin = "reader" }}
        session = {{ x-hasura-shop = "shop", x-hasura-user-id = ["ids", "main"] }}
        [[issuer]]
        issuer = "{SHARED}"
        audience = "trivet"
        secret_file = "secret"
        roles_claim = "role"
        roles = {{ member = "customer" }}
        {more}
        """
    )
    return str(folder / "issuers.toml")


def test_a_folder_holds_the_file_and_what_it_names(tmp_path: Path) -> None:
    file(tmp_path)
    assert outside_issuers.load(str(tmp_path), "trivet").roles == outside_issuers.load(file(tmp_path), "trivet").roles
    (tmp_path / "empty").mkdir()
    with pytest.raises(OutsideIssuersError, match=r"empty/issuers\.toml: No such file"):
        outside_issuers.load(str(tmp_path / "empty"), "trivet")


@pytest.fixture
def issuers(tmp_path: Path) -> OutsideIssuers:
    return outside_issuers.load(file(tmp_path), "trivet")


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    full = {
        "iss": NAME, "aud": "trivet", "sub": "u1", "exp": now + 300, "iat": now, "realm_access": {"roles": ["staff", "boss"]},
        **changes,
    }  # fmt: skip
    return {name: value for name, value in full.items() if value is not None}


def token(algorithm: str = "ES256", key: Any = None, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    signing = KEYS[algorithm] if key is None else key
    return jwt.encode(claims(**changes), signing, algorithm, headers={"kid": algorithm, **(headers or {})})


def shared(secret: bytes = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(iss=SHARED, role="member", **changes), secret, algorithm)


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_the_issuer_s_own_map_gives_the_roles(issuers: OutsideIssuers, algorithm: str) -> None:
    proven = issuers.prove(token(algorithm, shop=3, ids={"main": "m7"}), LIFE)
    principal = principal_of({**proven.claims, "sub": proven.subject, "exp": 1})
    assert (principal.role, principal.roles) == ("clerk", ("clerk", "reader"))  # in the map's order, not the token's
    assert (principal.session["x-hasura-shop"], principal.session["x-hasura-user-id"]) == ("3", "m7")
    assert 290 <= proven.seconds <= 300


def test_a_shared_secret_will_do(issuers: OutsideIssuers) -> None:
    assert issuers.prove(shared(), LIFE).claims["role"] == "customer"


def test_what_a_token_says_in_our_own_words_is_not_heard(issuers: OutsideIssuers) -> None:
    ours = {
        "role": "admin",
        "roles": ["admin"],
        "sid": "x",
        "resources": [],
        HASURA_CLAIMS: {"x-hasura-default-role": "admin", "x-hasura-allowed-roles": ["admin"], "x-hasura-shop": "9"},
    }
    proven = issuers.prove(token(**ours), LIFE)
    assert (proven.claims["role"], proven.claims["sid"] == "x", "resources" in proven.claims) == ("clerk", False, False)
    assert proven.claims[HASURA_CLAIMS]["x-hasura-allowed-roles"] == ["clerk", "reader"]
    assert "x-hasura-shop" not in proven.claims[HASURA_CLAIMS]


def test_a_foreign_admin_is_nobody(issuers: OutsideIssuers) -> None:
    """Its name is mapped to the reader here, so that is all it is; a name that is not mapped is nothing."""
    assert issuers.prove(token(realm_access={"roles": ["admin"]}), LIFE).claims["role"] == "reader"
    with pytest.raises(Problem, match="grants no role"):
        issuers.prove(token(realm_access={"roles": ["clerk"]}), LIFE)


def test_a_foreign_subject_is_never_an_account_of_ours(issuers: OutsideIssuers) -> None:
    account = "7f9c1a52-3f0e-4b0f-9a55-0f8f2f8c7c11"
    one, other = issuers.prove(token(sub=account), LIFE), issuers.prove(shared(sub=account), LIFE)
    assert len({account, one.subject, other.subject}) == 3
    assert one.subject == issuers.prove(token(sub=account, shop=1), LIFE).subject
    assert one.claims["outside"] == {"iss": NAME, "sub": account}


PUBLIC = json.dumps(key_kinds.public_members(KEYS["ES256"].public_key())).encode()


def signed_with(secret: bytes) -> str:
    """A token whose shared secret is what everybody can read."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "ES256"}, claims())]
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (text + b"." + urlsafe_b64encode(hmac.digest(secret, text, "sha256")).rstrip(b"=")).decode()


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda: token(iss="https://evil.example"), "PGRST303"),
        (lambda: token(iss=NAME + "/"), "PGRST303"),
        (lambda: token(iss=None), "PGRST303"),
        (lambda: token(aud="other"), "PGRST303"),
        (lambda: token(aud=None), "PGRST303"),
        (lambda: token(exp=int(time.time()) - 60), "PGRST303"),
        (lambda: token(exp=None), "PGRST303"),
        (lambda: token(nbf=int(time.time()) + 600), "PGRST303"),
        (lambda: token(sub=None), "PGRST303"),
        (lambda: token(sub=""), "PGRST30"),
        (lambda: token(realm_access=None), "PGRST303"),
        (lambda: token(realm_access={"roles": {"boss": True}}), "PGRST303"),
        (lambda: token(realm_access={"roles": [["boss"], 1, None]}), "PGRST303"),
        (lambda: token(realm_access="boss"), "PGRST303"),
        (lambda: token(key=STRANGER), "PGRST301"),
        (lambda: token(headers={"kid": "RS256"}), "PGRST301"),
        (lambda: token(headers={"kid": "no such"}), "PGRST301"),
        (lambda: token(headers={"crit": ["exp"], "exp": 1}), "PGRST301"),
        (lambda: token(key=STRANGER, headers={"jku": "https://evil.example/jwks.json"}), "PGRST301"),
        (lambda: token(key=STRANGER, headers={"jwk": json.loads(PUBLIC)}), "PGRST301"),
        (lambda: jwt.encode(claims(), None, "none"), "PGRST301"),
        (lambda: jwt.encode(claims(), SECRET, "HS256", headers={"kid": "ES256"}), "PGRST301"),
        (lambda: signed_with(PUBLIC), "PGRST301"),
        (lambda: jwt.encode(claims(), b"secretsecretsecretsecretsecret", "HS256", headers={"kid": "oct"}), "PGRST301"),
        (lambda: jwt.encode(claims(iss=SHARED, role="member"), KEYS["ES256"], "ES256"), "PGRST301"),
        (lambda: jwt.encode(claims(iss=SHARED, role="member"), None, "none"), "PGRST301"),
        (lambda: shared(SECRET[:-1] + b"x"), "PGRST301"),
        (lambda: shared(algorithm="HS512", secret=SECRET), "PGRST301"),
        (lambda: "a.b.c", "PGRST303"),
        (lambda: "", "PGRST303"),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_what_does_not_hold_is_refused(issuers: OutsideIssuers, make: Callable[[], str], code: str) -> None:
    with pytest.raises(Problem) as caught:
        issuers.prove(make(), LIFE)
    assert caught.value.code.startswith(code)
    assert caught.value.status == 401


def test_without_a_file_there_is_nobody_outside() -> None:
    with pytest.raises(Problem, match="not from the expected issuer"):
        outside_issuers.load("", "trivet").prove(token(), LIFE)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[[issuer]]\nissuer = 'x'",
        "[[issuer]]\nissuer='x'\naudience='a'\nroles={a='b'}",
        "[[issuer]]\nissuer='x'\naudience='a'\njwks='https://x'\nsecret_file='s'\nroles={a='b'}",
        "[[issuer]]\nissuer='trivet'\naudience='a'\njwks='https://x'\nroles={a='b'}",
        "[[issuer]]\nissuer='x'\naudience=''\njwks='https://x'\nroles={a='b'}",
        "[[issuer]]\nissuer='x'\naudience='a'\njwks='https://x'\nroles={}",
        "[[issuer]]\nissuer='x'\naudience='a'\njwks='https://x'\nroles={a='b c'}",
        "[[issuer]]\nissuer='x'\naudience='a'\njwks='http://login.example/keys'\nroles={a='b'}",
        "[[issuer]]\nissuer='x'\naudience='a'\njwks='https://x'\nalgorithms=['HS256']\nroles={a='b'}",
        "[[issuer]]\nissuer='x'\naudience='a'\nsecret_file='short'\nroles={a='b'}",
        "[[issuer]]\nissuer='x'\naudience='a'\nsecret_file='short'\nalgorithms=['RS256']\nroles={a='b'}",
        "[[issuer]]\nissuer='x'\naudience='a'\njwks='https://x'\nroles={a='b'}\nsession={x-hasura-role='r'}",
        "[[issuer]]\nissuer='x'\naudience='a'\njwks='https://x'\nroles={a='b'}\nrole='admin'",
    ],
)
def test_a_file_that_can_t_be_used_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "short").write_bytes(b"x" * 31)
    (tmp_path / "issuers.toml").write_text(text)
    with pytest.raises(OutsideIssuersError, match=r"issuers\.toml"):
        outside_issuers.load(str(tmp_path / "issuers.toml"), "trivet")


# an issuer's own server


class Server:
    """Publishes a key set; counts who asks."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, jwks("ES256"))


@pytest.fixture
def server() -> Iterator[tuple[Server, str]]:
    found = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked += 1
            status, headers, body = found.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    yield found, f"http://127.0.0.1:{http.server_port}/keys"
    http.shutdown()
    thread.join()
    http.server_close()


def test_a_rotated_key_is_found_and_unknown_ones_cost_little(
    server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(outside_keys.time, "monotonic", lambda: now)
    source, url = server
    keys = OutsideKeys(url)
    assert keys.find({"kid": "ES256"}).algorithm_name == "ES256"
    for number in range(50):
        with pytest.raises(jwt.InvalidAlgorithmError):
            keys.find({"kid": f"random {number}"})
    assert source.asked == 1
    source.answer = (200, {}, jwks("ES256", "RS256"))
    now += 11
    assert keys.find({"kid": "RS256"}).algorithm_name == "RS256"
    source.answer = (200, {}, jwks("RS256"))
    now += 301
    with pytest.raises(jwt.InvalidAlgorithmError):
        keys.find({"kid": "ES256"})


def test_the_last_keys_serve_on_while_the_issuer_is_away(
    server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(outside_keys.time, "monotonic", lambda: now)
    source, url = server
    keys = OutsideKeys(url)
    keys.find({"kid": "ES256"})
    for answer in ((500, {}, b""), (200, {}, b"no"), (200, {}, b"[]"), (302, {"Location": url}, b"")):
        source.answer = answer
        now += 301
        assert keys.find({"kid": "ES256"}).algorithm_name == "ES256"


@pytest.mark.parametrize("answer", [(500, {}, b""), (200, {}, b"{}"), (302, {"Location": "http://127.0.0.1:1/"}, b"")])
def test_no_keys_at_all_is_an_outage(
    server: tuple[Server, str], answer: tuple[int, dict[str, str], bytes], tmp_path: Path
) -> None:
    source, url = server
    source.answer = answer
    with pytest.raises(OutsideKeysError):
        OutsideKeys(url).find({"kid": "ES256"})
    with pytest.raises(Problem) as caught:
        outside_issuers.load(file(tmp_path, jwks_from=f'jwks = "{url}"'), "trivet").prove(token(), LIFE)
    assert (caught.value.code, caught.value.status) == ("TRV107", 503)
