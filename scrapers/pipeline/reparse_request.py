"""What a re-parse is asked for: which archived pages, and which selector version reads them.

The form of `whoscored_reparse` and `touchline reparse` both end in a `ReparseRequest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from scrapers.errors import FAILURE_CLASSES, ConfigInvalid
from scrapers.pipeline.intervals import DAY_BEGINS, Interval
from scrapers.pipeline.request import collect, days_of, entries, filled, match_id_of
from scrapers.targets import PageKind


@dataclass(frozen=True, slots=True)
class ReparseRequest:
    """Archived pages that are to become rows again; what is not narrowed down is all of it.

    Attributes:
        page_kinds: of these kinds; empty: of all.
        kickoff: of matches that kicked off then, and month feeds of those months.
        fetched: whose page was fetched then.
        match_ids: of these matches.
        read_by: that this selector version, `match_centre/2022-08`, read last, or whose landed
            rows it read.
        failure: that are blocked or quarantined by this failure class.
        version: the only selector version to read them with; None: whichever fits.
    """

    page_kinds: tuple[PageKind, ...] = ()
    kickoff: Interval | None = None
    fetched: Interval | None = None
    match_ids: tuple[int, ...] = ()
    read_by: str | None = None
    failure: str | None = None
    version: str | None = None

    @classmethod
    def of_form(cls, form: Mapping[str, Any]) -> ReparseRequest:
        """The request a person filled in.

        Fields, each of which may be missing or empty: `page_kinds`, `match_ids`, `date_from`
        and `date_to` (days of football, both included), `fetched_from` and `fetched_to` (days
        in UTC, both included), `read_by` and `version` (as `match_centre/2022-08`, or as
        `2022-08` with a single page kind), `failure` (a failure class), `everything` (to ask
        for all pages, which nothing else may narrow down).

        Raises:
            ConfigInvalid: names every field that is wrong and how to mend it.
        """
        problems: list[str] = []
        kinds = collect(_page_kind, entries(form.get("page_kinds")), problems)
        kickoff = days_of(form, problems)
        fetched = days_of(form, problems, "fetched_from", "fetched_to")
        if fetched:
            since_midnight = timedelta(hours=DAY_BEGINS.hour)
            fetched = Interval(fetched.start - since_midnight, fetched.end - since_midnight)
        matches = collect(match_id_of, entries(form.get("match_ids")), problems)
        read_by = _version(form, "read_by", kinds, problems)
        version = _version(form, "version", kinds, problems)
        failure = _failure(form, problems)
        if version and not kinds:
            kinds = (PageKind(version.partition("/")[0]),)
        narrowed = bool(kinds or kickoff or fetched or matches or read_by or failure)
        if form.get("everything") and narrowed:
            problems.append("everything: pages are narrowed down too; drop the one or the other")
        if not form.get("everything") and not narrowed and not problems:
            problems.append(
                "nothing narrows the pages down: name page kinds, days, match ids, a version or a "
                "failure class, or ask for everything"
            )
        if problems:
            raise ConfigInvalid("request refused:\n  " + "\n  ".join(problems), problems=problems)
        return cls(kinds, kickoff, fetched, matches, read_by, failure, version)

    def __str__(self) -> str:
        said = [f"{' and '.join(self.page_kinds) or 'all'} pages"]
        if self.match_ids:
            said.append(f"of {len(self.match_ids)} matches by id")
        if self.kickoff:
            said.append(f"of {self.kickoff}")
        if self.fetched:
            said.append(f"fetched {self.fetched.start:%Y-%m-%d} to {self.fetched.end:%Y-%m-%d}")
        if self.read_by:
            said.append(f"read by {self.read_by}")
        if self.failure:
            said.append(f"failed with {self.failure}")
        return ", ".join(said) + (f", to be read by {self.version}" if self.version else "")


def _page_kind(text: str) -> PageKind:
    try:
        return PageKind(text)
    except ValueError as error:
        kinds = ", ".join(PageKind)
        raise ConfigInvalid(f"page_kinds: {text!r} is unknown: choose of {kinds}") from error


def _version(
    form: Mapping[str, Any], field: str, kinds: tuple[PageKind, ...], problems: list[str]
) -> str | None:
    """A selector version's whole name."""
    if not filled(form, field):
        return None
    text = str(form[field]).strip()
    kind, slash, version = text.partition("/")
    if not slash:
        if len(kinds) == 1:
            return f"{kinds[0]}/{text}"
        problems.append(f"{field}: {text!r} names no page kind: write <page kind>/{text}")
        return None
    if kind not in set(PageKind) or not version:
        problems.append(f"{field}: {text!r} is no version: write it as match_centre/2022-08")
        return None
    if kinds and kinds != (PageKind(kind),):
        problems.append(f"{field}: {text!r} reads {kind} pages alone; page_kinds says otherwise")
        return None
    return text


def _failure(form: Mapping[str, Any], problems: list[str]) -> str | None:
    if not filled(form, "failure"):
        return None
    text = str(form["failure"]).strip()
    if text not in FAILURE_CLASSES:
        known = ", ".join(sorted(FAILURE_CLASSES))
        problems.append(f"failure: {text!r} is no failure class: choose of {known}")
    return text
