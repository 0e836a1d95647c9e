"""What the task says that ends a run: which pages of the later steps are not asked for now."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine

from scrapers.errors import InvalidBatch
from scrapers.pipeline.steps import Step
from scrapers.targets import Target
from scrapers.warehouse.records import State
from tests.integration.test_pipeline_run import STAGE, bring_to, day, refuse
from touchline_airflow.operators import DispatchOperator, PublishOperator

__all__ = ["day"]


CONTEXT: Any = {
    "params": {
        "date_from": "2022-08-13",
        "page_kinds": ["match_centre", "match_preview", "match_report"],
    },
    "dag_run": SimpleNamespace(dag_id="whoscored_scrape", run_id="manual__1"),
}


@pytest.fixture(autouse=True)
def current(engine: Engine, make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    follow = [{"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": STAGE}]
    made = make_settings(follow=follow)
    monkeypatch.setattr("scrapers.settings.settings", lambda: made)
    monkeypatch.setattr("scrapers.warehouse.engine.current_settings", lambda: made)


def test_matches_that_all_fail_tell_of_previews_and_reports(
    engine: Engine, day: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: UUID) -> None:
        bring_to(engine, State.BLOCKED, *day, failure="LayoutChanged")

    monkeypatch.setattr("scrapers.tasks.send.send_batch", fail)
    matches = DispatchOperator(task_id="dispatch_matches", step=Step.MATCH_CENTRE, scope="form")
    with pytest.raises(
        AirflowFailException,
        match=r"^LayoutChanged: no matches could be read: .* 5 match_preview, 4 match_report; the",
    ):
        matches.execute(CONTEXT)


def test_matches_that_the_gate_refuses_tell_of_them_too(
    engine: Engine, day: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    def quarantine(batch_id: UUID) -> None:
        bring_to(engine, State.QUARANTINED, *day, failure="InvalidBatch")
        refuse(engine, batch_id)

    monkeypatch.setattr("scrapers.tasks.send.send_batch", quarantine)
    step: Any = {"step": Step.MATCH_CENTRE, "scope": "form"}
    batch_id = DispatchOperator(task_id="dispatch_matches", **step).execute(CONTEXT)
    landing = PublishOperator(task_id="publish_matches", batch_id=batch_id, **step)
    with pytest.raises(InvalidBatch, match=r"the gate refused .* 5 match_preview, 4 match_report;"):
        landing.execute(CONTEXT)
    alone = PublishOperator(task_id="publish", batch_id=batch_id)
    with pytest.raises(InvalidBatch, match=r"ops\.validation$"):
        alone.execute(CONTEXT)
