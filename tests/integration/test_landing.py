"""After a landing the core tables say what the pages say, whatever order they came in."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, insert, select, text, update

from scrapers.errors import InvalidBatch, WarehouseUnavailable
from scrapers.targets import Target
from scrapers.warehouse.landing import RowCounts, land
from scrapers.warehouse.ops_tables import LandingRow, QuarantineRow, TargetRow
from scrapers.warehouse.records import Staged, State
from scrapers.warehouse.tables import CORE_TABLES, STAGING_TABLES, Fixture, Match, data_columns
from scrapers.whoscored.rows import RowSet
from tests.support.pages import REAL_MATCH_ID
from tests.support.rows import (
    FETCHED,
    HOME,
    KEEPER,
    STAGE,
    STRIKER,
    event_row,
    feed_rows,
    match_rows,
    new_batch,
    put,
    real_match_rows,
    row,
)
from tests.support.waiting import terminate, until_waiting

MATCH = Target.match_centre(7)
AUGUST = Target.schedule(STAGE, "202208")


def landed(engine: Engine, *staged: Staged) -> dict[str, RowCounts]:
    """Land these under a batch of their own."""
    return land(engine, new_batch(engine), staged)


def land_match(engine: Engine, rows: RowSet, **facts: Any) -> dict[str, RowCounts]:
    match_id = rows["match"][0]["match_id"]
    return landed(engine, put(engine, Target.match_centre(match_id), rows, **facts))


def land_feeds(engine: Engine, **feeds: Any) -> dict[str, RowCounts]:
    """Land month feeds as one batch: land_feeds(engine, m202208={7: "finished"})."""
    staged = [
        put(engine, Target.schedule(STAGE, name[1:]), feed_rows(name[1:], matches))
        for name, matches in feeds.items()
    ]
    return landed(engine, *staged)


def core(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """All landed rows without their lineage, in the order of their keys."""
    found = {}
    with engine.connect() as connection:
        for table in CORE_TABLES:
            query = select(*data_columns(table)).order_by(*table.primary_key.columns)
            found[table.name] = [dict(each) for each in connection.execute(query).mappings()]
    return {name: rows for name, rows in found.items() if rows}


def versions(engine: Engine) -> dict[str, list[Any]]:
    """PostgreSQL's own version of every row: changes with any write, even of the same values."""
    found = {}
    with engine.connect() as connection:
        for table in CORE_TABLES:
            query = text(
                f'SELECT ctid::text, xmin::text, t.* FROM core."{table.name}" t ORDER BY 1'
            )
            found[table.name] = [tuple(each) for each in connection.execute(query)]
    return found


def fixtures(engine: Engine) -> dict[int, tuple[str, str, bool]]:
    """Of each fixture its feed, its status and whether it is closed."""
    query = select(Fixture.match_id, Fixture.feed_month, Fixture.status, Fixture.closed_at)
    with engine.connect() as connection:
        return {
            found.match_id: (found.feed_month, found.status, found.closed_at is not None)
            for found in connection.execute(query)
        }


def states(engine: Engine) -> dict[str, str]:
    query = select(TargetRow.target_key, TargetRow.state)
    with engine.connect() as connection:
        return {found.target_key: found.state for found in connection.execute(query)}


def staged_rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return sum(
            connection.scalar(text(f'SELECT count(*) FROM staging."{table.name}"'))
            for table in STAGING_TABLES
        )


def test_the_real_match_lands_as_its_page_has_it(engine: Engine, shared_data: Path):
    rows = real_match_rows(shared_data)
    staged = put(engine, Target.match_centre(REAL_MATCH_ID), rows, page_hash="b" * 64)
    batch_id = new_batch(engine)
    before = datetime.now(UTC)
    counts = land(engine, batch_id, [staged])
    assert counts == {name: RowCounts(inserted=len(t)) for name, t in rows.items() if t}
    assert (counts["event"].inserted, counts["line_up"].inserted) == (1465, 46)
    with engine.connect() as connection:
        match = connection.execute(select(*Match.__table__.columns)).one()
        noted = connection.execute(select(*LandingRow.__table__.columns)).all()
    assert (match.home_score, match.away_score) == (0, 0)
    assert match.venue_name == "Spotify Camp Nou"
    assert match.kickoff_page == datetime(2022, 8, 13, 20)  # noqa: DTZ001 - the page's clock
    assert match.kickoff_utc == datetime(2022, 8, 13, 19, tzinfo=UTC)
    assert (match.page_hash, match.selector_version) == ("b" * 64, "match_centre/test")
    assert match.batch_id == batch_id
    assert before < match.landed_at < datetime.now(UTC)
    assert {(each.table_name, each.inserted, each.batch_id) for each in noted} == {
        (name, count.inserted, batch_id) for name, count in counts.items()
    }
    assert states(engine) == {staged.target_key: State.LANDED}
    assert staged_rows(engine) == 0


