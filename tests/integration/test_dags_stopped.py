"""What the task says that ends a run: which pages of the later steps are not asked for now."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine

from scrapers.pipeline.steps import Step
from scrapers.targets import Target
from scrapers.warehouse.records import State
from tests.integration.test_pipeline_run import STAGE, bring_to, day
from touchline_airflow.operators import DispatchOperator

__all__ = ["day"]


def test_matches_that_all_fail_tell_of_previews_and_reports(
    engine: Engine, make_settings: Any, day: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = [{"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": STAGE}]
    made = make_settings(follow=follow)
    monkeypatch.setattr("scrapers.settings.settings", lambda: made)
    monkeypatch.setattr("scrapers.warehouse.engine.current_settings", lambda: made)

    def fail(_: UUID) -> None:
        bring_to(engine, State.BLOCKED, *day, failure="LayoutChanged")

    monkeypatch.setattr("scrapers.tasks.send.send_batch", fail)
    kinds = ["match_centre", "match_preview", "match_report"]
    context: Any = {
        "params": {"date_from": "2022-08-13", "page_kinds": kinds},
        "dag_run": SimpleNamespace(dag_id="whoscored_scrape", run_id="manual__1"),
    }
    matches = DispatchOperator(task_id="dispatch_matches", step=Step.MATCH_CENTRE, scope="form")
    with pytest.raises(
        AirflowFailException,
        match=r"^LayoutChanged: no matches could be read: .* 5 match_preview, 4 match_report; the",
    ):
        matches.execute(context)
