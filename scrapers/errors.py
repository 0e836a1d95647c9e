"""Every failure the platform knows, each of one class; the class decides what happens next.

A task never judges an exception itself: it asks the class whether to try again, after how
long, whether the wait uses up an attempt, and how severe it is. A failure that is none of
these is a defect of ours and is raised as it is; the worker that meets it notes it as `Defect`
and goes on with the next page.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class Severity(StrEnum):
    """How bad a failure is for the night, from a whole outage down to lost visibility."""

    P1 = "P1"  # whole outage
    P2 = "P2"  # degraded
    P3 = "P3"  # data blocked
    P4 = "P4"  # offline only
    P5 = "P5"  # visibility only


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed target is tried again.

    Attributes:
        max_attempts: tries in one batch, the first included; 1 means never again.
        first_wait: wait before the second try, in seconds.
        factor: each further wait is the last one times this.
        longest_wait: ceiling of a wait, in seconds, before jitter.
        jitter: share of the wait, 0 to 1, by which it is shortened at random, so that workers
            that failed together do not come back together.
        uses_attempt: False when waiting says nothing about the target (no browser is free,
            the database restarts): such waits are limited by `patience` instead.
        patience: with `uses_attempt` False, seconds after the first failure at which to give up.
    """

    max_attempts: int = 1
    first_wait: float = 0.0
    factor: float = 2.0
    longest_wait: float = 0.0
    jitter: float = 0.5
    uses_attempt: bool = True
    patience: float = 0.0

    def wait_before(self, attempt: int, rng: random.Random | None = None) -> timedelta:
        """Wait before try number `attempt` + 1, after `attempt` (1 or more) tries have failed."""
        # Capped before multiplying on: a long outage must not overflow the exponent.
        full = min(self.longest_wait, self.first_wait * self.factor ** min(attempt - 1, 32))
        draw = (rng or random).random()
        return timedelta(seconds=full * (1 - self.jitter * draw))

    def allows_retry(self, attempts: int, waited: timedelta = timedelta()) -> bool:
        """Whether to try again after `attempts` tries, `waited` after the first failure."""
        if not self.uses_attempt:
            return waited.total_seconds() < self.patience
        return attempts < self.max_attempts


NEVER = RetryPolicy()


class TouchlineError(Exception):
    """Base of all failure classes.

    `detail` is one sentence for a person; `facts` are small JSON values (names of fields,
    counts, an incident id) that the ledger keeps. Neither may hold a secret.
    """

    severity: ClassVar[Severity] = Severity.P2
    retry: ClassVar[RetryPolicy] = NEVER

    def __init__(self, detail: str, **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts

    @property
    def failure_class(self) -> str:
        """Name under which the ledger, the alerts and the documentation know this failure."""
        return type(self).__name__

    def __reduce__(self) -> tuple[object, ...]:
        # Celery carries exceptions by pickle or repr; the default would lose the facts.
        return _rebuild, (type(self), self.detail, self.facts)


def _rebuild(cls: type[TouchlineError], detail: str, facts: dict[str, object]) -> TouchlineError:
    return cls(detail, **facts)


class SourceUnavailable(TouchlineError):
    """The site did not answer as a site: 5xx, time-out, DNS, refused connection, cut page."""

    retry = RetryPolicy(max_attempts=5, first_wait=5, factor=3, longest_wait=300)


class SourceRefused(TouchlineError):
    """The site does not want us: its protection's page (HTTP 200 too), 403, 429.

    Never retried: the source is paused for a cool-down instead.
    """

    severity = Severity.P3


class LayoutChanged(TouchlineError):
    """No selector version reads the page; `facts["fields"]` names the fields that failed."""

    severity = Severity.P3


class TargetAbsent(TouchlineError):
    """The page says that there is nothing to read: no match centre, postponed, abandoned.

    Recorded and looked at again on a later run; not an error of the night.
    """

    severity = Severity.P5


class BrowserUnavailable(TouchlineError):
    """No hub gave a session, or the session died under us."""

    retry = RetryPolicy(first_wait=2, longest_wait=60, uses_attempt=False, patience=30 * 60)


class WorkerLost(TouchlineError):
    """A worker process died, or was killed, while it held the target.

    Tried again, since workers are killed for many reasons; not for ever, since the page itself
    may be what kills them.
    """

    retry = RetryPolicy(max_attempts=5, first_wait=1, factor=4, longest_wait=120)


class InvalidRows(TouchlineError):
    """One target's rows break expectations; the target is quarantined with the reasons."""

    severity = Severity.P3


class InvalidBatch(TouchlineError):
    """The batch as a whole can't be trusted (schema shift, completeness, volume)."""

    severity = Severity.P3


class BrokerUnavailable(TouchlineError):
    """The message broker can't be reached; work waits in the ledger."""

    severity = Severity.P1
    retry = RetryPolicy(first_wait=2, longest_wait=60, uses_attempt=False, patience=30 * 60)


class CacheUnavailable(TouchlineError):
    """Redis for rate limits is gone: the limiter falls back to PostgreSQL, slower."""

    severity = Severity.P2
    retry = RetryPolicy(first_wait=1, longest_wait=30, uses_attempt=False, patience=30 * 60)


class WarehouseUnavailable(TouchlineError):
    """PostgreSQL can't be reached or a transaction was lost; nothing is half written."""

    severity = Severity.P1
    retry = RetryPolicy(first_wait=2, longest_wait=60, uses_attempt=False, patience=30 * 60)


class ArchiveUnavailable(TouchlineError):
    """The store of raw pages can't be written or read, or gives back other bytes."""

    severity = Severity.P1
    retry = RetryPolicy(max_attempts=5, first_wait=2, factor=3, longest_wait=120)


class ExportFailed(TouchlineError):
    """An export could not be written whole; its manifest is not written."""

    severity = Severity.P4
    retry = RetryPolicy(max_attempts=3, first_wait=10, longest_wait=120)


class ConfigInvalid(TouchlineError):
    """A setting, secret or selector file is missing or wrong; the message names it."""

    severity = Severity.P1


class Defect(TouchlineError):
    """Our own code failed in a way that nobody foresaw; the detail says where.

    Never retried: the same page would fail the same way. It stays archived.
    """


FAILURE_CLASSES: dict[str, type[TouchlineError]] = {
    cls.__name__: cls for cls in TouchlineError.__subclasses__()
}