def test_landing_the_same_again_writes_no_row(engine: Engine, shared_data: Path):
    def night() -> dict[str, RowCounts]:
        first = land_feeds(engine, m202208={REAL_MATCH_ID: "finished", 7: "postponed"})
        second = land_match(engine, real_match_rows(shared_data))
        return {**first, **second}

    counts = night()
    before = versions(engine)
    again = night()
    assert versions(engine) == before
    assert again.keys() == counts.keys()
    for table, count in again.items():
        assert astuple(count) == (0, 0, 0, count.unchanged), table
        assert count.unchanged > 0, table


def test_nothing_good_lands_nothing(engine: Engine):
    put(engine, MATCH, match_rows(7))
    assert landed(engine) == {}
    assert core(engine) == {}
    assert states(engine) == {MATCH.key: State.PARSED}


def test_a_corrected_match_ends_as_its_page_has_it(engine: Engine):
    land_match(engine, match_rows(7, events=3))
    land_match(engine, match_rows(8, events=3))
    others = [each for each in core(engine)["event"] if each["match_id"] == 8]
    more = match_rows(7, events=4)
    more["event"][0]["type_name"] = "Goal"
    assert land_match(engine, more)["event"] == RowCounts(inserted=1, updated=1, unchanged=2)
    fewer = match_rows(7, events=2)
    assert land_match(engine, fewer)["event"] == RowCounts(updated=1, deleted=2, unchanged=1)
    events = core(engine)["event"]
    assert [each for each in events if each["match_id"] == 7] == fewer["event"]
    assert [each for each in events if each["match_id"] == 8] == others


def test_a_null_of_a_corrected_match_takes_the_value_back(engine: Engine):
    rows = match_rows(7)
    rows["match"][0]["attendance"] = 81104
    land_match(engine, rows)
    assert land_match(engine, match_rows(7))["match"] == RowCounts(updated=1)
    assert core(engine)["match"][0]["attendance"] is None


def test_a_team_that_was_another_is_replaced_with_all_that_hangs_on_it(engine: Engine):
    land_match(engine, match_rows(7))
    rows = match_rows(7)
    rows["team"].append(row("team", team_id=99, name="Rayo"))
    rows["match_team"][1]["team_id"] = 99
    rows["line_up"][1]["team_id"] = 99
    counts = land_match(engine, rows)
    assert counts["match_team"] == RowCounts(inserted=1, deleted=1, unchanged=1)
    assert counts["line_up"] == RowCounts(updated=1, unchanged=1)
    assert core(engine)["line_up"] == rows["line_up"]
    assert [each["team_id"] for each in core(engine)["match_team"]] == [HOME, 99]


def test_a_page_that_names_no_squads_any_more_empties_the_children_first(engine: Engine):
    land_match(engine, match_rows(7))
    rows = match_rows(7)
    rows |= {"match_team": [], "line_up": [], "event": []}
    counts = land_match(engine, rows)
    assert {name: counts[name].deleted for name in ("match_team", "line_up", "event")} == {
        "match_team": 2,
        "line_up": 2,
        "event": 3,
    }
    assert core(engine).keys().isdisjoint({"match_team", "line_up", "event"})


def players(height: int | None, name: str = "x") -> RowSet:
    return {
        **match_rows(7),
        "player": [
            row("player", player_id=KEEPER, name=name, height_cm=height),
            row("player", player_id=STRIKER, name="y"),
        ],
    }


def keeper(engine: Engine) -> tuple[str, int | None]:
    found = core(engine)["player"][0]
    return found["name"], found["height_cm"]


def test_what_a_later_page_does_not_tell_stays(engine: Engine):
    land_match(engine, players(190, "old"))
    land_match(engine, players(None, "new"))
    assert keeper(engine) == ("new", 190)
    before = versions(engine)["player"]
    land_match(engine, players(None, "new"))
    assert versions(engine)["player"] == before


