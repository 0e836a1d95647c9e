"""`scrape --dry-run` and `follow --dry-run`: what would be asked for, and nothing is changed."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine, func, insert, select
from typer.testing import CliRunner

from scrapers.cli import follow as follow_command
from scrapers.cli import scrape as scrape_command
from scrapers.cli.main import app
from scrapers.pipeline.no_match import why_no_match
from scrapers.pipeline.request import Request
from scrapers.targets import PageKind, Target
from scrapers.warehouse import engine as engines
from scrapers.warehouse import landing, ledger
from scrapers.warehouse.ops_tables import BatchRow, FollowedStageRow, TargetRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State
from scrapers.warehouse.tables import Competition, Season, Stage
from tests.integration.test_pipeline_run import LINEAGE
from tests.support.rows import STAGE, feed_rows, new_batch, put

FEED = Target.schedule(STAGE, "202208")
LALIGA = {"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": STAGE}
Call = Callable[..., Result]


@pytest.fixture
def call(engine: Engine, make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> Call:
    settings = make_settings(follow=[LALIGA], lookback_days=1, settle_hours=12)
    for command in (follow_command, scrape_command):
        monkeypatch.setattr(command, "settings", lambda: settings)
    monkeypatch.setattr(engines, "engine", lambda _: engine)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def land_feed(engine: Engine, **matches: str) -> None:
    kickoff = datetime(2022, 8, 13, 19, tzinfo=UTC)
    fixtures = {
        int(name[1:]): {"status": status, "kickoff_utc": kickoff}
        for name, status in matches.items()
    }
    assert landing.land(
        engine, new_batch(engine), [put(engine, FEED, feed_rows("202208", fixtures))]
    )
    with engine.begin() as connection:
        connection.execute(
            TargetRow.__table__.update().values(fetched_at=datetime(2022, 9, 20, tzinfo=UTC))
        )


def written(engine: Engine) -> list[int | None]:
    tables = (TargetRow, BatchRow, FollowedStageRow)
    with engine.connect() as connection:
        return [connection.scalar(select(func.count()).select_from(table)) for table in tables]


def test_a_scrape_tells_its_requests_and_asks_for_nothing(engine: Engine, call: Call) -> None:
    before = written(engine)
    ended = call("scrape", "--from", "2022-08-13", "--dry-run", "--json")
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert (told["requests"], told["all_known"], told["hint"]) == (1, False, None)
    assert told["kinds"][0]["targets"] == [FEED.key]

    land_feed(engine, m1="finished", m2="finished", m3="postponed")
    key = BatchKey("other", "run", PageKind.MATCH_CENTRE)
    ledger.open_batch(engine, key, [PlannedTarget(Target.match_centre(2), "new")], None)
    before = written(engine)
    told = json.loads(call("scrape", "--from", "2022-08-13", "--dry-run", "--json").stdout)
    assert (told["requests"], told["all_known"]) == (1, True)
    matches = {kind["page_kind"]: kind for kind in told["kinds"]}["match_centre"]
    assert matches == {
        **{"page_kind": "match_centre", "requests": 1, "reasons": {"new": 1}, "under_way": 1},
        "targets": [Target.match_centre(1).key],
    }
    shown = call("scrape", "--from", "2022-08-13", "--dry-run").stdout
    assert Target.match_centre(1).key in shown
    assert "Nothing was asked for." in shown
    assert written(engine) == before


def test_days_without_a_match_say_why_and_what_to_do(
    engine: Engine, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_feed(engine, m1="finished", m3="postponed")
    with engine.begin() as connection:
        connection.execute(
            insert(TargetRow).values(
                target_key=Target.schedule(STAGE, "203001").key,
                page_kind=PageKind.SCHEDULE,
                state=State.LANDED,
                planned_at=func.now(),
                landed_at=func.now(),
                fetched_at=datetime(2031, 1, 1, tzinfo=UTC),
            )
        )
    ended = call("scrape", "--from", "2030-01-05", "--dry-run")
    assert "No match of 2030-01-05 is known" in ended.stdout
    assert f"Spain LaLiga 2022/2023 ({STAGE}): matches of 2022-08-13 to 2022-08-13" in ended.stdout
    assert "touchline follow 'Spain LaLiga' --season <season>" in ended.stdout
    # The same when it is run: nothing is planned or sent, nothing lands, and it is said why.
    never_sent = SimpleNamespace(send_batch=pytest.fail)
    monkeypatch.setitem(sys.modules, "scrapers.tasks.send", never_sent)  # needs a broker's address
    run = call("scrape", "--from", "2030-01-05")
    assert "No match of 2030-01-05 is known" in run.stderr


def test_the_hint_names_what_was_asked_for_as_a_shell_takes_it(
    engine: Engine, make_settings: Any
) -> None:
    other = {"competition": "England Women's Super League", "season": "2024/2025", "stage_id": 7}
    settings = make_settings(follow=[LALIGA, other])

    def commands(competition: str) -> list[list[str]]:
        form = {"date_from": "2030-01-05", "competitions": competition}
        request = Request.of_form(form, settings)
        hint = why_no_match(engine, request, settings.follow) or ""
        found = re.findall(r"touchline follow ([^-].*?) --season", hint)
        return [shlex.split(name) for name in found]

    assert commands("England Women's Super League") == [[other["competition"]]]
    assert commands("") == [[LALIGA["competition"]], [other["competition"]]]
    assert commands("99") == [["<competition>"]], "a stage that is not followed"


def test_matches_that_are_not_over_are_told_as_that(
    engine: Engine, make_settings: Any, call: Call
) -> None:
    land_feed(engine, m1="postponed", m2="scheduled", m3="scheduled")
    ended = call("scrape", "--from", "2022-08-13", "--dry-run")
    assert "1 postponed, 2 scheduled" in ended.stdout
    land_feed(engine, m1="postponed", m2="finished")
    settings = make_settings(follow=[LALIGA])
    request = Request.of_form({"date_from": "2022-08-13"}, settings)
    assert why_no_match(engine, request, settings.follow) is None


def test_following_tells_the_catalogue_s_pages(engine: Engine, call: Call) -> None:
    before = written(engine)
    first = json.loads(call("follow", "England Premier League", "--dry-run", "--json").stdout)
    assert first["targets"] == ["whoscored/tournaments"]
    assert (first["competition"], first["season"]) == (None, None)
    assert written(engine) == before

    league = {"competition_id": 2, "region_id": 252, "region_name": "England"}
    with engine.begin() as connection:
        connection.execute(insert(Competition).values(**league, name="Premier League", **LINEAGE))
        season = {"season_id": 10743, "competition_id": 2, "name": "2025/2026"}
        connection.execute(insert(Season).values(**season, **LINEAGE))
        connection.execute(insert(Stage).values(stage_id=24533, season_id=10743, **LINEAGE))
        for key, age in (("whoscored/tournaments", 1), ("whoscored/seasons/252/2", 30)):
            connection.execute(
                insert(TargetRow).values(
                    target_key=key,
                    page_kind=key.split("/")[1],
                    state=State.LANDED,
                    planned_at=func.now(),
                    fetched_at=datetime.now(UTC) - timedelta(days=age),
                )
            )
    before = written(engine)
    arguments = ("follow", "England Premier League", "--season", "2025/26", "--dry-run")
    told = json.loads(call(*arguments, "--json").stdout)
    assert told["targets"] == ["whoscored/seasons/252/2", "whoscored/stages/252/2/10743"]
    assert (told["season"], told["not_known_yet"]) == ("2025/2026", None)
    assert told["stages"] == [{"stage_id": 24533, "name": None}]
    shown = call(*arguments).stdout
    assert "Stages known already: id 24533, to be named by its first schedule." in shown
    assert "England Premier League 2025/2026: 2 of the site's pages" in shown
    # The menu is a day old: a name that it does not know is asked of a new one.
    unknown = json.loads(call("follow", "Nowhere League", "--dry-run", "--json").stdout)
    assert unknown["targets"] == ["whoscored/tournaments"]
    assert call("follow", "--list", "--dry-run").exit_code == 2
    assert written(engine) == before


def test_an_id_that_is_known_to_be_of_no_match_is_told_as_that(
    engine: Engine, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Target.match_centre(999)
    with engine.begin() as connection:
        connection.execute(
            insert(TargetRow).values(
                target_key=target.key,
                page_kind=PageKind.MATCH_CENTRE,
                state=State.ABSENT,
                planned_at=func.now(),
                fetched_at=func.now(),
                failure_class="TargetAbsent",
                failure_detail="the site answered 404",
            )
        )
    never_sent = SimpleNamespace(send_batch=pytest.fail)
    monkeypatch.setitem(sys.modules, "scrapers.tasks.send", never_sent)
    ended = call("scrape", "--match", "999", "--page-kind", "match_centre")
    assert ended.exit_code == 0, ended.output
    assert f"{target.key} is absent: the site answered 404" in ended.stderr
    assert ended.stdout.splitlines() == [
        "Nothing to do: none of it is there. (--force asks for it again.)",
        "1 match by id, match_centre: "
        "0 of 1 matches asked for by id landed, 1 not there (TargetAbsent)",
    ]
