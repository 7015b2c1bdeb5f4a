"""The arithmetic of the bench: medians, ratios, goals, and that it counts what processes use."""

import json
import subprocess
import sys
import time
from decimal import Decimal

import pytest

from bench import answers, goals, keep, load, processes, run, summary, workloads
from bench.measure import Sample


def _sample(system: str, cpu: float, *, workload: str = "W1", requests: int = 1000, p99: float = 0.002) -> Sample:
    parts = {"nginx": cpu / 4, "rest": cpu - cpu / 4}
    return Sample(system, workload, 16, requests, 2.0, 0.001, p99, 0, parts, 0.01)


def test_figures_are_medians_over_the_rounds() -> None:
    found = summary.figures([_sample("trivet", 0.1), _sample("trivet", 0.4), _sample("trivet", 0.2, p99=0.004)])
    figure = found["trivet", "W1", 16]
    assert figure.cpu == pytest.approx(200)
    assert figure.parts == {"nginx": pytest.approx(50), "rest": pytest.approx(150)}
    assert figure.database_cpu == pytest.approx(10)
    assert figure.rate == 500
    assert (figure.p50, figure.p99) == (1, 2)


def test_a_ratio_is_taken_within_each_round() -> None:
    rounds = [(0.1, 0.3), (0.4, 0.4), (0.2, 0.5)]  # a slow second round must not be held against the others
    samples = [sample for ours, theirs in rounds for sample in (_sample("trivet", ours), _sample("express", theirs))]
    assert summary.ratio(samples, "express", "trivet", "W1", 16) == pytest.approx(2.5)
    assert summary.ratio(samples, "drf", "trivet", "W1", 16) is None
    assert summary.ratio(samples, "express", "trivet", "W1", 64) is None


def test_a_goal_is_met_or_missed() -> None:
    samples = [_sample("trivet", 0.1), _sample("express", 0.14)]
    samples += [_sample("trivet", 0.1, workload="W2"), _sample("express", 0.14, workload="W2")]
    lines = goals.verdicts(samples, 16).splitlines()
    assert lines[2:] == [
        "| W1: CPU of express ÷ trivet | ≥ 1.3 | 1.40 | met |",
        "| W2: CPU of express ÷ trivet | ≥ 2 | 1.40 | missed |",
    ]


def test_few_clients_are_answered_as_quickly_as_by_express() -> None:
    def sample(system: str, p50: float, connections: int) -> Sample:
        return Sample(system, "W1", connections, 10, 1.0, p50, 0.2, 0, {"all": 0.1}, 0.0)

    samples = [sample("trivet", 0.002, 1), sample("express", 0.001, 1), sample("trivet", 0.001, 4)]
    samples += [sample("express", 0.001, 4), sample("trivet", 0.009, 16), sample("express", 0.001, 16)]
    lines = [line for line in goals.verdicts(samples, 64).splitlines() if "p50" in line]
    assert [line.split("|")[-2].strip() for line in lines] == ["missed", "met"]


def test_a_report_has_every_system_and_names_failures() -> None:
    failed = Sample("express", "W1", 16, 10, 1.0, 0.1, 0.2, 3, {"express": 0.1}, 0.0)
    text = summary.report([_sample("trivet", 0.1), failed], 16)
    assert "| express | 10000 |" in text
    assert "* express W1 at 16: 3" in text


def test_answers_of_all_kinds_have_one_form() -> None:
    rest = [{"id": 1, "customer_id": 2, "total": 3.5, "created": "2026-03-01T00:17:00+00:00"}]
    express = {"id": 1, "customer_id": 2, "total": "3.50", "created": "2026-03-01T00:17:00.000Z"}
    row = {"id": 1, "customerId": 2, "total": "3.50", "created": "2026-03-01T01:17:00+01:00"}
    envelope = (
        '<e:Envelope xmlns:e="urn:e"><a xmlns="urn:a"><order><id>1</id><customer_id>2</customer_id><total>3.50</total>'
        "<created>2026-03-01T00:17:00Z</created><note/></order></a></e:Envelope>"
    )
    found = [answers.canonical(json.dumps(value).encode()) for value in (rest, express, {"data": {"order": row}})]
    found.append(answers.canonical(envelope.encode()))
    found.append(answers.canonical(json.dumps({"data": {"allOrders": {"nodes": [row]}}}).encode()))
    assert all(value == found[0] for value in found)
    assert found[0]["total"] == Decimal("3.5")
    assert answers.canonical(b'{"id": 1, "total": 3.51}') != answers.canonical(b'{"id": 1, "total": 3.5}')
    with pytest.raises(ValueError):
        answers.canonical(b'{"data": null, "errors": [{"message": "no"}]}')


def test_tables_take_the_place_of_the_last_ones_in_the_page(tmp_path, monkeypatch) -> None:
    page = tmp_path / "performance.md"
    page.write_bytes(keep.PAGE.read_bytes())
    monkeypatch.setattr(keep, "PAGE", page)
    for section in (*run.PARTS, "made"):
        keep.page(section, f"first \\1 {section}")
        keep.page(section, f"second \\1 {section}")
        text = page.read_text(encoding="utf-8")
        assert f"second \\1 {section}\n" in text
        assert f"first \\1 {section}" not in text
    with pytest.raises(ValueError):
        keep.page("unknown", "text")


def test_requests_are_whole_and_keys_vary_over_the_table(tmp_path) -> None:
    draws = workloads.draws(10_000)
    assert {draw.order for draw in draws} == set(range(1, 10_001))
    assert max(draw.after for draw in draws) <= 9_990
    text = workloads.json_request("/orders", {"n": "ä"}).text("localhost:1", "Bearer t")
    head, _, body = text.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
    assert b"Authorization: Bearer t" in head
    load.write(tmp_path / "requests", [text, b"GET / HTTP/1.1\r\n\r\n"])
    assert (tmp_path / "requests").read_bytes().startswith(b"%d\n%b18\n" % (len(text), text))


def test_the_cpu_of_descendants_counts() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\nsys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE)
    try:
        end = time.monotonic() + 60
        while processes.cpu_seconds(process.pid) < 0.29 and time.monotonic() < end:
            time.sleep(0.02)
        assert processes.cpu_seconds(process.pid) >= 0.29
        assert processes.memory(process.pid) > 2**20
    finally:
        process.communicate()
