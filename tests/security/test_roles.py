"""Roles come from a verified token alone: not from headers, not from another's key, not from an unsigned claim."""

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import graphql_service.app
import jwt
import pytest
import rest_service.app
import soap_service.app
from auth_service import accounts, store
from auth_service.app import create_app
from auth_service.routes import EXTENSION
from auth_service.settings import AuthSettings
from chassis.app import Edge
from chassis.settings import ServiceSettings
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from graphql_service.settings import GraphqlSettings
from rest_service.settings import Settings as RestSettings
from soap_service.settings import SoapSettings
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from tests.fixtures.guarded_store import Suite

PASSWORD = "correct horse battery"
HASURA = "https://hasura.io/jwt/claims"
_SOAP = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ListOrders xmlns="urn:trivet:v1"/></s:Body></s:Envelope>'


@dataclass(frozen=True)
class House:
    """The suite behind real credentials: auth is a server, and every facade checks tokens itself."""

    auth: FlaskClient
    rest: FlaskClient
    graphql: FlaskClient
    soap: FlaskClient

    def token(self, name: str) -> str:
        """An access token of an account."""
        answer = self.auth.post(
            "/auth/v1/token?grant_type=password", json={"email": f"{name}@example.com", "password": PASSWORD}
        )
        return str(answer.get_json()["access_token"])

    def ask(self, **headers: str) -> dict[str, TestResponse]:
        """The orders, in each protocol; names of headers with ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {
            "rest": self.rest.get("/rest/v1/orders?select=id&order=id", headers=named),
            "graphql": self.graphql.post(
                "/graphql", json={"query": "{ orders(order_by: {id: asc}) { id } }"}, headers=named
            ),
            "soap": self.soap.post("/soap/v1", data=_SOAP, content_type="text/xml", headers=named),
        }

    def ids(self, **headers: str) -> list[int]:
        """The orders' ids, the same in all protocols."""
        answers = self.ask(**headers)
        found = [row["id"] for row in json.loads(answers["rest"].data)]
        assert [row["id"] for row in json.loads(answers["graphql"].data)["data"]["orders"]] == found
        assert answers["soap"].text.count("<Orders>") == len(found)
        return found


@pytest.fixture(scope="module")
def auth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str]]:
    """Auth with three accounts, and its address."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    settings = AuthSettings(state_dir=str(tmp_path_factory.mktemp("auth")), master_key=key, log_level="error")
    store.migrate(settings.store_url)
    opened = store.open(settings.store_url)
    for name, roles in (("clerk", ["customer"]), ("customer", []), ("ghost", [])):
        accounts.add(opened, f"{name}@example.com", PASSWORD, name, roles, {"X-Hasura-Customer-Id": "1"})
    opened.close()
    app = create_app(settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions[EXTENSION].upkeep.stop()
    app.extensions[EXTENSION].store.close()


@pytest.fixture(scope="module")
def house(suite: Suite, auth: tuple[Flask, str]) -> House:
    """The suite's data behind it."""
    app, url = auth
    edge = Edge(ServiceSettings(auth_url=url, log_level="error"), exchanges=True)
    return House(
        app.test_client(),
        rest_service.app.create_app(RestSettings(log_level="error"), suite.engine, edge).test_client(),
        graphql_service.app.create_app(GraphqlSettings(log_level="error"), suite.engine, edge).test_client(),
        soap_service.app.create_app(SoapSettings(log_level="error"), suite.engine, edge).test_client(),
    )


def bearer(token: str) -> str:
    return f"Bearer {token}"


def check_refused(answers: dict[str, TestResponse], status: int, code: str, graphql: str) -> None:
    """All protocols refuse, each in its own words, and none gives a row."""
    assert (answers["rest"].status_code, json.loads(answers["rest"].data)["code"]) == (status, code)
    error = json.loads(answers["graphql"].data)["errors"][0]["extensions"]["code"]
    assert error == graphql
    assert f"<code>{code}</code>" in answers["soap"].text
    assert answers["soap"].status_code in (status, 500)
    assert "<Orders>" not in answers["soap"].text


def test_a_role_by_default_and_by_choice(house: House) -> None:
    token = bearer(house.token("clerk"))
    assert house.ids(Authorization=token) == [1, 2, 3]
    assert house.ids(Authorization=token, X_Hasura_Role="clerk") == [1, 2, 3]
    assert house.ids(Authorization=token, X_Hasura_Role="customer") == [1, 2]
    assert house.ids(Authorization=token, X_Trivet_Role="customer") == [1, 2]


