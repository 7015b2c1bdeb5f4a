"""nginx's configuration for a native run, filled in from the templates that containers use too."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trivet_cli.faults import CannotStart
from trivet_cli.layout import Layout
from trivet_cli.programs import find

TEMPLATES = Path(__file__).resolve().parents[2] / "nginx"
_PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")
UPSTREAMS = ("rest", "graphql", "soap", "auth", "gateway")


@dataclass(frozen=True)
class Tls:
    """Where TLS is answered (``host:port``, empty: nowhere), and by which certificate; without one it is made."""

    listen: str = ""
    certificate: str = ""
    key: str = ""
    names: Sequence[str] = ()


NO_TLS = Tls()


def render(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``${NAME}`` replaced. Raises `KeyError` for a name without a value."""
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], template)


def values_for(layout: Layout, *, bind: str, port: int, login_rate: int, body_limit: int) -> dict[str, str]:
    """What the templates' names stand for in a native run."""
    host = f"[{bind}]" if ":" in bind else bind
    return {
        **{f"TRIVET_{name.upper()}_UPSTREAM": layout.url(name) for name in UPSTREAMS},
        "TRIVET_GATEWAY_LISTEN": f"{host}:{port}",
        "TRIVET_ACCESS_LOG": "/dev/stdout",
        "TRIVET_BODY_LIMIT": str(body_limit),
        "TRIVET_LOGIN_RATE": str(login_rate),
        "TRIVET_NGINX_DIR": str(layout.run / "nginx"),
        # as root the workers must be able to reach the sockets of a folder that is root's alone
        "TRIVET_NGINX_USER": "user root;" if os.geteuid() == 0 else "",
    }


def trusted(proxies: Sequence[str]) -> str:
    """Whose ``X-Forwarded-*`` count, as nginx takes it (``nginx/trusted-proxies.sh`` says the same in containers)."""
    lines = [f"set_real_ip_from {network};" for network in proxies]
    known = [f"    {network} 1;" for network in proxies]
    return "\n".join([*lines, "geo $realip_remote_addr $trivet_trusted {", "    default 0;", *known, "}\n"])


def cors(origins: Sequence[str]) -> str:
    """From which pages the APIs may be called (``nginx/cors.sh`` says the same in containers): none named means all."""
    if not origins:
        lines = [
            'map $http_origin $trivet_cors_allowed { default "*"; }',
            'map $http_host $trivet_cors_vary { default ""; }',
        ]
    else:
        known = [f'    "{origin}" "{origin}";' for origin in origins]
        opening = ["map $http_origin $trivet_cors_allowed {", '    default "";']
        lines = [*opening, *known, "}", 'map $http_host $trivet_cors_vary { default "Origin"; }']
    return "\n".join([*lines, ""])


def write(
    layout: Layout,
    values: Mapping[str, str],
    proxies: Sequence[str] = (),
    tls: Tls = NO_TLS,
    *,
    environ: Mapping[str, str],
    origins: Sequence[str] = (),
) -> Path:
    """Write the configuration into nginx's own folder; returns the main file. Raises `CannotStart`.

    ``environ`` says where nginx is found (PATH); ``proxies``: addresses and networks whose ``X-Forwarded-*`` count;
    ``origins``: the pages that may call, none: all. Brotli is on where nginx has the module.
    """
    folder = layout.run / "nginx"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "trusted.conf").write_text(trusted(proxies), encoding="ascii")
    (folder / "cors.conf").write_text(cors(origins), encoding="ascii")
    for template, target in (("trivet.conf.template", "trivet.conf"), ("native.conf.template", "nginx.conf")):
        try:
            text = (TEMPLATES / template).read_text(encoding="utf-8")
        except OSError:
            raise CannotStart(f"nginx's template is missing: {TEMPLATES / template}") from None
        (folder / target).write_text(render(text, values), encoding="utf-8")
    _add_brotli(folder, environ)
    _add_tls(folder, tls, development_certificate(layout).parent, environ)
    return folder / "nginx.conf"


def development_certificate(layout: Layout) -> Path:
    """The certificate that is made where TLS is wanted and none is given."""
    return layout.state / "tls" / "development.crt"


def _add_tls(folder: Path, tls: Tls, made: Path, environ: Mapping[str, str]) -> None:
    """Let nginx answer TLS; ``made`` is the folder of the certificate for development. Raises `CannotStart`."""
    environment = {
        **environ,
        "TRIVET_NGINX_DIR": str(folder),
        "TRIVET_TLS_DIR": str(made),
        "TRIVET_TLS_LISTEN": tls.listen,
        "TLS_CERTIFICATE": _absolute(tls.certificate),
        "TLS_KEY": _absolute(tls.key),
        "TLS_NAMES": ",".join(tls.names),
    }
    script = [TEMPLATES / "tls.sh"]
    try:
        done = subprocess.run(script, env=environment, timeout=20, capture_output=True, text=True, check=False)  # noqa: S603  (our own)
    except (OSError, subprocess.SubprocessError) as fault:
        raise CannotStart(f"nginx can't be given a certificate: {fault}") from None
    if done.returncode:
        raise CannotStart(done.stderr.strip() or "nginx can't be given a certificate")


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute()) if path else ""


def _add_brotli(folder: Path, environ: Mapping[str, str]) -> None:
    environment = {
        **environ,
        "NGINX": find("nginx", environ),
        "TRIVET_NGINX_DIR": str(folder),
        "BROTLI_CONF": str(TEMPLATES / "brotli.conf"),
    }
    try:
        subprocess.run([TEMPLATES / "brotli.sh"], env=environment, check=True, timeout=20)  # noqa: S603  (our own)
    except (OSError, subprocess.SubprocessError) as fault:
        raise CannotStart(f"nginx can't be asked for its modules: {fault}") from None
