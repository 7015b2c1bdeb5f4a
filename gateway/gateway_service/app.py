"""The gateway: front page, index of the APIs and joined health. It never proxies."""

from chassis.app import Edge
from chassis.app import create_app as create_service
from chassis.data_client import DataClient
from chassis.hop import Hop
from chassis.settings import SettingsError, load
from flask import Flask

from gateway_service import accounts
from gateway_service.accounts import DemoAccount
from gateway_service.examples import Facades
from gateway_service.joined_health import JoinedHealth
from gateway_service.routes import blueprint, render_problem
from gateway_service.settings import GatewaySettings


def create_app(settings: GatewaySettings | None = None) -> Flask:
    """The gateway as a WSGI application."""
    settings = settings or load(GatewaySettings)
    data = DataClient(Hop(settings.data_url), timeout=settings.request_timeout)
    edge = Edge(settings, exchanges=True, data=data)
    health = JoinedHealth({name: Hop(url, connect_patience=0.0) for name, url in _services(settings).items()})
    app = create_service("gateway", settings, render_problem, needs=health.needs(), wishes=health.wishes())
    facades = Facades(
        {"rest": Hop(settings.rest_url), "graphql": Hop(settings.graphql_url), "soap": Hop(settings.soap_url)}
    )
    app.register_blueprint(blueprint(settings, data, edge, facades, demo_accounts(settings)))
    edge.start()
    return app


def demo_accounts(settings: GatewaySettings) -> list[DemoAccount]:
    """The accounts that the settings offer on the page. Raises `SettingsError`."""
    try:
        return accounts.parse(settings.demo_accounts)
    except ValueError as fault:
        raise SettingsError([f"TRIVET_DEMO_ACCOUNTS: {fault}"]) from None


def _services(settings: GatewaySettings) -> dict[str, str]:
    return {
        "data": settings.data_url,
        "auth": settings.auth_url,
        "rest": settings.rest_url,
        "graphql": settings.graphql_url,
        "soap": settings.soap_url,
    }
