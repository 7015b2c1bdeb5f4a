"""Stored values as they are kept, past policies and protection: for maintenance alone, never for a request."""

from collections.abc import Sequence

from contracts.catalog import Catalog
from contracts.identity import ADMIN_ROLE, Caller
from contracts.operations import Operation, Value
from contracts.results import Result

from data_service.access import restrict
from data_service.execute.database import Database
from data_service.execute.shape import PreparedShape
from data_service.plan.writes import plan_operation
from data_service.policy_rules import NOTHING_OPEN
from data_service.sql.programs import write_program
from data_service.sql.statements import Arguments, Caps


class Beneath:
    """Answers operations on what the database holds. ``catalog`` is the database's own, without protection."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self.catalog = catalog

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation, whoever asks. Raises `Problem`."""
        plan = plan_operation(operation, self.catalog, self.catalog)
        restricted = restrict(plan, self.catalog, NOTHING_OPEN, ADMIN_ROLE)
        shape = PreparedShape(write_program(restricted, self._database.dialect, self.catalog, Caps()))
        return self._database.answer(shape, Arguments(values, {}), deadline=None)
