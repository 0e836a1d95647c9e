"""`touchline selectors …` on a real warehouse and archive: new, test, diff, promote, rollback."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from typer.testing import CliRunner

from scrapers.cli.main import app
from scrapers.parsing import registry
from scrapers.parsing.in_force import SelectorsInForce
from scrapers.parsing.page import Page
from scrapers.targets import PageKind, Target
from scrapers.warehouse.landing import land
from scrapers.warehouse.ops_tables import SelectorReleaseRow, TargetRow
from scrapers.warehouse.tables import Match as MatchRow
from scrapers.warehouse.tables import Referee
from scrapers.whoscored.needs import unmet
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.site.match import Match
from tests.site.world import World
from tests.support.gates import lighten
from tests.support.rows import new_batch, put
from tests.support.selectors import Desk, desk

WORLD = World()
MATCHES = [m for m in WORLD.matches() if m.has_match_centre and m.status == "finished"][:3]
OLD, NEW = "match_centre/2022-08", "match_centre/2026-08"


@pytest.fixture
def at(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose archive holds three matches in the old layout; their files are in force.

    Of what the gate judges, only what these tests are about.
    """
    lighten(monkeypatch, "referee_names")
    made = desk(engine, tmp_path, monkeypatch)
    for match in MATCHES:
        made.keep(Target.match_centre(match.id), page_of(match))
    kinds = (PageKind.MATCH_CENTRE, PageKind.SCHEDULE)
    registry.register(engine, made.folder, "ops", unmet, kinds)
    return made


def page_of(match: Match) -> bytes:
    html = WORLD.page(match.id)
    assert html is not None
    return html


def renamed_page(match: Match) -> bytes:
    return page_of(match).replace(b'"venueName":', b'"groundName":')


def test_from_new_to_rollback(at: Desk) -> None:
    told = at.run("new", "match_centre", "2026-08")
    assert "touchline selectors promote match_centre/2026-08" in told
    at.run("new", "match_centre", "2026-08", code=2)
    assert at.run("diff", OLD, NEW, code=1).startswith("effective_from\n  - 2022-08-01")
    at.edit(NEW, "path: matchCentreData.venueName", "path: matchCentreData.groundName")
    found = at.data("diff", f"{OLD}@in-force", NEW, code=1)
    assert [(d["name"], d["what"]) for d in found] == [
        ("effective_from", ""),
        ("venue_name", "from"),
    ]
    assert found[1]["new"] == "js: args, path: matchCentreData.groundName"

    # It reads none of the pages there are: nothing proves it.
    assert "reads none of the 3 pages" in at.run("promote", NEW, code=1)
    blocked = at.keep(
        Target.match_centre(MATCHES[0].id), renamed_page(MATCHES[0]), failure="LayoutChanged"
    )
    told = at.run("test", NEW)
    assert "4 pages: 3 read as before, 1 newly read" in told
    assert f"({blocked[:12]}): newly read: by 2026-08" in told
    at.run("new", "match_centre", "left-over")
    done = at.data("promote", NEW, "--by", "Ada")
    assert done["promoted"]
    assert done["report"]["read_by"] == {"2022-08": 3, "2026-08": 1}

    worker = SelectorsInForce(at.engine, at.folder, look_every=0)
    changed = Page(at.archive.get(blocked))
    assert worker.read(changed, PageKind.MATCH_CENTRE)[0].name == NEW
    history = at.data("history", "match_centre")
    # The drafts of the folder were seen by the way: Ada has promoted one file and no other.
    assert [(row["action"], row["name"]) for row in history["history"] if row["who"] == "Ada"] == [
        ("promote", NEW)
    ]
    assert {row["name"] for row in history["history"] if row["action"] == "draft"} == {
        *(NEW, "match_centre/left-over"),
    }
    assert history["history"][-1]["test"] == "passed, 4 pages, 1 newly read"
    assert "is taken back" in at.run("rollback", "match_centre", "--reason", "too early")
    assert [s.name for s in worker.for_kind(PageKind.MATCH_CENTRE)] == [OLD]
    at.run("rollback", "match_centre", code=2)
    told = at.run("history", "match_centre")
    assert "takes release" in told
    assert "too early" in told


