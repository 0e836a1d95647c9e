"""`touchline follow` on real parts, without Airflow: from a name to landed matches."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from scrapers.pipeline.follow import followed
from scrapers.pipeline.intervals import parse_day
from scrapers.warehouse.engine import engine as open_engine
from tests.site.world import World
from tests.support import stack as stacks
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DAY = "2022-08-13"
LEAGUE, CUP = 21501, (21511, 21512, 21513, 21514, 21515, 21516)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("follow")
    names = home / "names.yaml"
    names.write_text("competition:\n  9102: The Golden One\n", encoding="utf-8")
    running = stacks.start(
        home / "stack",
        airflow=False,
        settings={
            "follow": "[]",
            "names_file": str(names),
            "page_interval_seconds": "0.05",
            "sweep_interval_seconds": "1",
        },
    )
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def engine(stack: Stack) -> Iterator[Engine]:
    made = open_engine(stack.settings)
    with made.begin() as connection:
        connection.execute(text("TRUNCATE ops.followed_stage"))
    stack.control("requests/clear", b"{}")
    stack.control("faults/clear", b"{}")
    yield made
    made.dispose()


def follow(stack: Stack, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    ended = stack.touchline("follow", *arguments, check=False)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended


def paths(stack: Stack) -> list[str]:
    return [item["path"] for item in json.loads(stack.control("requests"))]


def stage_ids(engine: Engine, stack: Stack) -> list[int]:
    return [stage.stage_id for stage in followed(engine, stack.settings)]


def value(engine: Engine, sql: str) -> Any:
    with engine.connect() as connection:
        return connection.scalar(text(sql))


def test_from_a_name_to_landed_matches_and_a_table(stack: Stack, engine: Engine) -> None:
    nothing = stack.touchline("scrape", "--from", DAY, check=False)
    assert nothing.returncode == 2
    assert "nothing else is followed" in nothing.stderr
    told = follow(stack, "Valdoria First Division", "--season", "2022/2023").stdout
    named = "id 21501, to be named by its first schedule."
    assert f"Following Valdoria First Division 2022/2023: 1 stage, {named}" in told
    assert paths(stack) == [
        "/",
        "/regions/901/tournaments/9101",
        "/regions/901/tournaments/9101/seasons/91201",
    ]
    assert stage_ids(engine, stack) == [LEAGUE]
    stack.touchline("scrape", "--from", DAY)
    landed = set(value(engine, "SELECT array_agg(match_id) FROM core.match"))
    matches = {m.id: m for m in World().matches()}
    assert {matches[match_id].stage_id for match_id in landed} == {LEAGUE}
    assert landed >= {
        m.id
        for m in World().matches_on(parse_day(DAY))
        if m.stage_id == LEAGUE and m.status == "finished" and m.has_match_centre
    }
    coverage = json.loads(stack.touchline("coverage", "--json").stdout)
    assert {row["stage"] for row in coverage} == {"Valdoria First Division 2022/2023"}
    # What is not collected night by night is collected when asked for.
    for kind in ("standings", "referee_statistics"):
        assert value(engine, f"SELECT count(*) FROM ops.target WHERE page_kind = '{kind}'") == 0
    stack.touchline(
        *("scrape", "--from", DAY, "--page-kind", "standings"),
        *("--page-kind", "referee_statistics"),
    )
    assert value(engine, "SELECT count(*) FROM core.standing") == 30
    assert value(engine, "SELECT count(*) FROM core.referee_statistic") > 5
    assert value(engine, "SELECT name FROM core.stage WHERE stage_id = 21501") == "First Division"


@pytest.mark.long
def test_several_stages_an_accent_and_the_newest_season(stack: Stack, engine: Engine) -> None:
    done = json.loads(follow(stack, "interocean cup", "--json").stdout)
    assert (done["competition"], done["season"]) == ("Interocean Cup", "2022/2023")
    assert tuple(stage["stage_id"] for stage in done["stages"]) == CUP
    assert tuple(done["added"]) == CUP
    assert "Followed already" in follow(stack, "9103", "--season", "2022/23").stdout
    # The site shows an old season first; the newest is followed all the same.
    assert "Serravia Série Ouro 2022/2023" in follow(stack, "serie ouro").stdout
    assert "Serravia Série Ouro 2020/2021" in follow(
        stack, "The Golden One", "--season", "2020-21"
    ).stdout  # fmt: skip
    rows = json.loads(follow(stack, "--list", "--json").stdout)
    assert [(row["competition"], row["season"], row["by"]) for row in rows[-2:]] == [
        ("Serravia Série Ouro", "2022/2023", "touchline follow"),
        ("Serravia Série Ouro", "2020/2021", "touchline follow"),
    ]
    follow(stack, "--remove", "Série Ouro", "--season", "2020/2021")
    assert stage_ids(engine, stack) == [*CUP, 21502]
    assert (
        "No longer followed: Interocean Cup" in follow(stack, "--remove", "Interocean Cup").stdout
    )
    assert stage_ids(engine, stack) == [21502]


def test_names_that_do_not_say_which_one(stack: Stack, engine: Engine) -> None:
    unknown = follow(stack, "Valdoria Frist Division", code=2).stderr
    assert "no competition is called 'Valdoria Frist Division'" in unknown
    assert "Valdoria First Division (id 9101)" in unknown
    several = follow(stack, "Super Cup", code=2).stderr
    assert "is the name of 170 competitions" in several
    season = follow(stack, "Valdoria First Division", "--season", "1999/2000", code=2).stderr
    assert "has no season '1999/2000': it has 2022/2023, 2021/2022" in season
    assert "which competition?" in follow(stack, code=2).stderr
    assert "give it alone" in follow(stack, "x", "--list", code=2).stderr
    assert "is not followed" in follow(stack, "--remove", "Interocean Cup", code=2).stderr
    assert "Nothing is followed" in follow(stack, "--list").stdout
    assert stage_ids(engine, stack) == []


@pytest.mark.long  # of every page kind test_layouts proves it, in make test
def test_a_page_that_can_not_be_read_is_told_by_its_class(stack: Stack, engine: Engine) -> None:
    fault = {"pattern": "seasons/90902", "kind": "replace", "old": "sub-navigation", "new": "nav"}
    stack.control("faults", json.dumps(fault).encode())
    failed = follow(stack, "Série Ouro", "--season", "2019/2020", code=1).stderr
    assert "LayoutChanged" in failed
    assert stage_ids(engine, stack) == []
    stack.control("faults/clear", b"{}")
    follow(stack, "Série Ouro", "--season", "2019/2020")
    assert stage_ids(engine, stack) == [30902]


def test_own_names_are_loaded_and_loaded_again(stack: Stack, engine: Engine) -> None:
    path = Path(stack.environment["TOUCHLINE_NAMES_FILE"])
    assert value(engine, "SELECT name FROM core.own_name") == "The Golden One"
    path.write_text("competition:\n  9102: Ouro\n", encoding="utf-8")
    assert "1 own names: 0 new, 1 changed, 0 taken out" in stack.touchline("names", "load").stdout
    assert value(engine, "SELECT name FROM core.own_name") == "Ouro"
    path.write_text("competition:\n  9102: 1\n", encoding="utf-8")
    refused = stack.touchline("names", "load", check=False)
    assert refused.returncode == 2
    assert "names.yaml:2: competition.9102: 1 is no name" in refused.stderr
    assert value(engine, "SELECT name FROM core.own_name") == "Ouro"
