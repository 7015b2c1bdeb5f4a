"""The clients of the JavaScript world, as they are published, do their work against a running suite."""

import pytest


@pytest.mark.parametrize("role", ["clerk", "admin"])
@pytest.mark.parametrize("client", ["apollo", "urql", "request", "react_admin", "refine", "codegen"])
def test_a_client(run_client, client, role):
    run_client(client, role)


@pytest.mark.parametrize(("path", "role"), [("/graphql", None), ("/v1/graphql", "clerk")])
def test_every_demand_of_graphql_over_http(run_client, path, role):
    passed, _, every = run_client("audit", role, path).partition(" of ")
    assert int(passed) == int(every) > 50
