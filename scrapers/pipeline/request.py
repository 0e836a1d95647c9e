"""What a run is asked for: days or match ids, which stages, which page kinds, by force or not.

The nightly DAG, the form of `whoscored_scrape` and `touchline scrape` all end in a `Request`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from scrapers.errors import ConfigInvalid
from scrapers.pipeline.intervals import Interval, parse_day
from scrapers.pipeline.steps import MATCH_KINDS, RUN_KINDS
from scrapers.settings import FollowedStage, Settings
from scrapers.targets import PageKind

T = TypeVar("T")

LONGEST = timedelta(days=400)  # a season with its play-offs; more is a slip of the keyboard


@dataclass(frozen=True, slots=True)
class Request:
    """What one run covers.

    Attributes:
        interval: its days; None when it asks for matches by id.
        stage_ids: the stages it covers.
        match_ids: matches asked for by id; empty when it asks for days.
        page_kinds: kinds of page to fetch, of `steps.RUN_KINDS`.
        force: fetch also what is landed and settled.
    """

    interval: Interval | None
    stage_ids: tuple[int, ...]
    match_ids: tuple[int, ...] = ()
    page_kinds: tuple[PageKind, ...] = (PageKind.SCHEDULE, PageKind.MATCH_CENTRE)
    force: bool = False

    @classmethod
    def of_interval(
        cls,
        interval: Interval,
        settings: Settings,
        *,
        follow: Sequence[FollowedStage] | None = None,
        force: bool = False,
    ) -> Request:
        """Everything followed, in `interval`.

        Args:
            follow: what is followed, see `scrapers.pipeline.follow.followed`; None: the
                settings' stages alone.

        Raises:
            ConfigInvalid: nothing is followed.
        """
        kinds = _in_order(settings.page_kinds)
        stages = _stages(settings.follow if follow is None else follow)
        return cls(interval, stages, page_kinds=kinds, force=force)

    @classmethod
    def of_form(
        cls,
        form: Mapping[str, Any],
        settings: Settings,
        *,
        follow: Sequence[FollowedStage] | None = None,
    ) -> Request:
        """The request a person filled in.

        Fields, each of which may be missing or empty: `competitions` (labels or names as
        followed, or stage ids), `date_from` and `date_to` (YYYY-MM-DD, both included;
        `date_to` defaults to `date_from`), `match_ids`, `page_kinds` (those of the settings),
        `force`. `follow` is as in `of_interval`.

        Raises:
            ConfigInvalid: names every field that is wrong and how to mend it.
        """
        follow = settings.follow if follow is None else follow
        problems: list[str] = []
        days = days_of(form, problems)
        matches = collect(match_id_of, entries(form.get("match_ids")), problems)
        kinds = collect(_page_kind, entries(form.get("page_kinds")), problems)
        kinds = kinds or tuple(settings.page_kinds)
        names = entries(form.get("competitions"))
        stages = collect(lambda name: _stages_named(name, follow), names, problems)
        if matches and (filled(form, "date_from") or filled(form, "date_to")):
            problems.append("match_ids: dates are given too; give either days or match ids")
        elif matches and names:
            problems.append("match_ids: competitions are given too; a match id needs none")
        elif matches and not set(kinds) & set(MATCH_KINDS):
            wanted = ", ".join(MATCH_KINDS)
            problems.append(f"match_ids: page_kinds has no kind of match page; add one of {wanted}")
        elif not matches and days is None and not problems:
            problems.append("date_from: neither days nor match ids are given; fill in one of them")
        if problems:
            raise ConfigInvalid("request refused:\n  " + "\n  ".join(problems), problems=problems)
        if matches:
            of_matches = tuple(kind for kind in _in_order(kinds) if kind in MATCH_KINDS)
            return cls(None, (), matches, of_matches, bool(form.get("force")))
        stage_ids = tuple(dict.fromkeys(stage for found in stages for stage in found))
        return cls(
            days,
            stage_ids or _stages(follow),
            page_kinds=_in_order(kinds),
            force=bool(form.get("force")),
        )

    def __str__(self) -> str:
        many = "" if len(self.match_ids) == 1 else "es"
        what = f"{len(self.match_ids)} match{many} by id" if self.match_ids else f"{self.interval}"
        kinds = " and ".join(self.page_kinds)
        return f"{what}, {kinds}{', by force' if self.force else ''}"


def label(stage: FollowedStage) -> str:
    """How a followed stage is named in forms: 'Spain LaLiga 2022/2023'."""
    return f"{stage.competition} {stage.season}"


def _stages(follow: Sequence[FollowedStage]) -> tuple[int, ...]:
    if not follow:
        raise ConfigInvalid(
            "TOUCHLINE_FOLLOW names no stage, and nothing else is followed: run "
            "touchline follow 'England Premier League', or set it, e.g. to "
            '[{"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": 20934}]',
            setting="TOUCHLINE_FOLLOW",
        )
    return tuple(dict.fromkeys(stage.stage_id for stage in follow))


def _stages_named(name: str, follow: Sequence[FollowedStage]) -> list[int]:
    if name.isdecimal():
        return [int(name)]
    wanted = name.casefold()
    found = [
        stage.stage_id
        for stage in follow
        if wanted in (label(stage).casefold(), stage.competition.casefold())
    ]
    if not found:
        known = ", ".join(sorted({label(stage) for stage in follow})) or "none"
        raise ConfigInvalid(
            f"competitions: {name!r} is not followed: choose one of these, or write a stage id "
            f"(followed: {known})"
        )
    return found


def days_of(
    form: Mapping[str, Any], problems: list[str], first: str = "date_from", last: str = "date_to"
) -> Interval | None:
    """The days of two fields, both included; what is wrong with them is added to `problems`."""
    values = {}
    for field in (first, last):
        if filled(form, field):
            try:
                values[field] = parse_day(str(form[field]).strip()[:10])
            except ConfigInvalid as error:
                problems.append(f"{field}: {error.detail}")
                return None
    if last in values and first not in values:
        problems.append(f"{first}: missing, but {last} is given; fill it in")
    if first not in values:
        return None
    try:
        days = Interval.of_days(values[first], values.get(last, values[first]))
    except ConfigInvalid as error:
        problems.append(f"{last}: {error.detail}")
        return None
    if days.end - days.start > LONGEST:
        problems.append(
            f"{last}: {days} is more than {LONGEST.days} days; ask for a season at a time"
        )
    return days


def match_id_of(text: str) -> int:
    """The match id written so; raises ConfigInvalid for anything else."""
    if not text.isdecimal() or int(text) == 0:
        raise ConfigInvalid(f"match_ids: {text!r} is no match id: write the number, e.g. 1650630")
    return int(text)


def _page_kind(text: str) -> PageKind:
    if text not in RUN_KINDS:
        kinds = ", ".join(RUN_KINDS)
        raise ConfigInvalid(f"page_kinds: {text!r} is unknown: choose of {kinds}")
    return PageKind(text)


def _in_order(kinds: Sequence[PageKind]) -> tuple[PageKind, ...]:
    if strangers := set(kinds) - set(RUN_KINDS):
        raise ConfigInvalid(
            f"TOUCHLINE_PAGE_KINDS: {', '.join(sorted(strangers))} is no kind that runs collect: "
            f"choose of {', '.join(RUN_KINDS)}",
            setting="TOUCHLINE_PAGE_KINDS",
        )
    return tuple(kind for kind in RUN_KINDS if kind in kinds)


def collect(read: Callable[[str], T], items: Iterable[str], problems: list[str]) -> tuple[T, ...]:
    """What `read` makes of each item, each once; what it refuses is added to `problems`."""
    values: dict[str, T] = {}
    for item in items:
        try:
            values[item] = read(item)
        except ConfigInvalid as error:
            problems.append(error.detail)
    return tuple(values.values())


def filled(form: Mapping[str, Any], field: str) -> bool:
    """Whether a field of the form says anything."""
    return form.get(field) not in (None, "", [])


def entries(value: Any) -> list[str]:
    """The entries of a list field; a text is split at commas and line ends."""
    if value is None:
        return []
    entries = value.replace("\n", ",").split(",") if isinstance(value, str) else value
    return [text for entry in entries if (text := str(entry).strip())]
