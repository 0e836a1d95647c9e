"""From pages that no version reads to a draft that reads them, as far as it can be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scrapers.errors import ConfigInvalid, LayoutChanged, TargetAbsent
from scrapers.parsing.compare import Compared, compare
from scrapers.parsing.extract import Extracted, extract
from scrapers.parsing.load import Demands, Problem, check
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.newly import NewValues, note_values
from scrapers.parsing.replay import READ, Gate, Judge, Reading, read_sample
from scrapers.parsing.suggest.draft import draft_text
from scrapers.parsing.suggest.fingerprint import layout_of
from scrapers.parsing.suggest.scope import Case
from scrapers.parsing.suggest.solve import Solution, Status, solve
from scrapers.parsing.versions import GivenVersions


@dataclass(frozen=True, slots=True)
class Pattern:
    """A version that may serve as the pattern of a draft: the file and its text."""

    selector: SelectorFile
    text: str


@dataclass(slots=True)
class Suggestion:
    """A draft, and what it does.

    Attributes:
        solution: what was found, field by field.
        text: the draft; reads as a selector file if `problems` is empty.
        draft: the file that it makes; None if `problems` say why not.
        problems: what is wrong in it.
        pages: what a person calls the pages.
        readings: what became of each page with it, in the same order.
        compared: the values that it reads beside those that are known.
    """

    solution: Solution
    text: str
    draft: SelectorFile | None
    problems: list[Problem]
    pages: list[str]
    readings: list[Reading]
    compared: Compared

    @property
    def read(self) -> int:
        """How many pages the draft reads."""
        return sum(reading.outcome == READ for reading in self.readings)

    @property
    def reads_all(self) -> bool:
        """Whether the draft reads every page that was given."""
        return bool(self.readings) and all(reading.outcome == READ for reading in self.readings)


def suggest(
    patterns: Sequence[Pattern],
    cases: Sequence[Case],
    version: str,
    today: date,
    demands: Demands | None = None,
    judge: Judge | None = None,
    gate: Gate | None = None,
) -> Suggestion:
    """A draft for pages that no version reads.

    Args:
        patterns: the versions in force; the one that fails least on the pages is the pattern.
        cases: the pages, with what is known of them.
        version: name of the draft.
        today: day from which it holds, if no page was fetched before.
        demands, judge, gate: what a file and a page's values must satisfy.

    Raises:
        ConfigInvalid: no page or no version was given.
    """
    if not cases or not patterns:
        raise ConfigInvalid("there is nothing to suggest from: name a page, and have a version")
    pattern = min(patterns, key=lambda p: sum(_failures(p.selector, case) for case in cases))
    made = _made(pattern, cases, version, today, demands, judge, gate, {})
    # What gives no value where the rest of the page says that there is one is looked for as well.
    if suspects := _suspects(made, cases):
        again = _made(pattern, cases, version, today, demands, judge, gate, suspects)
        made = again if again.read >= made.read else made
    return made


def _made(
    pattern: Pattern,
    cases: Sequence[Case],
    version: str,
    today: date,
    demands: Demands | None,
    judge: Judge | None,
    gate: Gate | None,
    suspects: Mapping[str, str],
) -> Suggestion:
    solution = solve(pattern.selector, cases, suspects)
    layout = layout_of(solution, cases)
    # Pages of the days before are to be read by it first, not by the version that misread them.
    since = min([today, *(case.sample.on for case in cases if case.sample.on is not None)])
    text = draft_text(pattern.text, version, since, solution, layout)
    path = Path(pattern.selector.page_kind.value, f"{version}.yaml")
    draft, problems = check(path, demands, text.encode())
    readings: list[Reading] = []
    compared: Compared = {}
    if draft is not None:
        given = GivenVersions([draft])
        for case in cases:
            reading = read_sample(case.sample, case.page, given, judge, gate)
            readings.append(reading)
            if reading.extracted is not None and case.known is not None:
                known, found = _told(case.known, reading.extracted)
                compare(known, found, compared, f"{case.sample.name}: ")
    names = [case.sample.name for case in cases]
    return Suggestion(solution, text, draft, problems, names, readings, compared)


def _suspects(made: Suggestion, cases: Sequence[Case]) -> dict[str, str]:
    """Fields that stand where they stood and give nothing, and what the pages say against it.

    One that has a value and contradicts another may be the one that is right: it stays.
    """
    stand = {f.name for f in made.solution.findings if f.status == Status.STANDS}
    against: dict[str, str] = {}
    for reading in made.readings:
        for name in reading.fields:
            if name in stand:
                against.setdefault(name, f"it gives nothing, but {reading.detail}")
    if not against or made.draft is None:
        return {}
    values: dict[str, NewValues] = {}
    for case in cases:
        try:
            note_values(extract(case.page, made.draft), values)
        except (LayoutChanged, TargetAbsent):
            continue  # it is not read so far that anything contradicts it
    return {n: why for n, why in against.items() if n in values and not values[n].filled}


def _failures(selector: SelectorFile, case: Case) -> int:
    try:
        extract(case.page, selector)
    except LayoutChanged as error:
        failures = error.facts.get("failures")
        return len(failures) if isinstance(failures, list) else 1
    except TargetAbsent:
        return 1_000  # it says that there is nothing on pages that have something
    return 0


def _told(known: Extracted, found: Extracted) -> tuple[Extracted, Extracted]:
    """Both readings, cut to what is known of what is read."""
    known = Extracted(
        {name: value for name, value in known.fields.items() if name in found.fields},
        {name: rows for name, rows in known.groups.items() if name in found.groups},
    )
    return known, Extracted(
        {name: value for name, value in found.fields.items() if name in known.fields},
        {name: rows for name, rows in found.groups.items() if name in known.groups},
    )
