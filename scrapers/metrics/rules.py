"""Prometheus' alert rules, one for each failure class that can be an incident.

The ledger's incidents are the alerts: one for a trouble, not one for a task. What the ledger
can't tell, because it is the ledger or the way to it that is away, is told by `part_up`.
"""

from __future__ import annotations

from typing import Any

import yaml

from scrapers.metrics.collect import PARTS, PREFIX
from scrapers.register import Audience, Known, register, runbook

_HEAD = """\
# Alert rules, generated from scrapers/failures.yaml by `make register`: edit that file.
"""
_LOST_MINUTES = 5


def rules() -> str:
    """The rules' file, YAML."""
    groups = [
        {
            "name": "touchline incidents",
            "rules": [
                _rule(name, known)
                for name, known in register().items()
                if known.incident is not None
            ],
        },
        {"name": "touchline itself", "rules": [_silent()]},
    ]
    return _HEAD + yaml.safe_dump({"groups": groups}, sort_keys=False, width=100)


def _rule(name: str, known: Known) -> dict[str, Any]:
    assert known.incident is not None
    # The incident's own severity, which may be worse than its class's: no hub at all, say.
    expression = (
        f"max by (failure_class, subject, severity) "
        f'({PREFIX}incident_open{{failure_class="{name}"}}) > 0'
    )
    rule: dict[str, Any] = {"alert": f"Touchline{name}", "expr": expression}
    if part := PARTS.get(name):
        # The wait stands in the rule, since no incident has waited before.
        rule["expr"] = f'min by (part) ({PREFIX}part_up{{part="{part}"}}) == 0'
        rule["for"] = f"{known.incident.after_minutes:g}m"
    rule["labels"] = {"audience": known.audience.value}
    if part:
        rule["labels"]["severity"] = known.severity.value
    subject = "{{ $labels.part }}" if part else "{{ $labels.subject }}"
    rule["annotations"] = {
        "summary": f"{known.meaning}: {subject}",
        "impact": known.impact,
        "platform": known.platform,
        "person": known.person,
        "runbook": runbook(name),
    }
    return rule


def _silent() -> dict[str, Any]:
    return {
        "alert": "TouchlineSilent",
        "expr": f"absent({PREFIX}part_up)",
        "for": f"{_LOST_MINUTES}m",
        "labels": {"severity": "P5", "audience": Audience.ON_CALL.value},
        "annotations": {
            "summary": "Nothing is heard of Touchline: its metrics are not told",
            "impact": "Incidents are not seen here; the platform may well go on",
            "platform": "Nothing: this rule is for when it can't",
            "person": "Look whether `touchline metrics serve` runs",
            "runbook": runbook("WarehouseUnavailable"),
        },
    }
