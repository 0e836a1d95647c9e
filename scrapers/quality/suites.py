"""The suites by page kind, and how a batch's staged rows are held against them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, Engine, select, text

from scrapers.quality import (
    match_centre,
    match_preview,
    match_report,
    player_statistics,
    referee_statistics,
    references,
    schedule,
    seasons,
    stages,
    standings,
    team_statistics,
    tournaments,
)
from scrapers.quality.great import Judge
from scrapers.quality.outcomes import Outcomes
from scrapers.quality.subjects import Subject
from scrapers.targets import PageKind
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import Staged, State

# Matches whose rows are in memory at a time: about 75,000 events.
AT_A_TIME = 50


@dataclass(frozen=True, slots=True)
class Suite:
    """What is expected of a page kind.

    Attributes:
        tables: its staged tables.
        rules: rules across tables, target by target.
        references: foreign keys.
        batch_rules: rules about all its targets of a batch together.
    """

    name: str
    tables: tuple[Subject, ...]
    rules: tuple[Subject, ...]
    references: tuple[references.Reference, ...]
    batch_rules: tuple[Subject, ...]


# A page kind without a suite here can't be published.
SUITES: dict[PageKind, Suite] = {
    kind: Suite(
        module.SUITE,
        module.TABLES,
        module.RULES,
        references.references_of(kind, module.TABLES),
        module.BATCH_RULES,
    )
    for kind, module in (
        (PageKind.SCHEDULE, schedule),
        (PageKind.MATCH_CENTRE, match_centre),
        (PageKind.TOURNAMENTS, tournaments),
        (PageKind.SEASONS, seasons),
        (PageKind.STAGES, stages),
        (PageKind.STANDINGS, standings),
        (PageKind.REFEREE_STATISTICS, referee_statistics),
        (PageKind.MATCH_PREVIEW, match_preview),
        (PageKind.MATCH_REPORT, match_report),
        (PageKind.TEAM_STATISTICS, team_statistics),
        (PageKind.PLAYER_STATISTICS, player_statistics),
    )
}


def judge_suite(
    engine: Engine, judge: Judge, suite: Suite, staged: Sequence[Staged], outcomes: Outcomes
) -> set[str]:
    """Hold the staged rows against a suite.

    Returns:
        The targets that were judged: those staged anew meanwhile are left out.
    """
    judged: list[Staged] = []
    for first in range(0, len(staged), AT_A_TIME):
        judged += _judge_targets(engine, judge, suite, staged[first : first + AT_A_TIME], outcomes)
    _judge_references(engine, judge, suite, judged, outcomes)
    with _reading(engine) as connection:
        keys = [item.target_key for item in current(connection, judged)]
        loaded = [(rule, rule.load(connection, keys)) for rule in suite.batch_rules]
    for rule, frame in loaded:
        outcomes.judge(judge, suite.name, rule.name, frame, rule.checks)
    return set(keys)


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one moment: rows and the name of their staging belong together."""
    with transaction(engine.execution_options(isolation_level="REPEATABLE READ")) as connection:
        # As in landing: by the staging tables' old statistics the planner expects one row, and
        # would loop over all of them for each.
        connection.execute(text("SET LOCAL enable_nestloop = off"))
        yield connection


def _judge_targets(
    engine: Engine, judge: Judge, suite: Suite, staged: Sequence[Staged], outcomes: Outcomes
) -> list[Staged]:
    loaded: list[tuple[Subject, pd.DataFrame]] = []
    with _reading(engine) as connection:
        found = current(connection, staged)
        keys = [item.target_key for item in found]
        for subject in (*suite.tables, *suite.rules):
            loaded.append((subject, subject.load(connection, keys)))
    for subject, frame in loaded:
        outcomes.judge(judge, suite.name, subject.name, frame, subject.checks, subject.identity)
    return found


def _judge_references(
    engine: Engine, judge: Judge, suite: Suite, judged: Sequence[Staged], outcomes: Outcomes
) -> None:
    """Foreign keys, first of all targets, then of the good ones until none falls with another."""
    if not suite.references:
        return
    checks = [reference.check for reference in suite.references]
    known_bad: set[str] = set()
    again = False
    while True:
        asked = [item for item in judged if item.target_key not in known_bad]
        with _reading(engine) as connection:
            keys = [item.target_key for item in current(connection, asked)]
            frame = references.load(connection, suite.references, keys)
        outcomes.judge(judge, suite.name, "references", frame, checks, ("value",), again=again)
        before, known_bad, again = known_bad, set(outcomes.bad_targets()), True
        if known_bad == before:
            return


def current(connection: Connection, staged: Sequence[Staged]) -> list[Staged]:
    """Those whose rows in staging are still the ones named."""
    query = select(TargetRow.target_key, TargetRow.staged_id).where(
        TargetRow.target_key.in_([item.target_key for item in staged]),
        TargetRow.state == State.PARSED,
    )
    there = {row.target_key: row.staged_id for row in connection.execute(query)}
    return [item for item in staged if there.get(item.target_key) == item.staged_id]
