"""PostgREST's settings as ours: what each becomes, and which can't be carried over."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trivet_cli.postgrest_conf import Unreadable, resolved

_APP = "app.settings."
# where our own defaults are closer than PostgREST's
_AS_POSTGREST = {
    "TRIVET_SAFE_UPDATE": "0", "TRIVET_DEFAULT_ROWS": "0", "TRIVET_ANONYMOUS_STATEMENT_TIMEOUT": "0",
}  # fmt: skip
SECRET_FILE = "jwt-secret"  # noqa: S105  (its name)
# what is told otherwise here, or has nothing to say; each with what to know of it
_LEFT: dict[str, str] = {
    "admin-server-host": "/livez and /readyz are answered at the same address as everything else",
    "admin-server-port": "/livez and /readyz are answered at the same address as everything else",
    "client-error-verbosity": "errors have the same four members always",
    "db-config": "settings in the database (ALTER ROLE … SET pgrst.…) are not read: write them into the file first",
    "db-channel": "`NOTIFY pgrst` and `NOTIFY trivet` are both heard",
    "db-hoisted-tx-settings": "all settings of roles and functions count",
    "db-pool-automatic-recovery": "connections are always made anew",
    "db-pool-max-idletime": "connections that are idle for five minutes are closed",
    "db-pool-max-lifetime": "connections are made anew after an hour",
    "db-pre-config": "settings in the database are not read: write them into the file first",
    "db-root-spec": "the root document is made from the catalog",
    "db-timezone-enabled": "`Prefer: timezone` always counts",
    "jwt-cache-max-entries": "tokens that were checked are remembered, within bounds",
    "jwt-cache-max-lifetime": "tokens that were checked are remembered for a minute at most",
    "log-query": "`X-Trivet-Explain` shows the statement behind an answer",
    "openapi-security-active": "the documents always name the security schemes",
    "server-reuseport": "nginx answers clients",
    "server-timing-enabled": "`Server-Timing` is always sent",
    "server-trace-header": "`X-Request-Id` is taken over and sent back",
    "server-unix-socket": "nginx answers clients, on an address",
    "server-unix-socket-mode": "nginx answers clients, on an address",
}
_LEVELS = {"crit": "error", "error": "error", "warn": "warning", "info": "info", "debug": "debug"}
_STEP = re.compile(r"""\.(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[A-Za-z0-9_$@-]+))|\[(?P<index>\d+)\]""")


@dataclass
class Carried:
    """What an import writes: variables, the configuration, the issuers and the secret, and what it has to say."""

    variables: dict[str, str] = field(default_factory=dict)
    schemas: list[str] = field(default_factory=list)
    anonymous_role: str = ""
    issuerless: dict[str, object] = field(default_factory=dict)
    secret: str = ""
    left: list[tuple[str, str]] = field(default_factory=list)

    @property
    def configuration(self) -> str:
        """`trivet.yaml`."""
        lines = ["version: 1", f"schemas: {json.dumps(self.schemas)}"]
        if self.anonymous_role:
            lines.append(f"anonymous_role: {json.dumps(self.anonymous_role)}")
        return "\n".join(lines) + "\n"

    @property
    def environment(self) -> str:
        """The variables as a shell and Docker Compose read them."""
        return "".join(f"{name}={shlex.quote(value)}\n" for name, value in self.variables.items())

    @property
    def issuers(self) -> str:
        """`issuers.toml`."""
        return "[issuerless]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in self.issuerless.items())


def carry(given: Mapping[str, str], folder: Path) -> Carried:
    """What settings of PostgREST become; ``folder`` is where files that they name are. Raises `Unreadable`."""
    found = Carried(
        variables={"TRIVET_ACCESS": "database", **_AS_POSTGREST},
        schemas=_listed(given.get("db-schemas", "public")),
        anonymous_role=given.get("db-anon-role", ""),
    )
    _database(given, folder, found)
    _server(given, found)
    _tokens(given, folder, found)
    told = {name.removeprefix(_APP): value for name, value in given.items() if name.startswith(_APP)}
    if told:
        found.variables["TRIVET_APP_SETTINGS"] = json.dumps({_APP + name: value for name, value in told.items()})
    found.left += [(name, why) for name, why in _LEFT.items() if name in given]
    found.left += [(name, "not a setting that is known here") for name in given if name not in _KNOWN and not
                   name.startswith(_APP)]  # fmt: skip
    return found


def _database(given: Mapping[str, str], folder: Path, found: Carried) -> None:
    variables = found.variables
    variables["DATABASE_URL"] = resolved(given.get("db-uri", "postgresql://"), folder)
    variables["TRIVET_EXTRA_SEARCH_PATH"] = ",".join(_listed(given.get("db-extra-search-path", "public")))
    variables["TRIVET_AGGREGATES"] = _flag(given, "db-aggregates-enabled", default=False)
    variables["TRIVET_PLAN"] = _flag(given, "db-plan-enabled", default=False)
    for name, variable in (
        ("db-pre-request", "TRIVET_PRE_REQUEST"),
        ("db-max-rows", "TRIVET_MAX_ROWS"),
        ("db-tx-end", "TRIVET_TX_END"),
        ("db-pool", "TRIVET_POOL_MAX"),
        ("db-pool-acquisition-timeout", "TRIVET_POOL_WAIT"),
    ):
        if given.get(name):
            variables[variable] = given[name]
    if "db-channel-enabled" in given:
        variables["TRIVET_LISTEN_NOTIFY"] = _flag(given, "db-channel-enabled", default=True)
    if "db-prepared-statements" in given:
        variables["TRIVET_PREPARE"] = _flag(given, "db-prepared-statements", default=True)


def _server(given: Mapping[str, str], found: Carried) -> None:
    variables = found.variables
    if given.get("server-port"):
        variables["PORT"] = given["server-port"]
    host = given.get("server-host", "")
    if host:
        variables["BIND"] = {"!4": "0.0.0.0", "*4": "0.0.0.0", "*": "0.0.0.0", "!6": "::", "*6": "::"}.get(host, host)  # noqa: S104
    if given.get("server-cors-allowed-origins"):
        variables["CORS_ORIGINS"] = ",".join(_listed(given["server-cors-allowed-origins"]))
    if given.get("openapi-server-proxy-uri"):
        variables["PUBLIC_URL"] = given["openapi-server-proxy-uri"]
    if given.get("log-level") in _LEVELS:
        variables["TRIVET_LOG_LEVEL"] = _LEVELS[given["log-level"]]
    mode = given.get("openapi-mode", "follow-privileges")
    variables["TRIVET_OPENAPI_MODE"] = "disabled" if mode == "disabled" else "follow-privileges"
    if mode == "ignore-privileges":
        found.left.append(("openapi-mode", "documents follow the privileges of who reads them"))


def _tokens(given: Mapping[str, str], folder: Path, found: Carried) -> None:
    if not given.get("jwt-secret"):
        if "jwt-role-claim-key" in given or "jwt-aud" in given:
            found.left.append(("jwt-aud", "without jwt-secret no tokens are taken but our own"))
        return
    found.secret = resolved(given["jwt-secret"], folder)
    found.issuerless["secret_file"] = SECRET_FILE
    if _flag(given, "jwt-secret-is-base64", default=False) == "1":
        found.issuerless["base64"] = True
    if given.get("jwt-aud"):
        found.issuerless["audience"] = given["jwt-aud"]
    path = role_path(given.get("jwt-role-claim-key", ".role"))
    if path is None:
        found.left.append(("jwt-role-claim-key", "a path with a condition can't be followed; the claim `role` counts"))
    else:
        found.issuerless["role_claim"] = path
    found.variables["TRIVET_ISSUERS"] = "issuers.toml"


def role_path(text: str) -> list[str | int] | None:
    """The steps of a path to the role (``.a."b c"[0]``, with or without ``$``); None where it has conditions."""
    text, at = text.strip().removeprefix("$"), 0
    if text and text[0] not in ".[":
        text = f".{text}"
    found: list[str | int] = []
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            return None
        if step["index"] is not None:
            found.append(int(step["index"]))
        else:
            found.append(step["plain"] or re.sub(r"\\(.)", r"\1", step["quoted"]))
        at = step.end()
    return found or None


def _listed(text: str) -> list[str]:
    return [part.strip().strip('"') for part in text.split(",") if part.strip()]


def _flag(given: Mapping[str, str], name: str, *, default: bool) -> str:
    text = given.get(name, "").strip().lower()
    if text not in ("", "true", "false", "1", "0", "yes", "no", "on", "off"):
        raise Unreadable(f"{name} must be true or false, not {text}")
    return str(int(default if not text else text in ("true", "1", "yes", "on")))


_KNOWN = {
    *_LEFT, "db-uri", "db-schemas", "db-anon-role", "db-pre-request", "db-max-rows", "db-tx-end", "db-pool",
    "db-aggregates-enabled", "db-extra-search-path", "db-plan-enabled", "db-pool-acquisition-timeout",
    "db-channel-enabled", "db-prepared-statements", "server-cors-allowed-origins", "server-port",
    "server-host", "openapi-server-proxy-uri",
    "log-level", "openapi-mode", "jwt-secret", "jwt-secret-is-base64", "jwt-aud", "jwt-role-claim-key",
}  # fmt: skip
