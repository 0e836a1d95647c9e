"""What refuses a whole batch: nothing of it may land, and the ledger says what is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from scrapers.errors import InvalidBatch
from scrapers.quality.gate import judge
from scrapers.quality.match_centre import BATCH_RULES
from scrapers.targets import Target
from scrapers.warehouse import ledger
from scrapers.warehouse.landing import land
from scrapers.warehouse.ops_tables import (
    BatchTargetRow,
    FailureRow,
    QuarantineRow,
    TargetRow,
    ValidationRow,
)
from scrapers.warehouse.records import State
from tests.integration.test_quality_batches import (
    Bench,
    Rows,
    bench,
    feeds,
    finished,
    pages_of,
    rows_of,
)
from tests.support.gates import lighten

__all__ = ["bench"]

Shift = Callable[[Rows], None]


def _emptied(table: str, *columns: str, value: Any = None, only: str = "") -> Shift:
    def shift(rows: Rows) -> None:
        for row in rows[table]:
            if not only or row["type_name"] == only:
                row.update(dict.fromkeys(columns, value))

    return shift


def _few_events(rows: Rows) -> None:
    # Above what a single match must have, below what matches have on average.
    rows["event"] = [e for e in rows["event"] if e["is_shot"] or e["ordinal"] % 3 == 0]
    assert 400 < len(rows["event"]) < 600


def _expanded(rows: Rows) -> None:
    match = rows["match"][0]
    last = max(e["minute"] for e in rows["event"] if e["period_id"] <= 5)
    late = max(e["expanded_minute"] for e in rows["event"] if e["period_id"] <= 5)
    assert late > last
    match["max_minute"] = late


SHIFTS: dict[str, Shift] = {
    "places": _emptied("event", "x", "y"),
    "ends_of_passes": _emptied("event", "end_x", "end_y", only="Pass"),
    "seconds": _emptied("event", "second"),
    "expanded_minutes": _emptied("event", "expanded_minute"),
    "players": _emptied("event", "player_id"),
    "qualifiers": _emptied("event", "qualifiers", value=[]),
    "passes": _emptied("event", "type_name", value="Action"),
    "positions": _emptied("line_up", "position"),
    "ratings": _emptied("line_up", "rating"),
    "unknown_types": _emptied("event", "type_id", value=777),
    "events_a_match": _few_events,
    "max_minute": _expanded,
    "different": lambda rows: rows["match"][0].update(
        attendance=30_000 + rows["match"][0]["match_id"] % 2
    ),
    "referees": lambda rows: rows["match"][0].update(attendance=rows["match"][0]["referee_id"]),
    "ids": lambda rows: rows["match"][0].update(attendance=rows["match"][0]["season_id"]),
}


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a single match must hold to, only what `_spoil` breaks is judged."""
    lighten(monkeypatch, "match")


def _nothing_landed(bench: Bench, keys: set[str]) -> None:
    states = bench.states()
    assert {states[key][0] for key in keys} == {"quarantined"}
    assert ledger.staged(bench.engine, bench.batch_id) == []
    with bench.engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM core.event")) == 0
        reasons = connection.execute(select(QuarantineRow.target_key, QuarantineRow.reasons)).all()
    assert {row.target_key for row in reasons} == keys
    assert all(row.reasons for row in reasons)


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("column", SHIFTS)
def test_a_shift_over_all_matches_refuses_the_batch(bench: Bench, column: str) -> None:
    # Two matches can have as many spectators as each other; of five, more than two are no chance.
    pages = pages_of(finished()[: 5 if column == "different" else 3])
    if column == "unknown_types":
        _know_types(bench, next(iter(pages.values())))
    for rows in pages.values():
        SHIFTS[column](rows)
    with pytest.raises(InvalidBatch) as refused:
        bench.judge(pages)
    facts = refused.value.facts
    assert column in {why["column"] for why in facts["expectations"]}  # type: ignore[attr-defined]
    assert facts["judged"] == len(pages)
    # Written before it was refused, and there to stay.
    assert column in {what for rule, what in bench.unmet() if rule in ("batch", "clocks", "crowds")}
    _nothing_landed(bench, set(pages))


def test_every_rule_about_a_batch_of_matches_is_proved_here() -> None:
    assert {check.column for rule in BATCH_RULES for check in rule.checks} == SHIFTS.keys()


