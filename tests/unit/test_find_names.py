"""Names of seasons and competitions as people write them; when a page is asked for again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scrapers.pipeline.catalogue import BELIEVED, MAX_AGE, catalogue_reason
from scrapers.pipeline.find import Found, competition_named, season_named, words
from scrapers.pipeline.reasons import Known
from scrapers.warehouse.records import State

NOW = datetime(2025, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "name", "same"),
    [
        ("2025/2026", "2025/2026", True),
        ("2025/26", "2025/2026", True),
        ("2025-26", "2025/2026", True),
        ("1999/00", "1999/2000", True),
        ("2026", "2026", True),
        ("2026 autumn", "2026 Autumn", True),
        ("2026", "2025/2026", False),
        ("2025/27", "2025/2026", False),
        ("2026 Spring", "2026 Autumn", False),
        ("2026", "2026 Autumn", False),
        ("10316", "2025/2026", False),
        ("", "2025/2026", False),
    ],
)
def test_seasons(asked: str, name: str, same: bool) -> None:
    assert season_named(asked, name) is same


def test_words_leave_case_accents_and_spaces_out() -> None:
    assert words("  Brasileirão  Série A ") == "brasileirao serie a"
    assert words("BRASILEIRÃO") == words("Brasileirão")


def test_a_region_is_told_unless_the_name_has_it() -> None:
    england = Found(252, 2, "England", "Premier League", "EPL")
    assert england.label == "England Premier League"
    assert england.full_names == {"england premier league", "epl"}
    africa = Found(248, 574, "Africa", "Africa Cup of Nations")
    assert africa.label == "Africa Cup of Nations"
    assert africa.full_names == {"africa cup of nations", "africa africa cup of nations"}


@pytest.mark.parametrize(
    ("asked", "same"),
    [("spain laliga", True), ("LaLiga", True), ("Liga", False), ("Spain", False)],
)
def test_a_followed_competition_by_its_whole_name_or_its_end(asked: str, same: bool) -> None:
    assert competition_named(asked, "Spain LaLiga") is same


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (None, "new"),
        (Known(State.LANDED, NOW - MAX_AGE + timedelta(hours=1)), None),
        (Known(State.LANDED, NOW - MAX_AGE - timedelta(hours=1)), "recheck"),
        (Known(State.LANDED, None), "recheck"),
        (Known(State.BLOCKED, NOW), "recheck"),
        (Known(State.QUARANTINED, NOW), "recheck"),
        (Known(State.ABSENT, NOW), "recheck"),
        (Known(State.FETCHING, None), "new"),
    ],
)
def test_a_page_of_the_catalogue_is_asked_for_again(
    known: Known | None, reason: str | None
) -> None:
    assert catalogue_reason(known, now=NOW) == reason


def test_a_page_that_does_not_know_a_name_is_believed_for_less_long() -> None:
    known = Known(State.LANDED, NOW - BELIEVED - timedelta(minutes=1))
    assert catalogue_reason(known, now=NOW) is None
    assert catalogue_reason(known, now=NOW, max_age=BELIEVED) == "recheck"
