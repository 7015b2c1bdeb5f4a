"""The address that clients know: in the OpenAPI documents, and in Location where it is wished."""

import pytest
from rest_service.app import create_app
from rest_service.settings import Settings

HEADERS_ONLY = {"Prefer": "return=headers-only"}


@pytest.fixture
def made(memory, door, tmp_path):
    """A function that makes a client of the service with some settings."""

    def make(**settings):
        return create_app(Settings(state_dir=str(tmp_path), **settings), memory, door).test_client()

    return make


@pytest.mark.parametrize("url", ["https://api.example.com/shop", "https://api.example.com/shop/"])
def test_documents_name_it(made, url):
    client = made(public_url=url)
    assert client.get("/rest/v1/openapi.json").json["servers"] == [{"url": "https://api.example.com/shop/rest/v1"}]
    old = client.get("/rest/v1/", headers={"Accept": "application/openapi+json"}).json
    assert (old["schemes"], old["host"], old["basePath"]) == (["https"], "api.example.com", "/shop/rest/v1")


def test_location_is_postgrest_s_own_unless_a_whole_address_is_wished(made):
    url = "https://api.example.com/shop"
    plain = made(public_url=url).post("/rest/v1/film", json={"title": "New"}, headers=HEADERS_ONLY)
    assert plain.headers["Location"].startswith("/film?id=eq.")
    whole = made(public_url=url, absolute_location=True).post(
        "/rest/v1/film", json={"title": "New"}, headers=HEADERS_ONLY
    )
    assert whole.headers["Location"].startswith("https://api.example.com/shop/rest/v1/film?id=eq.")
