"""What `trivet check` says of the result cache: what is kept, what is not, and why."""

from collections import defaultdict
from collections.abc import Iterator

from contracts.catalog import Catalog
from data_service.policies import Policies
from data_service.reflect.effects import Effects

from trivet_cli.check_advice import names


def on_cache(effects: Effects, catalog: Catalog, policies: Policies, *, pooled: bool) -> Iterator[str]:
    """How long answers are kept, a line for each reason why some are not, and which writes end them all.

    ``pooled``: a pooler stands before the database.
    """
    rule = policies.cache
    aged = f"{rule.max_age:g} s" if rule.max_age is not None else ""
    if rule.only_writer and pooled:
        yield "`only_writer` counts for nothing behind a pooler: what is lost on the way to the database may land later"
    if not rule.only_writer or pooled:
        yield (
            f"answers are kept for {aged}, or until they are written to through Trivet"
            if aged
            else "no answer is kept: `cache:` in trivet.yaml says what may be relied on (docs/cache.md)"
        )
        return
    yield "answers are kept as long as they are true, provided that nobody but this Trivet writes to the database"
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    unknown = []
    for resource in catalog.resources:
        table = (resource.schema, resource.table)
        if reason := effects.unsteady.get(table):
            reasons[reason].append(resource.name)
        writable = resource.insertable or resource.updatable or resource.deletable
        if writable and effects.touches.get(table) is None:
            unknown.append(resource.name)
    for reason, found in reasons.items():
        yield f"answers from {names(found)} are {f'kept for {aged}' if aged else 'not kept'}: {reason}"
    if unknown:
        yield (
            f"a write to {names(unknown)} ends all answers that are kept: it runs a trigger, a rule or a function, "
            "which may change anything"
        )
