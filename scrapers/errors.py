"""Every failure the platform knows, each of one class; the class decides what happens next.

Severity and retry policy of a class stand in `failures.yaml`; see `scrapers.register`.

A task never judges an exception itself: it asks the class whether to try again, after how
long, whether the wait uses up an attempt, and how severe it is. A failure that is none of
these is a defect of ours and is raised as it is; the worker that meets it notes it as `Defect`
and goes on with the next page.
"""

from __future__ import annotations

from typing import ClassVar

from scrapers.register import NEVER, RetryPolicy, Severity, register

__all__ = ["FAILURE_CLASSES", "NEVER", "RetryPolicy", "Severity", "TouchlineError"]


class TouchlineError(Exception):
    """Base of all failure classes.

    `detail` is one sentence for a person; `facts` are small JSON values (names of fields,
    counts, an incident id) that the ledger keeps. Neither may hold a secret.
    """

    severity: ClassVar[Severity] = Severity.P2
    retry: ClassVar[RetryPolicy] = NEVER

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        known = register()[cls.__name__]
        cls.severity, cls.retry = known.severity, known.retry

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


class SourceRefused(TouchlineError):
    """The site does not want us: its protection's page (HTTP 200 too), 403, 429.

    Never retried: the source is paused for a cool-down instead.
    """


class LayoutChanged(TouchlineError):
    """No selector version reads the page; `facts["fields"]` names the fields that failed."""


class TargetAbsent(TouchlineError):
    """The page says that there is nothing to read: no match centre, postponed, abandoned.

    Recorded and looked at again on a later run; not an error of the night.
    """


class BrowserUnavailable(TouchlineError):
    """No hub gave a session, or the session died under us."""


class WorkerLost(TouchlineError):
    """A worker process died, was killed or stood still while it held the target.

    Tried again, since workers are killed for many reasons; not for ever, since the page itself
    may be what kills them.
    """


class InvalidRows(TouchlineError):
    """One target's rows break expectations; the target is quarantined with the reasons."""


class InvalidBatch(TouchlineError):
    """The batch as a whole can't be trusted (schema shift, completeness, volume)."""


class BrokerUnavailable(TouchlineError):
    """The message broker can't be reached; work waits in the ledger."""


class CacheUnavailable(TouchlineError):
    """Redis for rate limits is gone: the limiter falls back to PostgreSQL, slower."""


class WarehouseUnavailable(TouchlineError):
    """PostgreSQL can't be reached or a transaction was lost; nothing is half written."""


class ArchiveUnavailable(TouchlineError):
    """The store of raw pages can't be written or read, or gives back other bytes."""


class ExportFailed(TouchlineError):
    """An export could not be written whole; its manifest is not written."""


class ConfigInvalid(TouchlineError):
    """A setting, secret or selector file is missing or wrong; the message names it.

    Also a role of PostgreSQL's that lacks a right: it is the wrong one, or was not given it.
    """


class DataLate(TouchlineError):
    """The nightly run is late, or a competition's data is older than its schedule says."""


class AlertUndelivered(TouchlineError):
    """A message about an incident could not be delivered; the detail holds no address."""


class Defect(TouchlineError):
    """Our own code failed in a way that nobody foresaw; the detail says where.

    Never retried: the same page would fail the same way. It stays archived.
    """


FAILURE_CLASSES: dict[str, type[TouchlineError]] = {
    cls.__name__: cls for cls in TouchlineError.__subclasses__()
}
