"""Tokens as PostgREST's users send them, and what the database says to answers, through the gateway and all services."""

import time

import jwt
import pytest

from tests.access.conftest import SECRET, token

NOW = int(time.time())
EXPIRED = token(exp=1446678149)
REFUSED = [
    ("Bearer", "PGRST301", "Empty JWT is sent in Authorization header"),
    ("Bearer ey9zdGdyZXN0X3Rlc3RfYXV0aG9yIiwiaWQi.y4vZuu1dDdwAl0", "PGRST301", "Expected 3 parts in JWT; got 2"),
    (f"Bearer {EXPIRED}", "PGRST303", "JWT expired"),
    (f"bearer {EXPIRED}", "PGRST303", "JWT expired"),
    (f"Bearer {token(nbf=NOW + 3600)}", "PGRST303", "JWT not yet valid"),
    (f"Bearer {token(iat=NOW + 3600)}", "PGRST303", "JWT issued at future"),
    (
        f"Bearer {token(secret='another secret of enough bytes, or so')}",
        "PGRST301",
        "JWT cryptographic operation failed",
    ),
    (
        f"Bearer {token(aud={'an': 'object'})}",
        "PGRST303",
        "The JWT 'aud' claim must be a string or an array of strings",
    ),
    (f"Bearer {token(role=5)}", "22023", 'role "5" does not exist'),
]


# tokens have a time of their own in each process of a run: they can't be in names
@pytest.mark.parametrize(("header", "code", "message"), REFUSED, ids=[f"{n} {one[2]}" for n, one in enumerate(REFUSED)])
def test_what_a_refused_token_is_told(house, header, code, message):
    answer = house.send("GET", "/rest/v1/todos", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (401, code, message)
    assert set(answer.json()) == {"code", "message", "details", "hint"}
    if code.startswith("PGRST"):
        challenge = f'Bearer error="invalid_token", error_description="{message}"'
        assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.headers["Proxy-Status"] == f"PostgREST; error={code}"


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_times_are_numbers(house, claim):
    made = jwt.PyJWS().encode(f'{{"role": "todo_user", "{claim}": "invalid"}}'.encode(), SECRET, "HS256")
    answer = house.get("/todos", made)
    told = (answer.status_code, answer.json()["code"], answer.json()["message"])
    assert told == (401, "PGRST303", f"The JWT '{claim}' claim must be a number")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_in_any_case(house, ada, scheme):
    answer = house.send("GET", "/rest/v1/todos?id=eq.1", headers={"Authorization": f"{scheme} {ada}"})
    assert answer.status_code == 200


def test_a_token_with_claims_of_any_kind_is_taken(house):
    made = token(key1="v", a=1, nested={"deep": [True, None]}, aud="anybody", iss="joe", sub="fun", jti="x", iat=NOW)
    assert house.get("/todos?id=eq.1", made).status_code == 200


LOUD = '[{"X-Test": "one; two"}, {"Set-Cookie": "a=b"}, {"Set-Cookie": "c=d"}]'


@pytest.mark.parametrize("accept", ["application/json", "text/csv", "application/x-ndjson", "application/xml"])
@pytest.mark.parametrize("most", [3, 30_000])
def test_the_database_sets_status_and_headers_in_every_format(house, ada, accept, most):
    answer = house.send("GET", "/rest/v1/rpc/shows", ada, params={"headers": LOUD, "most": most, "limit": most},
                        headers={"Accept": accept})  # fmt: skip
    assert (answer.status_code, answer.headers["X-Test"]) == (203, "one; two")
    assert answer.cookies.get_dict() == {"a": "b", "c": "d"}
    assert answer.headers["Content-Type"].startswith(accept)
    assert str(most) in answer.text


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ('{"X-Test": "no array"}', "200", "PGRST111"),
        ('[{"X-A": "b", "X-B": "c"}]', "200", "PGRST111"),
        ('["text"]', "200", "PGRST111"),
        ('[{"X-A": {"b": "c"}}]', "200", "PGRST111"),
        ('[{"X A": "b"}]', "200", "PGRST111"),
        ('[{"X-A": "b\\nc"}]', "200", "PGRST111"),
        ('[{"Transfer-Encoding": "chunked"}]', "200", "PGRST111"),
        ('[{"X-Trivet-Role": "admin"}]', "200", "PGRST111"),
        ("[", "200", "PGRST111"),
        ("[]", "99", "PGRST112"),
        ("[]", "600", "PGRST112"),
        ("[]", "12345678901", "PGRST112"),
        ("[]", "OK", "PGRST112"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_nothing_is_written_where_the_answer_can_t_be_given(house, ada, headers, status, code, accept):
    answer = house.send("POST", "/rest/v1/rpc/says", ada, json={"headers": headers, "status": status},
                        headers={"Accept": accept})  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (500, code)
    assert house.rows("select * from api.drafts where id >= 90") == []
