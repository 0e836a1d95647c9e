"""The scenarios: each failure class, at each place of a run where it can strike."""

from __future__ import annotations

from tests.chaos.scenario import Scenario
from tests.chaos.scenarios_airflow import SCENARIOS as AIRFLOW
from tests.chaos.scenarios_data import SCENARIOS as DATA
from tests.chaos.scenarios_platform import SCENARIOS as PLATFORM
from tests.chaos.scenarios_site import SCENARIOS as SITE
from tests.chaos.scenarios_stores import SCENARIOS as STORES

SCENARIOS: tuple[Scenario, ...] = (*PLATFORM, *STORES, *SITE, *DATA, *AIRFLOW)
