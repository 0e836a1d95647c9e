"""The form of whoscored_scrape and of `touchline scrape`, and what it refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scrapers.errors import ConfigInvalid
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.request import Request
from scrapers.settings import Settings, load_settings
from scrapers.targets import PageKind

FOLLOW = [
    {"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": 20934},
    {"competition": "Spain LaLiga", "season": "2021/2022", "stage_id": 19895},
    {"competition": "England FA Cup", "season": "2022/2023", "stage_id": 21001},
]


def settings(follow: list[dict[str, Any]] | None = None) -> Settings:
    return load_settings(
        _env_file=None,
        database_url="postgresql+psycopg2://nobody@127.0.0.1/none",
        broker_url="redis://127.0.0.1/0",
        cache_url="redis://127.0.0.1/1",
        archive_url="file:///nowhere",
        follow=FOLLOW if follow is None else follow,
    )


def form(**fields: Any) -> Request:
    return Request.of_form(fields, settings())


def test_one_day_of_everything_followed():
    request = form(date_from="2022-08-13")
    assert request == Request(Interval.of_day("2022-08-13"), (20934, 19895, 21001))
    assert request == Request.of_interval(Interval.of_day("2022-08-13"), settings())


def test_days_include_the_last():
    request = form(date_from="2022-08-08", date_to="2022-08-14")
    assert request.interval == Interval.of_days(date(2022, 8, 8), date(2022, 8, 14))


@pytest.mark.parametrize(
    ("names", "stages"),
    [
        (["Spain LaLiga 2022/2023"], (20934,)),
        (["spain laliga"], (20934, 19895)),
        (["England FA Cup 2022/2023", "777"], (21001, 777)),
        ("Spain LaLiga 2021/2022, England FA Cup", (19895, 21001)),
    ],
)
def test_competitions_by_label_name_or_stage_id(names: Any, stages: tuple[int, ...]):
    assert form(date_from="2022-08-13", competitions=names).stage_ids == stages


def test_match_ids_need_no_days_and_no_follow_list():
    request = Request.of_form({"match_ids": ["1650630", 1650631, "1650630"]}, settings([]))
    assert request.match_ids == (1650630, 1650631)
    assert request.interval is None
    assert request.page_kinds == (PageKind.MATCH_CENTRE,)


def test_page_kinds_keep_the_ways_order():
    request = form(date_from="2022-08-13", page_kinds=["match_centre", "schedule"])
    assert request.page_kinds == (PageKind.SCHEDULE, PageKind.MATCH_CENTRE)
    only = form(date_from="2022-08-13", page_kinds=["schedule"])
    assert only.page_kinds == (PageKind.SCHEDULE,)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "date_from: neither days nor match ids"),
        ({"date_to": "2022-08-14"}, "date_from: missing, but date_to is given"),
        ({"date_from": "14/08/2022"}, "date_from: '14/08/2022' is no day: write YYYY-MM-DD"),
        (
            {"date_from": "2022-08-14", "date_to": "2022-08-08"},
            r"date_to: the last day \(2022-08-08\) is before the first",
        ),
        ({"date_from": "2002-08-14", "date_to": "2022-08-08"}, "date_to: .* more than 400 days"),
        ({"match_ids": ["abc"]}, "match_ids: 'abc' is no match id: write the number"),
        ({"match_ids": ["0"]}, "match_ids: '0' is no match id"),
        (
            {"match_ids": ["1650630"], "date_from": "2022-08-13"},
            "match_ids: dates are given too",
        ),
        (
            {"match_ids": ["1650630"], "competitions": ["Spain LaLiga"]},
            "match_ids: competitions are given too",
        ),
        (
            {"match_ids": ["1650630"], "page_kinds": ["schedule"]},
            "match_ids: page_kinds has no kind of match page; add one of match_centre",
        ),
        (
            {"date_from": "2022-08-13", "page_kinds": ["live"]},
            "page_kinds: 'live' is unknown: choose of schedule, match_centre",
        ),
        (
            {"date_from": "2022-08-13", "competitions": ["Serie A"]},
            "competitions: 'Serie A' is not followed: .*England FA Cup 2022/2023",
        ),
    ],
)
def test_a_wrong_field_is_named_with_its_mend(fields: dict[str, Any], says: str):
    with pytest.raises(ConfigInvalid, match=says):
        form(**fields)


def test_all_wrong_fields_are_told_at_once():
    with pytest.raises(ConfigInvalid) as refused:
        form(date_from="tomorrow", match_ids=["x"], page_kinds=["y"], competitions=["z"])
    for field in ("date_from", "match_ids", "page_kinds", "competitions"):
        assert f"{field}: " in refused.value.detail


def test_nothing_followed_is_refused_by_name():
    with pytest.raises(ConfigInvalid, match="TOUCHLINE_FOLLOW names no stage"):
        Request.of_interval(Interval.of_day("2022-08-13"), settings([]))
