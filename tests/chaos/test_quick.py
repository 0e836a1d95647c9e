"""A few of the chaos scenarios, one seed each; `make chaos` runs all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.place import Place
from tests.chaos.places import PLACES
from tests.chaos.run import run
from tests.chaos.scenario import Scenario
from tests.chaos.scenarios import SCENARIOS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

QUICK = [scenario for scenario in SCENARIOS if scenario.quick]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with PLACES["plain"](tmp_path_factory.mktemp("chaos") / "place") as running:
        yield running


@pytest.mark.parametrize("scenario", QUICK, ids=lambda scenario: scenario.name)
def test_a_struck_night_ends_as_a_quiet_one(place: Place, scenario: Scenario) -> None:
    assert scenario.place == "plain"
    assert run(place, scenario, seed=1).problems == []
