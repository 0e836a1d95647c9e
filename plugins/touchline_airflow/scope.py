"""From a DAG run to what it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapers.pipeline.request import Request
    from scrapers.settings import Settings

# "day": the run's partition; "form": the fields of its form.
Scope = Literal["day", "form"]


def request_of(context: Mapping[str, Any], scope: Scope, settings: Settings) -> Request:
    """The request of the running task's DAG run.

    A run of a day has its day as partition key; one started by hand without a key covers the
    last day that was over when it was created.

    Raises:
        ConfigInvalid: the form or the partition key is wrong, or nothing is followed.
        WarehouseUnavailable: what is followed besides the settings' stages can't be read.
    """
    from scrapers.pipeline.follow import followed
    from scrapers.pipeline.intervals import Interval
    from scrapers.pipeline.request import Request
    from scrapers.warehouse.engine import engine

    params = context["params"]
    # Read anew by each task: a competition followed meanwhile needs no restart.
    stages = followed(engine(settings), settings)
    if scope == "form":
        return Request.of_form(params, settings, follow=stages)
    run = context["dag_run"]
    if run.partition_key:
        interval = Interval.of_day(run.partition_key)
    else:
        interval = Interval.last_whole_day(run.run_after)
    return Request.of_interval(interval, settings, follow=stages, force=bool(params.get("force")))