def _know_types(bench: Bench, rows: Rows) -> None:
    with bench.engine.begin() as connection:
        for row in rows["type_name"]:
            connection.execute(
                text(
                    "INSERT INTO core.type_name VALUES (:kind, :type_id, :name, 'p', 's',"
                    " '00000000-0000-0000-0000-000000000000', now())"
                ),
                row,
            )


def test_the_good_targets_of_a_refused_batch_say_why(bench: Bench) -> None:
    pages = pages_of(finished()[:3])
    for rows in pages.values():
        SHIFTS["seconds"](rows)
    bad = finished()[0]
    pages[bad]["match"][0]["attendance"] = 9_999_999
    with pytest.raises(InvalidBatch) as refused:
        bench.judge(pages)
    assert str(refused.value.facts["docs_path"]).endswith(".html")
    states = bench.states()
    assert states[bad] == ("quarantined", "InvalidRows")
    assert {states[key] for key in finished()[1:3]} == {("quarantined", "InvalidBatch")}
    query = select(FailureRow.failure_class, FailureRow.stage, FailureRow.severity)
    with bench.engine.begin() as connection:
        failures = sorted(tuple(row) for row in connection.execute(query))
    assert failures == [("InvalidBatch", "validate", "P3")] * 2 + [
        ("InvalidRows", "validate", "P3")
    ]


def test_a_small_batch_is_not_judged_by_averages(bench: Bench) -> None:
    pages = pages_of(finished()[:2])
    for rows in pages.values():
        SHIFTS["ratings"](rows)
        SHIFTS["events_a_match"](rows)
    assert len(bench.judge(pages).good) == 2


# --- completeness -----------------------------------------------------------------------------


def _spoil(pages: dict[str, Rows], count: int) -> None:
    for key in list(pages)[:count]:
        pages[key]["match"][0]["attendance"] = 9_999_999


@pytest.mark.usefixtures("light")
def test_two_bad_targets_are_no_bad_batch(bench: Bench) -> None:
    pages = pages_of(finished()[:3])
    _spoil(pages, 2)
    verdict = bench.judge(pages)
    assert (len(verdict.good), len(verdict.bad)) == (1, 2)


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(("floor", "refused"), [(0.6, True), (0.4, False)])
def test_too_many_bad_targets_refuse_the_batch(bench: Bench, floor: float, refused: bool) -> None:
    bench.settings = bench.settings.model_copy(update={"completeness_floor": floor})
    pages = pages_of(finished()[:6])
    _spoil(pages, 3)
    if not refused:
        assert len(bench.judge(pages).good) == 3
        return
    with pytest.raises(InvalidBatch, match="60% of the targets are good"):
        bench.judge(pages)
    assert ("completeness", "good_share") in bench.unmet()
    _nothing_landed(bench, set(pages))


def _blocked(bench: Bench, count: int, failure_class: str) -> None:
    """Targets of the batch that can't be read."""
    with bench.engine.begin() as connection:
        for number in range(count):
            key = Target.match_centre(700_000 + number).key
            connection.execute(
                insert(TargetRow).values(
                    target_key=key, page_kind="match_centre", state=State.BLOCKED,
                    failure_class=failure_class, planned_at=text("now()"), failures=1,
                )
            )  # fmt: skip
            connection.execute(
                insert(BatchTargetRow).values(batch_id=bench.batch_id, target_key=key, reason="new")
            )


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(
    ("failure_class", "refused"), [("LayoutChanged", True), ("SourceUnavailable", False)]
)
def test_pages_that_no_selector_reads_count_as_bad(
    bench: Bench, failure_class: str, refused: bool
) -> None:
    staged = bench.batch(pages_of(finished()[:3]))
    _blocked(bench, 3, failure_class)
    if not refused:
        assert len(judge(bench.engine, bench.batch_id, staged, bench.settings).good) == 3
        return
    with pytest.raises(InvalidBatch, match="of the targets are good"):
        judge(bench.engine, bench.batch_id, staged, bench.settings)