@pytest.mark.parametrize("wanted", ["admin", "Clerk", "clerk ", "ghost", "anonymous", "clerk,admin"])
def test_a_role_that_is_not_among_the_token_s(house: House, wanted: str) -> None:
    token = bearer(house.token("customer"))
    check_refused(house.ask(Authorization=token, X_Hasura_Role=wanted), 403, "TRV204", "access-denied")


@pytest.mark.parametrize("wanted", ["admin", "clerk", "customer"])
def test_a_role_without_a_credential(house: House, wanted: str) -> None:
    check_refused(house.ask(X_Hasura_Role=wanted), 401, "TRV204", "access-denied")


def test_nobody_s_role(house: House) -> None:
    """Without a credential there is the anonymous role, and nothing of the orders."""
    for headers in ({}, {"X_Hasura_Role": "anonymous"}):
        answers = house.ask(**headers)
        assert (answers["rest"].status_code, json.loads(answers["rest"].data)["code"]) == (401, "42501")
        assert "errors" in json.loads(answers["graphql"].data)
        assert answers["soap"].status_code == 401


def test_a_role_that_no_policy_knows(house: House) -> None:
    answers = house.ask(Authorization=bearer(house.token("ghost")))
    assert (answers["rest"].status_code, json.loads(answers["rest"].data)["code"]) == (403, "42501")
    assert json.loads(answers["graphql"].data)["errors"][0]["extensions"]["code"] == "validation-failed"
    assert "<code>PGRST202</code>" in answers["soap"].text


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Hasura_Customer_Id": "2"},
        {"X_Hasura_User_Id": "2"},
        {"X_Hasura_Admin_Secret": "secret"},
        {"X_Hasura_Allowed_Roles": "admin"},
        {"X_Internal_Role": "admin"},
        {"X_Forwarded_User": "admin"},
        {"Role": "admin"},
    ],
)
def test_headers_prove_nothing(house: House, headers: dict[str, str]) -> None:
    """Session variables are the token's; what a client says of itself is not heard."""
    assert house.ids(Authorization=bearer(house.token("customer")), **headers) == [1, 2]


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A token's header and claims, unchecked."""
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def raised(claims: dict[str, Any]) -> dict[str, Any]:
    """The same claims for an admin."""
    hasura = {**claims[HASURA], "x-hasura-default-role": "admin", "x-hasura-allowed-roles": ["admin"]}
    return {**claims, "role": "admin", HASURA: hasura}


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_forged_tokens(house: House) -> None:
    """Every way to a token of one's own making fails alike."""
    good = house.token("customer")
    header, claims = parts(good)
    public = house.auth.get("/auth/v1/.well-known/jwks.json").get_json()["keys"][0]
    pem = jwt.PyJWK.from_dict(public).key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    mine = ec.generate_private_key(ec.SECP256R1())
    body = encoded(raised(claims))
    signature = good.rpartition(".")[2]
    hs = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': header['kid']})}.{body}"
    forged = [
        f"{encoded({'alg': 'none', 'kid': header['kid']})}.{body}.",
        f"{encoded({'alg': 'None', 'kid': header['kid']})}.{body}.{signature}",
        f"{good.split('.')[0]}.{body}.{signature}",
        f"{good.split('.')[0]}.{body}.",
        jwt.encode(raised(claims), mine, algorithm="ES256", headers={"kid": header["kid"]}),
        jwt.encode(raised(claims), mine, algorithm="ES256", headers={"kid": "../../etc/passwd"}),
        jwt.encode(raised(claims), mine, algorithm="ES256", headers={"jwk": public}),
        f"{hs}.{encoded(pem.decode())}",
        jwt.api_jws.PyJWS().encode(
            json.dumps(raised(claims)).encode(), b"x" * 32, "HS256", headers={"kid": header["kid"]}
        ),
        "x.y.z",
        "..",
        good + "x",
        good[:-4],
        "é.é.é",
    ]
    for token in forged:
        check_refused(house.ask(Authorization=bearer(token).encode().decode("latin-1")), 401, "PGRST301", "invalid-jwt")
    assert house.ids(Authorization=bearer(good)) == [1, 2]
