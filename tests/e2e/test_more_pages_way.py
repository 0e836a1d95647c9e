"""Previews, reports and season statistics through a browser, from the command to core."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from scrapers.pipeline.intervals import parse_day
from scrapers.pipeline.plan_pages import PLAYER_CATEGORIES, TEAM_CATEGORIES
from scrapers.targets import PageKind
from scrapers.warehouse.engine import engine as open_engine
from tests.site.previews import preview
from tests.site.reports import traits
from tests.site.season_statistics import records
from tests.site.world import World
from tests.support import landed
from tests.support import stack as stacks
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DAY, STAGE = "2022-08-13", 21501
WORLD = World()
MATCHES = [m for m in WORLD.matches_on(parse_day(DAY)) if m.stage_id == STAGE]
# The season has begun the day before: a run looks back upon it for reports too.
REPORTED = [
    match
    for day in (DAY, "2022-08-12")
    for match in WORLD.matches_on(parse_day(day))
    if match.stage_id == STAGE and match.status == "finished" and match.has_match_centre
]
MORE = (
    PageKind.MATCH_PREVIEW,
    PageKind.MATCH_REPORT,
    PageKind.TEAM_STATISTICS,
    PageKind.PLAYER_STATISTICS,
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = stacks.start(
        tmp_path_factory.mktemp("more") / "stack",
        airflow=False,
        settings={"page_interval_seconds": "0.05"},
    )
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def engine(stack: Stack) -> Iterator[Engine]:
    made = open_engine(stack.settings)
    yield made
    made.dispose()


def scrape(stack: Stack, *kinds: PageKind, force: bool = False) -> dict[str, Any]:
    arguments = [argument for kind in kinds for argument in ("--page-kind", kind.value)]
    told = stack.touchline(
        *("scrape", "--from", DAY, "--competition", str(STAGE), "--json", *arguments),
        *(["--force"] if force else []),
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def rows(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_a_day_s_further_pages_land_as_the_site_shows_them(stack: Stack, engine: Engine) -> None:
    scrape(stack, PageKind.SCHEDULE, PageKind.MATCH_CENTRE)
    scrape(stack, *MORE)
    states = rows(
        engine,
        "SELECT page_kind, state, count(*) FROM ops.target"
        " WHERE page_kind NOT IN ('schedule', 'match_centre') GROUP BY 1, 2 ORDER BY 1, 2",
    )
    assert states == [
        ("match_preview", "landed", len(MATCHES)),
        ("match_report", "landed", len(REPORTED)),
        ("player_statistics", "landed", len(PLAYER_CATEGORIES)),
        ("team_statistics", "landed", len(TEAM_CATEGORIES)),
    ]
    # None of them was archived before it was ready.
    assert rows(engine, "SELECT DISTINCT ready FROM raw.page") == [(True,)]
    assert set(
        rows(engine, "SELECT match_id, player_id, team_id, reason, status FROM core.missing_player")
    ) == {
        (match.id, one.player.id, side.club.id, one.reason, one.status)
        for match in MATCHES
        for side in (preview(match).home, preview(match).away)
        for one in side.missing
    }
    assert set(
        rows(engine, "SELECT match_id, player_id, position FROM core.predicted_line_up")
    ) == {
        (match.id, player.id, position)
        for match in MATCHES
        for side in (preview(match).home, preview(match).away)
        for player, position, _ in side.starters
    }
    assert set(
        rows(engine, "SELECT match_id, team_id, kind, ordinal, text FROM core.match_trait")
    ) == {
        (match.id, (match.home if side == "home" else match.away).id, kind, ordinal, sentence)
        for match in REPORTED
        for (side, kind), sentences in traits(match).items()
        for ordinal, sentence in enumerate(sentences, start=1)
    }
    counted = records(match for match in WORLD.matches() if match.stage_id == STAGE)
    for stat in ("apps", "goal"):
        found = rows(
            engine,
            "SELECT team_id, value::int FROM core.team_season_stat"
            f" WHERE subcategory = 'all' AND stat = '{stat}'",
        )
        assert dict(found) == {
            club.id: one.apps if stat == "apps" else one.counts["goal"]
            for club, one in counted.teams.items()
        }
    minutes = rows(
        engine,
        "SELECT player_id, value::int FROM core.player_season_stat"
        " WHERE subcategory = 'all' AND stat = 'minsPlayed'",
    )
    assert dict(minutes) == {player.id: one.minutes for (player, _), one in counted.players.items()}


@pytest.mark.long  # of matches test_airflow_runs proves it, of plans test_pipeline_plan
def test_what_is_there_is_not_asked_for_again_and_forced_it_changes_nothing(
    stack: Stack, engine: Engine
) -> None:
    stack.control("requests/clear", b"{}")
    scrape(stack, *MORE)
    assert json.loads(stack.control("requests")) == []
    before = landed.versions(engine)
    scrape(stack, *MORE, force=True)
    assert len(json.loads(stack.control("requests"))) >= 8 + 2 * len(MATCHES)
    assert landed.versions(engine) == before
