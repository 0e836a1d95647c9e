"""Pages read by what is in force and by what is to be, and the report of the difference.

The report is plain data: the command line shows it, a promotion keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from scrapers.errors import (
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TargetAbsent,
    TouchlineError,
)
from scrapers.parsing.compare import Compared, compare, fields_of
from scrapers.parsing.conditions import holds
from scrapers.parsing.extract import Extracted
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.newly import NewValues, note_values, read_anew
from scrapers.parsing.page import Page
from scrapers.parsing.versions import Versions
from scrapers.targets import PageKind

READ, NEWLY_READ = "read", "newly_read"
_NO_PAGE = (SourceRefused.__name__, SourceUnavailable.__name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """A page to read.

    Attributes:
        name: what a person calls it: a file, or its target and the begin of its hash.
        kind: its page kind.
        html: its bytes.
        on: day on which it was fetched, if known.
        target_key: what it was fetched for, if known.
        page_hash: its hash, if it is an archived one.
        is_golden: it is kept because it must be read.
        fetched_at: when it was fetched, of an archived one.
    """

    name: str
    kind: PageKind
    html: bytes = field(repr=False)
    on: date | None = None
    target_key: str | None = None
    page_hash: str | None = None
    is_golden: bool = False
    fetched_at: datetime | None = None


# Names what contradicts itself in a page's values; nothing if all is well.
Judge = Callable[[Sample, Extracted], Sequence[str]]
# Refuses what is no page of the site (SourceRefused, SourceUnavailable), or one that the site says
# it does not have (TargetAbsent).
Gate = Callable[[Sample], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a page: read, or the failure class that its reading ended with.

    Attributes:
        outcome: `read`, or a failure class: TargetAbsent, LayoutChanged, …
        version: the version that read it.
        extracted: its values.
        detail: sentence of the failure.
        fields: fields that failed.
    """

    outcome: str
    version: str | None = None
    extracted: Extracted | None = field(default=None, repr=False)
    detail: str = ""
    fields: tuple[str, ...] = ()


def read_sample(
    sample: Sample, page: Page, versions: Versions, judge: Judge | None, gate: Gate | None
) -> Reading:
    """Read a page as a worker would; its failure is part of the answer.

    Raises:
        ConfigInvalid: there is no usable selector file.
    """
    try:
        if gate is not None:
            gate(sample)
        selector, extracted = versions.read(page, sample.kind, sample.on)
        wrong = list(judge(sample, extracted)) if judge is not None else []
        if wrong:
            names = [each.split(" ", 1)[0] for each in wrong]
            raise LayoutChanged("; ".join(wrong[:5]), fields=names, selector=selector.name)
    except (LayoutChanged, TargetAbsent, SourceRefused, SourceUnavailable) as error:
        return Reading(
            error.failure_class,
            version=_version_of(error),
            detail=error.detail,
            fields=_fields_of(error),
        )
    return Reading(READ, selector.version, extracted)


def _version_of(error: TouchlineError) -> str | None:
    name = error.facts.get("selector")
    return name.rpartition("/")[2] if isinstance(name, str) else None


def _fields_of(error: TouchlineError) -> tuple[str, ...]:
    fields = error.facts.get("fields")
    return tuple(map(str, fields)) if isinstance(fields, list) else ()


@dataclass(slots=True)
class Report:
    """What changes if versions are put in force.

    Attributes:
        tested: names of the versions that would be new in force.
        pages: one entry a page, with both outcomes.
        values: counts by field.
        required: fields that may not lose a value.
        read_by: how many pages each version read, of the new ones.
        read_by_new: the pages that a tested version reads, without their text, their readings,
            and whether nothing in force reads them.
        newly: values of those that nothing in force reads, of the fields read otherwise.
        also_fits: how many pages that are read as before bear a new version's fingerprint too.
        landing: what landing the pages that a tested version reads would do, if that was tried.
        accepted: columns, `table.column`, of which whoever tests says that their values change.
        failures: why this must not be promoted; none: it may.
    """

    tested: list[str]
    pages: list[dict[str, Any]] = field(default_factory=list)
    values: Compared = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    read_by: dict[str, int] = field(default_factory=dict)
    read_by_new: list[tuple[Sample, Reading, bool]] = field(default_factory=list, repr=False)
    newly: dict[str, NewValues] = field(default_factory=dict)
    also_fits: dict[str, int] = field(default_factory=dict)
    landing: dict[str, Any] | None = None
    accepted: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def totals(self) -> dict[str, int]:
        """Pages by what becomes of them."""
        totals = dict.fromkeys(
            ("pages", "read", "newly_read", "no_longer_read", "still_unread", "absent", "no_page"),
            0,
        )
        for page in self.pages:
            totals["pages"] += 1
            totals[page["result"]] += 1
        return totals

    def as_json(self) -> dict[str, Any]:
        """The report as `--json` prints and the registry keeps it."""
        return {
            "ok": not self.failures,
            "failures": self.failures,
            "tested": self.tested,
            "totals": self.totals,
            "read_by": self.read_by,
            "fields": {
                name: {
                    "same": counts.same,
                    "changed": counts.changed,
                    "gained": counts.gained,
                    "lost": counts.lost,
                    "required": name in self.required,
                    "examples": counts.examples,
                }
                for name, counts in self.values.items()
            },
            "newly": {name: asdict(values) for name, values in self.newly.items()},
            "also_fits": self.also_fits,
            "landing": self.landing,
            "accepted": self.accepted,
            "pages": self.pages,
        }


