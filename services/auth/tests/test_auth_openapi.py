"""The OpenAPI document of auth is valid, complete, and says how errors look."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate


def test_the_document_says_where_clients_reach_it(make_app: Callable[..., Flask]) -> None:
    client = make_app(public_url="https://api.example.com/shop/").test_client()
    assert client.get("/auth/v1/openapi.json").get_json()["servers"] == [{"url": "https://api.example.com/shop"}]


def test_the_document_is_valid_and_names_every_public_route(app: Flask, client: FlaskClient) -> None:
    document = client.get("/auth/v1/openapi.json").get_json()
    validate(document)
    assert document["openapi"] == "3.1.0"
    rules = {str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith("/auth/v1/")}
    public = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in rules}
    assert set(document["paths"]) == public - {"/auth/v1/openapi.json"}
    assert not any(path.startswith("/-/") for path in document["paths"])
    assert set(document["components"]["schemas"]["ErrorBody"]["properties"]) == {"code", "error_code", "msg"}
    token = document["paths"]["/auth/v1/token"]["post"]
    assert {"200", "400", "401", "429", "503"} <= set(token["responses"])
    assert document["paths"]["/auth/v1/user"]["get"]["security"] == [{"bearer": []}]
