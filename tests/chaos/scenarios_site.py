"""Faults of the site: out, slow, cut, refusing."""

from __future__ import annotations

from tests.chaos import moments
from tests.chaos.scenario import Scenario
from tests.chaos.steps import catch_up
from tests.chaos.strikes import a_match, site_away, site_back, site_fault, site_well

_OUT = ("SourceUnavailable",)
_REFUSED = ("SourceRefused",)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "site-5xx",
        _OUT,
        "the site answers every match page with 503 for six seconds",
        site_fault("/matches/", "status", status=503),
        moments.at_matches,
        heal=site_well,
        heal_after=6,
        bound=(2.0, 2),
    ),
    Scenario(
        "site-5xx-mid-batch",
        _OUT,
        "in the middle of the night the site answers everything with 502 for eight seconds",
        site_fault("/", "status", status=502),
        moments.while_fetching,
        heal=site_well,
        heal_after=8,
        bound=(2.0, 2),
    ),
    Scenario(
        "feeds-5xx",
        _OUT,
        "the schedules are answered with 500 for six seconds at the night's begin",
        site_fault("/data/", "status", status=500),
        heal=site_well,
        heal_after=6,
        bound=(2.0, 2),
    ),
    Scenario(
        "page-5xx-for-ever",
        _OUT,
        "one match is answered with 500 all night; the catch-up gets it when it is well",
        a_match("status", status=500),
        ends=(0, 1),
        then=(site_well, catch_up),
        bound=(1.0, 6),
        most_seeds=1,
        seconds=300,
    ),
    Scenario(
        "site-away",
        _OUT,
        "the site's server is gone for eight seconds",
        site_away,
        moments.while_fetching,
        heal=site_back,
        heal_after=8,
        bound=(2.0, 2),
    ),
    Scenario(
        "site-slow",
        _OUT,
        "a match page takes longer than is waited for, twice",
        a_match("slow", seconds=14, times=2),
        bound=(1.0, 3),
        most_seeds=2,
    ),
    Scenario(
        "pages-cut",
        _OUT,
        "three answers end in the middle of the page",
        site_fault("/matches/", "truncate", times=3),
        bound=(1.0, 6),
    ),
    Scenario(
        "pages-empty",
        _OUT,
        "two answers are empty",
        site_fault("/matches/", "empty", times=2),
        bound=(1.0, 4),
    ),
    Scenario(
        "pages-dropped",
        _OUT,
        "two connections are closed without an answer",
        site_fault("/matches/", "drop", times=2),
        bound=(1.0, 6),
    ),
    # it does not want us
    Scenario(
        "site-refuses",
        _REFUSED,
        "the site refuses us from the first page on, for eight seconds; the catch-up gets the rest",
        site_fault("/", "refuse"),
        heal=site_well,
        heal_after=8,
        ends=(0, 1),
        then=(catch_up,),
        bound=(1.0, 6),
        alerts=(1, 1),
    ),
    Scenario(
        "site-refuses-mid-batch",
        _REFUSED,
        "the site refuses us in mid-batch for eight seconds; the catch-up gets the rest",
        site_fault("/", "refuse"),
        moments.while_fetching,
        heal=site_well,
        heal_after=8,
        ends=(0, 1),
        then=(catch_up,),
        bound=(1.0, 6),
        alerts=(1, 1),
    ),
    Scenario(
        "too-many-requests",
        _REFUSED,
        "the site answers 429 twice; the catch-up gets the rest",
        site_fault("/matches/", "status", status=429, times=2),
        ends=(0, 1),
        then=(catch_up,),
        bound=(1.0, 4),
        alerts=(1, 1),
    ),
)
