"""The demo store's suite, asked as its users ask: by HTTP through nginx."""

import pytest
import requests
import zeep
from requests import Session


class Client:
    """One who is signed in (or not) at a suite."""

    def __init__(self, suite, email=None):
        self.suite = suite
        self.http = Session()
        if email is not None:
            self.http.headers["Authorization"] = f"Bearer {suite.token(email)}"

    def rest(self, path, method="GET", **kinds):
        return self.http.request(method, f"{self.suite.base_url}/rest/v1/{path}", timeout=30, **kinds)

    def graphql(self, query, **variables):
        body = {"query": query, "variables": variables}
        return self.http.post(f"{self.suite.base_url}/graphql", json=body, timeout=30).json()

    def soap(self):
        transport = zeep.Transport(session=self.http, timeout=30, operation_timeout=30)
        settings = zeep.Settings(strict=True)
        return zeep.Client(f"{self.suite.base_url}/soap/v1?wsdl", transport=transport, settings=settings).service


@pytest.fixture(scope="session")
def clerk(demo_suite):
    return Client(demo_suite, "clerk@example.com")


@pytest.fixture(scope="session")
def customer(demo_suite):
    return Client(demo_suite, "customer@example.com")


@pytest.fixture(scope="session")
def anonymous(demo_suite):
    return Client(demo_suite)


@pytest.fixture(scope="session")
def post(demo_suite):
    """Post to a path of the suite."""
    return lambda path, **kinds: requests.post(demo_suite.base_url + path, timeout=30, **kinds)
