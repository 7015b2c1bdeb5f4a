"""HEAD is answered as GET is, without the body (RFC 9110 §9.3.2), wherever the suite answers a GET."""

import pytest
import requests

PATHS = [
    "/", "/livez", "/readyz", "/assets/front.css", "/explore/rest", "/rest/v1/", "/rest/v1/openapi.json", "/v1/version",
    "/rest/v1/orders?limit=2", "/rest/v1/nothing", "/graphql?query={orders(limit:1){id}}", "/graphql?query={nope}",
    "/graphql", "/healthz", "/soap/v1", "/soap/v1?wsdl", "/auth/v1/settings", "/auth/v1/user", "/nowhere",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_head(demo_suite, path):
    headers = {"Authorization": f"Bearer {demo_suite.token('clerk@example.com')}"}
    got, head = (
        requests.request(verb, demo_suite.base_url + path, headers=headers, timeout=30) for verb in ("GET", "HEAD")
    )
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("Content-Type", "ETag", "Content-Range", "Allow"):
        assert head.headers.get(name) == (
            None if name == "ETag" and "/rest/v1/orders" in path else got.headers.get(name)
        )
