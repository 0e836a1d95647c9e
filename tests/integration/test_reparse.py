"""Re-parse on a real ledger, archive and warehouse; the parse workers are played here."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text, update

from scrapers.errors import (
    ConfigInvalid,
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TargetAbsent,
)
from scrapers.pipeline.dry_run import dry_run
from scrapers.pipeline.intervals import Interval, parse_day
from scrapers.pipeline.kept import read_by, untrusted
from scrapers.pipeline.reparse import STEP, choose, dispatch_reparse, run_reparse
from scrapers.pipeline.reparse_request import ReparseRequest
from scrapers.targets import PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding, ledger
from scrapers.warehouse.ops_tables import BatchRow, PageCoverageRow, TargetRow
from scrapers.warehouse.records import BatchKey, State
from tests.site.match import Match
from tests.site.world import World
from tests.support.archived import (
    FETCHED,
    fetched,
    land_pages,
    open_for_fetch,
    parse_all,
    played_workers,
    put_page,
)
from tests.support.gates import lighten
from tests.support.pages import match_data, with_match_data

WORLD = World()
MATCHES = [
    match
    for match in WORLD.matches_on(parse_day("2022-08-13"))
    if match.status == "finished" and match.has_match_centre
][:4]
FIRST, SECOND, THIRD, FOURTH = (Target.match_centre(match.id) for match in MATCHES)
ALL = ReparseRequest((PageKind.MATCH_CENTRE,))


def page_of(match: Match) -> bytes:
    page = WORLD.page(match.id)
    assert page is not None
    return page


def pages(*matches: Match) -> dict[Target, bytes]:
    return {Target.match_centre(match.id): page_of(match) for match in matches}


def renamed(html: bytes) -> bytes:
    """The page after a change of its layout."""
    changed = html.replace(b'"venueName"', b'"stadium"')
    assert changed != html
    return changed


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what the gate judges, only a part."""
    lighten(monkeypatch, "event")


@pytest.fixture
def landed(tools: Tools) -> None:
    with pytest.MonkeyPatch.context() as patch:
        lighten(patch, "event")
        assert land_pages(tools, pages(*MATCHES[:3])).states == {"landed": 3}


def row(engine: Engine, target: Target) -> Any:
    with engine.connect() as connection:
        query = select(TargetRow.__table__).where(TargetRow.target_key == target.key)
        return connection.execute(query).one()


def everything(engine: Engine) -> dict[str, str]:
    """A hash of every row and its version, in every schema: it changes with any touch."""
    tables = text(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('raw', 'staging', 'core', 'ops')"
    )
    with engine.connect() as connection:
        return {
            table: connection.scalar(
                text(
                    "SELECT md5(coalesce(string_agg(t.xmin || ' ' || t.ctid || ' ' || t::text, ','"
                    f" ORDER BY t.ctid), '')) FROM {table} t"
                )
            )
            for table in connection.scalars(tables).all()
        }


def run(tools: Tools, request: ReparseRequest, run_id: str = "r") -> Any:
    return run_reparse(
        tools.engine, tools.settings, request, played_workers(tools), run_id=run_id, poll_seconds=0
    )


# --- what is chosen -------------------------------------------------------------------------


def chosen(engine: Engine, **narrowing: Any) -> list[Target]:
    return [item.target for item in choose(engine, ReparseRequest(**narrowing)).planned]


@pytest.mark.usefixtures("light")
def test_pages_are_chosen_by_kind_days_version_failure_and_match(tools, engine, landed):
    month = f"{MATCHES[0].kickoff_utc:%Y%m}"
    feed = Target.schedule(MATCHES[0].stage_id, month)
    land_pages(tools, {feed: _feed_page(MATCHES[0].stage_id, month)}, FETCHED + timedelta(days=3))
    open_for_fetch(engine, FOURTH)
    fetched(tools, FOURTH, renamed(page_of(MATCHES[3])), FETCHED + timedelta(days=3))
    parse_all(tools)
    assert row(engine, FOURTH).failure_class == "LayoutChanged"

    assert chosen(engine) == sorted([FIRST, SECOND, THIRD, FOURTH, feed], key=lambda t: t.key)
    assert chosen(engine, page_kinds=(PageKind.SCHEDULE,)) == [feed]
    assert chosen(engine, match_ids=(MATCHES[1].id,)) == [SECOND]
    assert chosen(engine, failure="LayoutChanged") == [FOURTH]
    assert chosen(engine, failure="InvalidRows") == []
    assert set(chosen(engine, read_by="match_centre/2022-08")) == {FIRST, SECOND, THIRD}
    assert set(chosen(engine, fetched=Interval.of_day("2022-08-14"))) == {FIRST, SECOND, THIRD}
    assert set(chosen(engine, fetched=Interval.of_day("2022-08-17"))) == {FOURTH, feed}
    # Kick-offs are known from the pages and from the feed; a feed belongs to its month.
    assert set(chosen(engine, kickoff=Interval.of_day("2022-08-13"))) == {
        *(FIRST, SECOND, THIRD, FOURTH, feed)
    }
    assert chosen(engine, kickoff=Interval.of_day("2022-08-10")) == [feed]
    assert chosen(engine, kickoff=Interval.of_day("2022-09-10")) == []


