"""The OpenAPI document is kept to: its examples run, and no request made from it gets an answer that it does not have."""

import os
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.clients.rest import museum as museums

CHECKS = [
    checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
EXAMPLES = 50 if os.environ.get("TRIVET_PROPERTIES") == "explore" else 2  # of each operation; there are some eighty


@pytest.fixture(params=["sqlite", "postgresql"])
def own_museum(request, tmp_path):
    """A museum that nobody else sees: anything may be written into it."""
    if request.param == "sqlite":
        with museums.sqlite_museum(tmp_path) as made:
            yield made
    else:
        url = request.getfixturevalue("postgres_server").create_database("museum_openapi")
        with museums.postgres_museum(url, tmp_path) as made:
            yield made


def test_examples_run(museum):
    document = museum.get("openapi.json").json
    parameters = document["components"]["parameters"]
    asked = Counter()
    for path, operations in document["paths"].items():
        if "get" not in operations or path.startswith("/rpc/"):
            continue
        for reference in operations["get"]["parameters"]:
            parameter = parameters[reference["$ref"].rpartition("/")[2]]
            if "example" in parameter:
                answer = museum.client.get(path, query_string={parameter["name"]: parameter["example"]})
                assert answer.status_code == 200, (path, parameter, answer.text)
                asked[path] += 1
    assert len(asked) > 10
    assert asked["/works"] == 12


def test_no_answer_is_undocumented(own_museum):
    schema = schemathesis.openapi.from_wsgi("/openapi.json", own_museum.client.application)
    asked: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def ask(case):
            answer = case.call()
            asked[answer.status_code // 100] += 1
            if answer.status_code in (200, 201) and not answer.content:
                return  # a write that was not asked for its rows: OpenAPI can't say that a body depends on a header
            case.validate_response(answer, checks=CHECKS)

        ask()
    assert asked[2] > 20
    assert asked[5] == 0