def test_a_field_read_from_a_wrong_place_is_held_against_what_has_landed(at: Desk) -> None:
    match = MATCHES[0]
    target = Target.match_centre(match.id)
    rows = land_page(at, match)
    at.run("new", "match_centre", "2026-08")
    at.edit(NEW, "path: matchCentreData.referee.lastName", "path: matchCentreData.venueName")
    at.edit(NEW, "path: matchCentreData.attendance", "path: matchCentreData.spectators")
    at.keep(target, page_of(match).replace(b'"attendance":', b'"spectators":'), "LayoutChanged")

    (known,), (venue,) = rows["referee"], (row["venue_name"] for row in rows["match"])
    told = at.run("test", NEW, code=1)
    assert (
        f"referee.last_name would change in 1 of 1 rows that have landed with a value, as "
        f"{known['last_name']!r} → {venue!r} ({known['referee_id']})"
    ) in told
    shown = at.data("test", NEW, code=1)["match_centre"]
    assert shown["newly"].keys() == {"referee_last_name", "attendance"}
    assert shown["newly"]["referee_last_name"] == {
        "rows": 1, "filled": 1, "examples": [repr(venue)],
    }  # fmt: skip
    assert "Not promoted" in at.run("promote", NEW, code=1)

    at.edit(
        NEW,
        "path: matchCentreData.venueName}\n      - *no_referee",
        "path: matchCentreData.referee.lastName}\n      - *no_referee",
    )
    assert "The pages that it reads have 0 rows that are not landed" in at.run("test", NEW)


def test_a_change_that_the_site_made_is_accepted_by_name(at: Desk) -> None:
    match = MATCHES[0]
    target = Target.match_centre(match.id)
    page = page_of(match)
    (row,) = land_page(at, match)["match"]
    at.run("new", "match_centre", "2026-08")
    at.edit(NEW, "path: matchCentreData.venueName", "path: matchCentreData.ground")
    at.keep(target, page.replace(b'"venueName":"', b'"ground":"The '), "LayoutChanged")
    told = at.run("promote", NEW, code=1)
    assert (
        "match.venue_name would change in 1 of 1 rows that have landed with a value, as "
        f"{row['venue_name']!r}"
    ) in told
    assert "add --accept match.venue_name" in told
    at.run("promote", NEW, "--accept", "match.attendance", code=1)
    told = at.run("promote", NEW, "--accept", "match.venu_name", code=2)
    assert "did you mean match.venue_name?" in told
    both = ("--accept", "match.venue_name", "--accept", "match.attendance")
    at.run("promote", NEW, *both, "--by", "Ada")  # of which one was needed
    assert at.data("history", "match_centre")["history"][-1]["reason"] == (
        "accepted changes of match.venue_name"
    )


def test_pages_that_are_read_already_are_held_against_what_has_landed_too(at: Desk) -> None:
    """The same text, edited once more: nothing is newly read, and a name would be lost."""
    land_page(at, MATCHES[0])
    at.edit(OLD, "path: matchCentreData.referee.lastName", "path: matchCentreData.venueName")
    told = at.run("test", OLD, code=1)
    assert "3 read as before" in told
    assert "referee.last_name would change in 1 of 1 rows" in told
    at.run("promote", OLD, code=1)


