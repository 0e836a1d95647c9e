"""What to do about pages that are blocked: where the way is described, and how it begins."""

from __future__ import annotations

from collections.abc import Iterable

LAYOUT_GUIDE = "docs/layout-changed.md"


def mend_of_layout(page_kinds: Iterable[str]) -> list[str]:
    """A line for each page kind that no selector file reads any more."""
    return [
        f"{kind}: no selector file reads these pages. Where the values stand now: touchline "
        f"selectors suggest --kind {kind}; the whole way: {LAYOUT_GUIDE}"
        for kind in sorted(set(page_kinds))
    ]


def mend_of(failure_class: str) -> str:
    """What a person does about a failure class, as the register of failures has it."""
    from scrapers.register import register, runbook

    known = register().get(failure_class)
    if known is None:
        return "a class that this release does not know: see touchline status"
    return f"{' '.join(known.person.split())} ({runbook(failure_class)})"
