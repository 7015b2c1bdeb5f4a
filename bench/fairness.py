"""How quick reads fare beside slow ones: W1 alone, and while 8 clients run statements of one second each."""

import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg

from bench import suite
from bench.database import Databases
from bench.load import Load, send
from bench.measure import request_file
from bench.summary import table
from bench.workloads import Request, draws

_VIEW = "create view slow as select 1 as id, pg_sleep(1)::text as slept"
_RULE = "  slow:\n    permissions:\n      clerk:\n        select: {columns: '*', filter: {}}\n"
_SLOW_CLIENTS = 8
_CONNECTIONS = 16


def measure(rounds: int, seconds: int, say: Callable[[str], None]) -> str:
    """Both in turns: a table with the medians of the rounds."""
    found: dict[str, list[Load]] = {"alone": [], "beside slow statements": []}
    with ExitStack() as stack:
        databases = stack.enter_context(Databases())
        url = databases.new_postgres("slow")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_VIEW)
        configuration = suite.CONFIGURATION.read_text(encoding="utf-8") + _RULE
        running = stack.enter_context(suite.running(url, configuration))
        quick = stack.enter_context(
            request_file(running, (Request("GET", f"/rest/v1/orders?id=eq.{draw.order}") for draw in draws(10_000)))
        )
        slow = stack.enter_context(request_file(running, [Request("GET", "/rest/v1/slow")]))
        status, body = running.ask(Request("GET", "/rest/v1/slow"))
        assert status == 200, body
        send(running.base_url, quick, _CONNECTIONS, 1)
        for turn in range(rounds):
            found["alone"].append(send(running.base_url, quick, _CONNECTIONS, seconds))
            with ThreadPoolExecutor(1) as beside:
                waiting = beside.submit(send, running.base_url, slow, _SLOW_CLIENTS, seconds + 2)
                found["beside slow statements"].append(send(running.base_url, quick, _CONNECTIONS, seconds))
                say(f"round {turn + 1}: {waiting.result().requests} slow statements beside")
    heads = [f"W1 at {_CONNECTIONS} connections", "p50 ms", "p99 ms", "failed"]
    return table(heads, [[name, *_numbers(loads)] for name, loads in found.items()]) + "\n"


def _numbers(loads: Sequence[Load]) -> Sequence[str]:
    p50, p99 = (statistics.median(column) * 1e3 for column in ([x.p50 for x in loads], [x.p99 for x in loads]))
    return f"{p50:.2f}", f"{p99:.2f}", str(sum(load.errors for load in loads))
