"""Registers the platform with Airflow; what it offers stands in the package touchline_airflow."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from touchline_airflow.queued_at import RunQueuedAt


class TouchlinePlugin(AirflowPlugin):
    """Shows under Admin > Plugins that the platform's operators and trigger are in place."""

    name = "touchline"
    deadline_references: ClassVar[list[Any]] = [RunQueuedAt]
