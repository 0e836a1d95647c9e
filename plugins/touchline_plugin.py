"""Registers the platform with Airflow; what it offers stands in the package touchline_airflow."""

from airflow.plugins_manager import AirflowPlugin


class TouchlinePlugin(AirflowPlugin):
    """Shows under Admin > Plugins that the platform's operators and trigger are in place."""

    name = "touchline"
