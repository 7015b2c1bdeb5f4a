"""REST and GraphQL endpoints asked: JSON out, JSON in."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from werkzeug.http import parse_options_header

from data_service.processing.asks import Ask
from data_service.processing.sources import SourceRule
from data_service.remote.credentials import headers_of
from data_service.remote.http import Answer, HttpClient
from data_service.remote.places import fill, fill_path, fill_query
from data_service.remote.secrets import Secrets
from data_service.remote.trouble import Trouble

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_AGAIN = frozenset({408, 425, 429})  # refusals that are about the moment, not about the question
_LONGEST = 300  # characters of what a source says


class RestAsker:
    """Asks a REST endpoint."""

    def __init__(self, rule: SourceRule, http: HttpClient, secrets: Secrets) -> None:
        self._rule = rule
        self._http = http
        self._secrets = secrets

    def ask(self, ask: Ask, values: Mapping[str, Any], deadline: float, *, again: bool) -> Any:
        """The answer's JSON; None where there is nothing (204, and 404 of a question that may be asked ``again``)."""
        query = fill_query(ask.query, values)
        url = f"{str(self._rule.address).rstrip('/')}{fill_path(ask.what, values)}" + (f"?{query}" if query else "")
        headers = {"Accept": "application/json", **headers_of(self._rule, self._secrets)}
        body = None
        if ask.given is not None:
            body = _encode(fill(ask.given, values))
            headers["Content-Type"] = "application/json"
        answer = self._http.call(ask.method, url, headers=headers, body=body, deadline=deadline, again=again)
        if answer.status == 204 or (again and answer.status in (404, 410)):
            return None
        if answer.status >= 400:
            raise _refusal(answer)
        return json_of(answer)


class GraphqlAsker:
    """Asks a GraphQL endpoint."""

    def __init__(self, rule: SourceRule, http: HttpClient, secrets: Secrets) -> None:
        self._rule = rule
        self._http = http
        self._secrets = secrets

    def ask(self, ask: Ask, values: Mapping[str, Any], deadline: float, *, again: bool) -> Any:
        """What stands under ``data``. Any error in the answer is trouble."""
        body = _encode({"query": ask.what, "variables": fill(ask.given or {}, values)})
        headers = {
            "Accept": "application/graphql-response+json, application/json;q=0.9",
            "Content-Type": "application/json",
            **headers_of(self._rule, self._secrets),
        }
        answer = self._http.call(
            "POST", str(self._rule.address), headers=headers, body=body, deadline=deadline, again=again
        )
        if answer.status >= 500 or (answer.status >= 400 and "json" not in answer.headers.get("content-type", "")):
            raise _refusal(answer)
        found = json_of(answer)
        if not isinstance(found, dict):
            raise Trouble("failed", "its answer is no GraphQL response")
        errors = found.get("errors")
        if errors:
            first = errors[0] if isinstance(errors, list) else errors
            told = first.get("message") if isinstance(first, dict) else None
            raise Trouble("failed", "it answers with errors", told=str(told or "the question was refused")[:_LONGEST])
        return found.get("data")


def json_of(answer: Answer) -> Any:
    """The JSON of an answer. Raises `Trouble` where it is none."""
    kind = parse_options_header(answer.headers.get("content-type", ""))[0]
    if kind and not (kind.endswith("json") or kind.startswith("text/")):
        raise Trouble("failed", f"its answer is {kind[:60]}, not JSON")
    try:
        return _decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        raise Trouble("failed", "its answer is not JSON") from None


def _refusal(answer: Answer) -> Trouble:
    """The trouble that an answer of status 400 and above is."""
    reason = f"it answers {answer.status}"
    if answer.status >= 500 or answer.status in _AGAIN:
        return Trouble("failed", reason)
    if answer.status in (401, 403):  # our credentials are refused, which is nothing for the client to know
        return Trouble("failed", reason)
    told = reason
    try:
        found = _decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if isinstance(found, dict):
        words = next((found[key] for key in ("message", "detail", "title", "error") if found.get(key)), None)
        told = f"{reason}: {words}"[:_LONGEST] if isinstance(words, str) else reason
    return Trouble("failed", reason, told=told)
