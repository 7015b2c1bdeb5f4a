"""Tokens that were made up, changed or taken from elsewhere: refused at each service's own port, data's included."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from auth_service import key_kinds
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fixtures.suite import Suite
from tests.security.house import SERVICES, House, is_answered, is_refused

HASURA = "https://hasura.io/jwt/claims"
STRANGERS = key_kinds.generate("ES256")
STRANGERS_RSA = key_kinds.generate("RS256")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A running suite."""
    with Suite() as suite:
        yield House(suite)


class Forge:
    """A good token, the key that signed it, and ways to make others."""

    def __init__(self, house: House) -> None:
        self.good = str(house.log_in("clerk@example.com")["access_token"])
        self.key = house.key
        self.public = house.key.private.public_key()
        self.header = jwt.get_unverified_header(self.good)
        self.claims = jwt.decode(self.good, options={"verify_signature": False})
        self.jwk = {**key_kinds.public_members(self.public), "kid": house.key.key_id}

    def signed(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """By our own key, which a forger never has: what is refused here is refused for what it says."""
        claims = {name: value for name, value in {**self.claims, **changes}.items() if value is not None}
        return self.sealed({**self.header, **(header or {})}, claims)

    def sealed(self, header: Any, claims: Any, key: Any = None) -> str:
        """Any header and claims under an ES256 signature."""
        text = f"{encoded(header)}.{encoded(claims)}"
        signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(
            text.encode(), key or self.key.private
        )
        return f"{text}.{raw(signature)}"

    def shared(self, secret: bytes, algorithm: str = "HS256", **header: Any) -> str:
        """A raised token under a shared secret."""
        text = f"{encoded({'alg': algorithm, 'typ': 'JWT', **header})}.{encoded(self.raised())}"
        return f"{text}.{raw(hmac.digest(secret, text.encode(), 'sha' + algorithm[2:]))}"

    def raised(self) -> dict[str, Any]:
        """The same claims for an admin."""
        hasura = {**self.claims[HASURA], "x-hasura-default-role": "admin", "x-hasura-allowed-roles": ["admin"]}
        return {**self.claims, "role": "admin", HASURA: hasura}

    def strangers(self, **header: Any) -> str:
        """A raised token under a key of the forger's own, that says so in its header."""
        return self.sealed({"alg": "ES256", "typ": "JWT", **header}, self.raised(), STRANGERS)

    def with_signature(self, signature: bytes) -> str:
        """A raised token under any signature."""
        return f"{encoded(self.header)}.{encoded(self.raised())}.{raw(signature)}"

    def unsigned(self, algorithm: str) -> str:
        """A raised token under none."""
        return f"{encoded({**self.header, 'alg': algorithm})}.{encoded(self.raised())}."

    def pem(self, encoding: Encoding = Encoding.PEM) -> bytes:
        """The public key as everybody can have it."""
        return bytes(self.public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))


