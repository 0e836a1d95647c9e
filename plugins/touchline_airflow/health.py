"""The task of `platform_health`: look, keep the incidents, tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class HealthOperator(BaseOperator):
    """Probe every service with a real session and page; its output lists the open incidents.

    It succeeds whenever it could judge, however bad things are: the messages tell of them.
    """

    ui_color = "#f4cccc"

    def execute(self, context: Context) -> dict[str, Any]:
        """Do one thorough turn of the watch; see scrapers.incidents.cycle."""
        from scrapers.incidents.cycle import watch_once
        from scrapers.incidents.probes import THOROUGH
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        return watch_once(engine(), settings(), THOROUGH).as_json()
