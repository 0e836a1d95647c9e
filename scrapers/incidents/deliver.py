"""The outbox: notices that are due are sent, each by one sender at a time.

A notice is held for as long as a sender may take, sent, and noted as sent. Whoever is killed
in between leaves a hold that runs out, and the message goes out once more: at least once, at
most doubled. What an address did not take is tried again, later and later, for that address
alone, over a night and more. What was given up then is tried once more whenever the address takes
another message, as long as the incident is open.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, func, insert, or_, select, update

from scrapers.errors import AlertUndelivered, ConfigInvalid
from scrapers.incidents.addresses import addresses, send_all
from scrapers.incidents.condition import ALERTS, Condition, tidy
from scrapers.incidents.keep import CLOSED, OPENED, WATCH, WORSE
from scrapers.incidents.messages import Told, message
from scrapers.register import Audience, Severity
from scrapers.settings import Settings
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.health_tables import NOBODY, IncidentRow, NoticeRow

log = logging.getLogger(__name__)

# Longer than all addresses together may take.
LEASE = timedelta(seconds=90)
# One delivery does not begin another message after this; the next delivery goes on.
BUDGET_SECONDS = 25.0
MOST_TRIES = AlertUndelivered.retry.max_attempts


@dataclass(slots=True)
class Delivery:
    """What became of the notices that were due.

    Attributes:
        sent: notices that all their addresses took.
        failed: notices that some address did not take.
        unaddressed: notices for which nobody is configured.
        conditions: settings that can't be used, to be reconciled by `ALERTS`.
    """

    sent: int = 0
    failed: int = 0
    unaddressed: int = 0
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class _Due:
    notice_id: int
    kind: str
    audience: Audience
    number: int | None  # of the only address it is for; None: all
    tries: int
    told: Told


def deliver(engine: Engine, settings: Settings, *, budget: float = BUDGET_SECONDS) -> Delivery:
    """Send the notices that are due, the oldest first.

    Raises:
        WarehouseUnavailable: what was sent and could not be noted is sent once more later.
    """
    _take_up(engine, settings)
    done = Delivery()
    refused: dict[Audience, Condition] = {}
    end = time.monotonic() + budget
    holder = uuid4()
    while time.monotonic() < end:
        due = _take(engine, holder)
        if due is None:
            break
        try:
            known = addresses(settings, due.audience)
        except ConfigInvalid as error:
            refused[due.audience] = _refused(error)
            _note_refused(engine, due, holder, error)
            done.failed += 1
            continue
        chosen = dict(enumerate(known, start=1))
        if due.number in chosen:  # if not, the setting has changed: all are told
            chosen = {due.number: chosen[due.number]}
        if not chosen:
            _note_nobody(engine, due, holder)
            done.unaddressed += 1
            continue
        words = message(due.kind, due.told, docs_url=settings.docs_url, now=_now(engine))
        good = due.kind == CLOSED and not due.told.lapsed
        problems = send_all(chosen, words, good=good)
        if problems:
            _note_failure(engine, due, holder, problems, everything=len(problems) == len(chosen))
            done.failed += 1
        else:
            _note_sent(engine, due, holder)
            done.sent += 1
        take_up_given_up(engine, due.audience, chosen.keys() - problems.keys(), len(known))
    done.conditions = tuple(refused.values()) or _wrong_addresses(settings)
    return done


def take_up_given_up(
    engine: Engine, audience: Audience, working: Collection[int], addresses_known: int
) -> int:
    """Try once more what was given up of open incidents, as addresses take messages; how many.

    Only what says that an incident began or got worse: reminders are written anew anyway, and the
    end of what nobody heard of is no news.

    Args:
        working: numbers of the addresses that just took a message.
        addresses_known: how many addresses the audience has.

    Raises:
        WarehouseUnavailable: nothing is taken up.
    """
    if not working:
        return 0
    still_open = select(IncidentRow.incident_id).where(IncidentRow.closed_at.is_(None))
    given_up = (
        select(NoticeRow.notice_id, NoticeRow.audience)
        .where(
            NoticeRow.sent_at.is_(None),
            NoticeRow.tries >= MOST_TRIES,
            NoticeRow.kind.in_((OPENED, WORSE)),
            NoticeRow.incident_id.in_(still_open),
        )
        .with_for_update(skip_locked=True)
    )
    with transaction(engine) as connection:
        wanted = []
        for row in connection.execute(given_up):
            name, number = _audience(row.audience)
            # One that is not there any more was one of the addresses of before: all are told.
            is_reached = number is None or number in working or number > addresses_known
            if name is audience and is_reached:
                wanted.append(row.notice_id)
        connection.execute(
            update(NoticeRow)
            .where(NoticeRow.notice_id.in_(wanted))
            .values(tries=MOST_TRIES - 1, due_at=func.now())
        )
    return len(wanted)


def _take_up(engine: Engine, settings: Settings) -> None:
    """Once an audience has an address, it is told what is open and was told nobody."""
    given = {
        Audience.ON_CALL: settings.alerts_on_call,
        Audience.DATA_ENGINEERS: settings.alerts_data_engineers,
    }
    reachable = [audience for audience, value in given.items() if value.get_secret_value()]
    if not reachable:
        return
    still_open = select(IncidentRow.incident_id).where(IncidentRow.closed_at.is_(None))
    with transaction(engine) as connection:
        connection.execute(
            update(NoticeRow)
            .where(
                NoticeRow.sent_at.is_(None),
                NoticeRow.problem == NOBODY,
                NoticeRow.audience.in_(reachable),
                NoticeRow.kind == OPENED,
                NoticeRow.incident_id.in_(still_open),
            )
            .values(problem=None, tries=0, due_at=func.now())
        )


def _wrong_addresses(settings: Settings) -> tuple[Condition, ...]:
    """Also when nothing is due, a setting that can't be used is told."""
    found = []
    for audience in (Audience.ON_CALL, Audience.DATA_ENGINEERS):
        try:
            addresses(settings, audience)
        except ConfigInvalid as error:
            found.append(_refused(error))
    return tuple(found)


