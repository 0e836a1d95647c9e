"""The catch-up's tasks: what one step can't get keeps no other step's pages waiting."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from sqlalchemy import Engine

from scrapers.pipeline.steps import Step
from scrapers.targets import SOURCE
from scrapers.warehouse import ledger, source
from scrapers.warehouse.gaps import open_gaps
from scrapers.warehouse.records import State
from tests.integration.test_gaps import FEED, MATCHES, bring_to, ended, settings
from touchline_airflow.catch_up import CatchUpOperator
from touchline_airflow.operators import PublishOperator

__all__ = ["settings"]

OUT = (State.BLOCKED, "SourceUnavailable")


class Instance:
    """A task's instance, as far as it keeps outputs."""

    def __init__(self) -> None:
        self.outputs: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.outputs[key] = value


@pytest.fixture
def gaps(engine: Engine, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed and four matches that earlier runs did not get."""
    monkeypatch.setattr("scrapers.settings.settings", lambda: settings)
    monkeypatch.setattr("scrapers.warehouse.engine.current_settings", lambda: settings)
    ended(engine, {FEED: OUT}, name="feed")
    ended(engine, dict.fromkeys(MATCHES, OUT))


def context() -> Any:
    run = SimpleNamespace(dag_id="whoscored_catch_up", run_id="scheduled__1")
    return {"dag_run": run, "ti": Instance()}


def fails(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """From now on the feed fails as soon as it is sent; the batches that were sent."""
    sent: list[UUID] = []

    def send(batch_id: UUID) -> None:
        sent.append(batch_id)
        bring_to(engine, FEED, *OUT)

    monkeypatch.setattr("scrapers.tasks.send.send_batch", send)
    return sent


def test_a_feed_that_can_not_be_got_keeps_no_match_waiting(
    engine: Engine, gaps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = fails(engine, monkeypatch)
    feeds = CatchUpOperator(task_id="catch_up_schedules", step=Step.SCHEDULE, skips=True)
    output = feeds.execute(context())
    assert output == "", "not None, which Airflow would not write over an older output"
    assert PublishOperator(task_id="publish_schedules", batch_id=output).execute(context()) is None
    assert FEED.key in {gap.target_key for gap in open_gaps(engine)}
    matches = CatchUpOperator(task_id="catch_up_matches", step=Step.MATCH_CENTRE)
    with pytest.raises(TaskDeferred):
        matches.execute(context())
    assert len(sent) == 2
    assert ledger.progress(engine, sent[1]).total == len(MATCHES)


def test_what_fails_while_it_is_waited_for_leaves_no_batch_to_publish(
    engine: Engine, gaps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[UUID] = []
    monkeypatch.setattr("scrapers.tasks.send.send_batch", sent.append)
    feeds = CatchUpOperator(task_id="catch_up_schedules", step=Step.SCHEDULE, skips=True)
    given = context()
    with pytest.raises(TaskDeferred):
        feeds.execute(given)
    assert given["ti"].outputs == {"return_value": str(sent[0])}
    bring_to(engine, FEED, *OUT)
    assert feeds.resume(given, {"batch_id": str(sent[0])}) == ""


def test_while_the_source_is_paused_the_steps_after_it_are_skipped(
    engine: Engine, gaps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(engine, monkeypatch)
    feeds = CatchUpOperator(task_id="catch_up_schedules", step=Step.SCHEDULE)
    source.pause_by_hand(engine, SOURCE, who="ada", until=None, reason="x")
    with pytest.raises(AirflowSkipException, match=r"^still gaps: SourceUnavailable: "):
        feeds.execute(context())
