"""Captured real pages, served as they are from a folder outside the repository."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

from tests.site.pages import compact

_NAME = re.compile(r"match_live_(\d+)\.html\.gz")
_REFUSAL = "block_page_2019.html"
# What the site's feed says of the one captured match.
LISTED_STAGE, LISTED_MONTH, LISTED_MATCH = 20934, "202208", 1650630
_FEED = {
    "tournamentId": 4, "tournamentName": "LaLiga", "regionId": 206, "regionName": "Spain",
    "seasonId": 9149, "seasonName": "2022/2023", "stageId": LISTED_STAGE, "stageName": "LaLiga",
    "sex": 1,
    "matches": [{
        "id": LISTED_MATCH, "stageId": LISTED_STAGE, "status": 6,
        "startTime": "2022-08-13T20:00:00", "startTimeUtc": "2022-08-13T19:00:00Z",
        "homeTeamId": 65, "homeTeamName": "Barcelona", "homeTeamCountryName": "Spain",
        "awayTeamId": 64, "awayTeamName": "Rayo Vallecano", "awayTeamCountryName": "Spain",
        "homeScore": 0, "awayScore": 0, "homePenaltyScore": None, "awayPenaltyScore": None,
        "elapsed": "FT", "matchIsOpta": True, "incidents": [],
    }],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Captured:
    """The pages of a folder: match pages by match id, and the protection's page if it is there."""

    matches: dict[int, bytes]
    refusal: bytes | None = None

    @classmethod
    def of(cls, folder: Path | None) -> Captured:
        """Read a folder; None gives nothing."""
        if folder is None:
            return cls({})
        found = {
            int(name.group(1)): gzip.decompress(path.read_bytes())
            for path in sorted(folder.iterdir())
            if (name := _NAME.fullmatch(path.name))
        }
        refusal = folder / _REFUSAL
        return cls(found, refusal.read_bytes() if refusal.is_file() else None)

    def feed(self, stage_id: int, month: str) -> bytes | None:
        """The month feed that lists a captured match, else None."""
        if LISTED_MATCH in self.matches and (stage_id, month) == (LISTED_STAGE, LISTED_MONTH):
            return compact({"tournaments": [_FEED]}).encode()
        return None
