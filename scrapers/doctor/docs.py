"""The table of docs/doctor.md, made from the catalogue, so that it can't lie."""

from __future__ import annotations

from collections.abc import Sequence

from scrapers.doctor import configuration
from scrapers.doctor.run import GROUPS, Service

BEGIN, END = "<!-- checks: begin -->", "<!-- checks: end -->"


def table() -> str:
    """Every check: what it proves, who needs it, in how many seconds it is given up."""
    lines = ["| check | proves that | needed by | seconds |", "|---|---|---|---|"]
    for name, proves in configuration.CHECKS.items():
        lines.append(f"| `{name}` | {proves} | all | – |")
    for group in GROUPS:
        services = _names([service for service in Service if service in group.services])
        for name, proves in group.checks.items():
            lines.append(f"| `{name}` | {proves} | {services} | {group.seconds:g} |")
    return "\n".join(lines)


def _names(services: Sequence[Service]) -> str:
    return "all" if len(services) == len(Service) else ", ".join(services)
