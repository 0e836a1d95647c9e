"""The page on chaos shows every scenario, also what was not run: nothing is left out in silence."""

from __future__ import annotations

from scrapers.settings import ROOT
from tests.chaos.report import NOT_RUN, page
from tests.chaos.scenario import Outcome
from tests.chaos.scenarios import SCENARIOS

FIRST, SECOND = SCENARIOS[:2]


def table(text: str) -> dict[str, list[str]]:
    """The rows of the page's first table, by the scenario's name."""
    lines = text.partition("## By failure class")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return {row[0]: row for row in cells[2:]}


def test_the_documentation_names_every_scenario_and_no_other() -> None:
    shown = table((ROOT / "docs" / "chaos.md").read_text(encoding="utf-8"))
    assert list(shown) == [scenario.name for scenario in SCENARIOS], "run `make chaos`"


def test_a_scenario_without_a_result_is_shown_as_not_run() -> None:
    ran = Outcome(FIRST.name, 1, 0.5, 20.0, 17, 17, 0, [], 30.0)
    text = page([FIRST, SECOND], [ran])
    assert "2 scenarios, 1 of them not run, 1 runs" in text
    rows = table(text)
    assert rows[FIRST.name][4] == "1"
    assert rows[FIRST.name][-1] == "yes"
    assert rows[SECOND.name][:2] == [SECOND.name, ", ".join(SECOND.classes)]
    assert rows[SECOND.name][4] == "0"
    assert rows[SECOND.name][-1] == NOT_RUN
    assert len({len(row) for row in rows.values()}) == 1
    assert NOT_RUN not in page([FIRST], [ran])