def _feed_page(stage_id: int, month: str) -> bytes:
    feed = WORLD.feed(stage_id, month).decode().replace("&", "&amp;").replace("<", "&lt;")
    return f"<html><head></head><body><pre>{feed}</pre></body></html>".encode()


@pytest.mark.usefixtures("light")
def test_a_refusal_or_a_cut_page_is_passed_over_for_the_latest_page_that_is_one(tools, engine):
    land_pages(tools, pages(MATCHES[0]))
    first = row(engine, FIRST)
    newer = page_of(MATCHES[0]).replace(b"<footer>", b"<!-- newer --><footer>")
    open_for_fetch(engine, FIRST)
    good = fetched(tools, FIRST, newer, FETCHED + timedelta(days=1))
    parse_all(tools)
    with engine.begin() as connection:
        connection.execute(update(TargetRow).values(state=State.LANDED))
    for day, error in ((2, SourceRefused("no")), (3, LayoutChanged("404", fields=["address"]))):
        open_for_fetch(engine, FIRST)
        fetched(tools, FIRST, f"none {day}".encode(), FETCHED + timedelta(days=day), error)
        assert row(engine, FIRST).state == State.BLOCKED
    # A fetch that fails without any page says nothing against the page that was there before.
    open_for_fetch(engine, FIRST)
    claim = holding.claim_fetch(engine, FIRST.key, uuid4())
    assert claim is not None
    holding.failed(engine, claim, SourceUnavailable("no answer"), "fetch", None)

    (item,) = choose(engine, ALL).planned
    assert item.page is not None
    assert (item.page.page_hash, item.page.fetched_at) == (good, FETCHED + timedelta(days=1))
    assert good != first.page_hash
    run(tools, ALL)
    found = row(engine, FIRST)
    assert (found.state, found.page_hash, found.fetched_at) == (
        *(State.LANDED, good, FETCHED + timedelta(days=1)),
    )


def test_an_answer_that_says_in_words_that_there_is_no_page_is_never_chosen(
    tools: Tools, engine: Engine
) -> None:
    def answered(target: Target, day: int) -> None:
        open_for_fetch(engine, target)
        claim = holding.claim_fetch(engine, target.key, uuid4())
        assert claim is not None
        html = b"<html><head><title>Not Found</title></head><body></body></html>"
        page = put_page(tools, target, html, FETCHED + timedelta(days=day))
        assert holding.absent(engine, claim, TargetAbsent("no such page"), page)

    answered(FIRST, 0)
    assert chosen(engine) == []
    open_for_fetch(engine, FIRST)
    claim = holding.claim_fetch(engine, FIRST.key, uuid4())
    assert claim is not None
    holding.failed(engine, claim, SourceUnavailable("no answer"), "fetch", None)
    assert chosen(engine) == [], "failing later, it has no page of its own either"

    land_pages(tools, pages(MATCHES[1]))
    own = row(engine, SECOND).page_hash
    answered(SECOND, 1)
    (item,) = choose(engine, ALL).planned
    assert item.page is not None
    assert (item.target, item.page.page_hash) == (SECOND, own)


# --- the dry run ----------------------------------------------------------------------------


def test_a_dry_run_of_what_has_landed_finds_no_difference_and_touches_no_row(
    tools, settings, engine, landed
):
    open_for_fetch(engine, FOURTH)
    fetched(tools, FOURTH, renamed(page_of(MATCHES[3])))
    parse_all(tools)
    before = everything(engine)
    found = dry_run(engine, settings, ALL)
    assert everything(engine) == before
    assert (found.pages, found.versions, found.refused) == (4, {"match_centre/2022-08": 3}, None)
    assert {key: why.failure_class for key, why in found.failing.items()} == {
        FOURTH.key: "LayoutChanged"
    }
    assert found.failing[FOURTH.key].facts["fields"] == ["venue_name"]
    assert found.tables["event"].counts.unchanged == sum(match.events for match in MATCHES[:3])
    for seen in found.tables.values():
        counts = seen.counts
        assert (counts.inserted, counts.updated, counts.deleted) == (0, 0, 0)
        assert seen.changes == {}


