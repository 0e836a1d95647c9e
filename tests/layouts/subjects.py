"""The pages on which layout changes are tried: of every page kind one that is known, one not.

Of the known page the same address was read the day before, in the layout in force: that is what
`touchline watch` fetches anew before a night. The other one is new.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from scrapers.targets import PageKind, Target
from tests.site.previews import preview
from tests.site.reports import traits
from tests.support.pages import bare_page
from tests.support.site_pages import page_of, site

_LEAGUE = {"region_id": 901, "competition_id": 9101, "season_id": 91201}
_OTHER_LEAGUE = {"region_id": 902, "competition_id": 9102, "season_id": 91202}
_CUP = {"region_id": 903, "competition_id": 9103, "season_id": 91203}
_STAGE, _OTHER_STAGE, _GROUP = 21501, 21502, 21513
_MONTHS = ("202208", "202209", "202210")
# Schedules that have landed before anything else is read.
FEEDS = tuple(Target.schedule(s, m) for s in (_STAGE, _OTHER_STAGE) for m in _MONTHS)


@dataclass(frozen=True, slots=True)
class Subject:
    """The pages of a kind.

    Attributes:
        known: the target that landed the day before.
        new: the target that was never read; None: the site has only one page of the kind.
        with_feeds: the schedule has landed.
        before: makes the page of the day before of today's.
    """

    kind: PageKind
    known: Target
    new: Target | None
    with_feeds: bool = True
    before: Callable[[str], str] = field(default=str)

    @property
    def targets(self) -> list[Target]:
        """The targets that are read in the night."""
        return [target for target in (self.known, self.new) if target is not None]


@cache
def html_of(target: Target) -> str:
    """Today's page as a browser archives it, in the layout in force."""
    if target.page_kind in (PageKind.TEAM_STATISTICS, PageKind.PLAYER_STATISTICS):
        answer = site().page(target.url("http://site")[len("http://site") :])
        return bare_page(answer.body.decode()).decode()
    return page_of(target).decode()


def subject(kind: PageKind) -> Subject:
    """The subject of a page kind."""
    of = Target.of
    match kind:
        case PageKind.TOURNAMENTS:
            return Subject(kind, of(kind), None, before=_one_competition_less)
        case PageKind.SEASONS:
            one, two = ({k: v for k, v in ids.items() if k != "season_id"}
                        for ids in (_LEAGUE, _OTHER_LEAGUE))  # fmt: skip
            return Subject(kind, of(kind, **one), of(kind, **two))
        case PageKind.STAGES:
            return Subject(kind, of(kind, **_CUP), of(kind, **_LEAGUE))
        case PageKind.SCHEDULE:
            first, second, _ = (Target.schedule(_STAGE, month) for month in _MONTHS)
            return Subject(kind, first, second, with_feeds=False)
        case PageKind.STANDINGS:
            league = of(kind, **_LEAGUE, stage_id=_STAGE)
            return Subject(kind, league, of(kind, **_CUP, stage_id=_GROUP))
        case PageKind.REFEREE_STATISTICS:
            league = of(kind, **_LEAGUE, stage_id=_STAGE)
            return Subject(kind, league, of(kind, **_OTHER_LEAGUE, stage_id=_OTHER_STAGE))
        case PageKind.TEAM_STATISTICS:
            return Subject(kind, *_statistics(kind, "summaryteam"))
        case PageKind.PLAYER_STATISTICS:
            return Subject(kind, *_statistics(kind, "summary"))
        case _:
            one, two = _matches()
            return Subject(kind, of(kind, match_id=one), of(kind, match_id=two))


def _statistics(kind: PageKind, category: str) -> tuple[Target, Target]:
    one, two = (
        Target.of(kind, stage_id=stage, category=category, subcategory="all")
        for stage in (_STAGE, _OTHER_STAGE)
    )
    return one, two


@cache
def _matches() -> tuple[int, int]:
    """Two finished matches of which every page says everything, early enough in their months
    that day and month can change places."""
    found = [
        match
        for match in site().world.matches()
        if match.stage_id == _STAGE
        and match.status == "finished"
        and match.has_match_centre
        and match.kickoff_utc.day <= 12 != match.kickoff_utc.month
        and f"{match.kickoff_utc:%Y%m}" in _MONTHS
        and preview(match).home.missing
        and preview(match).away.missing
        and sum(map(bool, traits(match).values())) >= 5
    ]
    return found[0].id, found[1].id


def _one_competition_less(html: str) -> str:
    """The menu before the last competition was listed."""
    begin = html.rindex(", {id:", 0, html.rindex("]}"))
    end = html.index("]}", begin)
    return html[:begin] + html[end:]
