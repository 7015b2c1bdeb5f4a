"""The files that containers are made from: nobody in them is root, and every setting reaches its service."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.settings import variable
from trivet_cli.choices import settle
from trivet_cli.layout import Layout
from trivet_cli.served import offered, served
from trivet_cli.settings import UpSettings

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
RATES: dict[str, Any] = yaml.safe_load((ROOT / "demo" / "rates.yml").read_text(encoding="utf-8"))["services"]
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"] | RATES
BUILT = sorted(name for name, service in SERVICES.items() if "build" in service)
DOCKERFILES = sorted(path for path in ROOT.rglob("Dockerfile") if not {".venv", "node_modules"} & set(path.parts))
OURS = ("auth", "data", "rest", "graphql", "soap", "gateway")


def _tables():
    spec = importlib.util.spec_from_file_location("trivet_docs_tables", ROOT / "docs" / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tables = _tables()


def _own_and_shared(service: str) -> set[str]:
    classes = [cls for name, cls in tables.settings_classes() if name in (service, "Every service")]
    return {variable(field) for cls in classes for field in fields(cls)}


def _mounted(service: str) -> list[str]:
    volumes = SERVICES[service].get("volumes", ())
    return [volume["source"] if isinstance(volume, dict) else volume.split(":")[0] for volume in volumes]


def _secrets() -> set[str]:
    return {
        variable(field) for _, cls in tables.settings_classes() for field in fields(cls) if field.metadata.get("secret")
    }


@pytest.mark.parametrize("service", SERVICES)
def test_each_container_can_do_little(service: str) -> None:
    found = SERVICES[service]
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    if service != "openldap":  # its image starts as root and writes into its own folders
        assert found["read_only"] is True
        assert "cap_add" not in found


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"prepare", "openldap-tls"}))
def test_each_container_says_whether_it_is_well_and_comes_back(service: str) -> None:
    found = SERVICES[service]
    assert found["restart"] == "unless-stopped"
    if "build" in found and "healthcheck" not in found:
        assert re.search(r"^HEALTHCHECK ", (ROOT / found["build"]["dockerfile"]).read_text(), re.MULTILINE)
    else:
        assert found["healthcheck"]["test"]


def test_each_service_is_an_image_of_its_own() -> None:
    assert {"nginx", "prepare", "rates", *OURS} == set(BUILT)
    assert SERVICES["rates"]["build"]["dockerfile"] == SERVICES["prepare"]["build"]["dockerfile"]
    assert len({SERVICES[name]["build"]["dockerfile"] for name in BUILT}) == len(BUILT) - 1


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_image_has_a_base_to_choose_and_a_user_that_is_not_root(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^ARG BASE_IMAGE=\S+\nFROM \$\{BASE_IMAGE\}", text, re.MULTILINE)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.MULTILINE)
    assert "# syntax=" not in text


@pytest.mark.parametrize("service", OURS)
def test_every_setting_reaches_its_service(service: str) -> None:
    missing = (
        _own_and_shared(service) - set(SERVICES[service]["environment"]) - set(_demo_only()) - {"TRIVET_STATE_DIR"}
    )
    assert not missing, "write it down in docker-compose.yml"


def test_the_demo_shows_the_same_in_containers(tmp_path: Path) -> None:
    choices, places = settle(UpSettings()), Layout(tmp_path, tmp_path)
    told = served(choices, places) | offered(choices)
    assert _demo_only() == {
        name: value for name, value in told.items() if name not in ("DATABASE_URL", "TRIVET_CONFIG")
    }
    url = (ROOT / "demo" / "database-url").read_text(encoding="utf-8").strip()
    assert url.removeprefix("sqlite:///") == told["DATABASE_URL"].removeprefix("sqlite:///").replace(
        str(places.demo), "/served/demo"
    )


def _demo_only() -> dict[str, str]:
    lines = (ROOT / "demo" / "demo.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("named", ["", "DATABASE_URL", "DATABASE_URL_FILE"])
def test_the_demo_alone_has_its_exchange_rates(named: str) -> None:
    paths, read = yaml.safe_load(COMPOSE)["include"][0]["path"], []
    for path in paths:
        path = re.sub(r"\$\{([A-Z_]+):\+(\w+)\}", lambda found: found[2] if found[1] == named else "", path)
        read.append(yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))["services"]["rates"])
    assert read[0] == RATES["rates"]
    assert any("profiles" in service for service in read) == bool(named)
    demo = yaml.safe_load((ROOT / "demo" / "trivet.yaml").read_text(encoding="utf-8"))
    port = RATES["rates"]["entrypoint"][-1]
    assert demo["sources"]["rates"]["wsdl"] == f"http://rates:{port}/rates?wsdl"


def test_every_secret_may_be_a_file() -> None:
    for service in OURS:
        environment = SERVICES[service]["environment"]
        for name in (_secrets() & set(environment)) - {"TRIVET_REDIS_URL"}:
            assert environment[f"{name}_FILE"].startswith("/run/secrets/"), name
            assert any(f"${{{name}_FILE" in source for source in _mounted(service)), name


def test_only_who_needs_them_has_the_secrets() -> None:
    for service in ("rest", "graphql", "soap", "gateway", "nginx", "redis"):
        assert not (_secrets() - {"TRIVET_REDIS_URL"}) & set(SERVICES[service].get("environment", ()))
        certificate = {"${TLS_CERTIFICATE:-/dev/null}", "${TLS_KEY:-/dev/null}"} if service == "nginx" else set()
        contracts = (
            {"${TRIVET_SOAP_CONTRACTS:-/dev/null}"} if service == "soap" else set()
        )  # no secret: what is promised
        assert set(_mounted(service)) <= {"sockets", *certificate, *contracts}


def test_all_that_compose_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    for service in SERVICES.values():
        asked |= {name for name, value in service.get("environment", {}).items() if value is None}
    offered = set(re.findall(r"^#([A-Z_]+)=", tables.env_example(), re.MULTILINE))
    assert asked - offered == set()


def test_every_name_in_the_router_s_templates_has_a_value() -> None:
    named = set()
    for template in (ROOT / "nginx").glob("*.template"):
        named |= set(re.findall(r"\$\{([A-Z_]+)\}", template.read_text(encoding="utf-8")))
    image = (ROOT / "nginx" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    baked = set(re.findall(r"\b([A-Z_]+)=", "".join(re.findall(r"^ENV (.*)$", image, re.MULTILINE))))
    assert named <= baked | set(SERVICES["nginx"]["environment"])


def test_no_setting_is_named_as_kubernetes_names_its_own() -> None:
    """Kubernetes sets `<SERVICE>_PORT` to an address for each of its services."""
    for _, cls in tables.settings_classes():
        assert not [field for field in fields(cls) if variable(field).endswith("_PORT")]


def test_what_is_prepared_is_what_is_served() -> None:
    prepare, auth, data = (SERVICES[name] for name in ("prepare", "auth", "data"))
    for name in ("TRIVET_STATE_DIR", "TRIVET_ACCOUNTS_URL_FILE", "TRIVET_MASTER_KEY_FILE"):
        assert prepare["environment"][name] == auth["environment"][name]
    assert prepare["environment"]["DATABASE_URL_FILE"] == data["environment"]["DATABASE_URL_FILE"]
    assert data["environment"]["TRIVET_CONFIG"].startswith(prepare["command"][-1])