@pytest.mark.usefixtures("light")
def test_what_landed_before_counts_when_a_batch_is_published_again(bench: Bench) -> None:
    bench.settings = bench.settings.model_copy(update={"completeness_floor": 0.5})
    pages = pages_of(finished()[:7])
    _spoil(pages, 3)
    verdict = bench.judge(pages)
    land(bench.engine, bench.batch_id, verdict.good)
    # One of the bad is mended: three of seven were bad, two are, and four have landed.
    mended = finished()[0]
    bench.stage(mended, rows_of(mended))
    staged = ledger.staged(bench.engine, bench.batch_id)
    verdict = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert [item.target_key for item in verdict.good] == [mended]


# --- feeds ------------------------------------------------------------------------------------


def test_a_feed_that_is_suddenly_empty_is_put_aside_and_the_others_go_on(bench: Bench) -> None:
    key = Target.schedule(21501, "202301").key
    verdict = bench.judge({key: rows_of(key)})
    land(bench.engine, bench.batch_id, verdict.good)
    empty: Rows = {name: [] for name in ("competition", "season", "stage", "team", "fixture")}
    other = Target.schedule(21502, "202301").key
    verdict = bench.judge({key: empty, other: rows_of(other)})
    assert [item.target_key for item in verdict.good] == [other]
    assert "a month that had matches still has some" in str(verdict.bad[key])
    assert bench.states()[key] == ("quarantined", "InvalidRows")
    land(bench.engine, bench.batch_id, verdict.good)
    with bench.engine.begin() as connection:
        closed = connection.scalar(
            text("SELECT count(*) FROM core.fixture WHERE closed_at IS NOT NULL")
        )
    assert closed == 0


def test_a_month_whose_matches_moved_may_be_empty(bench: Bench) -> None:
    key, later = Target.schedule(21501, "202301").key, Target.schedule(21501, "202302").key
    verdict = bench.judge({key: rows_of(key)})
    land(bench.engine, bench.batch_id, verdict.good)
    moved, empty = rows_of(later), {name: [] for name in rows_of(key)}
    kick_off = moved["fixture"][0]["kickoff_utc"]
    for row in rows_of(key)["fixture"]:
        moved["fixture"].append({**row, "feed_month": "202302", "kickoff_utc": kick_off})
    known = {row["team_id"] for row in moved["team"]}
    moved["team"] += [row for row in rows_of(key)["team"] if row["team_id"] not in known]
    assert len(bench.judge({key: empty, later: moved}).good) == 2


def test_a_match_in_two_feeds_is_only_noted(bench: Bench) -> None:
    one, other = Target.schedule(21501, "202301").key, Target.schedule(21501, "202302").key
    pages = {one: rows_of(one), other: rows_of(other)}
    pages[other]["fixture"].append(
        {**pages[one]["fixture"][0], "feed_month": "202302",
         "kickoff_utc": pages[other]["fixture"][0]["kickoff_utc"]}
    )  # fmt: skip
    assert len(bench.judge(pages).good) == 2
    assert bench.unmet() == {("feeds", "feeds")}


def test_an_empty_month_that_nobody_knows_is_fine(bench: Bench) -> None:
    key = Target.schedule(21501, "202207").key
    assert key not in feeds()
    assert [item.target_key for item in bench.judge({key: rows_of(key)}).good] == [key]


@pytest.mark.usefixtures("light")
def test_a_refused_batch_is_counted_once(bench: Bench) -> None:
    pages = pages_of(finished()[:3])
    for rows in pages.values():
        SHIFTS["seconds"](rows)
    staged = bench.batch(pages)
    with pytest.raises(InvalidBatch):
        judge(bench.engine, bench.batch_id, staged, bench.settings)
    counts = [bench.count(model) for model in (ValidationRow, QuarantineRow, FailureRow)]
    again = judge(bench.engine, bench.batch_id, staged, bench.settings)
    assert (again.good, again.bad) == ((), {})
    assert [bench.count(model) for model in (ValidationRow, QuarantineRow, FailureRow)] == counts


@pytest.mark.usefixtures("light")
def test_a_refused_target_can_be_planned_and_judged_again(bench: Bench) -> None:
    pages = pages_of(finished()[:3])
    for rows in pages.values():
        SHIFTS["seconds"](rows)
    with pytest.raises(InvalidBatch):
        bench.judge(pages)
    assert len(bench.judge(pages_of(finished()[:3])).good) == 3
