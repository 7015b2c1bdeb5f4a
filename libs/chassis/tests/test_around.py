"""What a request says to the transaction that answers it: no password, no API key, and its wish for the end."""

import pytest
from chassis import around


def environ(**headers):
    return {"REQUEST_METHOD": "GET", "PATH_INFO": "/rest/v1/films", **headers}


@pytest.mark.parametrize(
    ("prefer", "wish"),
    [
        (None, None),
        ("return=representation", None),
        ("return=minimal, tx=rollback", "rollback"),
        ('TX="commit"', "commit"),
        ("tx=rollback, tx=commit", "rollback"),
        ("tx=never", None),
    ],
)
def test_the_wish_for_the_end(prefer, wish):
    assert around.wished(prefer) == wish
    assert around.ending(prefer) == (around.Around(tx=wish) if wish else None)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/rest/v1/films?select=*", "/films"),
        ("/rest/v1", "/"),
        ("/rest/v1x/films", "/rest/v1x/films"),
        ("http://x/rest/v1/rpc/f", "/rpc/f"),
        ("/v1/graphql", "/v1/graphql"),
        ("/a%20b", "/a%20b"),
    ],
)
def test_the_path_is_as_postgrest_s_users_know_it(raw, path):
    assert around.told(environ(RAW_URI=raw)).path == path


def test_secrets_are_not_told():
    secrets = {
        "HTTP_AUTHORIZATION": "Basic YTpi", "HTTP_X_API_KEY": "tvk_a", "HTTP_APIKEY": "tvk_b", "HTTP_COOKIE": "a=b",
        "HTTP_X_HASURA_ADMIN_SECRET": "all may be done with it",
    }  # fmt: skip
    found = around.told(environ(**secrets, HTTP_X_COLOUR="green", CONTENT_TYPE="text/csv"))
    assert found.headers == {"x-colour": "green", "content-type": "text/csv"}
    assert found.cookies == {"a": "b"}
    assert around.told(environ(HTTP_AUTHORIZATION="Bearer tvk_a")).headers == {}
    assert around.told(environ(HTTP_AUTHORIZATION="Bearer a.b.c")).headers == {"authorization": "Bearer a.b.c"}


def test_bad_cookies_are_none():
    assert around.told(environ(HTTP_COOKIE="a b c[]=; ;;")).cookies == {}
