"""A prepared shape: what is kept of a role's operation, so that asking it again costs one look-up."""

from collections.abc import Iterator, Mapping

from contracts.catalog import Function, FunctionSource

from data_service.dependencies import Reading
from data_service.processing.assembly import Processes
from data_service.sql.programs import Program, Sequence
from data_service.sql.statements import CallStatement, WriteStatement

_WEIGHT = 0.125  # of the newest time in the average


class PreparedShape:
    """A ``program``, whether it ``writes``, and the ``seconds`` that it takes: a moving average, 0 at first.

    ``reading`` is what its answers depend on where they may be kept, ``touches`` are the words of what it writes
    (`data_service.dependencies`). ``processes`` is what its rows go through on their way, None where no rule is about
    them and no function elsewhere is called. ``schema`` is the one that the operation asks for, where that matters, and
    ``settings`` are those of the function that it calls.
    """

    __slots__ = ("processes", "program", "reading", "schema", "seconds", "settings", "touches", "writes")

    def __init__(
        self,
        program: Program,
        reading: Reading | None = None,
        touches: tuple[int, ...] = (),
        processes: Processes | None = None,
    ) -> None:
        self.program = program
        self.processes = processes
        self.reading = reading
        self.touches = touches
        self.writes = is_write(program)
        self.schema: str | None = None
        self.settings: Mapping[str, str] | None = None
        self.seconds = 0.0

    def took(self, seconds: float) -> None:
        """It has been run, and took so long."""
        self.seconds += (seconds - self.seconds) * _WEIGHT


def is_write(program: Program) -> bool:
    """Whether a program may write."""
    if isinstance(program, Sequence):
        return any(not isinstance(member, bytes) and is_write(member) for _, member in program.members)
    return program.writes if isinstance(program, CallStatement) else isinstance(program, WriteStatement)


def calls_foreign(program: Program) -> bool:
    """Whether a program calls functions that are not the database's own."""
    return any(True for _ in _foreign(program))


def calls(program: Program, source: FunctionSource) -> bool:
    """Whether a program calls functions of this source."""
    return any(function.source == source for function in _foreign(program))


def _foreign(program: Program) -> Iterator[Function]:
    parts = [member for _, member in program.members] if isinstance(program, Sequence) else [program]
    for part in parts:
        if isinstance(part, CallStatement) and part.foreign is not None:
            yield part.foreign
