"""A condition: something that is wrong now, as one look found it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scrapers.register import Severity, register

# Who looks. What one of these finds, only the same one can find gone again.
LEDGER = "ledger"
BROKER, CACHE, ARCHIVE, HUBS = "probe broker", "probe cache", "probe archive", "probe hubs"
ALERTS = "alerts"

LONGEST_DETAIL = 500
LONGEST_SUBJECT = 120
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_LOGIN = re.compile(r"(://)[^\s'\"<>,]*@")


def run_scope(dag_id: str) -> str:
    """Who looks, for what the runs of a DAG tell of themselves."""
    return f"run {dag_id}"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong now; conditions of one class and subject are one incident.

    Attributes:
        failure_class: of scrapers.errors.
        subject: what is in trouble: a source, hub, page kind, step, competition.
        detail: one sentence for a person; no secret, nothing of a page but names and numbers.
        facts: small JSON values.
        since: first sign; None: now.
        noticed_by: who looks; a look that no longer finds it ends it only for itself.
        severity: None: as the register has it for the class.
        silent: part of a larger trouble that is told: kept, but not told while it is so.
    """

    failure_class: str
    subject: str
    detail: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    noticed_by: str = LEDGER
    severity: Severity | None = None
    silent: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What one incident is open for at a time."""
        return self.failure_class, tidy(self.subject, LONGEST_SUBJECT)

    @property
    def severity_now(self) -> Severity:
        """How bad it is."""
        return self.severity or register()[self.failure_class].severity


def tidy(text: str, longest: int = LONGEST_DETAIL) -> str:
    """One line without control characters and logins of addresses, at most so long.

    Details may quote what a page or a foreign server said; PostgreSQL takes no NUL, and a
    terminal obeys control characters.
    """
    line = " ".join(_CONTROL.sub(" ", _LOGIN.sub(r"\1", text)).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