def _refused(error: ConfigInvalid) -> Condition:
    setting = str(error.facts["setting"])
    log.error("%s: %s", error.failure_class, error.detail)
    return Condition(
        error.failure_class, setting, error.detail, {"setting": setting}, noticed_by=ALERTS
    )


def _now(engine: Engine) -> datetime:
    with transaction(engine) as connection:
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now


def _take(engine: Engine, holder: UUID) -> _Due | None:
    """Hold the oldest notice that is due; None: there is none."""
    chosen = (
        select(NoticeRow.notice_id)
        .where(
            NoticeRow.sent_at.is_(None),
            NoticeRow.due_at <= func.now(),
            NoticeRow.tries < MOST_TRIES,
            or_(NoticeRow.problem.is_(None), NoticeRow.problem != NOBODY),
            or_(NoticeRow.lease_until.is_(None), NoticeRow.lease_until < func.now()),
        )
        .order_by(NoticeRow.due_at, NoticeRow.notice_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    held = (
        update(NoticeRow)
        .where(NoticeRow.notice_id == chosen.scalar_subquery())
        .values(holder=holder, lease_until=func.now() + LEASE, tries=NoticeRow.tries + 1)
        .returning(
            NoticeRow.notice_id,
            NoticeRow.kind,
            NoticeRow.audience,
            NoticeRow.tries,
            NoticeRow.incident_id,
        )
    )
    with transaction(engine) as connection:
        row = connection.execute(held).one_or_none()
        if row is None:
            return None
        incident = connection.execute(
            select(*IncidentRow.__table__.c).where(IncidentRow.incident_id == row.incident_id)
        ).one()
    audience, number = _audience(row.audience)
    return _Due(row.notice_id, row.kind, audience, number, row.tries, _told(incident))


def _audience(written: str) -> tuple[Audience, int | None]:
    """Whom a notice is for, and the number of the only address it is for; None: all."""
    name, _, number = written.partition(":")
    return Audience(name), int(number) if number else None


def _told(row: Any) -> Told:
    return Told(
        number=row.incident_id,
        failure_class=row.failure_class,
        subject=row.subject,
        severity=Severity(row.severity),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        detail=row.detail,
        signs=row.signs,
        lapsed=bool(row.facts.get(WATCH, {}).get("lapsed")),
    )


def _note_sent(engine: Engine, due: _Due, holder: UUID) -> None:
    _note(engine, due, holder, sent_at=func.clock_timestamp(), problem=None)
    log.info("incident %s: told %s that it is %s", due.told.number, due.audience, due.kind)


def _note_nobody(engine: Engine, due: _Due, holder: UUID) -> None:
    _note(engine, due, holder, problem=NOBODY)
    log.error(
        "incident %s (%s, %s, %s) is told nobody: no address is set for %s",
        *(due.told.number, due.told.severity, due.told.failure_class, due.kind, due.audience),
    )


def _note_refused(engine: Engine, due: _Due, holder: UUID, error: ConfigInvalid) -> None:
    """Count no try: a setting that can't be used is an incident of its own, nothing was sent."""
    wait = AlertUndelivered.retry.wait_before(due.tries)
    _note(
        *(engine, due, holder),
        tries=NoticeRow.tries - 1,
        due_at=func.now() + wait,
        problem=tidy(error.detail),
    )


def _note_failure(
    engine: Engine, due: _Due, holder: UUID, problems: dict[int, str], *, everything: bool
) -> None:
    """Note when to try again; addresses that did take the message are not sent it again."""
    failure = AlertUndelivered("; ".join(dict.fromkeys(problems.values())))
    wait = failure.retry.wait_before(due.tries)
    problem = tidy(failure.detail)
    log.warning(
        "incident %s: %s: try %d: %s",
        *(due.told.number, failure.failure_class, due.tries, failure.detail),
    )
    if everything:
        _note(engine, due, holder, due_at=func.now() + wait, problem=problem)
        return
    with transaction(engine) as connection:
        noted = connection.execute(
            update(NoticeRow)
            .where(NoticeRow.notice_id == due.notice_id, NoticeRow.holder == holder)
            .values(sent_at=func.clock_timestamp(), holder=None, lease_until=None)
            .returning(NoticeRow.incident_id)
        ).one_or_none()
        if noted is None:
            return
        for number, why in problems.items():
            connection.execute(
                insert(NoticeRow).values(
                    incident_id=noted.incident_id,
                    kind=due.kind,
                    audience=f"{due.audience}:{number}",
                    due_at=func.now() + wait,
                    tries=due.tries,
                    problem=tidy(why),
                )
            )


def _note(engine: Engine, due: _Due, holder: UUID, **columns: Any) -> None:
    with transaction(engine) as connection:
        connection.execute(
            update(NoticeRow)
            .where(NoticeRow.notice_id == due.notice_id, NoticeRow.holder == holder)
            .values(holder=None, lease_until=None, **columns)
        )
