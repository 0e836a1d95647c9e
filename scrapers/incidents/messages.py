"""The words of a message: from the register and an incident to subject and body.

Words that came from elsewhere (a detail may quote a foreign server, a subject an address) are
defused: no mention rings anybody, no link can be clicked, no markup takes effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scrapers.incidents.condition import tidy
from scrapers.register import Severity, register, runbook

_SEVERITIES = {
    Severity.P1: "whole outage",
    Severity.P2: "degraded",
    Severity.P3: "data blocked",
    Severity.P4: "offline only",
    Severity.P5: "visibility only",
}
_HEADS = {"opened": "", "worse": "WORSE: ", "reminder": "STILL: ", "closed": "OVER: "}
_LAPSED = "NOT SEEN ANY MORE: "
_DEFUSED = str.maketrans(
    {"@": "＠", "<": "‹", ">": "›", "`": "'", "*": "∗", "_": "_", "|": "¦", "&": "＆"}
)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of an incident.

    Attributes:
        number: the incident's; None: it could not be recorded yet.
        lapsed: it was closed though nobody has seen that it is over.
    """

    number: int | None
    failure_class: str
    subject: str
    severity: Severity
    opened_at: datetime
    closed_at: datetime | None
    detail: str
    signs: int = 1
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """Subject and body, the body as plain text and as Markdown."""

    subject: str
    text: str
    markdown: str


def message(kind: str, told: Told, *, docs_url: str = "", now: datetime) -> Message:
    """The message of a notice.

    Args:
        kind: opened, worse, reminder or closed.
        docs_url: where the documentation's folder can be read; empty: its path is named.
        now: for how long it has lasted.
    """
    known = register()[told.failure_class]
    name = f"incident {told.number}" if told.number is not None else "incident, not recorded yet"
    subject = defused(told.subject)
    lasting = duration((told.closed_at or now) - told.opened_at)
    when = f"since {told.opened_at:%Y-%m-%d %H:%M} UTC, {lasting}"
    if told.closed_at is not None:
        when = (
            f"from {told.opened_at:%Y-%m-%d %H:%M} to {told.closed_at:%Y-%m-%d %H:%M} UTC, "
            f"{lasting}"
        )
    lines = [
        ("Severity", f"{told.severity}, {_SEVERITIES[told.severity]}"),
        ("Subject", subject),
        ("When", when),
        ("Known", defused(told.detail)),
        ("Impact", known.impact),
    ]
    if told.closed_at is None:
        lines += [("Platform", known.platform), ("You", known.person)]
    elif told.lapsed:
        lines += [("You", f"See whether it is over: nobody has looked since. {known.person}")]
    else:
        lines += [("You", "Nothing; this incident is over")]
    lines += [("Runbook", _runbook(told.failure_class, docs_url))]
    mark = _LAPSED if kind == "closed" and told.lapsed else _HEADS[kind]
    head = f"{mark}{known.meaning}"
    title = f"[{told.severity}] {mark}{known.meaning}: {subject} ({name})"
    body = [(label, " ".join(words.split())) for label, words in lines]
    return Message(
        tidy(title, 200),
        f"{head} ({name}).\n\n" + "\n".join(f"{label}: {words}" for label, words in body),
        f"**{head}** ({name})\n\n" + "\n".join(f"- **{label}**: {words}" for label, words in body),
    )


def trial_message(audience: str, now: datetime) -> Message:
    """What `touchline alerts test` sends."""
    words = f"Messages for {audience} arrive here. Sent {now:%Y-%m-%d %H:%M} UTC by hand."
    return Message("[test] Touchline's messages arrive", words, words)


def defused(words: str) -> str:
    """Words from elsewhere, so that nothing of them takes effect in a mail or a chat."""
    line = tidy(words).translate(_DEFUSED)
    return line.replace("://", "[:]//").replace("www.", "www[.]").replace("](", "] (")


def duration(length: timedelta) -> str:
    """'45 s', '12 min', '3 h 5 min', '2 d 4 h'."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min"
    return f"{hours // 24} d {hours % 24} h"


def _runbook(failure_class: str, docs_url: str) -> str:
    path = runbook(failure_class)
    return f"{docs_url.rstrip('/')}/{path.removeprefix('docs/')}" if docs_url else path