def replay(
    samples: Iterable[Sample],
    old: Versions | None,
    new: Versions,
    tested: Sequence[SelectorFile],
    judge: Judge | None = None,
    gate: Gate | None = None,
) -> Report:
    """Read pages both ways and compare.

    Args:
        old: what is in force; None: nothing is.
        new: what would be in force.
        tested: the versions that are new in it.
        judge: finds contradictions in a page's values.
        gate: refuses what is no page of the site.

    Raises:
        ConfigInvalid: there is no usable selector file.
    """
    report = Report([selector.name for selector in tested])
    new_versions = {selector.version for selector in tested}
    for sample in samples:
        try:
            page = Page(sample.html, sample.name)
        except LayoutChanged as error:  # not a page at all, whichever version reads it
            report.pages.append(_entry(sample, None, Reading("LayoutChanged", detail=error.detail)))
            continue
        before = read_sample(sample, page, old, judge, gate) if old is not None else None
        after = read_sample(sample, page, new, judge, gate)
        if after.version and after.outcome == READ:
            report.read_by[after.version] = report.read_by.get(after.version, 0) + 1
        if before and before.extracted and after.extracted:
            compare(before.extracted, after.extracted, report.values, f"{sample.name}: ")
        entry = _entry(sample, before, after)
        report.pages.append(entry)
        if after.outcome == READ and after.version in new_versions:
            without_text = replace(sample, html=b"")
            report.read_by_new.append((without_text, after, entry["result"] == NEWLY_READ))
        if before is not None and before.outcome == READ:
            for selector in tested:
                if selector.version != before.version and holds(
                    selector.fingerprint, page, selector.documents
                ):
                    fits = report.also_fits
                    fits[selector.version] = fits.get(selector.version, 0) + 1
        if before is not None and old is not None and before.version:
            report.required |= _required(old, sample.kind, before.version)
    _note_newly(report, old, tested)
    _judge(report, tested)
    return report


def _note_newly(report: Report, old: Versions | None, tested: Sequence[SelectorFile]) -> None:
    by_version = {selector.version: selector for selector in tested}
    wanted: dict[str | None, set[str]] = {}
    for sample, reading, is_new in report.read_by_new:
        selector = by_version.get(reading.version or "")
        if not is_new or selector is None or reading.extracted is None:
            continue
        if selector.version not in wanted:
            held = old.for_kind(sample.kind) if old is not None else []
            wanted[selector.version] = read_anew(selector, held)
        found: dict[str, NewValues] = {}
        note_values(reading.extracted, found)
        for name in wanted[selector.version] & found.keys():
            report.newly.setdefault(name, NewValues()).add(found[name])


def _entry(sample: Sample, before: Reading | None, after: Reading) -> dict[str, Any]:
    return {
        "page": sample.name,
        "page_hash": sample.page_hash,
        "target": sample.target_key,
        "is_golden": sample.is_golden,
        "result": _result(before, after),
        "before": _told(before) if before is not None else None,
        "after": _told(after),
    }


def _told(reading: Reading) -> dict[str, Any]:
    return {
        "outcome": reading.outcome,
        "version": reading.version,
        "detail": reading.detail,
        "fields": list(reading.fields[:30]),
    }


def _result(before: Reading | None, after: Reading) -> str:
    was = before.outcome if before is not None else None
    if after.outcome == READ:
        return "read" if was in (READ, None) else NEWLY_READ
    if was == READ:
        return "no_longer_read"
    if after.outcome == TargetAbsent.__name__:
        # A page that failed before must not pass as an absence now without being said.
        return "absent" if was in (after.outcome, None) else "no_longer_read"
    if was == TargetAbsent.__name__:
        return "no_longer_read"
    return "no_page" if after.outcome in _NO_PAGE else "still_unread"


def _required(versions: Versions, kind: PageKind, version: str) -> set[str]:
    for selector in versions.for_kind(kind):
        if selector.version == version:
            return {name for name, each in fields_of(selector) if each.required}
    return set()


def _judge(report: Report, tested: Sequence[SelectorFile]) -> None:
    if not report.pages:
        report.failures.append("there is no page to test on: nothing proves it")
    for page in report.pages:
        after = page["after"]
        why = f"{after['outcome']}: {after['detail']}"
        if page["result"] == "no_longer_read":
            report.failures.append(f"{page['page']} is no longer read: {why}")
        elif page["is_golden"] and page["result"] in ("still_unread", "no_page"):
            report.failures.append(f"{page['page']} is a golden page and is not read: {why}")
    for name, counts in report.values.items():
        if counts.lost and name in report.required:
            examples = "; ".join(counts.examples)
            report.failures.append(f"{name} loses {counts.lost} required values: {examples}")
    for selector in tested:
        if report.pages and not report.read_by.get(selector.version):
            report.failures.append(
                f"{selector.name} reads none of the {len(report.pages)} pages: nothing proves it"
            )
