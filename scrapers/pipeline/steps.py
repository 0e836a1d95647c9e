"""The steps of a run: which kinds of page are fetched together, and in which order.

Each step is one batch: one dispatch and one publishing in Airflow, however many kinds of page
and pages it has. A later step is planned from what the earlier ones have landed.
"""

from __future__ import annotations

from enum import StrEnum

from scrapers.targets import PageKind


class Step(StrEnum):
    """A step; the first two bear the name of their only page kind."""

    SCHEDULE = "schedule"
    MATCH_CENTRE = "match_centre"
    MORE_PAGES = "more_pages"
    TOURNAMENTS = "tournaments"
    SEASONS = "seasons"
    STAGES = "stages"


KINDS: dict[Step, tuple[PageKind, ...]] = {
    Step.SCHEDULE: (PageKind.SCHEDULE,),
    Step.MATCH_CENTRE: (PageKind.MATCH_CENTRE,),
    Step.MORE_PAGES: (
        PageKind.MATCH_PREVIEW,
        PageKind.MATCH_REPORT,
        PageKind.STANDINGS,
        PageKind.TEAM_STATISTICS,
        PageKind.PLAYER_STATISTICS,
        PageKind.REFEREE_STATISTICS,
    ),
    Step.TOURNAMENTS: (PageKind.TOURNAMENTS,),
    Step.SEASONS: (PageKind.SEASONS,),
    Step.STAGES: (PageKind.STAGES,),
}
# What a run for days or matches consists of; the others are `touchline follow`'s.
RUN_STEPS = (Step.SCHEDULE, Step.MATCH_CENTRE, Step.MORE_PAGES)
RUN_KINDS: tuple[PageKind, ...] = tuple(kind for step in RUN_STEPS for kind in KINDS[step])
MATCH_KINDS = (PageKind.MATCH_CENTRE, PageKind.MATCH_PREVIEW, PageKind.MATCH_REPORT)

NOUNS = {
    Step.SCHEDULE: "schedule feeds",
    Step.MATCH_CENTRE: "matches",
    Step.MORE_PAGES: "further pages",
    Step.TOURNAMENTS: "menus of tournaments",
    Step.SEASONS: "tournaments",
    Step.STAGES: "seasons",
}
