"""What is wrong now according to the ledger: one query for each kind of trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, text

from scrapers.incidents.condition import Condition
from scrapers.register import Severity
from scrapers.settings import PREFIX, Settings

ALL_HUBS = "all hubs"
NIGHTLY = "whoscored_nightly"
# The nightly run is due at the end of its day of football; see dags/whoscored_nightly.py.
NIGHT_DUE = time(5, tzinfo=UTC)
# A failure this long ago is no condition of now.
LATELY = timedelta(hours=1)
# A batch that failed this long ago, and never again nor better, is history.
BATCH_MEMORY = timedelta(days=7)
# Matches further back are gaps, not news.
NEWS = timedelta(days=14)
# So often a message has to fail before its address is in trouble.
FAILED_TRIES = 3

_SOURCES = """
SELECT failure_class, source AS subject, paused_at AS since,
       coalesce(reason, 'the source is paused') AS detail,
       jsonb_build_object('paused_until', paused_until, 'failures', failures) AS facts
FROM ops.source_state
WHERE failure_class IN ('SourceUnavailable', 'SourceRefused')
  AND ((paused_until > now() AND paused_by IS NULL) OR (pauses > 0 AND gentle_pages = 0))
"""
# Many thousands of pages may be stuck: the details are read of the latest of each kind only.
_STUCK = """
WITH stuck AS (
    SELECT target_key, failure_class, updated_at, coalesce(failing_since, updated_at) AS since,
           CASE WHEN failure_class = 'ConfigInvalid'
                THEN coalesce(failure_facts->>'setting', page_kind) ELSE page_kind END AS subject
    FROM ops.target
    WHERE (state = 'blocked' AND failure_class IN ('LayoutChanged', 'Defect', 'ConfigInvalid'))
       OR (state = 'quarantined' AND failure_class = 'InvalidRows')
), numbers AS (
    SELECT failure_class, subject, min(since) AS since, count(*) AS targets
    FROM stuck GROUP BY 1, 2
), latest AS (
    SELECT DISTINCT ON (failure_class, subject) failure_class, subject, target_key
    FROM stuck ORDER BY failure_class, subject, updated_at DESC
)
SELECT n.failure_class, n.subject, n.since, n.targets, t.target_key AS example,
       t.failure_detail AS latest, t.failure_facts AS latest_facts
FROM numbers n JOIN latest USING (failure_class, subject)
JOIN ops.target t ON t.target_key = latest.target_key
ORDER BY 1, 2
"""
_BATCHES = """
SELECT dag_id || ' ' || step AS subject, closed_at AS since, summary->>'failure' AS detail,
       jsonb_build_object('batch_id', batch_id, 'run_id', run_id) AS facts
FROM (
    SELECT DISTINCT ON (dag_id, step) *
    FROM ops.batch WHERE state <> 'open' AND closed_at > now() - :memory
    ORDER BY dag_id, step, created_at DESC
) latest
WHERE state = 'failed'
  AND (summary->'facts' IS NOT NULL OR EXISTS (
      SELECT FROM ops.validation v
      WHERE v.batch_id = latest.batch_id AND v.scope = 'batch' AND NOT v.success))
"""
_WORKERS = """
SELECT t.page_kind AS subject, min(f.at) AS since, count(*) AS times,
       (array_agg(f.target_key ORDER BY f.at DESC))[1] AS example
FROM ops.failure f JOIN ops.target t USING (target_key)
WHERE f.failure_class = 'WorkerLost' AND f.at > now() - :lately
GROUP BY 1
"""
# A page that waits for the archive is given back without a failure of its own. When it is sent to
# try again it is no sign any more: its row is touched then, whatever comes of it.
_ARCHIVE_SIGNS = """
SELECT at, detail FROM ops.failure
WHERE failure_class = 'ArchiveUnavailable' AND at > now() - :lately
UNION ALL
SELECT updated_at, failure_detail FROM ops.target
WHERE state = 'planned' AND failure_class = 'ArchiveUnavailable' AND failing_since IS NULL
  AND sent_at IS NULL AND updated_at > now() - :lately