@pytest.mark.parametrize("newest", [7, 8])
def test_of_a_batch_the_page_fetched_last_wins_but_hides_nothing(engine: Engine, newest: int):
    pages = {
        7: players(190, "of 7"),
        8: {**match_rows(8), "player": players(188, "of 8")["player"]},
    }
    pages[newest]["player"][0]["height_cm"] = None
    staged = [
        put(
            engine,
            Target.match_centre(match_id),
            rows,
            fetched_at=FETCHED + timedelta(hours=match_id == newest),
            page_hash=str(match_id) * 64,
        )
        for match_id, rows in pages.items()
    ]
    landed(engine, *staged)
    assert keeper(engine) == (f"of {newest}", 188 if newest == 7 else 190)
    with engine.connect() as connection:
        page_hash = connection.scalar(text("SELECT page_hash FROM core.player WHERE player_id = 1"))
    assert page_hash == str(newest) * 64


@pytest.mark.parametrize("first", ["schedule", "match"])
def test_a_match_gets_its_stage_from_the_schedule_whichever_lands_first(engine: Engine, first: str):
    def schedule() -> dict[str, RowCounts]:
        return land_feeds(engine, m202208={7: "finished"})

    def match() -> dict[str, RowCounts]:
        return land_match(engine, match_rows(7), page_hash="c" * 64)

    order = [schedule, match] if first == "schedule" else [match, schedule]
    counts = [each() for each in order]
    if first == "match":
        assert counts[1]["match"] == RowCounts(updated=1)
    with engine.connect() as connection:
        found = connection.execute(select(Match.stage_id, Match.page_hash)).one()
    assert tuple(found) == (STAGE, "c" * 64)
    before = versions(engine)
    for each in (schedule, match, schedule):
        each()
    assert versions(engine) == before


def test_a_match_and_its_feed_land_in_one_batch(engine: Engine):
    staged = [
        put(engine, MATCH, match_rows(7)),
        put(engine, AUGUST, feed_rows("202208", {7: "finished"})),
    ]
    counts = landed(engine, *staged)
    assert counts["match"] == counts["fixture"] == RowCounts(inserted=1)
    assert core(engine)["match"][0]["stage_id"] == STAGE


Feeds = dict[str, dict[int, Any]]
IN_AUGUST = ("202208", "postponed", False)
IN_OCTOBER = ("202210", "scheduled", False)


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        pytest.param(
            [{"m202208": {7: "postponed"}}, {"m202210": {7: "scheduled"}}],
            IN_OCTOBER,
            id="a new date is found in a later batch",
        ),
        pytest.param(
            [{"m202210": {7: "scheduled"}}, {"m202208": {7: "postponed"}}],
            IN_OCTOBER,
            id="the month in which it is not played lands last",
        ),
        pytest.param(
            [{"m202208": {7: "postponed"}, "m202210": {7: "scheduled"}}],
            IN_OCTOBER,
            id="both in one batch",
        ),
        pytest.param(
            [{"m202210": {7: "scheduled"}, "m202208": {7: "postponed"}}],
            IN_OCTOBER,
            id="both in one batch, the other way round",
        ),
        pytest.param(
            [{"m202208": {7: "scheduled"}}, {"m202208": {}, "m202210": {7: "scheduled"}}],
            IN_OCTOBER,
            id="it moves without a trace, in one batch",
        ),
        pytest.param(
            [{"m202208": {7: "scheduled"}}, {"m202208": {}}, {"m202210": {7: "scheduled"}}],
            IN_OCTOBER,
            id="it moves without a trace, closed in between",
        ),
        pytest.param(
            [{"m202208": {7: "scheduled"}}, {"m202210": {7: "scheduled"}}, {"m202208": {}}],
            IN_OCTOBER,
            id="it moves without a trace, the old month lands last",
        ),
        pytest.param(
            [{"m202210": {7: "scheduled"}}, {"m202208": {7: "scheduled"}}],
            ("202208", "scheduled", False),
            id="it is brought forward",
        ),
        pytest.param(
            [{"m202210": {7: "scheduled"}}, {"m202210": {}}, {"m202208": {7: "postponed"}}],
            IN_AUGUST,
            id="the new date is taken back",
        ),
        pytest.param(
            [{"m202210": {7: "scheduled"}}, {"m202210": {}, "m202208": {7: "postponed"}}],
            IN_AUGUST,
            id="the new date is taken back, in one batch",
        ),
        pytest.param(
            [{"m202208": {7: "postponed"}, "m202210": {7: "cancelled"}}],
            ("202210", "cancelled", False),
            id="not played at all: the later month",
        ),
        pytest.param(
            [{"m202208": {7: "finished"}, "m202210": {7: "postponed"}}],
            ("202208", "finished", False),
            id="played in the earlier month",
        ),
        pytest.param(
            [{"m202208": {7: "scheduled"}}, {"m202208": {7: "abandoned"}}],
            ("202208", "abandoned", False),
            id="its own feed may call it off",
        ),
        pytest.param(
            [{"m202208": {7: "scheduled"}}, {"m202208": {}}],
            ("202208", "scheduled", True),
            id="it vanishes",
        ),
        pytest.param(
            [{"m202208": {7: "scheduled"}}, {"m202208": {}}, {"m202208": {7: "scheduled"}}],
            ("202208", "scheduled", False),
            id="it comes back",
        ),
    ],
)
def test_a_fixture_stands_where_it_is_played(
    engine: Engine, batches: list[Feeds], expected: tuple[str, str, bool]
):
    for feeds in batches:
        land_feeds(engine, **feeds)
    assert fixtures(engine) == {7: expected}
    before = versions(engine)
    land_feeds(engine, **batches[-1])
    assert versions(engine) == before


