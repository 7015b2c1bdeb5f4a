"""Tokens without an issuer, as PostgREST's users make them: by one secret, whatever else they say."""

import base64
import json
import time

import jwt
import pytest
from auth_service.outside_issuers import OutsideIssuersError, load
from contracts.problems import Problem
from cryptography.hazmat.primitives.asymmetric import ec

SECRET = "reallyreallyreallyreallyverysafe"


def issuers(folder, secret=SECRET, **written):
    (folder / "secret").write_text(secret)
    lines = {"secret_file": "secret", **written}
    (folder / "issuers.toml").write_text(
        "[issuerless]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
    )
    return load(str(folder), "trivet")


def signed(claims, secret=SECRET, algorithm="HS256", **header):
    return jwt.encode(claims, secret, algorithm=algorithm, headers=header or None)


def refused(found, token):
    with pytest.raises(Problem) as caught:
        found.prove(token, 600)
    return caught.value


def test_a_token_proves_the_role_that_it_names(tmp_path):
    proven = issuers(tmp_path).prove(signed({"role": "todo_user", "email": "a@x"}), 600)
    assert (proven.claims["role"], proven.seconds) == ("todo_user", 600)
    assert proven.claims["outside_claims"] == {"role": "todo_user", "email": "a@x"}


def test_it_lives_no_longer_than_the_token(tmp_path):
    found = issuers(tmp_path)
    assert found.prove(signed({"role": "r", "exp": int(time.time()) + 60}), 600).seconds <= 60
    problem = refused(found, signed({"role": "r", "exp": int(time.time()) - 60}))
    assert (problem.code, problem.message, problem.status) == ("PGRST303", "JWT expired", 401)
    assert refused(found, signed({"role": "r", "nbf": int(time.time()) + 90})).message == "JWT not yet valid"
    assert refused(found, signed({"role": "r", "iat": int(time.time()) + 90})).message == "JWT issued at future"


def test_a_token_without_a_role_is_of_the_anonymous_one(tmp_path):
    assert issuers(tmp_path).prove(signed({"email": "a@x"}), 600).claims["role"] == "anonymous"


def test_the_role_is_where_the_path_leads(tmp_path):
    found = issuers(tmp_path, role_claim=["https://x/app", "roles", 1])
    assert found.prove(signed({"https://x/app": {"roles": ["a", "b"]}}), 600).claims["role"] == "b"
    assert found.prove(signed({"https://x/app": {"roles": ["a"]}}), 600).claims["role"] == "anonymous"


def test_nobody_becomes_admin_unless_that_is_written(tmp_path):
    token = signed({"role": "admin"})
    assert refused(issuers(tmp_path), token).message == "JWT grants no role here"
    assert issuers(tmp_path, roles=["admin"]).prove(token, 600).claims["role"] == "admin"
    assert refused(issuers(tmp_path, roles=["admin"]), signed({"role": "other"})).code == "PGRST303"


def test_the_audience_counts_where_there_is_one(tmp_path):
    found = issuers(tmp_path, audience="us")
    assert found.prove(signed({"role": "r"}), 600)
    assert found.prove(signed({"role": "r", "aud": ["us", "you"]}), 600)
    assert refused(found, signed({"role": "r", "aud": "you"})).message == "JWT not in audience"


@pytest.mark.parametrize(
    "token",
    [
        signed({"role": "r"}, "another secret of enough bytes, or so"),
        jwt.encode({"role": "r"}, None, algorithm="none"),
        jwt.encode({"role": "r"}, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"),
        "a.b.c",
        signed({"role": "r", "much": "x" * 9000}),
    ],
)
def test_what_is_not_signed_with_the_secret_is_refused(tmp_path, token):
    assert refused(issuers(tmp_path), token).status == 401


def test_the_secret_may_be_base64_or_a_key_set(tmp_path):
    token = signed({"role": "r"})
    assert issuers(tmp_path, base64.b64encode(SECRET.encode()).decode(), base64=True).prove(token, 600)
    octets = {"kty": "oct", "kid": "one", "k": base64.urlsafe_b64encode(SECRET.encode()).rstrip(b"=").decode()}
    assert issuers(tmp_path, json.dumps(octets)).prove(token, 600)
    private = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(private.public_key())) | {"kid": "two"}
    both = issuers(tmp_path, json.dumps({"keys": [octets, public]}))
    assert both.prove(token, 600)
    assert both.prove(signed({"role": "r"}, private, "ES256", kid="two"), 600)


@pytest.mark.parametrize(
    "secret, written", [("short", {}), ("{}", {}), (SECRET, {"jwks": "https://x"}), (SECRET, {"role_claim": []})]
)
def test_a_file_that_can_t_be_used_is_told(tmp_path, secret, written):
    with pytest.raises(OutsideIssuersError):
        issuers(tmp_path, secret, **written)
