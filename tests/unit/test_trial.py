"""What a trial of newly read pages objects to: values and rows that most others would be."""

from __future__ import annotations

from scrapers.pipeline.judging import Failing
from scrapers.pipeline.trial import Trial
from scrapers.warehouse.landing import Change, Foreseen, RowCounts

MOSTLY_SAME = RowCounts(updated=10, unchanged=1490)


def trial(
    table: str = "event",
    counts: RowCounts = MOSTLY_SAME,
    *,
    is_lasting: bool = True,
    **changes: Change,
) -> Trial:
    lasting = frozenset({table} if is_lasting else ())
    seen = Foreseen(counts, changes, counts.deleted)
    return Trial(1, tables={table: seen}, lasting=lasting)


def change(replaced: int, landed: int) -> Change:
    return Change(replaced, replaced, landed, [1650630, 7], "Red", "Yellow")


def test_of_a_column_that_few_rows_have_the_few_are_what_counts() -> None:
    (said,) = trial(card_type=change(6, 10)).objections()
    assert said.startswith(
        "event.card_type would change in 6 of 10 rows that have landed with a value, as "
        "'Red' → 'Yellow' (1650630, 7)"
    )
    assert "--accept event.card_type" in said
    assert list(trial(card_type=change(5, 10)).objections()) == []
    assert list(trial(card_type=change(6, 10)).objections(["event.card_type"])) == []
    assert trial(card_type=change(6, 10)).silenced(["event.card_type", "event.x"]) == [
        "event.card_type"
    ]


def test_a_value_where_none_was_is_no_change() -> None:
    gained = Change(1500, 0, 0, [1650630, 7], None, "Yellow")
    assert list(trial(card_type=gained).objections()) == []


def test_rows_that_vanish_are_told() -> None:
    (said,) = trial(counts=RowCounts(deleted=900, unchanged=600)).objections()
    assert said.startswith("event would lose 900 of 1500 rows that have landed")
    (said,) = trial(counts=RowCounts(inserted=1500, deleted=1500)).objections()
    assert "lose 1500 of 1500" in said
    assert list(trial(counts=RowCounts(deleted=3, unchanged=1497)).objections()) == []


def test_what_moves_or_goes_on_by_itself_is_no_objection() -> None:
    assert list(trial(ordinal=change(1500, 1500)).objections()) == []
    assert list(trial("match_trait", text=change(20, 20)).objections()) == []
    assert list(trial("standing", is_lasting=False, points=change(20, 20)).objections()) == []


def test_most_pages_put_aside_are_an_objection_and_an_odd_one_is_none() -> None:
    failing = {"whoscored/match_centre/1": Failing("InvalidRows", "no score", {})}
    assert list(Trial(3, failing=failing).objections()) == []
    (said,) = Trial(1, failing=failing).objections()
    assert said == (
        "1 of 1 pages that it reads would be put aside, as whoscored/match_centre/1: no score"
    )


def test_newly_read_pages_are_judged_apart_from_those_that_are_read_anyway() -> None:
    key = "whoscored/match_centre/1"
    failing = {key: Failing("InvalidRows", "no score", {})}
    (said,) = Trial(20, frozenset({key}), failing).objections()
    assert said.startswith("1 of 1 pages that it newly reads would be put aside")
    assert list(Trial(20, frozenset({key, "2", "3"}), failing).objections()) == []


def test_rows_of_a_version_that_was_taken_back_may_vanish() -> None:
    seen = Foreseen(RowCounts(deleted=900, unchanged=600), {}, 0)
    assert list(Trial(1, tables={"event": seen}, lasting=frozenset({"event"})).objections()) == []
