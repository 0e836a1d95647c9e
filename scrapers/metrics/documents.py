"""The register as a page of the documentation.

`python -m scrapers.metrics.documents` writes the page and the alert rules; a test refuses
either when it is not what the register gives.
"""

from __future__ import annotations

from pathlib import Path

from scrapers.metrics.rules import rules
from scrapers.register import NEVER, Audience, Known, RetryPolicy, register, runbook
from scrapers.settings import ROOT

_HEAD = """\
# Failures: what is known of each, and what follows

Generated from `scrapers/failures.yaml` by `make register`: edit that file. Every failure of the
platform belongs to one of these classes. The class decides: whether and when a target is tried
again, what is recorded, whether it is an incident, and who is told of it, once. Each class is
injected by the chaos scenarios that are named with it; `make chaos` runs them
([what came of it](chaos.md)).

Severity: P1 whole outage, P2 degraded, P3 data blocked, P4 offline only, P5 visibility only.

"""
_PLACES = {"failures.md": "docs", "rules.yml": ".docker/prometheus"}


def failures_page() -> str:
    """The page, Markdown: a table of all classes and a section for each."""
    lines = ["| class | severity | what has happened | tried again | who is told |"]
    lines.append("|---|---|---|---|---|")
    for name, known in register().items():
        lines.append(
            f"| [{name}](#{name.lower()}) | {known.severity} | {known.meaning} | "
            f"{_retries(known.retry)} | {_told(known)} |"
        )
    return _HEAD + "\n".join([*lines, "", *(_section(*item) for item in register().items())])


def _section(name: str, known: Known) -> str:
    facts = [
        ("Sign", known.sign),
        ("Impact", known.impact),
        ("The platform", known.platform),
        ("A person", known.person),
        ("Prevention", known.prevention),
        ("Recorded", known.recorded),
        ("Tried again", _retries(known.retry)),
        ("Incident", _incident(known)),
        ("Told", _told(known)),
        ("Chaos scenarios", ", ".join(f"`{item}`" for item in known.chaos)),
        ("Runbook", f"[{name}]({runbook(name).removeprefix('docs/')})"),
    ]
    body = "\n".join(f"- **{what}**: {text}" for what, text in facts if text)
    return f"## {name}\n\n{known.meaning} ({known.severity}).\n\n{body}\n"


def _retries(policy: RetryPolicy) -> str:
    if policy == NEVER:
        return "never"
    waits = f"after {_seconds(policy.first_wait)}, at most {_seconds(policy.longest_wait)}"
    if not policy.uses_attempt:
        free = f"{waits} apart, for {_seconds(policy.patience)}; no attempt is used up"
        if policy.max_attempts == 1:
            return free
        return f"{free} before the site is asked for the page; {policy.max_attempts} tries that ask"
    return f"{policy.max_attempts} tries, {waits} apart"


def _seconds(value: float) -> str:
    if value >= 60 and value % 60 == 0:
        return f"{value / 60:g} min"
    return f"{value:g} s"


def _incident(known: Known) -> str:
    rule = known.incident
    if rule is None:
        return "none"
    since = f"after {rule.after_minutes:g} minutes" if rule.after_minutes else "at once"
    return f"of a {rule.of}, {since}, until {rule.clears}"


def _told(known: Known) -> str:
    if known.audience is Audience.NOBODY or known.incident is None:
        return "nobody"
    who = known.audience.value.replace("_", " ")
    again = f", again every {known.remind_hours:g} h" if known.remind_hours else ""
    return f"{who}, once{again}"


def documents() -> dict[Path, str]:
    """What is generated, by its place in the project."""
    made = {"failures.md": failures_page(), "rules.yml": rules()}
    return {ROOT / _PLACES[name] / name: text for name, text in made.items()}


def main() -> None:
    """Write them."""
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
