"""Reads as PostgREST's users send them, held against the answers that PostgREST gives: on both databases, in both modes."""

import pytest

from tests.postgrest import (
    cases_aggregates,
    cases_embeds,
    cases_filters,
    cases_headers,
    cases_hints,
    cases_pages,
    cases_select,
)
from tests.postgrest.case import Case, same

_PARTS = (cases_filters, cases_select, cases_embeds, cases_hints, cases_aggregates, cases_pages, cases_headers)
SHARED = [case for part in _PARTS for case in part.SHARED]
POSTGRES = [case for part in _PARTS for case in part.POSTGRES]


def hold(case, found):
    """The answer is the case's."""
    body = found.body if isinstance(case.body, bytes) else found.json
    told = {name: found.headers.get(name.lower()) for name in case.told}
    fits = found.status == case.status and same(case.body, body) and told == case.told
    assert fits, f"{case.name}\nfound {found.status} {body} {told}\nnot   {case.status} {case.body} {case.told}"


def _named(case):
    return case.name if isinstance(case, Case) else None


@pytest.mark.parametrize("case", [*SHARED, *POSTGRES, *cases_headers.ROLES], ids=_named)
def test_where_grants_decide(grants, case):
    hold(case, grants(case))


@pytest.mark.parametrize("case", SHARED, ids=_named)
def test_where_policies_decide(policies, case):
    hold(case, policies(case))


@pytest.mark.parametrize("case", [*SHARED, *cases_select.SQLITE], ids=_named)
def test_on_sqlite(sqlite_file, case):
    hold(case, sqlite_file(case))
