"""The register of failures, and what is generated from it."""

from __future__ import annotations

import yaml

from scrapers import errors
from scrapers.errors import FAILURE_CLASSES, BrowserUnavailable, LayoutChanged, SourceUnavailable
from scrapers.metrics.documents import documents
from scrapers.metrics.rules import rules
from scrapers.register import NEVER, Audience, register, runbook
from scrapers.settings import ROOT


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
        assert found[name]["labels"]["severity"] == known.severity
        assert found[name]["annotations"]["runbook"] == runbook(name)
