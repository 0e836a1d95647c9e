"""What a worker and beat check before their first message; see `scrapers.doctor`.

A service that is only out of reach is waited for, as long as it takes: a night must not be lost
because a worker came up before PostgreSQL. What only a person can mend ends the program with the
command line's exit code for that; for what a set-up that runs at the same time may mend (a
database that is not migrated yet), it is given some time first.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from celery.signals import beat_init, celeryd_after_setup

from scrapers.errors import ConfigInvalid

if TYPE_CHECKING:
    from scrapers.doctor.result import Check
    from scrapers.doctor.run import Service

log = logging.getLogger(__name__)

EXIT_CONFIG = 2  # as of the command line and of Celery, whose `--app` can't be used
GRACE_SECONDS = 60.0  # for the set-up of a service that is there
TELL_EVERY_SECONDS = 60.0
_LOOK_EVERY_SECONDS = (1.0, 15.0)  # at first, at last

# Without these no page can be worked on. What else fails is told, and the work goes on: without
# the cache PostgreSQL keeps the rate limit, a bad draft leaves in force what is.
NEEDED = frozenset(
    {
        "settings.values",
        "warehouse.connection",
        "warehouse.schema",
        "warehouse.rights",
        "broker.connection",
        "broker.queues",
        "archive.probe",
        "hubs.reachable",  # one of them
        "selectors.in_force",
    }
)
# A further start of the same program would meet the same.
_NO_GRACE = ("settings.", "archive.", "hubs.")


@celeryd_after_setup.connect  # type: ignore[untyped-decorator]
def before_work(instance: Any, **_: Any) -> None:
    """A worker's check: signals of the system still end it at once, nothing has been taken."""
    from scrapers.doctor.run import Service

    consumed = instance.app.amqp.queues.consume_from
    services = [service for service in (Service.FETCH, Service.PARSE) if service in consumed]
    check(services or [Service.PARSE])  # a worker of sweeps alone needs what a parse worker needs


@beat_init.connect  # type: ignore[untyped-decorator]
def before_ticking(**_: Any) -> None:
    """Beat's check."""
    from scrapers.doctor.run import Service

    check([Service.BEAT])


def check(services: Sequence[Service]) -> None:
    """Return when all is there that these services need.

    Raises:
        SystemExit: with `EXIT_CONFIG`, when something is wrong that waiting does not mend.
    """
    from scrapers.doctor.run import examine

    began = time.monotonic()
    told: set[tuple[str, str]] = set()
    told_at, pause = began, _LOOK_EVERY_SECONDS[0]
    while True:
        checks = examine(services, session=False)
        held_up = _held_up(checks)
        now = time.monotonic()
        if now - told_at >= TELL_EVERY_SECONDS:
            told.clear()
            told_at = now
        _tell(checks, held_up, told)
        if not held_up:
            log.info("preflight: %d checks, ready after %.1f s", len(checks), now - began)
            return
        if _is_final(held_up, now - began):
            log.critical("preflight: the settings, or what they name, have to be mended: see above")
            raise SystemExit(EXIT_CONFIG)
        time.sleep(pause)
        pause = min(pause * 2, _LOOK_EVERY_SECONDS[1])


def _held_up(checks: Sequence[Check]) -> list[Check]:
    failing = [check for check in checks if check.result == "fail" and check.name in NEEDED]
    hubs = [check for check in checks if check.name == "hubs.reachable"]
    if any(check.result == "ok" for check in hubs):
        # Another hub serves; an address that is none would be refused at the first page.
        failing = [c for c in failing if c not in hubs or c.failure == ConfigInvalid.__name__]
    return failing


def _is_final(held_up: Sequence[Check], waited: float) -> bool:
    wrong = [check for check in held_up if check.failure == ConfigInvalid.__name__]
    return any(check.name.startswith(_NO_GRACE) or waited >= GRACE_SECONDS for check in wrong)


def _tell(checks: Sequence[Check], held_up: Sequence[Check], told: set[tuple[str, str]]) -> None:
    """Log what is not well, once for each text."""
    for check in checks:
        if check.result not in ("fail", "warn") or (check.name, check.found) in told:
            continue
        told.add((check.name, check.found))
        about = f" ({check.subject})" if check.subject else ""
        log.log(
            logging.ERROR if check in held_up else logging.WARNING,
            "preflight: %s%s: %s: mend: %s%s",
            check.name,
            about,
            f"{check.failure}: {check.found}" if check.failure else check.found,
            check.mend,
            "; waiting for it" if check in held_up and check.failure != "ConfigInvalid" else "",
        )