def test_what_a_version_landed_that_was_taken_back_is_no_evidence(at: Desk) -> None:
    match = MATCHES[0]
    land_page(at, match)
    with at.engine.begin() as connection:
        wrong = {"venue_name": "Leandor Kastanov", "selector_version": "match_centre/2026-07"}
        connection.execute(update(MatchRow).where(MatchRow.match_id == match.id).values(**wrong))
    at.run("new", "match_centre", "2026-07")
    at.run("promote", "match_centre/2026-07", "--force", "to try it")
    at.run("new", "match_centre", "2026-08")
    at.edit(NEW, "path: matchCentreData.venueName", "path: matchCentreData.groundName")
    at.keep(Target.match_centre(match.id), renamed_page(match), "LayoutChanged")
    assert "match.venue_name would change in 1 of 1" in at.run("test", NEW, code=1)
    at.run("rollback", "match_centre", "--reason", "it was a person's name")
    assert "1 newly read" in at.run("test", NEW)


def test_names_that_are_accepted_are_no_longer_held_against_the_page(at: Desk) -> None:
    """A referee whose wrong name landed: nothing but the word of whoever promotes lets it go."""
    match = MATCHES[0]
    land_page(at, match)
    with at.engine.begin() as connection:
        wrong = {"name": "Oz Qux", "first_name": "Oz", "last_name": "Qux"}
        connection.execute(update(Referee).values(**wrong))
    at.run("new", "match_centre", "2026-08")
    at.edit(NEW, "path: matchCentreData.venueName", "path: matchCentreData.groundName")
    at.keep(Target.match_centre(match.id), renamed_page(match), "LayoutChanged")
    told = at.run("promote", NEW, code=1)
    assert "1 of 1 pages that it newly reads would be put aside" in told
    assert "a referee stays who they are" in told
    names = [f"referee.{column}" for column in wrong]
    at.run("promote", NEW, *(word for name in names[1:] for word in ("--accept", name)), code=1)
    at.run("promote", NEW, *(word for name in names for word in ("--accept", name)))
    report = at.data("history", "match_centre")["history"][-1]
    assert report["reason"] == f"accepted changes of {', '.join(sorted(names))}"
    with at.engine.connect() as connection:
        kept = connection.execute(
            select(SelectorReleaseRow.report["accepted"]).order_by(
                SelectorReleaseRow.release_id.desc()
            )
        ).scalars()
        assert next(kept) == sorted(names)


def test_a_rollback_says_what_it_leaves_behind(at: Desk) -> None:
    land_page(at, MATCHES[0])
    at.run("new", "match_centre", "2026-08")
    at.run("promote", NEW, "--force", "to try it")
    with at.engine.begin() as connection:
        connection.execute(
            update(TargetRow)
            .where(TargetRow.landed_at.is_not(None))
            .values(landed_version="match_centre/2026-08")
        )
    told = at.run("rollback", "match_centre")
    assert "It read 1 pages last" in told
    assert "touchline reparse --read-by match_centre/2026-08 --dry-run" in told
    shown = CliRunner().invoke(app, ["status"]).output
    assert "1 landed pages were read by match_centre/2026-08, which is not in force any" in shown


def land_page(at: Desk, match: Match) -> RowSet:
    """Land a match's page as the version in force reads it; its rows."""
    target = Target.match_centre(match.id)
    read = read_page(page_of(match), target, "the page", selector_files(at.folder))
    before = datetime(2023, 1, 1, tzinfo=UTC)  # and before the pages that the desk keeps
    land(at.engine, new_batch(at.engine), [put(at.engine, target, read.rows, before)])
    return read.rows


def test_a_fingerprint_that_old_pages_bear_too_is_remarked(at: Desk) -> None:
    at.run("new", "match_centre", "2026-08")
    at.edit(NEW, "path: matchCentreData.venueName", "path: matchCentreData.groundName")
    at.keep(Target.match_centre(MATCHES[0].id), renamed_page(MATCHES[0]), failure="LayoutChanged")
    assert "the fingerprint of 2026-08 also fits 3 pages" in at.run("test", NEW)


