"""Steps and stages put together from the rules, for one version of the catalog and one role at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts.catalog import Catalog, Resource

from data_service.operations.hooks import Hooks
from data_service.operations.stages import read_hooks
from data_service.plan.nodes import Plan
from data_service.processing import cleanse, compute, enrichment, validate
from data_service.processing.inward import Inward, inward_of
from data_service.processing.outward import Outward, outward_of
from data_service.processing.rules import Processing
from data_service.processing.setting import Means, Setting
from data_service.processing.stages import Stage, Step


@dataclass(frozen=True, slots=True)
class Processes:
    """What the rows of a shape go through: ``inward`` and ``late`` before the statement, ``outward`` after it.

    ``hooks`` are the project's own. ``worked``: its Python takes part in more than the way out of a read.
    """

    inward: Inward | None = None
    outward: Outward | None = None
    late: Inward | None = None
    hooks: Hooks | None = None
    worked: bool = False


NOTHING = Processes()


# in the order in which they run; each gives None where its rules are not about the fields that are given
StepMaker = Callable[[Setting, frozenset[str]], Step | None]
STEPS: tuple[StepMaker, ...] = (cleanse.make_step, validate.make_step)
# the same for what comes after the project's own hooks, which shall see values as clients give them: protection
LATE_STEPS: tuple[StepMaker, ...] = ()
# in the order in which they run; each gives the stages of a resource, of which those run that something is asked of
StageMaker = Callable[[Setting], tuple[Stage, ...]]
STAGES: tuple[StageMaker, ...] = (enrichment.make_stages, compute.make_stages, read_hooks)


def assemble(
    plan: Plan, processing: Processing, catalog: Catalog, role: str, means: Means
) -> tuple[Plan, Processes | None]:
    """The plan with what the stages need, and what its rows go through; None where no rule is about them.

    ``catalog`` is the full one.
    """
    if not processing.by_resource and (means.python is None or not means.python.declared.hooks):
        return plan, None
    setting = _settings(processing, catalog, role, means)

    def steps_of(resource: Resource, given: frozenset[str]) -> tuple[Step | None, ...]:
        return tuple(make(setting(resource.name), given) for make in STEPS)

    def stages_of(resource_name: str) -> tuple[Stage, ...]:
        return tuple(stage for make in STAGES for stage in make(setting(resource_name)))

    inward, late = inward_of(plan, steps_of), late_inward(plan, processing, catalog, role, means)
    changed, outward = outward_of(plan, catalog, stages_of)
    found = Processes(inward, outward, late)
    return changed, None if found == NOTHING else found


def late_inward(plan: Plan, processing: Processing, catalog: Catalog, role: str, means: Means) -> Inward | None:
    """The late steps on what a plan writes; None where there are none."""
    setting = _settings(processing, catalog, role, means)

    def steps_of(resource: Resource, given: frozenset[str]) -> tuple[Step | None, ...]:
        return tuple(make(setting(resource.name), given) for make in LATE_STEPS)

    return inward_of(plan, steps_of)


def _settings(processing: Processing, catalog: Catalog, role: str, means: Means) -> Callable[[str], Setting]:
    return lambda name: Setting(catalog.by_name[name], processing.of(name), role, catalog, means)
