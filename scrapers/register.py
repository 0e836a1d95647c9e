"""The register of failures: what is known of every failure class, in one data file.

`scrapers/failures.yaml` decides; the classes of `scrapers.errors` take their severity and retry
policy from it, and documentation, alert rules and messages are made of it.
"""

from __future__ import annotations

import random
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

FILE = Path(__file__).with_name("failures.yaml")


class Severity(StrEnum):
    """How bad a failure is for the night, from a whole outage down to lost visibility."""

    P1 = "P1"  # whole outage
    P2 = "P2"  # degraded
    P3 = "P3"  # data blocked
    P4 = "P4"  # offline only
    P5 = "P5"  # visibility only


class Audience(StrEnum):
    """Who is told of an incident; each has addresses of its own in the settings."""

    ON_CALL = "on_call"  # who keeps the platform running
    DATA_ENGINEERS = "data_engineers"  # who keeps selector files and expectations
    NOBODY = "nobody"  # it can be looked up


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RetryPolicy(_Entry):
    """When a failed target is tried again.

    Attributes:
        max_attempts: tries in one batch, the first included; 1 means never again. With
            `uses_attempt` False only those count for which the source was asked.
        first_wait: wait before the second try, in seconds.
        factor: each further wait is the last one times this.
        longest_wait: ceiling of a wait, in seconds, before jitter.
        jitter: share of the wait, 0 to 1, by which it is shortened at random, so that workers
            that failed together do not come back together.
        uses_attempt: False when waiting says nothing about the target (no browser is free,
            the database restarts): such waits are limited by `patience` instead. Once the source
            has been asked for the target, a try counts all the same: the target may be the cause,
            and each try is another request.
        patience: with `uses_attempt` False, seconds after the first failure at which to give up.
    """

    max_attempts: int = Field(default=1, ge=1)
    first_wait: float = Field(default=0.0, ge=0)
    factor: float = Field(default=2.0, ge=1)
    longest_wait: float = Field(default=0.0, ge=0)
    jitter: float = Field(default=0.5, ge=0, le=1)
    uses_attempt: bool = True
    patience: float = Field(default=0.0, ge=0)

    def wait_before(self, attempt: int, rng: random.Random | None = None) -> timedelta:
        """Wait before try number `attempt` + 1, after `attempt` (1 or more) tries have failed."""
        # Capped before multiplying on: a long outage must not overflow the exponent.
        full = min(self.longest_wait, self.first_wait * self.factor ** min(attempt - 1, 32))
        draw = (rng or random).random()
        return timedelta(seconds=full * (1 - self.jitter * draw))

    def allows_retry(
        self, attempts: int, waited: timedelta = timedelta(), *, asked: bool = False
    ) -> bool:
        """Whether to try again after `attempts` tries, `waited` after the first failure.

        Args:
            asked: the source has been asked for the target in the latest try.
        """
        if not (self.uses_attempt or asked):
            return waited.total_seconds() < self.patience
        return attempts < self.max_attempts


NEVER = RetryPolicy()


class IncidentRule(_Entry):
    """When failures of a class are an incident.

    Attributes:
        of: what its subject is, in words.
        after_minutes: how long the sign has to last before it is one; 0: at once.
        clears: what ends it, in words.
    """

    of: str
    after_minutes: float = Field(default=0, ge=0)
    clears: str


class Known(_Entry):
    """What is known of a failure class; the head of `failures.yaml` explains each field."""

    meaning: str
    sign: str
    severity: Severity
    impact: str
    retry: RetryPolicy = NEVER
    platform: str
    person: str
    prevention: str
    recorded: str
    incident: IncidentRule | None = None
    audience: Audience
    remind_hours: float = Field(ge=0)
    chaos: list[str]


@cache
def register() -> dict[str, Known]:
    """All that is known, by the name of the failure class, in the file's order."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Known]).validate_python(content)


def runbook(failure_class: str) -> str:
    """Path of a class's runbook within the project."""
    return f"docs/runbooks/{failure_class}.md"