def test_what_a_feed_no_longer_lists_is_closed_once_and_counted(engine: Engine):
    land_feeds(engine, m202208={7: "finished", 8: "scheduled"}, m202210={9: "scheduled"})
    other = put(
        engine, Target.schedule(777, "202208"), feed_rows("202208", {10: "scheduled"}, stage_id=777)
    )
    landed(engine, other)
    counts = land_feeds(engine, m202208={7: "finished"})
    assert counts["fixture"] == RowCounts(deleted=1, unchanged=1)
    assert fixtures(engine) == {
        7: ("202208", "finished", False),
        8: ("202208", "scheduled", True),
        9: ("202210", "scheduled", False),
        10: ("202208", "scheduled", False),
    }
    assert land_feeds(engine, m202208={7: "finished"})["fixture"] == RowCounts(unchanged=1)


def test_an_empty_feed_closes_its_month_and_says_so_in_the_lineage(engine: Engine):
    land_feeds(engine, m202208={7: "scheduled", 8: "scheduled"}, m202210={9: "scheduled"})
    empty = put(engine, AUGUST, {}, page_hash="e" * 64)
    batch_id = new_batch(engine)
    assert land(engine, batch_id, [empty]) == {"fixture": RowCounts(deleted=2)}
    closed = select(Fixture.match_id, Fixture.page_hash, Fixture.batch_id).where(
        Fixture.closed_at.is_not(None)
    )
    with engine.connect() as connection:
        found = [tuple(each) for each in connection.execute(closed.order_by(Fixture.match_id))]
    assert found == [(7, "e" * 64, batch_id), (8, "e" * 64, batch_id)]


def test_what_was_staged_anew_since_it_was_judged_is_left_out(engine: Engine):
    judged = put(engine, MATCH, match_rows(7, events=1))
    other = put(engine, Target.match_centre(8), match_rows(8))
    again = put(engine, MATCH, match_rows(7, events=2))
    assert landed(engine, judged, other)["match"] == RowCounts(inserted=1)
    assert states(engine) == {judged.target_key: State.PARSED, other.target_key: State.LANDED}
    assert landed(engine, judged, other) == {}
    assert landed(engine, again)["event"] == RowCounts(inserted=2)


@pytest.mark.parametrize("state", [s for s in State if s is not State.PARSED])
def test_what_is_not_parsed_does_not_land(engine: Engine, state: State):
    staged = put(engine, MATCH, match_rows(7))
    with engine.begin() as connection:
        connection.execute(update(TargetRow).values(state=state))
    assert landed(engine, staged) == {}
    assert core(engine) == {}
    assert states(engine) == {MATCH.key: state}


def test_landings_of_overlapping_batches_at_once_land_each_target_once(engine: Engine):
    targets = [Target.match_centre(match_id) for match_id in range(1, 7)]
    staged = [put(engine, t, match_rows(int(t.ids[0]), events=50)) for t in targets]
    parts = [staged[:4], list(reversed(staged[2:])), staged]
    ids = [new_batch(engine) for _ in parts]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda each: land(engine, *each), zip(ids, parts, strict=True)))
    assert sum(counts.get("event", RowCounts()).inserted for counts in done) == 300
    assert sum(counts.get("event", RowCounts()).unchanged for counts in done) == 0
    assert set(states(engine).values()) == {State.LANDED}
    assert len(core(engine)["event"]) == 300
    assert staged_rows(engine) == 0


