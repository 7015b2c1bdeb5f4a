"""`trivet up`: the suite as native processes, from settled choices to the last process ended."""

import os
import shutil
import signal

import click
from chassis.settings import SettingsError, load
from rich.console import Console

from trivet_cli import demo_store, greeting, layout, leftovers, nginx_conf, programs
from trivet_cli.choices import Choices, free_port, require_free, settle
from trivet_cli.database_url import shown
from trivet_cli.faults import CannotStart
from trivet_cli.layout import Layout
from trivet_cli.login import PASSWORD_FILE, Login
from trivet_cli.served import home, offered, promised, served
from trivet_cli.settings import UpSettings, inherited, load_up
from trivet_cli.supervisor import Supervisor


@click.command()
@click.option("--check", is_flag=True, help="Only check what the suite would be started with.")
def up(check: bool) -> None:
    """Start the suite here and keep it running until Ctrl-C or TERM.

    DATABASE_URL, CONFIG, PORT, BIND and STATE in the environment say what is served, how and where.
    """
    console = Console(highlight=False)
    try:
        settings = load_up()
        choices = settle(settings)
        if check:
            _check(console, choices)
        else:
            run(settings, choices, console)
    except SettingsError as fault:
        _fail(console, str(fault))
    except CannotStart as fault:
        _fail(console, str(fault))


def run(settings: UpSettings, choices: Choices, console: Console) -> None:
    """Run the suite until it is told to end. Raises `CannotStart`."""
    places = layout.layout_of(settings.state)
    layout.make(places)
    held = layout.lock(places)
    try:
        leftovers.end(places)
        require_free(choices.bind, choices.port)
        if settings.tls_port:
            require_free(choices.bind, settings.tls_port, "PORT_TLS")
        log = None if settings.log_stdout else places.log
        supervisor = Supervisor(places.run, log, lambda text: console.print(f"  {text}", markup=False, soft_wrap=True))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves it
                signal.signal(number, supervisor.request_stop)
        try:
            _run(settings, choices, places, supervisor, console)
        finally:
            supervisor.stop()
            console.print("Trivet has ended.")
    finally:
        os.close(held)


def _run(settings: UpSettings, choices: Choices, places: Layout, supervisor: Supervisor, console: Console) -> None:
    base = inherited()
    for_auth = programs.take_out(base, ("TRIVET_LDAP_BIND_PASSWORD", "TRIVET_SMTP_URL"))
    of_accounts = programs.take_out(base, ("TRIVET_ACCOUNTS_URL", "TRIVET_MASTER_KEY"))
    for_data = programs.take_out(base, ("TRIVET_VAULT",))
    if not choices.demo:
        for_auth |= of_accounts
    what = "the demo store" if choices.database is None else shown(choices.database)
    console.print(f"Starting Trivet for {what}", markup=False, soft_wrap=True)
    supervisor.start(programs.redis(places, base))
    if choices.demo:
        port = free_port(choices.port, settings.tls_port)
        supervisor.start(programs.rates(demo_store.rates_service(), port, base))
        demo_store.note_rates(places.demo, port)
    told = served(choices, places)
    own = home(choices, places)
    shutil.rmtree(own.metrics, ignore_errors=True)
    places.versions.unlink(missing_ok=True)  # nobody is left who counts in it
    environment = programs.suite_environment(own, choices.public_url, settings.body_limit, base)
    told = {**told, **for_data, "DIRECT_URL": settings.direct_url}
    supervisor.start(programs.service("data", places, environment, told))
    if settings.public_url:
        environment.setdefault("TRIVET_ABSOLUTE_LOCATION", "1")
    for name in ("rest", "graphql", "soap", "gateway"):
        extra = {"gateway": offered, "soap": promised}.get(name, _nothing)(choices)
        supervisor.start(programs.service(name, places, environment, extra))
    values = nginx_conf.values_for(
        places, bind=choices.bind, port=choices.port, login_rate=settings.login_rate, body_limit=settings.body_limit
    )
    main_file = nginx_conf.write(
        places, values, settings.trusted_proxies, choices.tls, environ=base, origins=settings.cors_origins
    )
    supervisor.start(programs.nginx(main_file, base, choices.address))
    login = _login(choices, places, {**environment, **for_auth})
    supervisor.start(programs.service("auth", places, environment, for_auth))
    supervisor.wait_ready(settings.start_timeout)
    if not supervisor.stopping:
        greeting.greet(console, choices, places, login, None if settings.log_stdout else places.log)
        supervisor.watch()


def _nothing(_: Choices) -> dict[str, str]:
    return {}


def _login(choices: Choices, places: Layout, environment: dict[str, str]) -> Login:
    # imported only here: the services start meanwhile
    from auth_service.settings import AuthSettings

    from trivet_cli.accounts import make_admin, make_demo
    from trivet_cli.migrate import prepare_accounts

    settings = load(AuthSettings, environment)
    prepare_accounts(settings)
    url = settings.store_url
    return make_demo(url, demo_store.accounts()) if choices.demo else make_admin(url, places.state / PASSWORD_FILE)


def _check(console: Console, choices: Choices) -> None:
    base = inherited()
    for program in ("nginx", "redis-server"):
        programs.find(program, base)
    what = "the demo store" if choices.database is None else shown(choices.database)
    console.print(f"Ready to serve {what} at {choices.public_url}", markup=False, soft_wrap=True)


def _fail(console: Console, message: str) -> None:
    Console(stderr=True, highlight=False).print(message, style="red", markup=False, soft_wrap=True)
    raise SystemExit(1)
