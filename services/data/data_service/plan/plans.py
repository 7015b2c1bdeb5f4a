"""A plan as a whole: a read, a write, a call of a function, or a document of several of them."""

from dataclasses import dataclass
from typing import Union

from data_service.plan.nodes import ConstantOutput, ReadPlan, Source
from data_service.plan.write_nodes import CreatePlan, DeletePlan, UpdatePlan, WritePlan


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A function called, and more than read: it ``writes``, is not the database's, or may give ``at_most`` rows.

    ``read`` is what is read of its result.
    """

    read: ReadPlan
    writes: bool
    at_most: Source | None = None


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """A root member of a document."""

    key: str
    plan: ReadPlan | WritePlan | CallPlan | ConstantOutput


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """Several plans answered as one object."""

    members: tuple[MemberPlan, ...]

    @property
    def reads_only(self) -> bool:
        """True where one statement answers it all."""
        return all(isinstance(member.plan, ReadPlan | ConstantOutput) for member in self.members)


Plan = Union[ReadPlan, CreatePlan, UpdatePlan, DeletePlan, CallPlan, DocumentPlan]  # noqa: UP007
