"""The watch on a real ledger and warehouse: canaries, field coverage, and what it says of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select, update

from scrapers.errors import InvalidRows, LayoutChanged, SourceRefused
from scrapers.pipeline.publish import publish
from scrapers.pipeline.watch import STEP, WatchReport, choose_canaries, conclude, dispatch_watch
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding, ledger, sending
from scrapers.warehouse.field_coverage import shares
from scrapers.warehouse.ops_tables import BatchRow, PageCoverageRow, QuarantineRow, TargetRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State
from scrapers.warehouse.tables import MatchTeam
from tests.site.world import World
from tests.support.archived import fetch_all, fetched, land_pages, open_for_fetch, parse_all
from tests.support.gates import lighten
from tests.support.pages import match_data, with_match_data

WORLD = World()
MATCHES = [m for m in WORLD.matches() if m.status == "finished" and m.has_match_centre][:7]
VERSION = "match_centre/2022-08"
KEY = BatchKey("touchline", "watch", STEP)
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def light_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what the gate judges, only what is broken here."""
    lighten(monkeypatch, "event")


@pytest.fixture
def settings(make_settings: Any) -> Settings:
    return make_settings(coverage_min_pages=5)


def served(target: Target) -> bytes:
    page = WORLD.page(int(target.id_map["match_id"]))
    assert page is not None
    return page


def anew(html: bytes) -> bytes:
    """The page served another time: no two fetches of the real site give the same bytes."""
    return html.replace(b"</html>", b"<!-- %s --></html>" % uuid4().hex.encode())


def changed(old: bytes, new: bytes) -> Callable[[Target], bytes]:
    def page(target: Target) -> bytes:
        html = anew(served(target))
        assert old in html
        return html.replace(old, new)

    return page


def without_managers(target: Target) -> bytes:
    """The key stands there, its value does not: no reading of a page by itself can tell."""
    html = anew(served(target))
    data = match_data(html)
    for side in ("home", "away"):
        assert data[side]["managerName"]
        data[side]["managerName"] = ""
    return with_match_data(html, data)


def managers(engine: Engine) -> int:
    with engine.connect() as connection:
        query = select(func.count(MatchTeam.manager_name))
        return connection.scalar(query) or 0


def land(tools: Tools, count: int, days_ago: float = 3.0) -> None:
    """Land matches, each with its own kick-off, fetched some days ago."""
    matches = {Target.match_centre(match.id): match for match in MATCHES[:count]}
    planned = [PlannedTarget(target, "new", match.kickoff_utc) for target, match in matches.items()]
    key = BatchKey("test", str(uuid4()), "any")
    batch_id = ledger.open_batch(tools.engine, key, planned, None)
    for number, target in enumerate(matches):
        fetched_at = NOW - timedelta(days=days_ago, minutes=count - number)
        fetched(tools, target, served(target), fetched_at)
    parse_all(tools)
    assert publish(tools.engine, batch_id, tools.settings).states == {"landed": count}


@pytest.fixture
def landed(tools: Tools) -> None:
    land(tools, 7)


def watch(tools: Tools, page: Callable[[Target], bytes] | None = None) -> WatchReport:
    batch_id = dispatch_watch(tools.engine, KEY, lambda _: None)
    assert batch_id is not None
    fetch_all(tools, page or (lambda target: anew(served(target))), datetime.now(UTC))
    parse_all(tools)
    return conclude(tools.engine, tools.settings, batch_id)


def test_canaries_are_the_newest_landed_pages_of_each_kind(tools, engine, landed):
    stage, month = MATCHES[0].stage_id, f"{MATCHES[0].kickoff_utc:%Y%m}"
    feed = WORLD.feed(stage, month).decode().replace("&", "&amp;").replace("<", "&lt;")
    html = f"<html><head></head><body><pre>{feed}</pre></body></html>".encode()
    land_pages(tools, {Target.schedule(stage, month): html})
    open_for_fetch(engine, Target.match_centre(9_999_999))
    newest = [Target.match_centre(m.id) for m in sorted(MATCHES, key=lambda m: m.kickoff_utc)]
    expected = {*newest[-2:], Target.schedule(stage, month)}
    assert {item.target for item in choose_canaries(engine)} == expected
    assert {item.reason for item in choose_canaries(engine)} == {"canary"}
    # One that failed yesterday stays a canary; one that somebody works at is none.
    with engine.begin() as connection:
        for target, state in ((newest[-1], State.BLOCKED), (newest[-2], State.FETCHING)):
            connection.execute(
                update(TargetRow).where(TargetRow.target_key == target.key).values(state=state)
            )
    expected = {newest[-1], newest[-3], Target.schedule(stage, month)}
    assert {item.target for item in choose_canaries(engine)} == expected


def test_nothing_has_landed_so_nothing_is_watched(engine):
    assert dispatch_watch(engine, KEY, lambda _: None) is None
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(BatchRow)) == 0


def test_pages_as_good_as_ever_land_and_nothing_is_said(tools, landed):
    report = watch(tools)
    assert report.failure() is None
    assert [c.state for c in report.canaries] == ["landed", "landed"]
    (compared,) = report.compared
    assert (compared.what, compared.pages, compared.pages_before) == ("canaries", 2, 7)
    assert compared.falls == ()
    # Asked again, it says the same.
    with tools.engine.connect() as connection:
        batch_id = connection.scalar(select(BatchRow.batch_id).where(BatchRow.step == STEP))
    assert batch_id is not None
    assert conclude(tools.engine, tools.settings, batch_id) == report