"""
_ARCHIVE_FAILED = f"SELECT EXISTS ({_ARCHIVE_SIGNS}) AS lately"
# The latest page is known by a look at all of them: only when the archive has failed.
_ARCHIVE = f"""
SELECT min(at) AS since, count(*) AS times, (array_agg(detail ORDER BY at DESC))[1] AS detail
FROM ({_ARCHIVE_SIGNS}) AS signs
WHERE at > coalesce((SELECT max(last_fetched_at) FROM raw.page), '-infinity')
HAVING count(*) > 0
"""
_HUBS = """
SELECT hub, state, opened_at, detail, failures FROM ops.hub_state WHERE hub = ANY(:hubs)
"""
_FOLLOWED = "SELECT stage_id, competition FROM ops.followed_stage"
_OUTDATED = """
WITH followed AS (
    SELECT unnest(CAST(:stages AS int[])) AS stage_id,
           unnest(CAST(:competitions AS text[])) AS competition
), landed AS (
    SELECT competition, max(kickoff_utc) AS newest
    FROM followed JOIN core.match USING (stage_id) GROUP BY 1
)
SELECT competition AS subject, newest, min(x.kickoff_utc) AS oldest, count(*) AS matches
FROM followed JOIN landed USING (competition) JOIN core.fixture x USING (stage_id)
LEFT JOIN ops.target t ON t.target_key = 'whoscored/match_centre/' || x.match_id
WHERE x.closed_at IS NULL AND x.status IN ('finished', 'scheduled', 'live')
  AND x.kickoff_utc < now() - :fresh AND x.kickoff_utc > now() - :news
  AND x.kickoff_utc > newest AND coalesce(t.state, '') NOT IN ('absent', 'dropped')
GROUP BY 1, 2
"""
_NIGHT = """
SELECT count(*) FILTER (WHERE created_at < :due AND created_at > :remembered) AS any_before,
       count(*) FILTER (WHERE interval_end >= :due AND state = 'published') AS published,
       count(*) FILTER (WHERE interval_end >= :due AND state = 'open') AS open
FROM ops.batch WHERE dag_id = :nightly
"""
_UNDELIVERED = """
SELECT split_part(n.audience, ':', 1) AS subject, min(n.due_at) AS since, count(*) AS notices,
       (array_agg(n.problem ORDER BY n.notice_id DESC))[1] AS problem
FROM ops.notice n JOIN ops.incident i USING (incident_id)
WHERE n.sent_at IS NULL AND n.problem IS NOT NULL AND n.tries >= :tries
  AND (n.due_at > now() - :memory OR (i.closed_at IS NULL AND n.kind IN ('opened', 'worse')))
