"""The kinds of keys that sign access tokens: how one is made, named and published (RFC 7518, RFC 7638, RFC 8037)."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Any, Literal

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

Algorithm = Literal["ES256", "RS256", "EdDSA"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

_RSA_BITS = 3072  # as strong as the others (NIST SP 800-57, 128 bits)
_RSA_LEAST = 2048
_NAMED = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}


def generate(algorithm: Algorithm) -> PrivateKey:
    """A new key for an algorithm."""
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def open_key(der: bytes) -> PrivateKey:
    """The key in a PKCS #8 text. Raises `ValueError` for one of no kind that we sign with."""
    key = load_der_private_key(der, password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _RSA_LEAST:
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    raise ValueError("a key of another kind")


def algorithm_of(key: PrivateKey | PublicKey) -> Algorithm:
    """The one algorithm that a key is good for."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return "RS256"
    return "ES256" if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) else "EdDSA"


def public_members(key: PublicKey) -> dict[str, str]:
    """The members of its JSON Web Key that make the key what it is."""
    found: dict[str, Any]
    if isinstance(key, rsa.RSAPublicKey):
        found = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        found = jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True)
    else:
        found = jwt.algorithms.OKPAlgorithm.to_jwk(key, as_dict=True)
    return {name: str(found[name]) for name in _NAMED[str(found["kty"])]}


def key_id_of(key: PublicKey) -> str:
    """The key's thumbprint (RFC 7638)."""
    digest = hashlib.sha256(msgspec.json.encode(public_members(key))).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
