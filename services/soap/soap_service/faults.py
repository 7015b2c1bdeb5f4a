"""A problem as a SOAP fault: its code, its status (the table of errors.md), its text."""

from collections.abc import Mapping
from typing import Any

import msgspec
from contracts.problems import Kind, Problem

from soap_service.markup import attribute, content
from soap_service.namespaces import WSA, WSSE, WSU
from soap_service.versions import SOAP_1_1, Version

# what HTTP itself refuses keeps its status in both versions, so that proxies and retries work
_HTTP_CODES = {"TRV101": 405, "TRV102": 415, "TRV104": 414, "TRV106": 406, "TRV110": 404}
_HTTP_KINDS = {
    Kind.NOT_PARSABLE: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.TOO_LARGE: 413,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
_RECEIVER = {Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.INTERNAL}
_PREFIXES = {WSSE: "wsse", WSU: "wsu", WSA: "wsa"}


class Fault(Problem):
    """A problem with the envelope or a header block, which has a fault code of its own and no detail.

    ``name`` is a fault code of SOAP (``MustUnderstand``) or, with ``namespace``, of another standard; ``within``: the
    wider one that it belongs to. ``blocks`` are header blocks for the answer. ``about`` is what a standard has to be
    told of the block at fault: SOAP 1.2 has it in the detail, 1.1 in a header block (WS-Addressing 1.0, 6.2).
    """

    def __init__(
        self,
        name: str,
        message: str,
        *,
        namespace: str = "",
        within: str = "",
        blocks: str = "",
        about: str = "",
        code: str = "PGRST102",
    ) -> None:
        super().__init__(code, message)
        self.name = name
        self.namespace = namespace
        self.within = within
        self.blocks = blocks
        self.about = about


def status(problem: Problem, version: Version) -> int:
    """The HTTP status of a fault."""
    if isinstance(problem, Fault):
        return 400 if problem.namespace and version is not SOAP_1_1 else 500
    if problem.code in _HTTP_CODES:
        return _HTTP_CODES[problem.code]
    if problem.kind in _HTTP_KINDS:
        return _HTTP_KINDS[problem.kind]
    if problem.kind is Kind.FORBIDDEN and problem.status == 401:
        return 401
    return 500 if version is SOAP_1_1 or problem.kind in _RECEIVER else 400


def body(problem: Problem, version: Version, *, namespace: str, request_id: str) -> str:
    """The fault as the body's content; ``namespace`` is the service's own."""
    detail = "" if isinstance(problem, Fault) else _detail(problem, namespace, request_id)
    if isinstance(problem, Fault) and version is not SOAP_1_1:
        detail = problem.about
    reason = content(problem.message)
    if version is SOAP_1_1:
        code = _code11(problem)
        detail = f"<detail>{detail}</detail>" if detail else ""
        return f'<soap:Fault>{code}<faultstring xml:lang="en">{reason}</faultstring>{detail}</soap:Fault>'
    detail = f"<env:Detail>{detail}</env:Detail>" if detail else ""
    text = f'<env:Reason><env:Text xml:lang="en">{reason}</env:Text></env:Reason>'
    return f"<env:Fault><env:Code>{_code12(problem)}</env:Code>{text}{detail}</env:Fault>"


def _code11(problem: Problem) -> str:
    if not isinstance(problem, Fault):
        return f"<faultcode>soap:{SOAP_1_1.receiver if problem.kind in _RECEIVER else SOAP_1_1.sender}</faultcode>"
    if not problem.namespace:
        return f"<faultcode>soap:{problem.name}</faultcode>"
    prefix = _PREFIXES[problem.namespace]
    return f'<faultcode xmlns:{prefix}="{problem.namespace}">{prefix}:{problem.name}</faultcode>'


def _code12(problem: Problem) -> str:
    if not isinstance(problem, Fault):
        return f"<env:Value>env:{'Receiver' if problem.kind in _RECEIVER else 'Sender'}</env:Value>"
    if not problem.namespace:
        return f"<env:Value>env:{problem.name}</env:Value>"
    prefix = _PREFIXES[problem.namespace]
    codes = ""
    for name in filter(None, (problem.name, problem.within)):  # the narrower within the wider
        value = f'<env:Value xmlns:{prefix}="{problem.namespace}">{prefix}:{name}</env:Value>'
        codes = f"<env:Subcode>{value}{codes}</env:Subcode>"
    return f"<env:Value>env:Sender</env:Value>{codes}"


def blocks(problem: Fault, version: Version) -> str:
    """The header blocks that a fault comes with."""
    if not problem.about or version is not SOAP_1_1:
        return problem.blocks
    return f'{problem.blocks}<wsa:FaultDetail xmlns:wsa="{WSA}">{problem.about}</wsa:FaultDetail>'


def _detail(problem: Problem, namespace: str, request_id: str) -> str:
    broken = _violations(problem)
    details = None if broken else problem.details
    if details is not None and not isinstance(details, str):
        details = msgspec.json.encode(details).decode()
    members = {
        "code": problem.code,
        "message": problem.message,
        "details": details,
        "hint": problem.hint,
        "traceId": request_id or None,
    }
    inner = "".join(f"<{name}>{content(text)}</{name}>" for name, text in members.items() if text is not None)
    return f'<ServiceFault xmlns="{attribute(namespace)}">{inner}{broken}</ServiceFault>'


def _violations(problem: Problem) -> str:
    """The rules that values break, each an element: the field, what must hold, and the rule's name."""
    if problem.code != "TRV300" or not isinstance(problem.details, list):
        return ""
    return "".join(map(_violation, problem.details))


def _violation(found: Mapping[str, Any]) -> str:
    path = "/".join(step for step in found["path"] if isinstance(step, str))  # there is one row, whatever its number
    members = {"path": path or None, "message": found["message"], "rule": found["rule"]}
    inner = "".join(f"<{name}>{content(text)}</{name}>" for name, text in members.items() if text is not None)
    return f"<violation>{inner}</violation>"
