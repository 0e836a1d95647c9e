"""A lighter quality gate, for tests of what follows from a verdict and not of what is judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scrapers.quality import data_docs
from scrapers.quality.suites import SUITES

REFERENCES = "references"


def lighten(patch: pytest.MonkeyPatch, *subjects: str, docs: bool = False) -> None:
    """Let the gate judge only these tables and rules, and whole batches.

    Almost all of what a judgement takes is a fixed time for each of the hundreds of expectations.
    That each of them finds its fault, and that right pages meet them all, is proved with the whole
    gate in `test_quality_target_rules`, `test_quality_batches` and their like.

    Args:
        subjects: names of staged tables and rules, of any page kind; `references`: foreign keys.
        docs: the report is written too.
    """
    known = {one.name for suite in SUITES.values() for one in (*suite.tables, *suite.rules)}
    assert {REFERENCES, *known}.issuperset(subjects), "the gate has no such table or rule"
    for kind, suite in SUITES.items():
        light = replace(
            suite,
            tables=tuple(one for one in suite.tables if one.name in subjects),
            rules=tuple(one for one in suite.rules if one.name in subjects),
            references=suite.references if REFERENCES in subjects else (),
        )
        patch.setitem(SUITES, kind, light)
    if not docs:
        patch.setattr(data_docs, "write", lambda *_: None)


def who_says(sentence: str) -> set[str]:
    """What `lighten` has to be given so that this, or a longer sentence with it, can be said."""
    found = {
        one.name
        for suite in SUITES.values()
        for one in (*suite.tables, *suite.rules)
        if any(sentence in check.says for check in one.checks)
    }
    references = (one for suite in SUITES.values() for one in suite.references)
    if any(sentence in one.check.says for one in references):
        found.add(REFERENCES)
    return found
