"""`docker-compose.yml` keeps its promises: pinned, watched, no default secrets, all explained."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from scrapers.settings import PREFIX, ROOT, Settings

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
LASTING = sorted(name for name, service in SERVICES.items() if service.get("restart") != "no")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned(name: str) -> None:
    """A tag that moves would make two hosts differ."""
    repository, _, tag = SERVICES[name]["image"].partition(":")
    assert repository
    assert re.search(r"\d", tag)
    assert "latest" not in tag


@pytest.mark.parametrize("name", LASTING)
def test_services_that_last_have_a_health_check_and_restart(name: str) -> None:
    """What hangs must be seen."""
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_waits_can_come_true(name: str) -> None:
    """A service waits only for what exists, and for health only where health is checked."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert other in LASTING
        else:
            assert other not in LASTING


def test_secrets_have_no_default_and_are_explained() -> None:
    """Each variable stands in .env.example; none that is a secret has a fallback."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{(\w+)(:[?-])", TEXT))
    assert used
    for name, kind in used:
        assert re.search(rf"^#?{name}=", example, re.MULTILINE), name
        if re.search(r"PASSWORD|SECRET|KEY", name):
            assert kind == ":?"


def test_no_secret_is_written_out() -> None:
    """Values of passwords and keys come from variables only."""
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASS|SECRET|FERNET", variable) and "FILE" not in variable:
                assert str(value).startswith("${"), (name, variable)


def test_the_platform_gets_settings_that_exist_and_all_that_it_needs() -> None:
    """A renamed setting must be renamed here."""
    given = {
        name.removeprefix(PREFIX).lower()
        for name in SERVICES["fetch-worker"]["environment"]
        if name.startswith(PREFIX)
    }
    assert given == set(Settings.model_fields), "what stands in .env reaches every service"


def test_only_airflow_is_published_and_only_on_this_host() -> None:
    """Everything else is reachable from the inner network alone."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"airflow-api-server": ["127.0.0.1:8080:8080"]}
