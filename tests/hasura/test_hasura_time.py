"""The time of an operation, as the configuration limits it by role."""

import graphql_service.app
import psycopg
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from graphql_service.settings import GraphqlSettings

from tests.fixtures.guarded_store import Door, Who

CONFIG = """
version: 1
graphql: {roles: {hasty: {seconds: 0.3}}}
resources:
  slow:
    permissions:
      hasty: {select: {columns: '*', filter: {}}}
      patient: {select: {columns: '*', filter: {}}}
"""


def test_an_operation_ends_when_its_time_is_over(postgres_server, tmp_path):
    url = postgres_server.create_database("slow")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create view slow as select 1 as id, pg_sleep(1)::text as slept")
    (tmp_path / "trivet.yaml").write_text(CONFIG)
    engine = Engine(PostgresDatabase(url, size=1, limit=20.0), config=tmp_path / "trivet.yaml")
    engine.refresh()
    http = graphql_service.app.create_app(GraphqlSettings(log_level="error"), engine, Door()).test_client()

    def ask(role):
        body = {"query": "{ slow { id slept } }"}
        return http.post("/graphql", json=body, headers=Who(role).headers).get_json()

    assert ask("hasty")["errors"][0]["extensions"]["code"] == "time-limit-exceeded"
    assert ask("patient") == {"data": {"slow": [{"id": 1, "slept": ""}]}}
    engine.close()
