"""Whether a read costs more where there is more of everything: tables, roles, shapes of requests."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import yaml

from bench import store, suite
from bench.database import Databases
from bench.measure import Bench, Sample, request_file
from bench.processes import memory
from bench.summary import figures, table
from bench.system import Running
from bench.workloads import Draw, Request, draws

OWN_TABLES = 4
_ROLES = 50
_SHAPES = 100_000
_CONNECTIONS = 16


@dataclass(frozen=True)
class _Case:
    """A suite and what it is asked; so many requests are made before they come round again."""

    running: Running
    request: Callable[[int, Draw], Request]
    requests: int = store.ORDERS


def measure(rounds: int, seconds: int, say: Callable[[str], None]) -> tuple[list[Sample], str]:
    """W1 with little and with much of everything, in turns: the samples, and their table."""
    with ExitStack() as stack:
        databases = stack.enter_context(Databases())
        plain = suite.CONFIGURATION.read_text(encoding="utf-8")
        roles = [f"clerk_{number}" for number in range(1, _ROLES)]
        say("starting the suite with 10 tables, with 1000 tables, and with 50 roles")
        few = databases.new_postgres("few", 10 - OWN_TABLES)
        many = databases.new_postgres("many", 1000 - OWN_TABLES)
        small = stack.enter_context(suite.running(few, plain))
        large = stack.enter_context(suite.running(many, plain))
        peopled = stack.enter_context(suite.running(few, _with(plain, roles), further_roles=roles))
        cases = {
            "10 tables": _Case(small, _plain),
            "1,000 tables": _Case(large, _plain),
            "1 role": _Case(small, _as_role([])),
            f"{_ROLES} roles": _Case(peopled, _as_role(roles)),
            "10 shapes": _Case(small, _shaped(10), _SHAPES),
            f"{_SHAPES:,} shapes": _Case(small, _shaped(_SHAPES), _SHAPES),
        }
        bench = Bench({name: case.running for name, case in cases.items()}, (), databases.head)
        samples: list[Sample] = []
        for turn in range(rounds + 1):
            for name, case in cases.items():
                sample = _sample(bench, name, case, seconds if turn else 1)
                if turn:  # the first one warms up
                    samples.append(sample)
                    say(f"round {turn} {name:18} {sample.cpu_per_request * 1e6:7.0f} CPU-µs")
        kept = memory(small.parts["rest"]), memory(small.parts["data"])
    return samples, _report(samples, kept)


def _sample(bench: Bench, name: str, case: _Case, seconds: int) -> Sample:
    status, body = case.running.ask(case.request(0, draws(1)[0]))
    assert status == 200, body
    with request_file(case.running, map(case.request, range(case.requests), draws(case.requests))) as file:
        return bench.sample_file(name, "W1", file, _CONNECTIONS, seconds)


def _plain(_: int, draw: Draw) -> Request:
    return Request("GET", f"/rest/v1/orders?id=eq.{draw.order}")


def _as_role(roles: Sequence[str]) -> Callable[[int, Draw], Request]:
    every = ["clerk", *roles]

    def request(number: int, draw: Draw) -> Request:
        role = every[number % len(every)]
        return Request("GET", f"/rest/v1/orders?id=eq.{draw.order}", headers={"X-Hasura-Role": role})

    return request


def _shaped(shapes: int) -> Callable[[int, Draw], Request]:
    """The name that an answer's member is to have makes a shape of its own."""

    def request(number: int, draw: Draw) -> Request:
        columns = f"id,customer_id,status,total,created,note_{number % shapes}:note"
        return Request("GET", f"/rest/v1/orders?select={columns}&id=eq.{draw.order}")

    return request


def _with(configuration: str, roles: Sequence[str]) -> str:
    """The configuration with the clerk's rules for these roles too."""
    document = yaml.safe_load(configuration)
    for resource in document["resources"].values():
        permissions = resource["permissions"]
        permissions.update(dict.fromkeys(roles, permissions["clerk"]))
    return yaml.safe_dump(document, sort_keys=False)


def _report(samples: Sequence[Sample], kept: tuple[int, int]) -> str:
    found = {name: figure for (name, _, _), figure in figures(samples).items()}
    names = list(found)
    rows = [
        [f"{small} → {large}", *_numbers(found[small].cpu, found[large].cpu)]
        for small, large in zip(names[::2], names[1::2], strict=True)
    ]
    rest, data = (size / 2**20 for size in kept)
    return (
        f"{table(['W1, CPU-µs for one request', 'little', 'much', 'ratio'], rows)}\n\n"
        f"Afterwards rest holds {rest:.0f} MiB and data {data:.0f} MiB.\n"
    )


def _numbers(little: float, much: float) -> Sequence[str]:
    return f"{little:.0f}", f"{much:.0f}", f"{much / little:.2f}"