def raw(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def encoded(value: Any) -> str:
    return raw(value if isinstance(value, bytes) else json.dumps(value).encode())


@pytest.fixture(scope="module")
def forge(house: House) -> Forge:
    """A clerk's token to begin with."""
    return Forge(house)


_P256_ORDER = bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
_ELSEWHERE = "https://evil.example/keys.json"
ATTACKS: dict[str, Callable[[Forge], str]] = {
    # no signature
    "alg none": lambda f: f.unsigned("none"),
    "alg None": lambda f: f.unsigned("None"),
    "alg nOnE": lambda f: f.unsigned("nOnE"),
    "alg empty": lambda f: f.unsigned(""),
    "signature cut off": lambda f: f.good.rpartition(".")[0] + ".",
    "two parts": lambda f: f.good.rpartition(".")[0],
    # another signature
    "other claims, same signature": lambda f: f"{f.header and f.good.split('.')[0]}.{encoded(f.raised())}.{f.good.split('.')[2]}",
    "other header, same signature": lambda f: f"{encoded({**f.header, 'x': 1})}.{f.good.split('.', 1)[1]}",
    "signature shortened": lambda f: f.good[:-4],
    "signature lengthened": lambda f: f.good + "AAAA",
    "signature of zeros": lambda f: f.with_signature(bytes(64)),
    "signature of the curve's order": lambda f: f.with_signature(_P256_ORDER * 2),
    "signature of ones": lambda f: f.with_signature((bytes(31) + b"\1") * 2),
    "signature in DER": lambda f: f.with_signature(bytes.fromhex("3006020101020101")),
    # key confusion
    "public key (PEM) as secret": lambda f: f.shared(f.pem(), kid=f.key.key_id),
    "public key (DER) as secret": lambda f: f.shared(f.pem(Encoding.DER), kid=f.key.key_id),
    "public key (JWK) as secret": lambda f: f.shared(json.dumps(f.jwk).encode(), kid=f.key.key_id),
    "public key as secret, HS512": lambda f: f.shared(f.pem(), "HS512", kid=f.key.key_id),
    "key id as secret": lambda f: f.shared(f.key.key_id.encode(), kid=f.key.key_id),
    "empty secret": lambda f: f.shared(b"", kid=f.key.key_id),
    "another key, our key id": lambda f: f.strangers(kid=f.key.key_id),
    "another key, its own id": lambda f: f.strangers(kid=key_kinds.key_id_of(STRANGERS.public_key())),
    "another key, no id": lambda f: f.strangers(),
    "RSA key, our key id": lambda f: jwt.encode(f.raised(), STRANGERS_RSA, "RS256", {"kid": f.key.key_id}),
    "our signature called RS256": lambda f: f.signed({"alg": "RS256"}),
    "our signature called EdDSA": lambda f: f.signed({"alg": "EdDSA"}),
    "our signature called ES384": lambda f: f.signed({"alg": "ES384"}),
    "our signature called ES256K": lambda f: f.signed({"alg": "ES256K"}),
    # what the header names
    "kid a path": lambda f: f.strangers(kid="../../../../dev/null"),
    "kid an injection": lambda f: f.strangers(kid="x' UNION SELECT 'AAAA'--"),
    "kid a number": lambda f: f.strangers(kid=0),
    "kid null": lambda f: f.strangers(kid=None),
    "kid a list": lambda f: f.strangers(kid=[f.key.key_id]),
    "jku": lambda f: f.strangers(kid="evil", jku=_ELSEWHERE),
    "x5u": lambda f: f.strangers(kid="evil", x5u=_ELSEWHERE),
    "jwk": lambda f: f.strangers(kid=f.key.key_id, jwk=key_kinds.public_members(STRANGERS.public_key())),
    "x5c": lambda f: f.strangers(kid=f.key.key_id, x5c=["AAAA"]),
    "x5t": lambda f: f.signed({"x5t": "AAAA"}),
    "alg in small letters": lambda f: f.signed({"alg": "es256"}),
    "another issuer's token, our key id": lambda f: f.sealed(
        {**f.header}, {**f.raised(), "iss": "https://login.example.com/"}, STRANGERS
    ),
    "jku, though we signed it": lambda f: f.signed({"jku": _ELSEWHERE}),
    "crit of the unknown": lambda f: f.signed({"crit": ["urn:x"], "urn:x": 1}),
    "crit of exp": lambda f: f.signed({"crit": ["exp"], "exp": 4_000_000_000}),
    "crit empty": lambda f: f.signed({"crit": []}),
    "b64 false": lambda f: f.signed({"b64": False, "crit": ["b64"]}),
    "typ of another use": lambda f: f.signed({"typ": "at+jwt"}),
    "cty of a nested token": lambda f: f.signed({"cty": "JWT"}),
    "zip": lambda f: f.signed({"zip": "DEF"}),
    "header a list": lambda f: f.sealed([f.header], f.claims),
    # what it claims
    "expired": lambda f: f.signed(exp=int(time.time()) - 3600),
    "no exp": lambda f: f.signed(exp=None),
    "exp a text": lambda f: f.signed(exp="tomorrow"),
    "exp beyond numbers": lambda f: f.sealed(f.header, json.dumps({**f.claims, "exp": 0}).replace('"exp": 0', '"exp": 1e999').encode()),
    "exp true": lambda f: f.signed(exp=True),
    "exp a list": lambda f: f.signed(exp=[4_000_000_000]),
    "exp no number": lambda f: f.sealed(f.header, json.dumps({**f.claims, "exp": 0}).replace('"exp": 0', '"exp": NaN').encode()),
    "exp below zero": lambda f: f.signed(exp=-1),
    "iat a text": lambda f: f.signed(iat="now"),
    "nbf a text": lambda f: f.signed(nbf="now"),
    "nbf beyond numbers": lambda f: f.sealed(f.header, json.dumps({**f.claims, "nbf": 0}).replace('"nbf": 0', '"nbf": 1e999').encode()),
    "not yet": lambda f: f.signed(nbf=int(time.time()) + 3600),
    "issued in the future": lambda f: f.signed(iat=int(time.time()) + 3600),
    "no iat": lambda f: f.signed(iat=None),
    "another issuer": lambda f: f.signed(iss="https://evil.example"),
    "no issuer": lambda f: f.signed(iss=None),
    "issuers in a list": lambda f: f.signed(iss=["trivet"]),
    "another audience": lambda f: f.signed(aud="elsewhere"),
    "no audience": lambda f: f.signed(aud=None),
    "no subject": lambda f: f.signed(sub=None),
    "subject a number": lambda f: f.signed(sub=1),
    "claims a list": lambda f: f.sealed(f.header, [f.claims]),
    "claims nested beyond sense": lambda f: f.sealed(f.header, b"[" * 2000 + b"]" * 2000),
    "claims not JSON": lambda f: f.sealed(f.header, b"\xff\xfe"),
    # no token of ours at all
    "a JWE": lambda f: f"{encoded({'alg': 'dir', 'enc': 'A256GCM'})}..AAAA.AAAA.AAAA",
    "dots": lambda _: "..",
    "an API key that is none": lambda _: f"tvk_{'0' * 12}_{'A' * 43}",
    "an API key's beginning": lambda _: "tvk_",
}  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_forged_token_is_refused(house: House, forge: Forge, attack: str, service: str) -> None:
    """Each way to a token of one's own making, at each service."""
    token = ATTACKS[attack](forge)
    assert is_refused(service, house.ask(service, {"Authorization": f"Bearer {token}"}))


@pytest.mark.parametrize("service", SERVICES)
def test_the_good_one_is_taken(house: House, forge: Forge, service: str) -> None:
    """What the forged ones were made from: else all of them were refused for nothing."""
    assert is_answered(service, house.ask(service, {"Authorization": f"Bearer {forge.good}"}))
    assert is_answered(service, house.ask(service, {"Authorization": f"Bearer {forge.signed()}"}))
