"""What operators see: a line for each answer, and numbers that are those of one call each."""

import json
import logging

import pytest
from chassis import express, observe
from chassis.observe import Observer
from chassis.trace import Trace
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest


@given(st.lists(st.floats(0, 100), max_size=50))
def test_many_at_once_are_observed_as_each_alone(values) -> None:
    texts = []
    for together in (True, False):
        registry = CollectorRegistry()
        histogram = Histogram("seconds", "Time", ["service"], registry=registry)
        child = histogram.labels("s")
        if together:
            observe._observe(child, values)
        else:
            for value in values:
                child.observe(value)
        lines = generate_latest(registry).decode().splitlines()
        texts.append([line for line in lines if not line.startswith(("seconds_created", "seconds_sum", "#"))])
    assert texts[0] == texts[1]


@pytest.fixture
def client():
    app = Flask("one")
    observe.install(app)
    express.install(app, "one")
    app.add_url_rule("/a", "a", lambda: "text")
    return app.test_client()


def test_the_numbers_are_those_of_all_answers_so_far(client) -> None:
    def count(metrics: str) -> float:
        start = 'trivet_requests_total{method="GET",service="one",status="200"} '
        return sum(float(line.removeprefix(start)) for line in metrics.splitlines() if line.startswith(start))

    before = count(client.get("/metrics").text)
    for _ in range(5):
        client.get("/a")
    assert count(client.get("/metrics").text) == before + 6  # with the look before


def test_a_line_tells_of_each_answer(capfdbinary, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("trivet.access"), "level", logging.INFO)
    logging.getLogger("trivet.access")._cache.clear()
    observer = Observer("one")
    for number in range(2):
        trace = Trace({"REQUEST_METHOD": "GET", "PATH_INFO": "/caf\xc3\xa9"}, f"id{number}")
        trace.role = "clerk"
        headers = dict(observer.answered(trace, 201))
        assert headers["X-Request-Id"] == f"id{number}"
    observer.flush()
    lines = [json.loads(line) for line in capfdbinary.readouterr().err.splitlines() if line.startswith(b'{"time"')]
    assert [(line["request_id"], line["path"], line["status"], line["role"]) for line in lines] == [
        ("id0", "/café", 201, "clerk"),
        ("id1", "/café", 201, "clerk"),
    ]
