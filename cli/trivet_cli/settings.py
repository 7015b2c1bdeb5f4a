"""What `trivet up` and the operator's commands are told by the environment: the only place here that reads it."""

import os
from dataclasses import dataclass, fields

from chassis.settings import load, setting, variable

_SETTLED_FOR_SERVICES = {"TRIVET_CONFIG", "TRIVET_REDIS_URL", "TRIVET_PUBLIC_URL"}  # by what was chosen here
_OF_OUR_OWN_PROCESS = {"PROMETHEUS_MULTIPROC_DIR", "GUNICORN_CMD_ARGS"}


@dataclass(frozen=True)
class UpSettings:
    """What a user chooses for a native run."""

    database_url: str = setting(
        "",
        "the database to serve: `postgresql://…`, `sqlite:///relative.db`, `sqlite:////absolute.db` or the path of an "
        "SQLite file; empty: a demo store is made and served",
        env="DATABASE_URL",
        secret=True,
    )
    direct_url: str = setting(
        "", "the same PostgreSQL database past a pooler, for looks at its catalog", env="DIRECT_URL", secret=True
    )
    config: str = setting("", "the configuration file (`trivet.yaml`): roles, policies, names", env="CONFIG")
    port: int = setting(8080, "port of the gateway", env="PORT")
    tls_port: int = setting(0, "port on which the gateway answers TLS too; 0: none (containers: 8443)", env="PORT_TLS")
    tls_certificate: str = setting(
        "", "file of its certificate with the chain (PEM); empty: one is made for development", env="TLS_CERTIFICATE"
    )
    tls_key: str = setting("", "file of the certificate's private key (PEM)", env="TLS_KEY")
    tls_names: tuple[str, ...] = setting(
        (), "further host names and addresses of the made certificate, with commas between", env="TLS_NAMES"
    )
    bind: str = setting("127.0.0.1", "address that the gateway listens on", env="BIND")
    state: str = setting(".trivet", "folder for everything that the suite writes", env="STATE")
    public_url: str = setting(
        "", "the address that clients know the gateway by; empty: made from BIND and PORT", env="PUBLIC_URL"
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "proxies whose X-Forwarded-For, -Proto, -Host and -Port count: addresses and networks (CIDR) with commas "
        "between; empty: nobody's",
        env="TRUSTED_PROXIES",
    )
    cors_origins: tuple[str, ...] = setting(
        (), "pages from which browsers may call the APIs: `https://app.example`, with commas between; empty: all",
        env="CORS_ORIGINS",
    )  # fmt: skip
    demo: bool = setting(False, "serve the demo store, whose passwords are known, even where BIND opens it to others")
    log_stdout: bool = setting(False, "whether all processes write to standard output rather than to files in STATE")
    start_timeout: float = setting(60.0, "seconds that the suite may take until it is ready")
    login_rate: int = setting(20, "logins a second that one address may try, before auth's own limits")
    body_limit: int = setting(10_485_760, "bytes of a request's body at most")


@dataclass(frozen=True)
class OperatorSettings:
    """What the commands that change accounts and keys go by, besides auth's settings."""

    audit_log: str = setting(
        "",
        "file to which `trivet user`, `apikey`, `keys`, `ldap link`, `backup` and `restore` add an audit line for all "
        "that they do (`/dev/stderr` works too); empty: `audit.log` in the state folder",
    )


def load_up() -> UpSettings:
    """The settings of `trivet up`. Raises `SettingsError` with every fault at once."""
    return load(UpSettings)


def environment() -> dict[str, str]:
    """All variables of our own process, for commands that read another program's settings from them."""
    return dict(os.environ)


def inherited() -> dict[str, str]:
    """The environment that the suite's processes start from: ours, without what is meant for one of them alone."""
    settled = {variable(field) for field in fields(UpSettings)} | _SETTLED_FOR_SERVICES
    own = {*settled, *(f"{name}_FILE" for name in settled), *_OF_OUR_OWN_PROCESS}
    return {name: value for name, value in os.environ.items() if name not in own}