def test_an_edit_that_loses_a_required_value_is_refused_and_can_be_forced(at: Desk) -> None:
    at.edit(OLD, "path: matchCentreData.maxMinute", "path: matchCentreData.maxMinutes")
    at.edit(OLD, "range: [-10, 110]", "range: [0, 50]")
    told = at.run("test", "match_centre", code=1)
    assert "is no longer read: LayoutChanged" in told
    assert "events.x" in told
    assert "Not promoted" in at.run("promote", OLD, code=1)
    assert at.data("promote", OLD, code=1)["promoted"] is False
    assert at.data("status", code=1)["in_force"][0]["file"] in ("edited", "same")
    at.run("promote", OLD, "--force", "the site says so", "--by", "Ada")
    row = at.data("history", "match_centre")["history"][-1]
    assert (row["reason"], row["test"]) == ("the site says so", "failed, 3 pages, 0 newly read")


def test_values_that_change_are_shown_and_fail_if_that_is_asked(at: Desk) -> None:
    at.edit(OLD, "path: matchCentreData.venueName", "path: matchCentreData.home.countryName")
    at.edit(OLD, "from: [{path: shirtNo}]", "from: [{path: shirtNumber}]")
    at.edit(
        OLD, "            present: true\n            range: [1, 999]", "            range: [1, 999]"
    )
    report = at.data("test", "match_centre")["match_centre"]
    fields = report["fields"]
    assert (fields["venue_name"]["changed"], fields["venue_name"]["same"]) == (3, 0)
    assert fields["teams.players.shirt_number"]["lost"] > 60
    assert fields["teams.players.player_id"]["lost"] == 0
    assert fields["events"]["same"] > 1000
    assert "venue_name changes its values" in at.run("test", OLD, "--strict", code=1)
    assert "teams.players.shirt_number" in at.run("test", OLD)


def test_a_lost_row_is_a_lost_required_value(at: Desk) -> None:
    page = page_of(MATCHES[0])
    name = page[page.index(b"matchCentreEventTypeJson: {") :].split(b'"')[1].decode()
    rows = "path: matchCentreEventTypeJson, items: true"
    at.edit(OLD, rows, f"{rows}, skip_keys: [{name}]")
    told = at.run("test", OLD, code=1)
    assert "satisfied_event_names.name loses 3 required values" in told


def test_golden_pages_must_be_read_and_need_no_warehouse(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = at.golden / "match_centre"
    place.mkdir()
    (place / f"{MATCHES[0].id}.html").write_bytes(page_of(MATCHES[0]))
    for name in ("DATABASE_URL", "ARCHIVE_URL", "BROKER_URL", "CACHE_URL"):
        monkeypatch.delenv(f"TOUCHLINE_{name}")
    assert "1 pages: 1 read as before" in at.run("test", OLD, "--golden", str(at.golden))
    (place / f"{MATCHES[1].id}.html").write_bytes(page_of(MATCHES[0]))
    told = at.run("test", OLD, "--golden", str(at.golden), code=1)
    assert f"match_id is {MATCHES[0].id}, asked for was {MATCHES[1].id}" in told
    at.run("promote", OLD, code=2)


def test_a_file_edited_since_its_promotion_is_shown(at: Desk) -> None:
    assert "match_centre/2022-08" in at.run("status")
    at.edit(OLD, "description: >-", "description: >-\n  Edited.")
    rows = {row["name"]: row["file"] for row in at.data("status", code=1)["in_force"]}
    assert rows[OLD] == "edited"
    assert rows["schedule/2022-08"] == "same"
    told = at.run("history", code=1)
    assert f"{OLD}: the file was edited since its promotion" in told
    at.file(OLD).unlink()
    assert at.data("history", code=1)["edited_since"] == {OLD: "gone"}


def test_lint_gives_data_too(at: Desk) -> None:
    assert at.data("lint")["problems"] == []
    at.edit(OLD, "type: text", "typ: text")
    problems = at.data("lint", code=1)["problems"]
    assert problems[0]["field"].endswith(".typ")
    assert problems[0]["mend"] == "did you mean 'type'?"
