"""The doctor's eyes on a world of real servers, of which a test breaks one at a time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scrapers.doctor.result import Check
from scrapers.doctor.run import Service, examine
from scrapers.settings import PREFIX
from tests.support.browser import BROWSER_ARGS
from tests.support.supervise import free_ports

MARKER = "sesame-7f3a"


@dataclass
class Patient:
    """The settings of a whole platform, in this process's environment.

    Attributes:
        folder: the working directory, empty but for what tests put there.
    """

    patch: pytest.MonkeyPatch
    folder: Path

    def set(self, **values: object) -> None:
        """Set settings, by field name; None takes one away."""
        for name, value in values.items():
            variable = f"{PREFIX}{name.upper()}"
            if value is None:
                self.patch.delenv(variable, raising=False)
            else:
                self.patch.setenv(variable, str(value))

    def setting(self, name: str) -> str:
        """What a setting is set to."""
        return os.environ[f"{PREFIX}{name.upper()}"]

    def checks(
        self, *services: Service, session: bool = False, wait: float = 0
    ) -> dict[str, list[Check]]:
        """What the doctor finds, by the checks' names."""
        found: dict[str, list[Check]] = {}
        for check in examine(services, session=session, wait=wait):
            found.setdefault(check.name, []).append(check)
        return found

    def one(self, name: str, *services: Service, session: bool = False) -> Check:
        """What the doctor finds of one check that is made once."""
        (check,) = self.checks(*services, session=session)[name]
        return check


def patient(database_url: str, redis_port: int, folder: Path, patch: pytest.MonkeyPatch) -> Patient:
    """All that a platform needs, and a hub that nobody serves: see `healthy_hub`."""
    for name in [name for name in os.environ if name.startswith((PREFIX, "AIRFLOW_"))]:
        patch.delenv(name)
    work = folder / "work"
    work.mkdir()
    patch.chdir(work)
    made = Patient(patch, work)
    made.set(
        database_url=database_url,
        broker_url=f"redis://127.0.0.1:{redis_port}/0",
        cache_url=f"redis://127.0.0.1:{redis_port}/1",
        archive_url=(folder / "archive").as_uri(),
        export_url=(folder / "export").as_uri(),
        backup_url=(folder / "backup").as_uri(),
        data_docs_dir=folder / "data-docs",
        hub_urls=f"http://127.0.0.1:{free_ports(1)[0]}/wd/hub",
        browser_args=BROWSER_ARGS,
        base_url="http://127.0.0.1",
        allowed_hosts="127.0.0.1",
    )
    return made


def with_password(url: str, password: str, user: str | None = None) -> str:
    """An address with another login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    name = (parts.username or "") if user is None else user
    return parts._replace(netloc=f"{name}:{password}@{host}").geturl()
