"""Targets: the pages the platform knows how to ask for, and their names.

A target is a page kind and the ids that make its address. Its key is the name under which
the ledger, the staging tables and the archive know it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urljoin

from scrapers.errors import ConfigInvalid

SOURCE = "whoscored"


class PageKind(StrEnum):
    """Kinds of page; a folder of this name under `selectors/whoscored/` holds the layouts."""

    SCHEDULE = "schedule"  # the month feed of one stage: all its fixtures in that month
    MATCH_CENTRE = "match_centre"  # one match: line-ups, statistics, all events


_PATHS = {
    PageKind.SCHEDULE: "/tournaments/{stage_id}/data/?d={month}",
    PageKind.MATCH_CENTRE: "/matches/{match_id}/live",
}
_ID_NAMES = {
    PageKind.SCHEDULE: ("stage_id", "month"),
    PageKind.MATCH_CENTRE: ("match_id",),
}


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
    def schedule(cls, stage_id: int, month: str | date) -> Target:
        """Month feed of a stage; `month` is a date in it or 'YYYYMM'."""
        text = month.strftime("%Y%m") if isinstance(month, date) else month
        if not re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", text):
            raise ConfigInvalid(f"month {text!r} is not YYYYMM: write 202208 for August 2022")
        return cls(PageKind.SCHEDULE, (str(int(stage_id)), text))

    @classmethod
    def match_centre(cls, match_id: int) -> Target:
        """Match centre of a match."""
        return cls(PageKind.MATCH_CENTRE, (str(int(match_id)),))

    @classmethod
    def from_key(cls, key: str) -> Target:
        """The target of a key such as 'whoscored/match_centre/1650630'.

        Raises:
            ConfigInvalid: the text is no key of a known page kind.
        """
        source, _, rest = key.partition("/")
        kind, *ids = rest.split("/")
        if source == SOURCE and kind in _KINDS and len(ids) == len(_ID_NAMES[PageKind(kind)]):
            if kind == PageKind.SCHEDULE and ids[0].isdecimal():
                return cls.schedule(int(ids[0]), ids[1])
            if kind == PageKind.MATCH_CENTRE and ids[0].isdecimal():
                return cls.match_centre(int(ids[0]))
        raise ConfigInvalid(
            f"{key!r} is no target: write {SOURCE}/match_centre/<match id> "
            f"or {SOURCE}/schedule/<stage id>/<YYYYMM>"
        )

    @property
    def key(self) -> str:
        """Name of the target in ledger, staging and archive."""
        return "/".join((SOURCE, self.page_kind.value, *self.ids))

    @property
    def id_map(self) -> dict[str, str]:
        """Ids by name: `{"match_id": "1650630"}`."""
        return dict(zip(_ID_NAMES[self.page_kind], self.ids, strict=True))

    def url(self, base_url: str) -> str:
        """Address of the page under `base_url`."""
        return urljoin(base_url, _PATHS[self.page_kind].format(**self.id_map))


_KINDS = {kind.value for kind in PageKind}
