"""Steps and stages put together from the rules, for one version of the catalog and one role at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts.catalog import Catalog, Resource

from data_service.operations.hooks import Hooks
from data_service.operations.stages import read_hooks
from data_service.plan.plans import Plan
from data_service.processing import cleanse, compute, enrichment, validate
from data_service.processing.checks import with_row_checks
from data_service.processing.inward import Inward, inward_of
from data_service.processing.outward import Outward, outward_of
from data_service.processing.protection import NO_PROTECTIONS, Protections
from data_service.processing.refusals import refuse_unopened, without_tales
from data_service.processing.rules import Processing
from data_service.processing.sealing import Sealing, sealing_of
from data_service.processing.setting import Means, Setting
from data_service.processing.stages import Stage, Step
from data_service.processing.unsealing import unsealing_stages


@dataclass(frozen=True, slots=True)
class Processes:
    """What the rows of a shape go through: ``inward`` and ``late`` before the statement, ``outward`` after it.

    ``hooks`` are the project's own. ``worked``: its Python takes part in more than the way out of a read. ``unsealed``
    is the plan before what it writes is sealed, for those who make hooks.
    """

    inward: Inward | None = None
    outward: Outward | None = None
    late: Sealing | None = None
    hooks: Hooks | None = None
    worked: bool = False
    unsealed: Plan | None = None


NOTHING = Processes()


# in the order in which they run; each gives None where its rules are not about the fields that are given
StepMaker = Callable[[Setting, frozenset[str]], Step | None]
STEPS: tuple[StepMaker, ...] = (cleanse.make_step, validate.make_step)
# in the order in which they run; each gives the stages of a resource, of which those run that something is asked of
StageMaker = Callable[[Setting], tuple[Stage, ...]]
STAGES: tuple[StageMaker, ...] = (enrichment.make_stages, compute.make_stages, read_hooks)


def assemble(
    plan: Plan,
    processing: Processing,
    catalog: Catalog,
    role: str,
    means: Means,
    *,
    protections: Protections = NO_PROTECTIONS,
) -> tuple[Plan, Processes | None]:
    """The plan with what the stages need, and what its rows go through; None where no rule is about them.

    ``catalog`` is the full one.
    """
    if not processing.by_resource and (means.python is None or not means.python.declared.hooks):
        return plan, None

    def setting(resource_name: str) -> Setting:
        return Setting(catalog.by_name[resource_name], processing.of(resource_name), role, catalog, means)

    def steps_of(resource: Resource, given: frozenset[str]) -> tuple[Step | None, ...]:
        return tuple(make(setting(resource.name), given) for make in STEPS)

    # what shall be kept otherwise comes after the project's own hooks, and is opened before anything else sees it
    seen = protections.seen(catalog, role)

    def stages_of(resource_name: str) -> tuple[Stage, ...]:
        made = tuple(stage for make in STAGES for stage in make(setting(resource_name)))
        return (*unsealing_stages(seen.by_name[resource_name]), *made)

    inward = inward_of(plan, steps_of)
    discreet = without_tales(with_row_checks(plan, catalog, processing.of), seen)
    changed, late = sealing_of(discreet, catalog)
    changed, outward = outward_of(changed, seen, stages_of)
    refuse_unopened(changed)
    unsealed = None if means.python is None or not means.python.declared.hooks else discreet
    found = Processes(inward, outward, late, unsealed=unsealed)
    return changed, None if found == NOTHING else found