def test_a_required_field_that_is_gone_is_named_and_what_has_landed_stays(tools, engine, landed):
    report = watch(tools, changed(b'"playerIdNameDictionary"', b'"names"'))
    failure = report.failure()
    assert isinstance(failure, LayoutChanged)
    assert set(failure.facts["page_kinds"]) == {"match_centre"}
    assert failure.facts["fields"]
    assert "match_centre: " in failure.detail
    assert {c.failure_class for c in report.canaries} == {"LayoutChanged"}
    with engine.connect() as connection:
        query = select(func.count()).where(TargetRow.landed_at.is_not(None))
        assert connection.scalar(query) == 7


def test_an_optional_field_that_is_gone_is_found_by_its_coverage_and_nothing_of_it_lands(
    tools, engine, landed
):
    report = watch(tools, without_managers)
    assert [c.state for c in report.canaries] == ["quarantined", "quarantined"]
    assert {c.failure_class for c in report.canaries} == {"InvalidRows"}
    assert {c.fields for c in report.canaries} == {("teams.manager_name",)}
    assert managers(engine) == 14
    with engine.connect() as connection:
        reasons = connection.scalars(select(QuarantineRow.reasons)).first()
        batch_id = connection.scalar(select(BatchRow.batch_id).where(BatchRow.step == STEP))
    assert [why["column"] for why in reasons] == ["teams.manager_name"]
    # Asked again, it says the same.
    assert batch_id is not None
    assert conclude(engine, tools.settings, batch_id) == report
    failure = report.failure()
    assert isinstance(failure, LayoutChanged)
    assert failure.facts["page_kinds"] == {"match_centre": ["teams.manager_name"]}
    assert "teams.manager_name 0% on 2 pages, was 100% on 7" in failure.detail


def test_with_too_few_pages_to_compare_with_nothing_is_said(tools):
    land(tools, 4)
    report = watch(tools, without_managers)
    assert report.failure() is None
    assert [c.state for c in report.canaries] == ["landed", "landed"]
    assert report.compared[0].pages_before == 4


def test_a_fall_of_the_last_night_is_found_though_the_canaries_are_as_they_were(tools, landed):
    for match in MATCHES[:3]:
        target = Target.match_centre(match.id)
        land_pages(
            tools, {target: without_managers(target)}, datetime.now(UTC) - timedelta(hours=2)
        )
    report = watch(tools)
    by_what = {one.what: [fall.field for fall in one.falls] for one in report.compared}
    assert by_what["the last day"] == ["teams.manager_name"]
    assert isinstance(report.failure(), LayoutChanged)


def test_rows_that_break_expectations_are_told_and_not_landed(tools, landed):
    def broken(target: Target) -> bytes:
        html = anew(served(target))
        data = match_data(html)
        data["events"][7]["id"] = data["events"][8]["id"]
        return with_match_data(html, data)

    report = watch(tools, broken)
    assert {c.state for c in report.canaries} == {"quarantined"}
    assert isinstance(report.failure(), InvalidRows)


def test_a_site_that_refuses_is_told_as_that(tools, engine, landed):
    batch_id = dispatch_watch(engine, KEY, lambda _: None)
    assert isinstance(batch_id, UUID)
    for key in sending.to_send(engine, State.PLANNED, 9):
        claim = holding.claim_fetch(engine, key, uuid4())
        assert claim is not None
        holding.failed(engine, claim, SourceRefused("incident 7"), "fetch", State.PLANNED)
    failure = conclude(engine, tools.settings, batch_id).failure()
    assert isinstance(failure, SourceRefused)
    assert "incident 7" in failure.detail


# --- field coverage -------------------------------------------------------------------------


def test_coverage_is_counted_exactly_by_version_and_day(tools, engine):
    land(tools, 2, days_ago=3)
    first = {one.field: one for one in shares(engine)}
    squads = sum(len(side["players"]) for m in MATCHES[:2] for side in _sides(m))
    events = sum(m.events for m in MATCHES[:2])
    assert (first["venue_name"].pages, first["venue_name"].rows) == (2, 2)
    assert first["venue_name"].share == 1.0
    assert (first["events.x"].rows, first["events.x"].filled) == (events, events)
    assert first["teams.players.player_id"].rows == squads
    assert (first["events"].rows, first["events"].filled) == (2, 2)
    ends = sum("endX" in event for m in MATCHES[:2] for event in match_data(_page(m))["events"])
    assert first["events.end_x"].filled == ends
    assert {one.selector_version for one in first.values()} == {VERSION}

    # The same bytes again, on another day: the page has moved, and counts once.
    land(tools, 2, days_ago=1)
    assert {one.field: one for one in shares(engine)} == first
    by_day = shares(engine, page_kind=PageKind.MATCH_CENTRE, by_day=True)
    assert {one.day for one in by_day} == {(NOW - timedelta(days=1, minutes=2)).date()}
    assert shares(engine, last=date(2001, 1, 1)) == []
    assert shares(engine, selector_version="match_centre/none") == []
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(PageCoverageRow)) == 2


def _page(match: Any) -> bytes:
    return served(Target.match_centre(match.id))


def _sides(match: Any) -> list[Any]:
    data = match_data(_page(match))
    return [data["home"], data["away"]]
