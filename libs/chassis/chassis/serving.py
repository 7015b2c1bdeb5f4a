"""How gunicorn runs a service: ``gunicorn -c python:chassis.serving 'rest_service.app:create_app()'``."""

import os
from pathlib import Path
from typing import Any

from chassis.settings import ServiceSettings, load

_settings = load(ServiceSettings)

bind = _settings.listen
worker_class = "chassis.worker.HubWorker" if _settings.worker == "hub" else "gthread"
workers = _settings.workers
threads = _settings.threads
timeout = 60
# room for what is under way, for connections that nginx keeps, and on the hub for what comes beyond that, to be refused
worker_connections = _settings.max_under_way * (1 if worker_class == "gthread" else 2) + 128
backlog = max(_settings.max_under_way, 64)  # and behind those nginx is refused at once, and says 503 itself
graceful_timeout = 10
keepalive = 75
umask = 0o007
limit_request_line = 0  # nginx limits it for the whole suite
limit_request_field_size = 65_536  # nginx takes no longer ones
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  (gunicorn's heartbeat file)
control_socket_disable = True
accesslog = None
loglevel = "warning"
forwarded_allow_ips = "*"  # only nginx reaches the socket, and it overwrites what clients send

_metrics = Path(_settings.state_dir) / "metrics" / str(os.getpid())
_metrics.mkdir(parents=True, exist_ok=True)
# before anything imports the metrics library: it reads this once
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def child_exit(server: Any, worker: Any) -> None:
    """Take a worker that has ended out of the gauges of the living."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
