"""A prepared shape: what is kept of a role's operation, so that asking it again costs one look-up."""

from data_service.sql.programs import Program, Sequence
from data_service.sql.statements import WriteStatement

_WEIGHT = 0.125  # of the newest time in the average


class PreparedShape:
    """A ``program``, whether it ``writes``, and the ``seconds`` that it takes: a moving average, 0 at first."""

    __slots__ = ("program", "seconds", "writes")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.writes = isinstance(program, WriteStatement | Sequence)
        self.seconds = 0.0

    def took(self, seconds: float) -> None:
        """It has been run, and took so long."""
        self.seconds += (seconds - self.seconds) * _WEIGHT
