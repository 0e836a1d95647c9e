"""The register of failures, and what is generated from it."""

from __future__ import annotations

import yaml
from typer.main import get_command

from scrapers import errors
from scrapers.cli.main import app
from scrapers.errors import (
    FAILURE_CLASSES,
    AlertUndelivered,
    BrowserUnavailable,
    LayoutChanged,
    SourceUnavailable,
    WarehouseUnavailable,
)
from scrapers.metrics.documents import documents
from scrapers.metrics.rules import rules
from scrapers.register import NEVER, Audience, register, runbook
from scrapers.settings import ROOT
from tests.chaos.runbooks import commands
from tests.chaos.scenarios import SCENARIOS


def test_each_failure_class_is_in_the_register_and_nothing_else_is():
    assert set(register()) == set(FAILURE_CLASSES)


def test_the_classes_take_severity_and_retries_from_the_register():
    for name, known in register().items():
        assert getattr(errors, name).severity is known.severity
        assert getattr(errors, name).retry == known.retry
    # What would hurt most if it came to be otherwise.
    assert LayoutChanged.retry == NEVER
    assert SourceUnavailable.retry.uses_attempt
    assert not BrowserUnavailable.retry.uses_attempt
    # What says nothing of a page may all the same come after the site was asked for it: of that,
    # one try is too few, and as many as there is patience for are too many.
    for failure in (BrowserUnavailable, WarehouseUnavailable):
        assert 1 < failure.retry.max_attempts <= SourceUnavailable.retry.max_attempts


def test_a_message_outlives_a_night_without_a_mail_server():
    policy = AlertUndelivered.retry
    # Jitter only shortens a wait, and at most by its share.
    waits = (
        min(policy.longest_wait, policy.first_wait * policy.factor**tries) * (1 - policy.jitter)
        for tries in range(policy.max_attempts - 1)
    )
    assert sum(waits) >= 24 * 3600
    # Whoever brings the server back in the morning is told soon.
    assert policy.longest_wait <= 3600


def test_what_is_generated_is_what_the_register_gives():
    stale = [
        str(path.relative_to(ROOT))
        for path, text in documents().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    assert not stale, f"run `make register`: {stale}"


def test_each_class_that_somebody_is_told_of_has_an_alert_rule_with_its_runbook():
    found = {
        rule["alert"].removeprefix("Touchline"): rule
        for group in yaml.safe_load(rules())["groups"]
        for rule in group["rules"]
    }
    for name, known in register().items():
        if known.incident is None:
            assert known.audience is Audience.NOBODY
            assert name not in found
            continue
        # Of an incident it is the incident's own, which its class's may be worse than.
        assert found[name]["labels"].get("severity", known.severity) == known.severity
        assert found[name]["annotations"]["runbook"] == runbook(name)


def test_each_failure_class_has_a_chaos_scenario_that_proves_it():
    proven = {scenario.name: scenario.classes for scenario in SCENARIOS}
    for name, known in register().items():
        assert known.chaos, f"{name} has no chaos scenario"
        for scenario in known.chaos:
            assert name in proven.get(scenario, ()), f"{scenario} does not prove {name}"
    named = {(scenario, name) for name, known in register().items() for scenario in known.chaos}
    unnamed = {(s.name, name) for s in SCENARIOS for name in s.classes} - named
    assert not unnamed, "name them in scrapers/failures.yaml"


def test_the_chaos_scenarios_have_names_of_their_own_and_are_enough():
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS) >= 32
    assert sum(scenario.quick for scenario in SCENARIOS) >= 5


def test_each_failure_class_has_a_runbook_whose_commands_are_ours():
    known = get_command(app).commands
    for name in register():
        assert (ROOT / runbook(name)).is_file(), runbook(name)
        assert commands(name, "look"), f"the runbook of {name} has no command to look with"
        for program, *arguments in commands(name, "look") + commands(name, "mend"):
            assert program == "touchline"
            assert arguments[0] in known, f"the runbook of {name}: {arguments[0]}"


def test_a_person_has_commands_where_the_class_needs_one():
    for scenario in SCENARIOS:
        if scenario.person:
            assert any(commands(name, "mend") for name in scenario.classes), scenario.name
