"""How far a batch is, in words, and whether anything of it is readable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from scrapers.errors import FAILURE_CLASSES, SourceUnavailable, TouchlineError
from scrapers.pipeline.steps import NOUNS, Step
from scrapers.targets import SOURCE
from scrapers.warehouse.records import DISPATCH_DONE, Progress, State
from scrapers.warehouse.source import end_of_pause

_DONE_ORDER = (
    *(State.LANDED, State.PARSED, State.ABSENT, State.DROPPED),
    *(State.QUARANTINED, State.BLOCKED),
)
_WAY_ORDER = (State.ARCHIVED, State.FETCHING, State.PLANNED)
_WORDS = {State.ARCHIVED: "to parse", State.PLANNED: "waiting"}


def noun(step: str | None) -> str:
    """What the pages of a step are called; None: of no step of a run."""
    return NOUNS[Step(step)] if step else "pages"


def describe(progress: Progress, step: str | None) -> str:
    """One line such as "matches: 12 of 40 done (10 parsed, 2 absent), 3 fetching, 25 waiting".

    While pages wait for a source that is paused, it says so, until when, and why.
    """
    done = sum(progress.by_state.get(state, 0) for state in DISPATCH_DONE)
    line = f"{noun(step)}: {done} of {progress.total} done"
    if finished := _counts(progress.by_state, _DONE_ORDER):
        line += f" ({finished})"
    if under_way := _counts(progress.by_state, _WAY_ORDER):
        line += f", {under_way}"
    if progress.paused_until and progress.by_state.get(State.PLANNED):
        line += f" ({_pause(progress.paused_until, progress.paused_for)})"
    if progress.failures:
        line += f"; failures: {describe_failures(progress.failures)}"
    return line


def describe_failures(failures: Mapping[str, int]) -> str:
    """'3 SourceRefused, 1 LayoutChanged', the most frequent first."""
    ranked = sorted(failures.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ranked)


def hopeless(progress: Progress, step: str | None) -> TouchlineError | None:
    """The failure to raise for a batch that is over without a single readable page.

    It is of the class that most targets failed with, so that the run fails as what it is:
    SourceRefused, BrowserUnavailable, LayoutChanged. None while the batch runs, and when at
    least one page could be read or the pages merely said that there is nothing to read.
    """
    blocked = progress.by_state.get(State.BLOCKED, 0)
    absent = progress.by_state.get(State.ABSENT, 0)
    if not progress.done or not blocked or blocked + absent < progress.total:
        return None
    failures = progress.failures
    worst = max(failures, key=lambda name: (failures[name], name), default="")
    failure = FAILURE_CLASSES.get(worst, SourceUnavailable)
    return failure(
        f"no {noun(step)} could be read: {blocked} of {progress.total} blocked "
        f"({describe_failures(failures) or 'no class recorded'})",
        batch_id=str(progress.batch_id),
        total=progress.total,
        failures=dict(failures),
    )


def _pause(until: datetime, why: str) -> str:
    return f"{SOURCE} is paused {end_of_pause(until)}" + (f", {why}" if why else "")


def _counts(by_state: Mapping[State, int], order: tuple[State, ...]) -> str:
    return ", ".join(
        f"{by_state[state]} {_WORDS.get(state, state)}" for state in order if by_state.get(state)
    )
