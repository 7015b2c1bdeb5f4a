"""Functions, called and described to who asks for their methods."""

from time import perf_counter

from chassis import observe
from contracts.catalog import Catalog, Function
from contracts.data import Data
from contracts.identity import Caller
from contracts.problems import Problem

from rest_service import plans, resources, response, streaming
from rest_service.calls import translate_call
from rest_service.plans import Planned
from rest_service.request import Incoming, profile_header
from rest_service.response import Answer


class Functions:
    """What is behind ``/rpc/{function}``."""

    def __init__(self, data: Data, *, shows_plans: bool = False) -> None:
        self._data = data
        self._shows_plans = shows_plans

    def answer(self, request: Incoming, caller: Caller) -> Answer:
        """The answer to a GET, HEAD or POST. Raises `Problem`."""
        begun = perf_counter()
        wish = plans.asked(request.headers.get("Accept")) if self._shows_plans else None
        if wish is not None:
            request = request._replace(headers=Planned(request.headers, wish))
        catalog = self._data.catalog(caller)
        profile = request.headers.get(profile_header(request.method))
        overloads = _overloads(catalog, request.resource, profile)
        request = request._replace(profile=resources.negotiate(catalog, profile))
        asked = translate_call(request, overloads, catalog if catalog.handlers else None)
        parsed = perf_counter()
        if wish is not None:
            return plans.answer_of(
                self._data.execute(asked.operation, asked.values, plans.planning(caller, wish)), wish
            )
        if asked.wish.streams and asked.wish.media.by_rows and request.method != "HEAD":
            stream = self._data.stream(asked.operation, asked.values, caller)
            result, known = stream.head, perf_counter()
            answer = streaming.answer_of(stream, asked.wish)
            if not isinstance(answer.body, bytes):
                return answer if result.aside is None else response.said(answer, result.aside, asked.wish)
        else:
            result = self._data.execute(asked.operation, asked.values, caller)
            known = perf_counter()
            answer = response.of_result(result, asked.wish)
        if request.method == "GET" and answer.status != 204:
            answer = response.tagged(answer)
        if result.aside is not None:
            answer = response.said(answer, result.aside, asked.wish)
        observe.add_timings(
            {
                "parse": round((parsed - begun) * 1_000_000),
                "data": round((known - parsed) * 1_000_000),
                **result.timings,
                "respond": round((perf_counter() - known) * 1_000_000),
            }
        )
        return response.unless_known(answer, request.headers.get("If-None-Match"))

    def allowed(self, name: str, profile: str | None, caller: Caller) -> str:
        """The methods for ``Allow``. Raises `Problem` PGRST106, PGRST202."""
        catalog = self._data.catalog(caller)
        overloads = _overloads(catalog, name, profile)
        if not overloads:
            schema = resources.negotiate(catalog, profile) or resources.first_schema(catalog)
            raise Problem("PGRST202", f"Could not find the function {schema}.{name} in the schema cache")
        reads = any(function.reads_only for function in overloads)
        return "OPTIONS,GET,HEAD,POST" if reads else "OPTIONS,POST"


def _overloads(catalog: Catalog, name: str, profile: str | None) -> tuple[Function, ...]:
    """The functions of a name that the caller may call. Raises `Problem` PGRST106."""
    if not (profile and resources.negotiate(catalog, profile)):
        return catalog.functions_by_name.get(name, ())
    return tuple(one for one in catalog.functions if (one.schema, one.function) == (profile, name))
