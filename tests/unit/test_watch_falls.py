"""What is a fall of a field's coverage, and what is chance."""

from __future__ import annotations

import random

import pytest

from scrapers.pipeline.falls import Counts, falls

MARGIN, FEWEST = 0.2, 20


def pages(*filled: int, rows: int = 1, field: str = "attendance") -> list[Counts]:
    return [{field: (rows, value)} for value in filled]


def found(baseline: list[Counts], recent: list[Counts]) -> list[str]:
    return [fall.field for fall in falls(baseline, recent, MARGIN, FEWEST)]


def test_a_field_that_was_always_there_and_is_gone_has_fallen():
    (fall,) = falls(pages(*[1] * 50), pages(0, 0), MARGIN, FEWEST)
    assert (fall.field, fall.before, fall.now) == ("attendance", 1.0, 0.0)
    assert str(fall) == "attendance 0% on 2 pages, was 100% on 50"


def test_a_field_that_is_often_missing_may_be_missing_twice():
    often = pages(*([1] * 9 + [0]) * 5)
    assert found(often, pages(0, 0)) == []
    assert found(often, pages(1, 0)) == []
    # Ten pages without it are no chance any more.
    assert found(often, pages(*[0] * 10)) == ["attendance"]


def test_a_share_below_anything_seen_before_has_fallen_however_small_it_was():
    spread = pages(*range(20, 60), rows=1000, field="events.goal_mouth_y")
    assert found(spread, pages(0, 0, rows=1000, field="events.goal_mouth_y")) == [
        "events.goal_mouth_y"
    ]
    assert found(spread, pages(22, 21, rows=1000, field="events.goal_mouth_y")) == []


@pytest.mark.parametrize("lost", [0.1, 0.19])
def test_a_fall_within_the_margin_is_none(lost):
    steady = pages(*[1000] * 50, rows=1000)
    now = round(1000 * (1 - lost))
    assert found(steady, pages(now, now, rows=1000)) == []


def test_too_little_data_says_nothing():
    assert found(pages(*[1] * (FEWEST - 1)), pages(0, 0)) == []
    assert found(pages(*[1] * 50), pages(0)) == []
    assert found([], pages(0, 0)) == []


def test_pages_that_did_not_look_for_a_field_say_nothing_of_it():
    none = [{"attendance": (0, 0)}] * 60
    assert found(none, pages(0, 0)) == []
    assert found(pages(*[1] * 50), [{"attendance": (0, 0)}] * 2) == []
    # A field that this version has no more, or not yet, is no fall either.
    assert found(pages(*[1] * 50), [{"other": (1, 0)}] * 2) == []
    assert found([{"other": (1, 1)}] * 50, pages(0, 0)) == []


def test_what_was_never_there_can_not_fall_and_what_rises_does_not():
    assert found(pages(*[0] * 50), pages(0, 0)) == []
    assert found(pages(*[0] * 50), pages(1, 1)) == []


def test_a_group_that_lost_its_rows_is_named():
    before = [{"events": (1, 1), "events.x": (1500, 1500)}] * 30
    now = [{"events": (1, 0), "events.x": (0, 0)}] * 2
    assert found(before, now) == ["events"]


@pytest.mark.parametrize("recent", [2, 10, 60])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.99])
def test_chance_raises_no_alarm(share, recent):
    """A field that is there or not by chance alone: one false alarm in a thousand at most."""
    rng = random.Random(f"{share} {recent}")
    alarms = 0
    for _ in range(1000):
        before = pages(*(rng.random() < share for _ in range(60)))
        alarms += bool(found(before, pages(*(rng.random() < share for _ in range(recent)))))
    assert alarms <= 1


@pytest.mark.parametrize("recent", [2, 10])
def test_shares_that_vary_from_page_to_page_raise_no_alarm(recent):
    """Rows of a page are alike: an attribute of events that varies between 30 and 60 per cent."""
    rng = random.Random(recent)
    for _ in range(500):
        before = [{"events.x": (1000, rng.randint(300, 600))} for _ in range(60)]
        assert found(before, [{"events.x": (1000, rng.randint(300, 600))}] * recent) == []