TAMPER = (
    "UPDATE core.match SET attendance = 1, venue_name = 'Elsewhere' WHERE match_id = :first",
    "DELETE FROM core.event WHERE match_id = :first AND ordinal <= 3",
    "UPDATE core.event SET x = 1 WHERE match_id = :second AND ordinal <= 2",
    "INSERT INTO core.shot_zone (match_id, team_id, zone, minute, shots, goals, page_hash,"
    " selector_version, batch_id, landed_at) SELECT match_id, team_id, 'nowhere', 1, 1, 0,"
    " page_hash, selector_version, batch_id, landed_at FROM core.match_team"
    " WHERE match_id = :second",
    "UPDATE core.player SET height_cm = 1 WHERE player_id IN"
    " (SELECT player_id FROM core.line_up WHERE match_id = :first ORDER BY player_id LIMIT 1)",
)


@pytest.mark.usefixtures("light")
def test_a_dry_run_foresees_exactly_what_the_re_parse_then_does(tools, settings, engine, landed):
    with engine.begin() as connection:
        for statement in TAMPER:
            ids = {"first": MATCHES[0].id, "second": MATCHES[1].id}
            connection.execute(text(statement), {k: v for k, v in ids.items() if k in statement})
    found = dry_run(engine, settings, ALL, processes=2)
    changes = found.tables["match"].changes
    assert {name: change.rows for name, change in changes.items()} == {
        "venue_name": 1,
        "attendance": 1,
    }
    assert changes["venue_name"].key == [MATCHES[0].id]
    assert changes["venue_name"].old == "Elsewhere"
    assert found.tables["event"].changes["x"].rows == 2
    assert found.tables["event"].counts.inserted == 3
    assert found.tables["shot_zone"].counts.deleted == 2
    assert found.tables["player"].changes["height_cm"].rows == 1

    foreseen = {name: asdict(seen.counts) for name, seen in found.tables.items()}
    assert run(tools, ALL).rows == foreseen
    again = dry_run(engine, settings, ALL)
    assert not any(seen.changes for seen in again.tables.values())


def test_a_dry_run_tells_what_the_gate_would_put_aside(tools, settings, engine, landed):
    # The page is read, but says something that can't be.
    data = match_data(page_of(MATCHES[3]))
    data["events"][7]["id"] = data["events"][8]["id"]
    html = with_match_data(page_of(MATCHES[3]), data)
    open_for_fetch(engine, FOURTH)
    fetched(tools, FOURTH, html)
    parse_all(tools)
    before = everything(engine)
    found = dry_run(engine, settings, ALL)
    assert everything(engine) == before
    assert found.failing[FOURTH.key].failure_class == "InvalidRows"
    assert found.failing[FOURTH.key].facts["reasons"]
    assert FOURTH.key in found.as_json()["failing"]


@pytest.mark.usefixtures("light")
def test_a_page_that_is_damaged_in_the_archive_fails_alone(tools, settings, engine, landed):
    page_hash = row(engine, FIRST).page_hash
    path = (
        Path(settings.archive_url.removeprefix("file://"))
        / "pages"
        / page_hash[:2]
        / f"{page_hash}.html.zst"
    )
    path.write_bytes(b"something else")
    found = dry_run(engine, settings, ALL)
    assert {key: why.failure_class for key, why in found.failing.items()} == {
        FIRST.key: "ArchiveUnavailable"
    }
    assert sum(found.versions.values()) == 2


def test_a_dry_run_of_nothing_says_so(settings, engine):
    found = dry_run(engine, settings, ALL)
    assert (found.pages, found.tables, found.clean) == (0, {}, True)


# --- the run --------------------------------------------------------------------------------


@pytest.mark.usefixtures("light")
def test_a_re_parse_of_what_has_landed_changes_no_row_and_counts_no_page_twice(
    tools, engine, landed
):
    before = coverage(engine)
    core = {name: value for name, value in everything(engine).items() if name.startswith("core.")}
    summary = run(tools, ALL)
    assert summary.states == {"landed": 3}
    after = everything(engine)
    assert {name: after[name] for name in core} == core
    assert coverage(engine) == before
    assert len(before) == 3


def coverage(engine: Engine) -> list[Any]:
    table = PageCoverageRow.__table__
    columns = [column for column in table.columns if column.name != "read_at"]
    with engine.connect() as connection:
        return list(connection.execute(select(*columns).order_by(table.c.target_key)))


