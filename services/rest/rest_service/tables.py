"""Reads and writes of resources, answered in the same way whichever door they came by."""

from time import perf_counter

from chassis import observe
from contracts.data import Data
from contracts.identity import Caller
from contracts.results import Result

from rest_service import resources, response
from rest_service.request import Asked, Incoming, profile_header
from rest_service.response import Answer
from rest_service.shapes import Shapes


class Tables:
    """What is behind ``/{resource}``. ``location_base`` is put before the address of a new row."""

    def __init__(self, data: Data, location_base: str = "") -> None:
        self._data = data
        self._location_base = location_base
        self._shapes = Shapes()

    def answer(self, request: Incoming, caller: Caller) -> Answer:
        """The answer to a request by a method of `request.KINDS`. Raises `Problem`."""
        begun = perf_counter()
        asked = self._shapes.translate(self._with_catalog(request, caller))
        parsed = perf_counter()
        result = self._result(asked, caller)
        known = perf_counter()
        answer = response.of_result(result, asked.wish)
        if self._location_base and "Location" in answer.headers:
            answer.headers["Location"] = self._location_base + answer.headers["Location"]
        if request.method == "GET":
            answer = response.unless_known(answer, request.headers.get("If-None-Match"))
        observe.add_timings(
            {
                "parse": round((parsed - begun) * 1_000_000),
                "data": round((known - parsed) * 1_000_000),
                **result.timings,
                "respond": round((perf_counter() - known) * 1_000_000),
            }
        )
        return answer

    def _with_catalog(self, request: Incoming, caller: Caller) -> Incoming:
        """The request with what the catalog says of it."""
        method, headers = request.method, request.headers
        catalog = self._data.catalog(caller)
        if method == "PUT":
            resource = resources.find(catalog, request.resource, headers.get(profile_header(method)))
            request = request._replace(key=resource.key)
        if len(catalog.schemas) < 2:
            return request
        return request._replace(profile=resources.negotiate(catalog, headers.get(profile_header(method))))

    def _result(self, asked: Asked, caller: Caller) -> Result:
        """What data answers."""
        return self._data.execute(asked.operation, asked.values, caller)
