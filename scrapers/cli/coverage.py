"""`touchline coverage`: of what the schedule promises, what has landed, by stage and month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scrapers.cli.console import out, print_json, print_legend, print_table
from scrapers.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

_LEGEND = (
    "expected: finished matches. landed: with their match centre. absent: without one, as their "
    "page says; they do not count against the share. overdue: ought to be over, and the schedule "
    "does not say so.",
    "missing: why a match has not landed. unplanned: no run has asked for it yet (touchline scrape "
    "--from, or a backfill). blocked, quarantined: it failed so (touchline status). planned, "
    "fetching, archived, parsed: it is under way.",
)


def coverage(
    date_from: Annotated[
        str, typer.Option("--from", help="first day, YYYY-MM-DD; default: the first known")
    ] = "",
    date_to: Annotated[
        str, typer.Option("--to", help="last day, included; default: the last known")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Finished matches by stage and month: expected, landed, absent, missing and why."""
    from scrapers.pipeline.follow import followed
    from scrapers.pipeline.intervals import parse_day
    from scrapers.warehouse.engine import engine

    current = settings()
    first = parse_day(date_from) if date_from else None
    last = parse_day(date_to) if date_to else None
    warehouse = engine(current)
    names = {
        stage.stage_id: f"{stage.competition} {stage.season}"
        for stage in followed(warehouse, current)
    }
    rows = _rows(warehouse, names, first, last)
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("The schedule knows no match of these days yet: start a run for them first.")
    else:
        columns = ("stage", "month", "expected", "landed", "share", "absent", "missing", "overdue")
        print_table("Coverage", columns, ([_shown(row[name]) for name in columns] for row in rows))
        print_legend(_LEGEND)


def _rows(
    engine: Engine, names: dict[int, str], first: date | None, last: date | None
) -> list[dict[str, Any]]:
    from scrapers.pipeline.completeness import completeness
    from scrapers.pipeline.intervals import Interval, next_month
    from scrapers.pipeline.request import Request

    rows = []
    for stage_id, name, known_first, known_last in _stages(engine, names):
        start, end = first or known_first, last or known_last
        while start <= end:
            month_end = min(next_month(start) - timedelta(days=1), end)
            request = Request(Interval.of_days(start, month_end), (stage_id,))
            found = completeness(engine, request)
            if found.expected or found.overdue:
                rows.append(
                    {
                        "stage": name,
                        "stage_id": stage_id,
                        "month": f"{start:%Y-%m}",
                        "share": round(found.share, 3),
                        **found.as_json(),
                    }
                )
            start = next_month(start)
    return rows


def _stages(engine: Engine, names: dict[int, str]) -> list[tuple[int, str, date, date]]:
    """Stages with fixtures: id, name, first and last day on which one kicks off."""
    from sqlalchemy import func, select

    from scrapers.warehouse.engine import transaction
    from scrapers.warehouse.tables import Competition, Fixture, Season, Stage

    # A day of football begins at 05:00 UTC; a day more at either end only costs empty months.
    query = (
        select(
            Stage.stage_id,
            Competition.name.label("competition"),
            Season.name.label("season"),
            func.min(Fixture.kickoff_utc).label("first"),
            func.max(Fixture.kickoff_utc).label("last"),
        )
        .join(Fixture, Fixture.stage_id == Stage.stage_id)
        .join(Season, Season.season_id == Stage.season_id)
        .join(Competition, Competition.competition_id == Season.competition_id)
        .group_by(Stage.stage_id, Competition.name, Season.name)
        .order_by(Competition.name, Season.name, Stage.stage_id)
    )
    with transaction(engine) as connection:
        found = connection.execute(query).all()
    return [
        (
            row.stage_id,
            names.get(row.stage_id, f"{row.competition} {row.season}"),
            row.first.date() - timedelta(days=1),
            row.last.date(),
        )
        for row in found
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{count} {what}" for what, count in sorted(value.items())) or None
    return f"{value:.1%}" if isinstance(value, float) else value