@pytest.mark.usefixtures("light")
def test_the_version_asked_for_travels_with_the_target_until_the_next_plan(
    tools, engine, landed, monkeypatch
):
    asked: list[str | None] = []
    import scrapers.tasks.parsing as parsing

    read_page = parsing.read_page

    def noting(*args: Any, **options: Any) -> Any:
        asked.append(options["version"])
        return read_page(*args, **options)

    monkeypatch.setattr(parsing, "read_page", noting)
    by_version = ReparseRequest((PageKind.MATCH_CENTRE,), version="match_centre/2022-08")
    run(tools, by_version)
    assert asked == ["match_centre/2022-08"] * 3
    assert row(engine, FIRST).asked_version == "match_centre/2022-08"
    open_for_fetch(engine, FIRST)
    found = row(engine, FIRST)
    assert (found.state, found.asked_version, found.archive_only) == (State.PLANNED, None, False)


def test_a_version_that_is_not_in_force_is_refused_before_anything_is_planned(
    tools, settings, engine, landed
):
    before = everything(engine)
    request = ReparseRequest((PageKind.MATCH_CENTRE,), version="match_centre/2099-01")
    with pytest.raises(ConfigInvalid, match="2099-01 is not in force"):
        run(tools, request)
    with pytest.raises(ConfigInvalid, match="neither in force nor in"):
        dry_run(engine, settings, request)
    assert everything(engine) == before


@pytest.mark.usefixtures("light")
def test_a_page_that_turns_out_to_be_none_is_blocked_and_never_fetched(tools, engine):
    open_for_fetch(engine, FIRST)
    fetched(tools, FIRST, page_of(MATCHES[0])[:20_000])
    with engine.begin() as connection:
        connection.execute(update(TargetRow).values(state=State.BLOCKED))
    with pytest.raises(SourceUnavailable, match="no pages could be read"):
        run(tools, ALL)
    assert row(engine, FIRST).state == State.BLOCKED
    # It is known for none by now.
    assert choose(engine, ALL).planned == []


@pytest.mark.usefixtures("light")
def test_what_is_under_way_for_a_fetch_is_left_alone_and_waited_for(tools, engine, landed):
    open_for_fetch(engine, FIRST)
    claim = holding.claim_fetch(engine, FIRST.key, uuid4())
    assert claim is not None
    assert choose(engine, ALL).under_way == 1
    key = BatchKey("touchline", "r", STEP)
    batch_id = dispatch_reparse(engine, tools.settings, key, ALL, played_workers(tools))
    assert batch_id is not None
    found = row(engine, FIRST)
    assert (found.state, found.holder, found.archive_only) == (
        *(State.FETCHING, claim.holder, False),
    )
    progress = ledger.progress(engine, batch_id)
    assert not progress.done
    assert progress.by_state == {State.FETCHING: 1, State.PARSED: 2}


@pytest.mark.usefixtures("light")
def test_a_page_that_was_fetched_after_the_choice_is_not_replaced_by_the_older_one(
    tools, engine, landed
):
    plan = choose(engine, ALL).planned
    newer = page_of(MATCHES[0]).replace(b"<footer>", b"<!-- newer --><footer>")
    land_pages(tools, {FIRST: newer}, FETCHED + timedelta(days=1))
    before = row(engine, FIRST)
    ledger.open_batch(engine, BatchKey("touchline", "r", STEP), plan, None)
    assert tuple(row(engine, FIRST)) == tuple(before)
    assert row(engine, SECOND).state == State.ARCHIVED


@pytest.mark.usefixtures("light")
def test_an_interrupted_run_is_taken_up_and_repeats_nothing(tools, settings, engine, landed):
    key = BatchKey("touchline", "r", STEP)
    sent: list[Any] = []
    first = dispatch_reparse(engine, settings, key, ALL, sent.append)
    assert first is not None
    assert sent == [first]
    assert row(engine, FIRST).state == State.ARCHIVED
    summary = run(tools, ALL)
    assert summary.batch_id == first
    with engine.connect() as connection:
        assert connection.scalars(select(BatchRow.state).where(BatchRow.step == STEP)).all() == [
            "published"
        ]


@pytest.mark.usefixtures("light")
def test_pages_that_are_mended_land_though_most_are_not(tools, engine):
    broken = [renamed(page) for page in (page_of(match) for match in MATCHES)]
    good = page_of(MATCHES[0])
    others = [Target.match_centre(9_000_000 + number) for number in range(5)]
    open_for_fetch(engine, FIRST, *others)
    fetched(tools, FIRST, good)
    for target in others:
        fetched(tools, target, broken[1])
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow).values(state=State.BLOCKED, failure_class="LayoutChanged")
        )
    summary = run(tools, ReparseRequest(failure="LayoutChanged"))
    assert summary.states == {"landed": 1, "blocked": 5}
    assert summary.failures == {"LayoutChanged": 5}


