"""The threads that give a sign of life go on whatever the warehouse says to them."""

from __future__ import annotations

import logging
import time
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url

from scrapers.browser import lease
from scrapers.targets import Target
from scrapers.tasks.patience import holding_on
from scrapers.warehouse import browser_sessions, holding
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.records import Claim
from tests.integration.conftest import MakeSettings


def wait_for_warnings(caplog: pytest.LogCaptureFixture, words: str, number: int) -> None:
    end = time.monotonic() + 30
    while sum(words in record.getMessage() for record in caplog.records) < number:
        assert time.monotonic() < end, caplog.text
        time.sleep(0.05)


@pytest.fixture
def refusing(make_settings: MakeSettings, database_url: str) -> Engine:
    """A server that is there and refuses us, as one does that is being restored."""
    url = make_url(database_url).set(database="not_there_yet")
    return engine_of(make_settings(database_url=url.render_as_string(hide_password=False)))


def test_a_session_is_used_all_the_same(
    refusing: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(browser_sessions, "RENEW_SECONDS", 0.05)
    ticks: list[int] = []
    with caplog.at_level(logging.WARNING):
        held = lease.Lease(refusing, "s", "hub", lambda: 1, lambda: ticks.append(1))
        wait_for_warnings(caplog, "a browser session is not noted", 3)
        held.end(gone=True)
    assert ticks, "its thread lives"
    assert "the end of a browser session is not noted" in caplog.text


def test_a_hold_is_prolonged_again(
    refusing: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(holding, "renew_seconds", lambda: 0.05)
    claim = Claim(Target.from_key("whoscored/match_centre/1"), uuid4(), 1)
    with caplog.at_level(logging.WARNING), holding_on(refusing, claim):
        wait_for_warnings(caplog, "the hold could not be prolonged", 3)