def test_landings_take_turns_and_stamp_in_their_order(engine: Engine):
    """Who reads what landed since a moment must not miss a landing that began earlier."""
    waits = put(engine, MATCH, match_rows(7))
    with ThreadPoolExecutor(1) as pool, engine.connect() as blocker:
        blocker.execute(text("LOCK TABLE core.competition IN EXCLUSIVE MODE"))
        first = pool.submit(landed, engine, waits)
        until_waiting(engine, '%MERGE INTO core."competition"%')
        with ThreadPoolExecutor(1) as second_pool:
            other = put(engine, Target.match_centre(8), match_rows(8))
            second = second_pool.submit(landed, engine, other)
            until_waiting(engine, "%pg_advisory_xact_lock%")
            turn = blocker.scalar(select(func.clock_timestamp()))
            blocker.rollback()
            first.result()
            second.result()
    query = select(Match.match_id, Match.landed_at > turn).order_by(Match.match_id)
    with engine.connect() as connection:
        assert [tuple(each) for each in connection.execute(query)] == [(7, False), (8, True)]


def test_a_connection_that_dies_in_the_middle_lands_nothing(engine: Engine):
    land_match(engine, match_rows(7, events=1))
    before, staged = versions(engine), put(engine, MATCH, match_rows(7, events=9))
    waiting = staged_rows(engine)
    with ThreadPoolExecutor(1) as pool, engine.connect() as blocker:
        # The last but one statement of a landing waits: all core rows are written by then.
        blocker.execute(text("LOCK TABLE ops.landing IN EXCLUSIVE MODE"))
        landing = pool.submit(landed, engine, staged)
        terminate(engine, until_waiting(engine, "INSERT INTO ops.landing%"))
        with pytest.raises(WarehouseUnavailable):
            landing.result()
    assert versions(engine) == before
    assert states(engine) == {MATCH.key: State.PARSED}
    assert staged_rows(engine) == waiting
    assert landed(engine, staged)["event"] == RowCounts(inserted=8, unchanged=1)


@pytest.mark.parametrize(
    ("events", "table", "constraint"),
    [
        ([event_row(7, 1, player_id=4711)], "event", "event_player_id_fkey"),
        ([event_row(7, 1, team_id=4711)], "event", "event_match_id_team_id_fkey"),
        ([event_row(7, 1, type_name=None)], "event", "NOT NULL"),
        ([event_row(7, 1, event_id=None)], "event", "NOT NULL"),
        ([event_row(7, 1), event_row(7, 1)], "event", "event_pkey"),
    ],
)
def test_a_row_that_postgresql_refuses_refuses_all_by_its_constraint(
    engine: Engine, events: Sequence[dict[str, Any]], table: str, constraint: str
):
    land_feeds(engine, m202208={7: "finished"})
    before = versions(engine)
    good = put(engine, Target.match_centre(8), match_rows(8))
    bad = put(engine, MATCH, {**match_rows(7), "event": list(events)})
    with pytest.raises(InvalidBatch, match=f"core.{table} refuses one by {constraint}") as caught:
        landed(engine, good, bad)
    assert (caught.value.facts["table"], caught.value.facts["constraint"]) == (table, constraint)
    assert "4711" not in caught.value.detail
    assert versions(engine) == before
    assert states(engine)[MATCH.key] == states(engine)[good.target_key] == State.PARSED


def test_a_page_that_gives_a_landed_row_twice_refuses_all(engine: Engine):
    land_match(engine, match_rows(7, events=1))
    before = versions(engine)
    twice = [event_row(7, 1, minute=5), event_row(7, 1, minute=6)]
    with pytest.raises(InvalidBatch, match="the same row twice"):
        land_match(engine, {**match_rows(7), "event": twice})
    assert versions(engine) == before


def test_landing_resolves_the_quarantine_of_its_targets(engine: Engine):
    mine, other = put(engine, MATCH, match_rows(7)), put(engine, Target.match_centre(8), {})
    batch_id = new_batch(engine)
    with engine.begin() as connection:
        for staged in (mine, mine, other):
            connection.execute(
                insert(QuarantineRow).values(
                    target_key=staged.target_key,
                    batch_id=batch_id,
                    staged_id=uuid4(),
                    reasons=[],
                )
            )
    landed(engine, mine)
    with engine.connect() as connection:
        query = select(QuarantineRow.target_key, QuarantineRow.resolved_at)
        found = sorted((key, at is not None) for key, at in connection.execute(query))
    assert found == [(mine.target_key, True)] * 2 + [(other.target_key, False)]


def test_only_changed_rows_get_a_new_lineage(engine: Engine):
    land_match(engine, match_rows(7, events=2), page_hash="1" * 64)
    rows = match_rows(7, events=2)
    rows["event"][1]["minute"] = 44
    land_match(engine, rows, page_hash="2" * 64)
    query = text("SELECT page_hash, batch_id FROM core.event ORDER BY ordinal")
    with engine.connect() as connection:
        (first, batch), (second, other) = connection.execute(query)
    assert (first, second) == ("1" * 64, "2" * 64)
    assert isinstance(batch, UUID)
    assert batch != other
