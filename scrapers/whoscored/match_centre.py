"""Rows of a match-centre page."""

from __future__ import annotations

from typing import Any

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.failures import Failures
from scrapers.targets import Target
from scrapers.whoscored import events
from scrapers.whoscored.line_ups import formation_rows, line_up_rows, substitution_rows
from scrapers.whoscored.rows import RowSet, pick
from scrapers.whoscored.statistics import rating, summary


def build(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """Rows by table; what contradicts itself on the page is noted in `failures`."""
    _agree(page, target, failures)
    events.agree(page, failures)
    if failures.found:
        return {}
    formations, slots = formation_rows(page, failures)
    fields = page.fields
    match_id = fields["match_id"]
    teams = page.groups["teams"]
    return {
        "competition": [pick("competition", fields, name=fields["competition_name"])],
        "season": [pick("season", fields, name=fields["season_name"])],
        "team": [pick("team", team) for team in teams],
        "player": _players(page),
        "referee": _referee(fields),
        "type_name": _type_names(page, failures),
        "match": [
            pick(
                "match",
                fields,
                stage_id=None,
                home_team_id=teams[0]["team_id"],
                away_team_id=teams[1]["team_id"],
                referee_id=fields["referee_id"] if fields["referee_name"] else None,
            )
        ],
        "match_team": [
            pick("match_team", team, match_id=match_id, rating=rating(team["stats"]))
            for team in teams
        ],
        "line_up": line_up_rows(page),
        "formation": formations,
        "formation_slot": slots,
        "substitution": substitution_rows(page, failures),
        "player_stat": [
            pick(
                "player_stat",
                summary(stat),
                match_id=match_id,
                team_id=team["team_id"],
                player_id=player["player_id"],
            )
            for team in teams
            for player in team["players"]
            for stat in player["stats"]
        ],
        "team_stat": [
            pick("team_stat", summary(stat), match_id=match_id, team_id=team["team_id"])
            for team in teams
            for stat in team["stats"]
        ],
        "shot_zone": [
            pick("shot_zone", minute, match_id=match_id, team_id=team["team_id"], zone=zone["zone"])
            for team in teams
            for zone in team["shot_zones"]
            for minute in zone["minutes"]
        ],
        "event": [
            pick("event", event, match_id=match_id, ordinal=ordinal)
            for ordinal, event in enumerate(page.groups["events"], start=1)
        ],
    }


def _agree(page: Extracted, target: Target, failures: Failures) -> None:
    """The page is the one asked for, and its two scripts tell of the same match."""
    fields = page.fields
    asked = int(target.id_map["match_id"])
    if fields["match_id"] != asked:
        failures.add("match_id", f"is {fields['match_id']}, asked for was {asked}")
    sides = [team["side"] for team in page.groups["teams"]]
    if sides != ["home", "away"]:
        failures.add("teams.side", f"is {' and '.join(sides)}, not home and away")
        return
    home, away = page.groups["teams"]
    for header, name, value in (
        ("header_match_id", "match_id", fields["match_id"]),
        ("header_kickoff_page", "kickoff_page", fields["kickoff_page"]),
        ("header_home_team_id", "the home team", home["team_id"]),
        ("header_away_team_id", "the away team", away["team_id"]),
    ):
        if fields[header] != value:
            failures.add(header, f"is {fields[header]}, but {name} is {value}")


def _players(page: Extracted) -> list[Row]:
    """Everybody whom the page names: its dictionary, and the squads with height and weight."""
    rows = {
        named["player_id"]: pick("player", named, height_cm=None, weight_kg=None)
        for named in page.groups["player_names"]
    }
    for team in page.groups["teams"]:
        for player in team["players"]:
            name = rows.get(player["player_id"], player)["name"]
            rows[player["player_id"]] = pick("player", player, name=name)
    return list(rows.values())


def _referee(fields: Row) -> list[Row]:
    if fields["referee_id"] is None or fields["referee_name"] is None:
        return []
    return [
        pick(
            "referee",
            fields,
            name=fields["referee_name"],
            first_name=fields["referee_first_name"],
            last_name=fields["referee_last_name"],
        )
    ]


def _type_names(page: Extracted, failures: Failures) -> list[Row]:
    """The page's dictionaries, also those that only its events spell out."""
    names: dict[tuple[str, Any], str] = {}

    def note(kind: str, type_id: int | None, name: str | None, source: str) -> None:
        if type_id is None or name is None:
            return
        known = names.setdefault((kind, type_id), name)
        if known != name:
            failures.add(source, f"calls {type_id} both {known!r} and {name!r}")

    for event in page.groups["events"]:
        note("event_type", event["type_id"], event["type_name"], "events.type_name")
        note("period", event["period_id"], event["period_name"], "events.period_name")
        note("outcome", event["outcome_id"], event["outcome_name"], "events.outcome_name")
        note("card", event["card_type_id"], event["card_type"], "events.card_type")
        for qualifier in event["qualifiers"]:
            source = "events.qualifiers.name"
            note("qualifier", qualifier["type_id"], qualifier["name"], source)
    for group, kind in (
        ("satisfied_event_names", "satisfied_event"),
        ("formation_names", "formation"),
    ):
        for row in page.groups[group]:
            note(kind, row["type_id"], row["name"], f"{group}.name")
    return [
        {"kind": kind, "type_id": type_id, "name": name} for (kind, type_id), name in names.items()
    ]
