"""`touchline source status` in every state that the source can be in."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from scrapers.cli import source as command
from scrapers.cli.main import app
from scrapers.errors import SourceRefused
from scrapers.targets import SOURCE
from scrapers.warehouse import engine as engines
from scrapers.warehouse import source
from scrapers.warehouse.source import Leave, Rules


@pytest.fixture
def said(engine: Engine, make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(command, "settings", make_settings)
    monkeypatch.setattr(engines, "engine", lambda _: engine)

    def status() -> str:
        ended = CliRunner().invoke(app, ["source", "status"])
        assert ended.exit_code == 0, ended.exception
        return ended.stdout

    return status


def test_each_state_is_told(engine: Engine, make_settings: Any, said: Any) -> None:
    assert "is asked for pages" in said()
    rules = Rules.of(make_settings())
    leave = source.enter(engine, SOURCE, rules)
    assert isinstance(leave, Leave)
    source.wrong(engine, SOURCE, leave, SourceRefused("no, incident 7"), rules)
    assert "is paused until" in said()
    assert "no, incident 7" in said()
    source.resume(engine, SOURCE)
    assert "the next page tries it" in said()
    probe = source.enter(engine, SOURCE, rules)
    assert isinstance(probe, Leave)
    assert "one page is trying it" in said()
    source.right(engine, SOURCE, probe)
    assert "times slower than usual" in said()
    source.pause_by_hand(engine, SOURCE, who="me", until=None, reason="asked the owner")
    assert "until it is resumed" in said()
