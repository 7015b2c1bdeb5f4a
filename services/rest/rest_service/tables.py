"""Reads and writes of resources, answered in the same way whichever door they came by."""

from time import monotonic, perf_counter

import msgspec
from chassis import observe
from chassis.conditional import matches
from chassis.results_cache import ResultsCache
from contracts.catalog import Catalog
from contracts.data import Data
from contracts.identity import Caller
from contracts.operations import Read
from contracts.problems import Problem

from rest_service import keyset, media, plans, preconditions, resources, response, streaming
from rest_service.plans import Planned, PlanWish
from rest_service.request import Asked, Incoming, first_of, parse_query, profile_header
from rest_service.response import Answer
from rest_service.shapes import Shapes

_READS = frozenset({"GET", "HEAD"})


class Tables:
    """What is behind ``/{resource}``. ``location_base`` is put before the address of a new row.

    Answers to reads are kept in ``results`` where there are any, and given again while they are true. ``shows_plans``:
    the database's plan may be asked for in the place of an answer.
    """

    def __init__(
        self,
        data: Data,
        location_base: str = "",
        results: ResultsCache[Answer] | None = None,
        *,
        shows_plans: bool = False,
    ) -> None:
        self._data = data
        self._shows_plans = shows_plans
        self._location_base = location_base
        self._results = results
        self._shapes = Shapes()

    def answer(self, request: Incoming, caller: Caller) -> Answer:
        """The answer to a request by a method of `request.KINDS`. Raises `Problem`."""
        if self._shows_plans and (wish := plans.asked(request.headers.get("Accept"))) is not None:
            return self._planned(request, caller, wish)
        results = self._results
        answer = None
        if results and request.method in _READS and not caller.explain:
            begun = perf_counter()
            answer = results.find(caller.principal, _question(request))
            observe.add_timings({"cache": round((perf_counter() - begun) * 1_000_000)})
        if answer is None and request.method in preconditions.WRITES:
            if (tags := request.headers.get("If-Match")) is not None:
                return self._matched(request, caller, tags)
            if request.method == "PUT" and request.headers.get("If-None-Match") == "*":
                return self._created(request, caller)
        if answer is None:
            answer = self._asked(request, caller)
        return response.unless_known(answer, request.headers.get("If-None-Match"))

    def _planned(self, request: Incoming, caller: Caller, wish: PlanWish) -> Answer:
        request = request._replace(headers=Planned(request.headers, wish))
        asked = self._shapes.translate(_with_catalog(request, self._data.catalog(caller)))
        return plans.answer_of(self._data.execute(asked.operation, asked.values, plans.planning(caller, wish)), wish)

    def _asked(self, request: Incoming, caller: Caller) -> Answer:
        """The answer as data has it."""
        begun = perf_counter()
        catalog = self._data.catalog(caller)
        if keyset.CURSOR in request.query and request.method in _READS:
            return self._paged(request, catalog, caller)
        asked = self._shapes.translate(_with_catalog(request, catalog))
        if asked.wish.pages:
            return self._paged(request, catalog, caller)
        return self._answered(request, catalog, asked, caller, begun)

    def _matched(self, request: Incoming, caller: Caller, tags: str) -> Answer:
        """The answer to a write of what must be there, or of the row that has one of these tags."""
        catalog = self._data.catalog(caller)
        resource = resources.find(catalog, request.resource, request.headers.get(profile_header(request.method)))
        asked = self._shapes.translate(_with_catalog(request, catalog))
        try:
            if tags.strip() != "*" or request.method == "PUT":
                guard = preconditions.guard_of(catalog, resource)
                reading = self._shapes.translate(_with_catalog(preconditions.seen(request), catalog))
                if not isinstance(reading.operation, Read):
                    raise AssertionError("a GET is a read")
                # what is compared is read first: a change between the two reads then shows in either
                row = self._data.execute(guard.read(reading.operation), reading.values, caller)
                found = self._data.execute(reading.operation, reading.values, caller)
                current = response.tagged(response.of_result(found, reading.wish))
                if not matches(tags, current.headers["ETag"]):
                    raise preconditions.changed()
                asked = guard.hold(asked, row.body)
            result = self._data.execute(asked.operation, asked.values, caller)
        except Problem as problem:
            raise preconditions.changed() if problem.code == "PGRST116" else problem from None
        if not (result.rows if result.affected is None else result.affected):
            raise preconditions.changed()
        answer = response.of_result(result, asked.wish)
        return answer if result.aside is None else response.said(answer, result.aside, asked.wish)

    def _created(self, request: Incoming, caller: Caller) -> Answer:
        """The answer to a PUT of a row that must not be there yet."""
        asked = self._shapes.translate(_with_catalog(request, self._data.catalog(caller)))
        try:
            result = self._data.execute(preconditions.new(asked.operation), asked.values, caller)
        except Problem as problem:
            raise preconditions.changed() if problem.code == "23505" else problem from None
        answer = response.of_result(msgspec.structs.replace(result, inserted=1), asked.wish)
        return answer if result.aside is None else response.said(answer, result.aside, asked.wish)

    def _paged(self, request: Incoming, catalog: Catalog, caller: Caller) -> Answer:
        """The answer to a read of a page by keys, with the link to the next one; it is not kept."""
        profile = request.headers.get(profile_header(request.method))
        request, pages = keyset.begun(request, resources.find(catalog, request.resource, profile))
        asked = self._shapes.translate(_with_catalog(request, catalog))
        result = self._data.execute(asked.operation, asked.values, caller)
        answer = response.of_result(result, asked.wish)
        if asked.wish.body and asked.wish.media.type == media.JSON.type:
            following = keyset.link(pages, result.body)
            if following is not None:
                answer.headers["Link"] = f'<{self._location_base}{following}>; rel="next"'
        return response.tagged(answer) if request.method == "GET" else answer

    def _answered(self, request: Incoming, catalog: Catalog, asked: Asked, caller: Caller, begun: float) -> Answer:
        """The answer to a request that was understood, kept where it may be."""
        parsed, when = perf_counter(), monotonic()
        if asked.wish.media.by_rows and request.method == "GET":
            stream = self._data.stream(asked.operation, asked.values, caller)
            result, known = stream.head, perf_counter()
            answer = streaming.answer_of(stream, asked.wish)
            if not isinstance(answer.body, bytes):
                return answer if result.aside is None else response.said(answer, result.aside, asked.wish)
        else:
            result = self._data.execute(asked.operation, asked.values, caller)
            known = perf_counter()
            answer = response.of_result(result, asked.wish)
        if self._location_base and "Location" in answer.headers:
            answer.headers["Location"] = self._location_base + answer.headers["Location"]
        if request.method == "GET":
            answer = response.tagged(answer)
        if result.aside is not None:
            answer = response.said(answer, result.aside, asked.wish)
        results, basis = self._results, result.basis
        # what was understood by another catalog than data's might be understood in another way now
        if (
            basis is not None
            and results is not None
            and request.method in _READS
            and result.catalog_version == catalog.version
        ):
            size = len(response.whole(answer)) + len(request.query)
            results.keep(caller.principal, _question(request), basis, answer, size=size, asked=when)
        observe.add_timings(
            {
                "parse": round((parsed - begun) * 1_000_000),
                "data": round((known - parsed) * 1_000_000),
                **result.timings,
                "respond": round((perf_counter() - known) * 1_000_000),
            }
        )
        return answer


