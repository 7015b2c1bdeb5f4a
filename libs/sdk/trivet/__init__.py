"""What a project's own Python imports: operations, hooks, and the context that they run in."""

from trivet.context import Context, Principal
from trivet.database import Database, Row
from trivet.declarations import after, before, compute, operation
from trivet.problem import Problem

__all__ = ["Context", "Database", "Principal", "Problem", "Row", "after", "before", "compute", "operation"]
