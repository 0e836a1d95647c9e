"""Line-ups, minutes played, substitutions and formations of a match."""

from __future__ import annotations

from typing import Any

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.failures import Failures
from scrapers.whoscored.rows import pick
from scrapers.whoscored.statistics import rating

PLAYED_PERIODS = frozenset({1, 2, 3, 4})  # halves and extra time; 5 is the shoot-out
_SENT_OFF = frozenset({"Red", "SecondYellow"})


def end_of_play(page: Extracted) -> int:
    """Expanded minute at which the match ended, the shoot-out left out."""
    stated: int = page.fields["expanded_max_minute"]
    if (page.fields["max_period"] or 0) <= max(PLAYED_PERIODS):
        return stated
    played = [
        e["expanded_minute"]
        for e in page.groups["events"]
        if e["period_id"] in PLAYED_PERIODS and e["expanded_minute"] is not None
    ]
    return max(played, default=stated)


def line_up_rows(page: Extracted) -> list[Row]:
    """A row for each player of both squads.

    Minutes come from the squads as the page states them, else from the substitution events. A
    card shown after the match (period 14, whose clock begins again) sends nobody off the pitch.
    """
    end = end_of_play(page)
    came_on, went_off, sent_off = _changes(page.groups["events"])
    rows = []
    for team in page.groups["teams"]:
        captain = team["formations"][0]["captain_player_id"] if team["formations"] else None
        for player in team["players"]:
            player_id = player["player_id"]
            on = 0 if player["is_starter"] else _first(player["minute_on"], came_on.get(player_id))
            off = None
            if on is not None:
                leaving = _first(player["minute_off"], went_off.get(player_id))
                times = [m for m in (leaving, sent_off.get(player_id)) if m is not None]
                off = min(times, default=None)
            played = max(0, (end if off is None else off) - on) if on is not None else 0
            rows.append(
                pick(
                    "line_up",
                    player,
                    match_id=page.fields["match_id"],
                    team_id=team["team_id"],
                    is_captain=captain == player_id,
                    minute_on=on,
                    minute_off=off,
                    minutes_played=played,
                    rating=rating(player["stats"]),
                )
            )
    return rows


def _first(*minutes: int | None) -> int | None:
    return next((minute for minute in minutes if minute is not None), None)


def _changes(events: list[Row]) -> tuple[dict[Any, int], dict[Any, int], dict[Any, int]]:
    """Expanded minutes of coming on, going off and being sent off, by player."""
    on: dict[Any, int] = {}
    off: dict[Any, int] = {}
    sent: dict[Any, int] = {}
    for event in events:
        minute = event["expanded_minute"]
        if minute is None or event["period_id"] not in PLAYED_PERIODS:
            continue
        if event["type_name"] == "SubstitutionOn":
            on.setdefault(event["player_id"], minute)
        elif event["type_name"] == "SubstitutionOff":
            off.setdefault(event["player_id"], minute)
        elif event["type_name"] == "Card" and event["card_type"] in _SENT_OFF:
            sent.setdefault(event["player_id"], minute)
    return on, off, sent


def substitution_rows(page: Extracted, failures: Failures) -> list[Row]:
    """A row for each SubstitutionOff event, with the SubstitutionOn event of its team."""
    coming = [e for e in page.groups["events"] if e["type_name"] == "SubstitutionOn"]
    rows = []
    for off in page.groups["events"]:
        if off["type_name"] != "SubstitutionOff":
            continue
        on = _partner(off, coming)
        if on is not None:
            coming.remove(on)
        if off["player_id"] is None or off["expanded_minute"] is None:
            failures.add("events.player_id", "or the minute is null in a SubstitutionOff")
            continue
        rows.append(
            pick(
                "substitution",
                off,
                match_id=page.fields["match_id"],
                off_event_id=off["event_id"],
                on_event_id=on["event_id"] if on else None,
                player_off_id=off["player_id"],
                player_on_id=on["player_id"] if on else None,
            )
        )
    return rows


def _partner(off: Row, coming: list[Row]) -> Row | None:
    """The event that names this one or is named by it; else the related player's."""
    team = [on for on in coming if on["team_id"] == off["team_id"]]
    for on in team:
        named = off["related_team_event_id"]
        if named is not None and on["team_event_id"] == named:
            return on
    for on in team:
        names = on["related_team_event_id"]
        if names is not None and names == off["team_event_id"]:
            return on
    related = off["related_player_id"]
    return next((on for on in team if related is not None and on["player_id"] == related), None)


def formation_rows(page: Extracted, failures: Failures) -> tuple[list[Row], list[Row]]:
    """Formations and who stood where in them."""
    formations: list[Row] = []
    slots: list[Row] = []
    for team in page.groups["teams"]:
        for ordinal, formation in enumerate(team["formations"], start=1):
            place = {
                "match_id": page.fields["match_id"],
                "team_id": team["team_id"],
                "ordinal": ordinal,
            }
            formations.append(pick("formation", formation, **place))
            if len(formation["slots"]) != len(formation["player_ids"]):
                failures.add("teams.formations.slots", "and player_ids differ in length")
                continue
            positions = formation["positions"]
            for slot, player_id in zip(formation["slots"], formation["player_ids"], strict=True):
                if slot == 0:
                    continue  # on the bench, or off
                position = positions[slot - 1] if 0 < slot <= len(positions) else {}
                slots.append(
                    {
                        **place,
                        "slot": slot,
                        "player_id": player_id,
                        "vertical": position.get("vertical"),
                        "horizontal": position.get("horizontal"),
                    }
                )
    return formations, slots