@pytest.mark.usefixtures("light")
def test_a_reparse_that_breaks_what_has_landed_is_refused_as_a_whole(tools, engine, settings):
    land_pages(tools, pages(*MATCHES))
    # The pages in the archive stay; the ledger is made to name broken ones.
    for target in (FIRST, SECOND, THIRD):
        open_for_fetch(engine, target)
        match = next(m for m in MATCHES if m.id == int(target.ids[0]))
        fetched(tools, target, renamed(page_of(match)), FETCHED + timedelta(days=1))
        with engine.begin() as connection:
            connection.execute(
                update(TargetRow)
                .where(TargetRow.target_key == target.key)
                .values(state=State.LANDED)
            )
    foreseen = dry_run(engine, settings, ALL)
    assert foreseen.refused is not None
    assert "90%" in foreseen.refused
    before = {k: v for k, v in everything(engine).items() if k.startswith("core.")}
    with pytest.raises(Exception, match="nothing of the batch is published"):
        run(tools, ALL)
    after = everything(engine)
    assert {name: after[name] for name in before} == before


@pytest.mark.usefixtures("light")
def test_a_page_that_nothing_reads_any_more_keeps_its_rows_and_the_run_says_whose(
    tools, engine, settings, landed
):
    # Landed by a version that was taken back; what is in force does not read such a page.
    open_for_fetch(engine, FIRST)
    fetched(tools, FIRST, renamed(page_of(MATCHES[0])), FETCHED + timedelta(days=1))
    taken_back = "match_centre/2026-11"
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == FIRST.key)
            .values(state=State.LANDED, landed_version=taken_back)
        )
    request = ReparseRequest(read_by=taken_back)
    foreseen = dry_run(engine, settings, request)
    assert foreseen.kept == {taken_back: 1} == foreseen.as_json()["kept"]
    assert read_by(engine, taken_back) == 1
    with pytest.raises(LayoutChanged, match=f"1 keep the rows that {taken_back} landed, which is"):
        run(tools, request)
    # One of two fails, and the batch is no failure as a whole.
    summary = run(tools, ReparseRequest(match_ids=(MATCHES[0].id, MATCHES[1].id)), "other")
    assert summary.kept == {taken_back: 1}
    assert "until a version in force reads the pages" in (untrusted(engine, summary.kept) or "")
    assert untrusted(engine, {"match_centre/2022-08": 2}) is None
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM core.match WHERE match_id = :id")
        assert connection.scalar(query, {"id": MATCHES[0].id}) == 1


# --- the request ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({}, "nothing narrows the pages down"),
        ({"everything": True, "match_ids": ["1"]}, "everything: pages are narrowed down too"),
        ({"page_kinds": ["photos"]}, "page_kinds: 'photos' is unknown"),
        ({"date_to": "2022-08-13"}, "date_from: missing, but date_to is given"),
        ({"fetched_from": "13.8."}, "fetched_from: '13.8.' is no day"),
        ({"version": "2022-08"}, "version: '2022-08' names no page kind"),
        ({"page_kinds": "schedule", "version": "match_centre/x"}, "page_kinds says otherwise"),
        ({"failure": "Sabotage"}, "failure: 'Sabotage' is no failure class"),
        ({"match_ids": "x"}, "match_ids: 'x' is no match id"),
    ],
)
def test_a_wrong_form_is_refused_by_its_fields(form, problem):
    with pytest.raises(ConfigInvalid, match="request refused") as refused:
        ReparseRequest.of_form(form)
    assert problem in refused.value.detail


def test_a_form_is_understood():
    request = ReparseRequest.of_form(
        {
            "page_kinds": ["match_centre"],
            "version": "2022-08",
            "read_by": "match_centre/2021-08",
            "fetched_from": "2022-08-13",
            "failure": "LayoutChanged",
        }
    )
    assert request.version == "match_centre/2022-08"
    assert request.fetched == Interval(
        datetime(2022, 8, 13, tzinfo=UTC), datetime(2022, 8, 14, tzinfo=UTC)
    )
    only_version = ReparseRequest.of_form({"version": "schedule/2022-08"})
    assert only_version.page_kinds == (PageKind.SCHEDULE,)
    assert ReparseRequest.of_form({"everything": True}) == ReparseRequest()
