"""The guide "The layout changed: what now?", done as it says, command by command."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from scrapers.cli.main import app
from scrapers.errors import ConfigInvalid
from scrapers.parsing import registry
from scrapers.settings import ROOT, Settings, load_settings
from scrapers.targets import PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.whoscored.needs import unmet
from tests.site.match import Match
from tests.site.world import World
from tests.support.archived import fetched, land_pages, open_for_fetch, parse_all, played_workers
from tests.support.gates import lighten
from tests.support.selectors import Desk, desk

WORLD = World()
NIGHT = [m for m in WORLD.matches() if m.has_match_centre and m.status == "finished"][:5]
BEFORE, AFTER = NIGHT[:2], NIGHT[2:]
_BLOCK = re.compile(r"```sh( fails)?\n(.*?)```", re.DOTALL)


def commands() -> list[tuple[str, bool]]:
    """The guide's commands in order, and whether the guide says that they end with 1."""
    guide = (ROOT / "docs" / "layout-changed.md").read_text()
    return [
        (line, bool(fails))
        for fails, block in _BLOCK.findall(guide)
        for line in block.splitlines()
        if line.strip()
    ]


def new_layout(match: Match) -> bytes:
    html = WORLD.page(match.id) or b""
    changed = html.replace(b'"venueName":', b'"groundName":').replace(b'"events":', b'"incidents":')
    assert changed != html
    return changed


@pytest.fixture
def at(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = desk(engine, tmp_path, monkeypatch)
    registry.register(engine, made.folder, "touchline db upgrade", unmet, [PageKind.MATCH_CENTRE])
    return made


@pytest.fixture
def tools(at: Desk, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """The workers' tools; the workers themselves are played in this process."""
    settings: Settings = load_settings(_env_file=None)
    made = Tools(settings)
    made.selectors._look_every = 0
    monkeypatch.setattr("scrapers.tasks.send.send_batch", played_workers(made))
    for module in ("status", "reparse"):
        monkeypatch.setattr(f"scrapers.cli.{module}.settings", lambda: settings)
    return made


def venues(engine: Engine) -> dict[int, tuple[str, str]]:
    query = text("SELECT match_id, venue_name, selector_version FROM core.match")
    with engine.connect() as connection:
        return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def test_the_guide_s_commands_mend_the_layout_and_close_the_gap(
    at: Desk, tools: Tools, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lighten(monkeypatch, "match", "event", "references", docs=True)
    old = {Target.match_centre(m.id): WORLD.page(m.id) or b"" for m in BEFORE}
    assert land_pages(tools, old).states == {"landed": 2}
    open_for_fetch(engine, *(Target.match_centre(m.id) for m in AFTER))
    hashes = [
        fetched(tools, Target.match_centre(m.id), new_layout(m), datetime(2026, 8, 3, tzinfo=UTC))
        for m in AFTER
    ]
    parse_all(tools)
    assert set(venues(engine)) == {m.id for m in BEFORE}, "nothing of the new layout lands"

    told = done("touchline reparse --failure LayoutChanged --dry-run", 1)
    assert "touchline selectors suggest --kind match_centre" in told

    seen: list[str] = []
    monkeypatch.setenv("PAGE", hashes[0])
    for command, fails in commands():
        told = done(command.replace("$PAGE", hashes[0]), 1 if fails else 0)
        seen.append(told)
        if "suggest" in command:
            assert_draft(at, told)
        if command.startswith("touchline reparse --page-kind match_centre --failure") and (
            "--dry-run" not in command
        ):
            landed = venues(engine)
            assert {landed[m.id][1] for m in AFTER} == {"match_centre/2026-08"}
            assert {landed[m.id][1] for m in BEFORE} == {"match_centre/2022-08"}
    assert len(seen) >= 12
    assert {venues(engine)[m.id][0] for m in AFTER} == {expected_venue(m) for m in AFTER}
    actions = [row.action.value for row in registry.history(engine)]
    assert actions[-3:] == ["promote", "rollback", "promote"]


def assert_draft(at: Desk, told: str) -> None:
    assert "the draft reads 3 of 3 pages" in told
    draft = at.file("match_centre/2026-08").read_text()
    assert "matchCentreData.groundName" in draft
    assert "matchCentreData.incidents" in draft
    assert "# The site states kick-offs on the clock of London" in draft, "comments stay"


def expected_venue(match: Match) -> Any:
    html = (WORLD.page(match.id) or b"").decode()
    found = re.search(r'"venueName":"([^"]*)"', html)
    assert found is not None
    return found.group(1)


def done(command: str, code: int) -> str:
    program, *call = shlex.split(command)
    assert program == "touchline"
    result = CliRunner().invoke(app, call)
    assert result.exit_code == code, f"{command}\n{result.output}\n{result.exception!r}"
    return result.output


def test_what_has_no_unread_page_says_so(at: Desk) -> None:
    told = at.run("suggest", "--kind", "match_centre", code=2)
    assert "there is no page" in told
    with pytest.raises(ConfigInvalid, match="is no target"):
        Target.from_key("whoscored/nothing/1")
