"""What a match says twice, once in a key that is often missing: is the key there at all?

`blockedX` stands only where a shot was blocked, `cardType` only in a card. Under another name such
a key would pass as one that has nothing to say, and all of the match's values would be null. But
the page says each of them a second time: in the event's qualifiers, or by the event's type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.failures import Failures
from scrapers.whoscored.line_ups import PLAYED_PERIODS

_SHOTS = frozenset({"MissedShots", "SavedShot", "ShotOnPost"})
# By qualifier, the fields of which one that bears it says something.
_BY_QUALIFIER = {
    "GoalMouthY": ("goal_mouth_y",),
    "GoalMouthZ": ("goal_mouth_z",),
    "BlockedX": ("blocked_x",),
    "BlockedY": ("blocked_y",),
    "RelatedEventId": ("related_team_event_id",),
    "OwnGoal": ("is_own_goal",),
}
# By type.
_BY_TYPE = {
    **dict.fromkeys(_SHOTS, ("is_shot",)),
    "Goal": ("is_goal",),
    "Card": ("card_type_id", "card_type"),
    "SubstitutionOff": ("related_player_id",),
    "SubstitutionOn": ("related_player_id",),
}


def agree(page: Extracted, failures: Failures) -> None:
    """Note each field that no event fills though some events must.

    One such event alone is left to the quality gate: only a key that is nowhere is a change of
    the layout.
    """
    due: dict[str, int] = {}
    filled: set[str] = set()
    for event in page.groups["events"]:
        names = _BY_TYPE.get(event["type_name"], ())
        for qualifier in event["qualifiers"]:
            names += _BY_QUALIFIER.get(qualifier["name"], ())
        for name in names:
            due[name] = due.get(name, 0) + 1
            # False is what a flag is without its key.
            if event[name] is not None and event[name] is not False:
                filled.add(name)
    total = len(page.groups["events"])
    for name, count in due.items():
        if name not in filled:
            what = "has a value in no event, though types or qualifiers say that there is one"
            failures.add(f"events.{name}", what, count, total)
    _agree_on_changes(page, failures)


def _agree_on_changes(page: Extracted, failures: Failures) -> None:
    """The squads and formations say who replaced whom where the events say so."""
    on, off = (_players(page.groups["events"], f"Substitution{way}") for way in ("On", "Off"))
    if not on or not off:
        return
    teams = page.groups["teams"]
    players = [player for team in teams for player in team["players"]]
    # A team that is listed in one formation only is not listed change by change.
    formations = [
        one for team in teams if len(team["formations"]) > 1 for one in team["formations"]
    ]
    for group, rows, names in (
        ("players", players, ("replaced_player_id", "replaced_by_player_id")),
        ("formations", formations, ("sub_on_player_id", "sub_off_player_id")),
    ):
        for name in names:
            if rows and all(row[name] is None for row in rows):
                what = "has a value in no row, though events tell of substitutions"
                failures.add(f"teams.{group}.{name}", what, len(rows), len(rows))


def _players(events: Iterable[Row], type_name: str) -> set[Any]:
    return {
        event["player_id"]
        for event in events
        if event["type_name"] == type_name and event["period_id"] in PLAYED_PERIODS
    }
