"""Alive (`/livez`) and able to serve (`/readyz`)."""

from collections.abc import Callable, Mapping

from flask import Flask, Response, jsonify

Check = Callable[[], bool]


def install(app: Flask, *, needs: Mapping[str, Check], wishes: Mapping[str, Check]) -> None:
    """Serve both. Without one of ``needs`` the service is not ready (503); without a wish it is degraded (200)."""

    @app.get("/livez")
    def livez() -> Response:
        return jsonify(status="ok")

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        failing = [name for name, check in needs.items() if not _holds(check)]
        degraded = [name for name, check in wishes.items() if not _holds(check)]
        status = "unready" if failing else "degraded" if degraded else "ok"
        return jsonify(status=status, failing=failing, degraded=degraded), 503 if failing else 200


def _holds(check: Check) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001  (a check that breaks is a check that fails)
        return False