GROUP BY 1
"""


def ledger_conditions(
    connection: Connection, settings: Settings, now: datetime | None = None
) -> list[Condition]:
    """All that is wrong according to the ledger; it changes nothing.

    Args:
        now: for what is late by the clock; the current moment by default.
    """
    looks: Sequence[Callable[[], Iterator[Condition]]] = (
        lambda: sources(connection),
        lambda: hubs(connection, settings),
        lambda: stuck_targets(connection),
        lambda: failed_batches(connection),
        lambda: lost_workers(connection),
        lambda: failed_archive(connection),
        lambda: outdated_competitions(connection, settings),
        lambda: late_night(connection, settings, now or datetime.now(UTC)),
        lambda: undelivered(connection),
    )
    return [condition for look in looks for condition in look()]


def sources(connection: Connection) -> Iterator[Condition]:
    """Sources that the platform paused and that have not given a right page since."""
    for row in _rows(connection, _SOURCES):
        yield Condition(row.failure_class, row.subject, row.detail, row.facts, row.since)


def hubs(connection: Connection, settings: Settings) -> Iterator[Condition]:
    """Hubs of the settings whose breaker is open; when no other is left, that is the trouble."""
    try:
        wanted = sorted({_without_login(url) for url in settings.hub_urls})
    except ValueError:
        name = f"{PREFIX}HUB_URLS"
        what = "an entry is no address of a hub: write http://host:4444/wd/hub"
        yield Condition("ConfigInvalid", name, f"{name}: {what}", {"setting": name})
        return
    broken = [row for row in _rows(connection, _HUBS, hubs=wanted) if row.state != "closed"]
    all_of_them = len(broken) == len(wanted)
    for row in broken:
        yield Condition(
            "BrowserUnavailable",
            row.hub,
            row.detail or "its breaker is open",
            {"failures": row.failures},
            row.opened_at,
            silent=all_of_them,
        )
    if all_of_them and broken:
        yield Condition(
            "BrowserUnavailable",
            ALL_HUBS,
            f"no hub gives a session: {'; '.join(f'{r.hub}: {r.detail}' for r in broken)}",
            {"hubs": wanted},
            max((row.opened_at for row in broken if row.opened_at), default=None),
            severity=Severity.P1,
        )


def stuck_targets(connection: Connection) -> Iterator[Condition]:
    """Page kinds with targets that wait for a person: a layout, rows, a setting, a defect."""
    for row in _rows(connection, _STUCK):
        known = row.latest_facts or {}
        facts: dict[str, Any] = {"targets": row.targets, "example": row.example}
        if isinstance(fields := known.get("fields"), list):
            facts["fields"] = [str(name)[:80] for name in fields[:10]]
        detail = f"{_count(row.targets, 'page')}, the latest {row.example}: {row.latest}"
        yield Condition(row.failure_class, row.subject, detail, facts, row.since)


def failed_batches(connection: Connection) -> Iterator[Condition]:
    """Steps whose latest batch was refused as a whole."""
    for row in _rows(connection, _BATCHES, memory=BATCH_MEMORY):
        detail = row.detail or "the batch was refused"
        yield Condition("InvalidBatch", row.subject, detail, row.facts, row.since)


def lost_workers(connection: Connection) -> Iterator[Condition]:
    """Page kinds over which workers died within the hour."""
    for row in _rows(connection, _WORKERS, lately=LATELY):
        detail = f"{_count(row.times, 'time')} within the hour, the latest over {row.example}"
        facts = {"times": row.times, "example": row.example}
        yield Condition("WorkerLost", row.subject, detail, facts, row.since)


def failed_archive(connection: Connection) -> Iterator[Condition]:
    """The archive, when it failed lately and has taken no page since."""
    if not _rows(connection, _ARCHIVE_FAILED, lately=LATELY)[0].lately:
        return
    for row in _rows(connection, _ARCHIVE, lately=LATELY):
        yield Condition(
            "ArchiveUnavailable", "archive", row.detail, {"times": row.times}, row.since
        )


def outdated_competitions(connection: Connection, settings: Settings) -> Iterator[Condition]:
    """Followed competitions with matches that kicked off long ago and are not there.

    Only matches later than the newest landed one count: an older one that is missing is a gap.
    """
    followed = {row.stage_id: row.competition for row in _rows(connection, _FOLLOWED)}
    followed |= {stage.stage_id: stage.competition for stage in settings.follow}
    rows = _rows(
        connection,
        _OUTDATED,
        stages=list(followed),
        competitions=list(followed.values()),
        fresh=timedelta(hours=settings.freshness_hours),
        news=NEWS,
    )
    for row in rows:
        yield Condition(
            "DataLate",
            row.subject,
            f"{_count(row.matches, 'match', 'matches')} from {row.oldest:%Y-%m-%d %H:%M} UTC on "
            f"not landed; the newest landed match kicked off {row.newest:%Y-%m-%d %H:%M} UTC",
            {"matches": row.matches, "newest_landed": row.newest.isoformat()},
            row.oldest + timedelta(hours=settings.freshness_hours),
        )


def late_night(connection: Connection, settings: Settings, now: datetime) -> Iterator[Condition]:
    """The nightly run, when the last day of football is not published in time.

    Where none has run in the week before, none is expected: not on the first day either.
    """
    due = datetime.combine(now.date(), NIGHT_DUE)
    due = due if due <= now else due - timedelta(days=1)
    late_at = due + timedelta(hours=settings.run_late_hours)
    if now < late_at:
        return
    row = _rows(connection, _NIGHT, nightly=NIGHTLY, due=due, remembered=due - timedelta(days=8))[0]
    if not row.any_before or (row.published and not row.open):
        return
    state = "it is not over" if row.open else "nothing of it has been published"
    yield Condition(
        "DataLate",
        NIGHTLY,
        f"the run that was due {due:%Y-%m-%d %H:%M} UTC is late: {state}",
        {"due": due.isoformat(), "open_batches": row.open},
        late_at,
    )


def undelivered(connection: Connection) -> Iterator[Condition]:
    """Audiences that messages do not reach."""
    memory = timedelta(days=1)
    for row in _rows(connection, _UNDELIVERED, tries=FAILED_TRIES, memory=memory):
        detail = f"{_count(row.notices, 'message')}, the latest: {row.problem}"
        facts = {"notices": row.notices}
        yield Condition("AlertUndelivered", row.subject, detail, facts, row.since)


def _rows(connection: Connection, query: str, **values: Any) -> Sequence[Any]:
    return connection.execute(text(query), values).all()


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _without_login(url: str) -> str:
    # As scrapers.browser.hubs writes it to ops.hub_state; that module would import Selenium.
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
    return urlunsplit(bare).rstrip("/")
