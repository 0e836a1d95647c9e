"""Corrections: what the site changes in a match after the fact."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.site.codes import SHOOT_OUT, TYPES, Json, qualifier, satisfied
from tests.site.outcome import Outcome
from tests.site.play import Played

CHANGES = ("add_event", "remove_event", "correct_score", "rename_player", "withdraw")
# Corrected events get ids from the far end of the match's block.
_NEW_IDS = 60_000


class AmendError(ValueError):
    """The correction can't be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """One correction; `player_id` and `name` are for rename_player only."""

    match_id: int
    change: str
    player_id: int | None = None
    name: str | None = None


def check(amendment: Amendment, outcome: Outcome) -> None:
    """Raises AmendError if the correction can't be made."""
    if amendment.change not in CHANGES:
        raise AmendError(f"no change {amendment.change!r}: one of {', '.join(CHANGES)}")
    if amendment.change == "correct_score":
        if outcome.extra_time:
            raise AmendError("the match went to extra time: its score decides who goes on")
        if not outcome.goals:
            raise AmendError("the match has no goal to take away: choose one that has")


def amended(outcome: Outcome, amendments: tuple[Amendment, ...]) -> Outcome:
    """The outcome after corrections of the score."""
    for one in amendments:
        if one.change == "correct_score" and outcome.goals:
            outcome = outcome.without_last_goal()
    return outcome


def apply(played: Played, amendments: tuple[Amendment, ...]) -> Played:
    """The match with corrected events; those near a correction have new ids."""
    for number, one in enumerate(amendments):
        if one.change == "add_event":
            _add(played, number)
        elif one.change == "remove_event":
            _remove(played, number)
        elif one.change == "correct_score":
            _take_goal(played, number)
        elif one.change == "rename_player":
            _rename(played, one)
    return played


def _free_passes(events: list[Json]) -> list[int]:
    """Places of passes that no other event names."""
    named = {(e["teamId"], e.get("relatedEventId")) for e in events}
    return [
        index
        for index, e in enumerate(events)
        if e["type"]["displayName"] == "Pass"
        and (e["teamId"], e["eventId"]) not in named
        and not any(q["type"]["displayName"] == "OppositeRelatedEvent" for q in e["qualifiers"])
    ]


def _add(played: Played, number: int) -> None:
    """One more recovery, by the player of a pass in the middle of the match."""
    places = _free_passes(played.events)
    place = places[(len(places) // 2 + number * 17) % len(places)]
    before = played.events[place]
    count = max(e["eventId"] for e in played.events if e["teamId"] == before["teamId"]) + 1
    extra = {key: value for key, value in before.items() if key not in ("endX", "endY")}
    extra |= {
        "id": _renewed(before["id"], number) + 1,
        "eventId": count,
        "type": TYPES["BallRecovery"],
        "qualifiers": [],
        "satisfiedEventsTypes": satisfied("ballRecovery"),
        "isTouch": False,
    }
    played.events.insert(place, extra)
    _renew(played, place, number)


def _remove(played: Played, number: int) -> None:
    places = _free_passes(played.events)
    place = places[(len(places) // 3 + number * 17) % len(places)]
    del played.events[place]
    _renew(played, place, number)


def _take_goal(played: Played, number: int) -> None:
    """The last goal is none: a shot that goes wide (an own goal: a bad touch)."""
    goals = [
        n for n, e in enumerate(played.events)
        if e.get("isGoal") and e["period"]["value"] != SHOOT_OUT
    ]  # fmt: skip
    if not goals:
        return
    place = goals[-1]
    goal = {k: v for k, v in played.events[place].items() if k not in ("isGoal", "isOwnGoal")}
    if played.events[place].get("isOwnGoal"):
        shot_keys = ("goalMouthZ", "goalMouthY", "isShot")
        goal = {k: v for k, v in goal.items() if k not in shot_keys}
        goal |= {
            "type": TYPES["BallTouch"],
            "qualifiers": [qualifier("Zone", "Back")],
            "satisfiedEventsTypes": satisfied("touches", "turnover"),
        }
    else:
        wide = 58.0
        gone = set(satisfied("goalNormal", "shotOnTarget", "penaltyScored", "goalOpenPlay"))
        kept = [n for n in goal["satisfiedEventsTypes"] if n not in gone]
        goal |= {
            "type": TYPES["MissedShots"],
            "goalMouthY": wide,
            "satisfiedEventsTypes": kept + satisfied("shotOffTarget"),
            "qualifiers": [
                qualifier("GoalMouthY", wide) if q["type"]["displayName"] == "GoalMouthY" else q
                for q in goal["qualifiers"]
            ] + [qualifier("MissLeft")],
        }  # fmt: skip
    played.events[place] = goal
    _renew(played, place, number)


def _renew(played: Played, place: int, number: int) -> None:
    """New ids for the events around a correction."""
    for event in played.events[max(0, place - 3) : place + 4]:
        if event["id"] % 2 == 0 and event["id"] % 100_000 < _NEW_IDS:
            event["id"] = _renewed(event["id"], number)


def _renewed(event_id: float, number: int) -> float:
    return event_id + _NEW_IDS


def _rename(played: Played, one: Amendment) -> None:
    for side in played.sides:
        renamed = {
            p.id: replace(p, name=one.name or f"{p.name} Filho")
            for p in side.squad
            if p.id == (one.player_id or played.sides[0].starters[2].id)
        }
        side.squad = [renamed.get(p.id, p) for p in side.squad]
        side.starters = {slot: renamed.get(p.id, p) for slot, p in side.starters.items()}
