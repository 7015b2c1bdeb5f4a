"""Health joined over all services."""


def test_all_ready(suite) -> None:
    response = suite.client.get("/readyz")
    assert (response.status_code, response.json["status"]) == (200, "ok")


def test_an_unready_service_is_named(suite) -> None:
    suite.ready["soap"] = (503, {"status": "unready", "degraded": []})
    response = suite.client.get("/readyz")
    assert (response.status_code, response.json["failing"]) == (503, ["soap"])


def test_services_that_do_not_answer_are_waited_for_together_and_named(suite) -> None:
    suite.ready["rest"] = suite.ready["graphql"] = suite.ready["auth"] = None
    response = suite.client.get("/readyz")
    assert response.status_code == 503
    assert sorted(response.json["failing"]) == ["auth", "graphql", "rest"]
    assert suite.asked.count("rest/readyz") == 1


def test_what_services_do_without_is_told_once(suite) -> None:
    for name in ("data", "rest"):
        suite.ready[name] = (200, {"status": "degraded", "degraded": ["redis", "auth"]})
    response = suite.client.get("/readyz")
    assert (response.status_code, response.json["degraded"]) == (200, ["redis"])
    assert response.json["status"] == "degraded"


def test_alive_needs_nobody(suite) -> None:
    assert suite.client.get("/livez").json == {"status": "ok"}