def _with_catalog(request: Incoming, catalog: Catalog) -> Incoming:
    """The request with what the catalog says of it."""
    method, headers = request.method, request.headers
    if method == "PUT":
        resource = resources.find(catalog, request.resource, headers.get(profile_header(method)))
        request = request._replace(key=resource.key)
    if catalog.handlers and media.may_be_handled(headers.get("Accept"), catalog):
        request = _with_media(request, catalog)
    profile = headers.get(profile_header(method))
    if profile is None and len(catalog.schemas) < 2:
        return request
    return request._replace(profile=resources.negotiate(catalog, profile))


def _with_media(request: Incoming, catalog: Catalog) -> Incoming:
    """The request with its format, where the database writes that itself."""
    resource = None
    if first_of(parse_query(request.query), "select") in (None, "*"):
        try:
            profile = request.headers.get(profile_header(request.method))
            resource = resources.find(catalog, request.resource, profile).name
        except Problem:
            return request  # it is told later
    found = media.choose(request.headers.get("Accept"), catalog, resource)
    return request if found.handler is None else request._replace(media=found)


def _question(request: Incoming) -> tuple[str | None, ...]:
    """All of a read that its answer is made from, but for the caller."""
    get = request.headers.get
    return (
        request.method, request.resource, request.query, get("Accept"), get("Prefer"), get("Range"),
        get("Accept-Profile"),
    )  # fmt: skip
