"""Targets: the pages the platform knows how to ask for, and their names.

A target is a page kind and the ids that make its address. Its key is the name under which
the ledger, the staging tables and the archive know it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urljoin

from scrapers.errors import ConfigInvalid

SOURCE = "whoscored"


class PageKind(StrEnum):
    """Kinds of page; a folder of this name under `selectors/whoscored/` holds the layouts."""

    TOURNAMENTS = "tournaments"  # any whole page: the menu of all regions and tournaments
    SEASONS = "seasons"  # a tournament's page: its seasons
    STAGES = "stages"  # a season's page: its stages
    SCHEDULE = "schedule"  # the month feed of one stage: all its fixtures in that month
    MATCH_CENTRE = "match_centre"  # one match: line-ups, statistics, all events
    MATCH_PREVIEW = "match_preview"  # before a match: missing players, predicted line-ups
    MATCH_REPORT = "match_report"  # after a match: each side's strengths, weaknesses, style
    STANDINGS = "standings"  # a stage's page: its tables
    TEAM_STATISTICS = "team_statistics"  # a stage's teams, one category of statistics
    PLAYER_STATISTICS = "player_statistics"  # a stage's players, one category of statistics
    REFEREE_STATISTICS = "referee_statistics"  # a stage's referees


_SEASON = "/regions/{region_id}/tournaments/{competition_id}/seasons/{season_id}"
_STAGE = f"{_SEASON}/stages/{{stage_id}}"
_FEED = "/statisticsfeed/1"
_CATEGORY = "category={category}&subcategory={subcategory}&statsAccumulationType=2"
_PATHS = {
    PageKind.TOURNAMENTS: "/",
    PageKind.SEASONS: "/regions/{region_id}/tournaments/{competition_id}",
    PageKind.STAGES: _SEASON,
    PageKind.SCHEDULE: "/tournaments/{stage_id}/data/?d={month}",
    PageKind.MATCH_CENTRE: "/matches/{match_id}/live",
    PageKind.MATCH_PREVIEW: "/matches/{match_id}/preview",
    PageKind.MATCH_REPORT: "/matches/{match_id}/matchreport",
    PageKind.STANDINGS: f"{_STAGE}/show",
    PageKind.TEAM_STATISTICS: (
        f"{_FEED}/getteamstatistics?{_CATEGORY}&field=Overall&tournamentOptions="
        "&timeOfTheGameStart=&timeOfTheGameEnd=&teamIds=&stageId={stage_id}&sortBy=Rating"
        "&sortAscending=&page=&numberOfTeamsToPick=&isCurrent=true&formation=&incPens=&against="
    ),
    PageKind.PLAYER_STATISTICS: (
        f"{_FEED}/getplayerstatistics?{_CATEGORY}&isCurrent=true&playerId=&teamIds=&matchId="
        "&stageId={stage_id}&tournamentOptions=&sortBy=Rating&sortAscending=&age="
        "&ageComparisonType=&appearances=&appearancesComparisonType=&field=Overall&nationality="
        "&positionOptions=&timeOfTheGameEnd=&timeOfTheGameStart=&isMinApp=false&page="
        "&includeZeroValues=true&numberOfPlayersToPick="
    ),
    PageKind.REFEREE_STATISTICS: f"{_STAGE}/refereestatistics",
}
# By the names of the ids: what their text must look like, and an example.
_NUMBER = (re.compile(r"[1-9]\d{0,9}"), "a number")
_FORMS = {
    "month": (re.compile(r"\d{4}(0[1-9]|1[0-2])"), "YYYYMM: write 202208 for August 2022"),
    "category": (re.compile(r"[a-z][a-z-]{1,30}"), "a category such as summary or passes"),
    "subcategory": (re.compile(r"[a-z][a-z-]{1,30}"), "a subcategory such as all or offensive"),
}
_ID_NAMES = {kind: tuple(re.findall(r"{(\w+)}", path)) for kind, path in _PATHS.items()}


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One page of the source.

    Attributes:
        page_kind: what the page is.
        ids: the ids in its address, as text, in the order of `id_names`.
    """

    page_kind: PageKind
    ids: tuple[str, ...]

    @classmethod
    def of(cls, page_kind: PageKind, **ids: int | str) -> Target:
        """The page of a kind with these ids, e.g. `of(PageKind.MATCH_PREVIEW, match_id=7)`.

        Raises:
            ConfigInvalid: an id is missing, unknown or not written as it must be.
        """
        names = _ID_NAMES[page_kind]
        if set(ids) != set(names):
            wanted = ", ".join(names) or "no ids"
            raise ConfigInvalid(f"{page_kind} needs {wanted}, not {', '.join(ids) or 'none'}")
        for name, value in ids.items():
            pattern, form = _FORMS.get(name, _NUMBER)
            if not pattern.fullmatch(str(value)):
                raise ConfigInvalid(f"{name} {value!r} is not {form}")
        return cls(page_kind, tuple(str(ids[name]) for name in names))

    @classmethod
    def schedule(cls, stage_id: int, month: str | date) -> Target:
        """Month feed of a stage; `month` is a date in it or 'YYYYMM'."""
        text = month.strftime("%Y%m") if isinstance(month, date) else month
        return cls.of(PageKind.SCHEDULE, stage_id=stage_id, month=text)

    @classmethod
    def match_centre(cls, match_id: int) -> Target:
        """Match centre of a match."""
        return cls.of(PageKind.MATCH_CENTRE, match_id=match_id)

    @classmethod
    def from_key(cls, key: str) -> Target:
        """The target of a key such as 'whoscored/match_centre/1650630'.

        Raises:
            ConfigInvalid: the text is no key of a known page kind.
        """
        source, _, rest = key.partition("/")
        kind, *ids = rest.split("/")
        if source == SOURCE and kind in _KINDS:
            names = _ID_NAMES[PageKind(kind)]
            if len(ids) == len(names):
                return cls.of(PageKind(kind), **dict(zip(names, ids, strict=True)))
        forms = ", ".join(
            "/".join((SOURCE, kind, *(f"<{name}>" for name in names)))
            for kind, names in _ID_NAMES.items()
        )
        raise ConfigInvalid(f"{key!r} is no target: write one of {forms}")

    @property
    def key(self) -> str:
        """Name of the target in ledger, staging and archive."""
        return "/".join((SOURCE, self.page_kind.value, *self.ids))

    @property
    def id_map(self) -> Mapping[str, str]:
        """Ids by name: `{"match_id": "1650630"}`."""
        return dict(zip(_ID_NAMES[self.page_kind], self.ids, strict=True))

    def url(self, base_url: str) -> str:
        """Address of the page under `base_url`."""
        return urljoin(base_url, _PATHS[self.page_kind].format(**self.id_map))


def id_names(page_kind: PageKind) -> tuple[str, ...]:
    """Names of the ids in the address of a kind of page."""
    return _ID_NAMES[page_kind]


_KINDS = {kind.value for kind in PageKind}
