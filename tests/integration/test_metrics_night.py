"""The night by competition: what was asked for in the last 24 hours, and how far it came."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Engine, insert, text

from scrapers.errors import ConfigInvalid
from scrapers.metrics.measures import MEASURES
from scrapers.targets import PageKind, Target
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.tables import Competition, Fixture, Season, Stage, Team

LINEAGE = {
    "page_hash": "0" * 64,
    "selector_version": "schedule/test",
    "batch_id": UUID(int=1),
    "landed_at": datetime(2022, 8, 1, tzinfo=UTC),
}
NIGHT = next(measure for measure in MEASURES if measure.name == "night_targets")


def seasons(engine: Engine) -> None:
    """Two competitions with a stage each, 11 and 12, and a match of each, 101 and 102."""
    kickoff = datetime(2022, 8, 13, 19, tzinfo=UTC)
    with engine.begin() as connection:
        for team_id in (1, 2):
            connection.execute(insert(Team), {"team_id": team_id, "name": "x", **LINEAGE})
        for number, name in ((1, "Spain LaLiga"), (2, "England Premier League")):
            season = {"season_id": number, "competition_id": number, "name": "2022/2023"}
            fixture = {
                "match_id": 100 + number,
                "stage_id": 10 + number,
                "feed_month": "202208",
                "kickoff_utc": kickoff,
                "status": "finished",
                "home_team_id": 1,
                "away_team_id": 2,
                "is_opta": True,
            }
            for table, row in (
                (Competition, {"competition_id": number, "name": name}),
                (Season, season),
                (Stage, {"stage_id": 10 + number, "season_id": number}),
                (Fixture, fixture),
            ):
                connection.execute(insert(table), {**row, **LINEAGE})


def ask(engine: Engine, target: Target, state: str, *, ago: str = "1 h", **more: object) -> None:
    """A target that was planned so long ago."""
    with engine.begin() as connection:
        connection.execute(
            insert(TargetRow).values(
                target_key=target.key,
                page_kind=str(target.page_kind),
                state=state,
                planned_at=text(f"now() - interval '{ago}'"),
                **more,
            )
        )


def test_the_night_is_told_by_competition_and_step(engine: Engine):
    seasons(engine)
    now = text("now()")
    long_ago = text("now() - interval '3 days'")
    centre = Target.match_centre(101)
    ask(engine, centre, "landed", fetched_at=now, landed_at=now)
    ask(engine, Target.of(PageKind.MATCH_PREVIEW, match_id=102), "quarantined", fetched_at=now)
    ask(engine, Target.schedule(11, "202208"), "blocked", failure_class="SourceRefused")
    # Landed before, and asked for again: it has yet to come.
    ask(engine, Target.schedule(12, "202208"), "planned", fetched_at=long_ago, landed_at=long_ago)
    ids = {"region_id": 1, "competition_id": 2, "season_id": 2, "stage_id": 12}
    ask(engine, Target.of(PageKind.STANDINGS, **ids), "archived", fetched_at=now)
    statistics = Target.of(
        PageKind.TEAM_STATISTICS, category="summary", subcategory="all", stage_id=11
    )
    ask(engine, statistics, "planned")
    ask(engine, Target.of(PageKind.TOURNAMENTS), "planned")
    ask(engine, Target.match_centre(999), "planned")
    ask(engine, Target.match_centre(102), "landed", ago="25 h", landed_at=now)
    told: Counter[tuple[str, str]] = Counter()
    with engine.connect() as connection:
        for competition, _, step, count in connection.execute(text(NIGHT.query)):
            told[competition, step] += count
    spain, england = "Spain LaLiga", "England Premier League"
    assert {key: count for key, count in told.items() if count} == {
        (spain, "planned"): 3,
        (spain, "fetched"): 1,
        (spain, "landed"): 1,
        (spain, "refused"): 1,
        (england, "planned"): 3,
        (england, "fetched"): 2,
        (england, "quarantined"): 1,
        ("other", "planned"): 2,
    }


def test_every_kind_of_page_has_a_place_in_it(engine: Engine):
    """A new kind of page must not break the measure: each id that it casts is a number."""
    sample = {"month": "202208", "category": "summary", "subcategory": "all"}
    for kind in PageKind:
        names = _id_names(kind)
        ask(engine, Target.of(kind, **{name: sample.get(name, 7) for name in names}), "planned")
    with engine.connect() as connection:
        found = connection.execute(text(NIGHT.query)).all()
    assert {kind for _, kind, _, _ in found} == set(PageKind)


def _id_names(kind: PageKind) -> list[str]:
    """The ids that a kind's address needs, as its refusal of none tells them."""
    try:
        Target.of(kind)
    except ConfigInvalid as error:
        return re.sub(r".* needs (.*), not none", r"\1", error.detail).split(", ")
    return []
