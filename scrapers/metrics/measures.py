"""What is measured: each measure one query over the ledger, its labels and its value.

The ledger is the one truth about the work, so the measures are read from it when Prometheus
asks: no worker counts anything, a restart loses nothing, and the numbers are the same from
whichever machine they are asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from scrapers.errors import AlertUndelivered
from scrapers.warehouse.health_tables import NOBODY

GAUGE, COUNTER = "gauge", "counter"
# See scrapers.incidents.keep: until then it is a sign that may pass.
_ANNOUNCED = "facts->'watch'->>'announced_at' IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure.

    Attributes:
        name: its name without the prefix `touchline_`; a counter's ends in `_total` when told.
        kind: gauge or counter.
        meaning: what it says, with its unit.
        labels: its labels, in the order of the query's first columns.
        query: gives the labels and then the value; no rows: nothing is told.
        costly: counts a table that grows for ever, so it is asked for every few minutes only.
    """

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]
    query: str
    costly: bool = False

    @property
    def statement(self) -> object:
        """The query as a statement."""
        return text(self.query)


MEASURES = (
    Measure(
        "targets",
        GAUGE,
        "targets of the ledger by page kind and state",
        ("page_kind", "state"),
        "SELECT page_kind, state, count(*) FROM ops.target GROUP BY 1, 2",
        costly=True,
    ),
    Measure(
        "night_targets",
        GAUGE,
        "pages that runs of the last 24 hours asked for, by competition and how far they came: "
        "planned is all of them; fetched and landed since then; quarantined and refused as they "
        "stand. Pages of no competition that is known yet: other",
        ("competition", "page_kind", "step"),
        """
        WITH asked AS (
          SELECT t.*, starts_with(page_kind, 'match_') AS of_match,
                 CASE WHEN page_kind = 'schedule' OR starts_with(page_kind, 'match_')
                      THEN split_part(target_key, '/', 3)
                      WHEN page_kind NOT IN ('tournaments', 'seasons', 'stages')
                      THEN split_part(target_key, '/', -1) END::bigint AS id
            FROM ops.target t WHERE planned_at > now() - interval '24 hours'
        )
        SELECT coalesce(c.name, 'other'), t.page_kind, p.step, count(*) FILTER (WHERE p.there)
          FROM asked t
          LEFT JOIN core.fixture f ON t.of_match AND f.match_id = t.id
          LEFT JOIN core.stage s ON s.stage_id = CASE WHEN t.of_match THEN f.stage_id ELSE t.id END
          LEFT JOIN core.season n ON n.season_id = s.season_id
          LEFT JOIN core.competition c ON c.competition_id = n.competition_id
          CROSS JOIN LATERAL (VALUES
               ('planned', true), ('fetched', t.fetched_at >= t.planned_at),
               ('landed', t.landed_at >= t.planned_at), ('quarantined', t.state = 'quarantined'),
               ('refused', t.state = 'blocked' AND t.failure_class = 'SourceRefused')
               ) AS p (step, there)
         GROUP BY 1, 2, 3
        """,
        costly=True,
    ),
    Measure(
        "due_targets",
        GAUGE,
        "targets that an open batch waits for and that are due, by state: the queue's depth",
        ("state",),
        """
        SELECT s.state, count(t.target_key)
          FROM (VALUES ('planned'), ('archived')) AS s (state)
          LEFT JOIN ops.target t
            ON t.state = s.state AND t.due_at <= now() AND EXISTS (
               SELECT FROM ops.batch_target l JOIN ops.batch b USING (batch_id)
                WHERE l.target_key = t.target_key AND b.state = 'open')
         GROUP BY 1
        """,
    ),
    Measure(
        "held_targets",
        GAUGE,
        "targets that a worker holds, by state: busy browser slots are those in fetching",
        ("state",),
        """
        SELECT s.state, count(t.target_key)
          FROM (VALUES ('fetching'), ('archived')) AS s (state)
          LEFT JOIN ops.target t ON t.state = s.state AND t.lease_until > now()
         GROUP BY 1
        """,
    ),
    Measure(
        "failures",
        COUNTER,
        "failures of targets by class and stage",
        ("failure_class", "stage"),
        "SELECT failure_class, stage, count(*) FROM ops.failure GROUP BY 1, 2",
        costly=True,
    ),
    Measure(
        "requests",
        COUNTER,
        "pages asked of a host",
        ("host",),
        "SELECT host, sum(requests) FROM ops.request_hour GROUP BY 1",
    ),
    Measure(
        "pages",
        COUNTER,
        "pages archived, by page kind",
        ("page_kind",),
        "SELECT split_part(target_key, '/', 2), count(*) FROM raw.page GROUP BY 1",
        costly=True,
    ),
    Measure(
        "landed_rows",
        COUNTER,
        "rows that landings changed in the core tables, by table and what was done",
        ("table", "change"),
        """
        SELECT table_name, c.change, sum(c.n)
          FROM ops.landing, LATERAL (VALUES
               ('inserted', inserted), ('updated', updated), ('deleted', deleted)) AS c (change, n)
         GROUP BY 1, 2
        """,
        costly=True,
    ),
    Measure(
        "batches",
        GAUGE,
        "batches by DAG, step and state",
        ("dag_id", "step", "state"),
        "SELECT dag_id, step, state, count(*) FROM ops.batch GROUP BY 1, 2, 3",
    ),
    Measure(
        "published_timestamp_seconds",
        GAUGE,
        "when a batch of the DAG's step was last published, Unix time",
        ("dag_id", "step"),
        """
        SELECT dag_id, step, extract(epoch FROM max(closed_at)) FROM ops.batch
         WHERE state = 'published' GROUP BY 1, 2
        """,
    ),
    Measure(
        "time_to_land_seconds",
        GAUGE,
        "median time from the fetch of a match centre to its landing, last 24 hours",
        (),
        """
        SELECT percentile_cont(0.5) WITHIN GROUP (
                 ORDER BY extract(epoch FROM landed_at - fetched_at))
          FROM ops.target
         WHERE page_kind = 'match_centre' AND landed_at > now() - interval '24 hours'
           AND landed_at >= fetched_at
        HAVING count(*) > 0
        """,
    ),
    Measure(
        "newest_match_timestamp_seconds",
        GAUGE,
        "kick-off of the newest landed match of a competition, Unix time",
        ("competition",),
        """
        SELECT c.name, extract(epoch FROM max(m.kickoff_utc))
          FROM core.match m JOIN core.competition c USING (competition_id) GROUP BY 1
        """,
        costly=True,
    ),
    Measure(
        "matches_behind",
        GAUGE,
        "finished matches of the last 30 days that have not landed, by competition; those that "
        "the site has no match centre of are left out",
        ("competition",),
        """
        SELECT coalesce(c.name, 'stage ' || f.stage_id), count(*) FILTER (
                 WHERE m.match_id IS NULL AND coalesce(t.state, '') NOT IN ('absent', 'dropped'))
          FROM core.fixture f
          LEFT JOIN core.stage s ON s.stage_id = f.stage_id
          LEFT JOIN core.season n ON n.season_id = s.season_id
          LEFT JOIN core.competition c ON c.competition_id = n.competition_id
          LEFT JOIN core.match m ON m.match_id = f.match_id
          LEFT JOIN ops.target t ON t.target_key = 'whoscored/match_centre/' || f.match_id
         WHERE f.status = 'finished' AND f.closed_at IS NULL
           AND f.kickoff_utc > now() - interval '30 days'
         GROUP BY 1
        """,
    ),
    Measure(
        "gaps",
        GAUGE,
        "open gaps by the class that left them open",
        ("failure_class",),
        "SELECT failure_class, count(*) FROM ops.gap WHERE closed_at IS NULL GROUP BY 1",
    ),
    Measure(
        "gaps_given_up",
        GAUGE,
        "gaps given up in the last 7 days, by the class that left them open",
        ("failure_class",),
        """
        SELECT failure_class, count(*) FROM ops.gap
        WHERE closed_by = 'given up' AND closed_at > now() - interval '7 days' GROUP BY 1
        """,
    ),
    Measure(
        "quarantined",
        GAUGE,
        "targets in quarantine, by page kind",
        ("page_kind",),
        "SELECT page_kind, count(*) FROM ops.target WHERE state = 'quarantined' GROUP BY 1",
    ),
    Measure(
        "source_paused",
        GAUGE,
        "1 while a source is paused, else 0",
        ("source",),
        "SELECT source, (coalesce(paused_until > now(), false))::int FROM ops.source_state",
    ),
    Measure(
        "hub_usable",
        GAUGE,
        "1 while the breaker of a hub is closed, else 0",
        ("hub",),
        "SELECT hub, (state = 'closed')::int FROM ops.hub_state",
    ),
    Measure(
        "browser_sessions",
        GAUGE,
        "open browser sessions, by hub",
        ("hub",),
        "SELECT hub, count(*) FROM ops.browser_session WHERE lease_until > now() GROUP BY 1",
    ),
    Measure(
        "incident_open",
        GAUGE,
        "1 for each open incident; a first sign that may yet pass is none",
        ("failure_class", "subject", "severity"),
        f"SELECT failure_class, subject, severity, 1 FROM ops.incident WHERE closed_at IS NULL "
        f"AND {_ANNOUNCED}",
    ),
    Measure(
        "incidents",
        COUNTER,
        "incidents opened, by class",
        ("failure_class",),
        f"SELECT failure_class, count(*) FROM ops.incident WHERE {_ANNOUNCED} GROUP BY 1",
    ),
    Measure(
        "notices_unsent",
        GAUGE,
        "messages about incidents that could not be delivered: still tried, or of an open incident",
        ("audience",),
        "SELECT audience, count(*) FROM ops.notice JOIN ops.incident USING (incident_id) "
        "WHERE sent_at IS NULL AND (tries > 0 OR problem IS NOT NULL) AND (closed_at IS NULL "
        f"OR (tries < {AlertUndelivered.retry.max_attempts} "
        f"AND problem IS DISTINCT FROM '{NOBODY}')) GROUP BY 1",
    ),
)
