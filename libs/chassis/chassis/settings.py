"""Settings: read once from the environment into a frozen object, all faults reported together.

A service's settings are a frozen dataclass whose fields carry their help text (`setting`). The field ``data_url`` is
read from ``TRIVET_DATA_URL``; a field marked secret, where that is unset, from the file that ``TRIVET_…_FILE`` names.
"""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

PREFIX = "TRIVET_"
_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off", ""}
T = TypeVar("T")


class SettingsError(Exception):
    """Every fault of the settings, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def setting(default: Any, help: str, *, env: str | None = None, secret: bool = False) -> Any:
    """A field of a settings class: its default, its help text, and its variable where the name alone won't do."""
    return dataclasses.field(default=default, repr=not secret, metadata={"help": help, "env": env, "secret": secret})


def variable(field: "dataclasses.Field[Any]") -> str:
    """The environment variable of a field."""
    return field.metadata.get("env") or PREFIX + field.name.upper()


@dataclasses.dataclass(frozen=True)
class ServiceSettings:
    """What every service needs to know."""

    listen: str = setting("127.0.0.1:8000", "where this service listens: `unix:/path` or `host:port`")
    state_dir: str = setting(".trivet", "folder for what the service writes")
    auth_url: str = setting("http://127.0.0.1:8001", "address of auth: `http://host:port` or `unix:/path`")
    data_url: str = setting("http://127.0.0.1:8002", "address of data: `http://host:port` or `unix:/path`")
    redis_url: str = setting("", "Redis for events and limits: `redis://…` or `unix:///path`; empty: none", secret=True)
    public_url: str = setting("http://127.0.0.1:8080", "the address that clients know the gateway by")
    issuer: str = setting("trivet", "the `iss` of our access tokens")
    audience: str = setting("trivet", "the `aud` of our access tokens")
    access: Literal["policies", "database"] = setting(
        "policies",
        "who decides what a role may do: `policies`, the rules in `trivet.yaml`, or `database` (PostgreSQL): each "
        "request runs as the database role that its token names, so that GRANTs and row-level security decide",
    )
    tx_end: Literal["commit", "commit-allow-override", "rollback", "rollback-allow-override"] = setting(
        "commit",
        "how a transaction ends that went well; with `-allow-override` a client may say otherwise, by `Prefer: "
        "tx=commit` or `tx=rollback`",
    )
    plan: bool = setting(
        False,
        "whether `Accept: application/vnd.pgrst.plan` shows PostgreSQL's plan of a request, which tells of its data; "
        "where policies decide, admin alone may see one",
    )
    versions: str = setting(
        "",
        "file in memory by which data tells rest, graphql and soap which answers are old, so that they may keep some "
        "(docs/cache.md); the same for all of them; empty: they keep none",
    )
    results_size: int = setting(
        67_108_864, "bytes of answers that a worker process of rest, graphql or soap keeps at most; 0: none"
    )
    request_timeout: float = setting(30.0, "seconds that a request may take in all")
    body_limit: int = setting(10_485_760, "bytes of a request's body at most")
    threads: int = setting(4, "threads of a worker process")
    workers: int = setting(1, "worker processes of this service")
    worker: Literal["hub", "gthread"] = setting(
        "hub",
        "how rest, graphql, soap and data run requests: `hub`, all in one thread, or `gthread`, a thread for each "
        "(auth and the gateway always use threads)",
    )
    max_under_way: int = setting(
        512,
        "requests that a worker process answers at the same time at most; beyond them it says 503 at once (worker "
        "`gthread`: that it takes in, though only as many as it has threads are under way)",
    )
    head_timeout: float = setting(
        10.0, "seconds that a client may take to send a request's head, or to begin its body (worker `hub`)"
    )
    body_rate: int = setting(1024, "bytes a second that a request's body must arrive with (worker `hub`)")
    log_level: str = setting("info", "debug, info, warning or error")


def load(cls: type[T], environ: Mapping[str, str] | None = None) -> T:
    """The settings of a service from the environment. Raises `SettingsError` with every fault at once."""
    environ = os.environ if environ is None else environ
    hints = get_type_hints(cls)
    faults: list[str] = []
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        try:
            text = _text_of(field, environ)
            if text:  # an empty variable is an unset one, as containers and make pass it
                values[field.name] = _parse(text, hints[field.name])
        except (ValueError, OSError) as fault:
            faults.append(f"{variable(field)}: {fault}")
    if faults:
        raise SettingsError(faults)
    return cls(**values)


def _text_of(field: "dataclasses.Field[Any]", environ: Mapping[str, str]) -> str | None:
    name = variable(field)
    if field.metadata.get("secret") and environ.get(name + "_FILE") and not environ.get(name):
        return Path(environ[name + "_FILE"]).read_text(encoding="utf-8").strip()
    return environ.get(name)


def _parse(text: str, kind: Any) -> Any:
    if kind is bool:
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        if text.strip().lower() not in words | {"": False}:
            raise ValueError(f"expected 1 or 0, got {text!r}")
        return words.get(text.strip().lower(), False)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"expected a number, got {text!r}") from None
    if get_origin(kind) is Literal:
        if text and text not in get_args(kind):
            raise ValueError(f"expected {' or '.join(get_args(kind))}, got {text!r}")
        return text or get_args(kind)[0]
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text
