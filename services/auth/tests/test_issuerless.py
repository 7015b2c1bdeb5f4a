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


def signed_as_is(claims):
    """A token of claims that PyJWT itself would not write."""
    return jwt.PyJWS().encode(json.dumps(claims).encode(), SECRET, "HS256")


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


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["invalid", "9999999999", True, [], {}, float("nan")])
def test_a_time_is_a_number(tmp_path, claim, value):
    problem = refused(issuers(tmp_path), signed_as_is({"role": "r", claim: value}))
    assert (problem.code, problem.message) == ("PGRST303", f"The JWT '{claim}' claim must be a number")
    assert issuers(tmp_path).prove(signed_as_is({"role": "r", claim: None}), 600).claims["role"] == "r"


@pytest.mark.parametrize("audience", [{"invalid": "value"}, [{"invalid": "value"}, "us"], 5, True])
@pytest.mark.parametrize("own", ["", "us"])
def test_an_audience_is_text(tmp_path, audience, own):
    problem = refused(issuers(tmp_path, audience=own), signed_as_is({"role": "r", "aud": audience}))
    assert problem.message == "The JWT 'aud' claim must be a string or an array of strings"


@pytest.mark.parametrize(
    ("audience", "taken"),
    [("us", True), (["us"], True), (["you", "us"], True), ([], True), (None, True), ("", False), ("you", False),
     (["you"], False), (["you", "they"], False)],
)  # fmt: skip
def test_which_audiences_are_taken(tmp_path, audience, taken):
    token = signed_as_is({"role": "r", "aud": audience})
    assert issuers(tmp_path).prove(token, 600)
    found = issuers(tmp_path, audience="us")
    if taken:
        assert found.prove(token, 600).claims["role"] == "r"
    else:
        assert (refused(found, token).code, refused(found, token).message) == ("PGRST303", "JWT not in audience")


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
