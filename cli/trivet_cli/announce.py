"""How a command tells the running suite what it changed: through the Redis that the settings or the folder lead to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auth_service.settings import AuthSettings
from chassis import events

from trivet_cli.layout import layout_of


def announce(settings: AuthSettings, channel: str, message: Mapping[str, Any]) -> bool:
    """Tell every service of the suite; False where none could be told, and they will notice by themselves later."""
    return events.Publisher(events.connect(_redis_url(settings))).publish(channel, dict(message))


def _redis_url(settings: AuthSettings) -> str:
    """Redis as the settings name it, else that of `trivet up`, whose demo keeps its accounts one folder deeper."""
    if settings.redis_url:
        return settings.redis_url
    state = Path(settings.state_dir).absolute()
    sockets = (layout_of(str(folder)).socket("redis") for folder in (state, state.parent))
    found = next((path for path in sockets if path.is_socket()), None)
    return f"unix://{found}" if found is not None else ""
