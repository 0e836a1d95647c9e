"""Rows of a match's pages beside its match centre: the preview, the report."""

from __future__ import annotations

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.failures import Failures
from scrapers.targets import Target
from scrapers.whoscored.rows import RowSet, pick

SIDES = ("home", "away")


def build_preview(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """Who is missing, who is expected to start, and the score that the site expects."""
    _check_match(page, target, failures)
    _check_players(page, failures)
    fields = page.fields
    players: dict[int, Row] = {}
    missing: list[Row] = []
    line_ups: list[Row] = []
    for side in SIDES:
        place = {"match_id": fields["match_id"], "team_id": fields[f"{side}_team_id"]}
        for player in page.groups[f"{side}_missing"]:
            missing.append(pick("missing_player", player, **place))
            players[player["player_id"]] = player
        for ordinal, player in enumerate(page.groups[f"{side}_line_up"], start=1):
            line_ups.append(pick("predicted_line_up", player, **place, ordinal=ordinal))
            players[player["player_id"]] = player
    return {
        "team": _teams(fields),
        "player": [
            pick("player", player, height_cm=None, weight_kg=None) for player in players.values()
        ],
        "match_preview": [pick("match_preview", fields)],
        "missing_player": missing,
        "predicted_line_up": line_ups,
    }


def build_report(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """What the site says of each side: its strengths and weaknesses, and its style."""
    _check_match(page, target, failures)
    fields = page.fields
    if fields.get("left_team_name") == fields["away_team_name"]:
        # Which of them has changed is not to be told.
        for name in ("left_team_name", "home_team_name", "away_team_name", "cells.sentences"):
            failures.add(name, "does not agree: the away team heads the left column")
    cells = page.groups["cells"]
    lost = sum(not cell["is_empty"] and not cell["sentences"] for cell in cells)
    if lost:
        failures.add(
            "cells.sentences", "are not found, though the cell says something", lost, len(cells)
        )
    traits: list[Row] = []
    counts: dict[tuple[str, str], int] = {}
    for cell in cells:
        if cell["is_empty"]:
            continue
        for sentence in cell["sentences"]:
            key = cell["side"], cell["kind"]
            counts[key] = counts.get(key, 0) + 1
            traits.append(
                pick(
                    "match_trait",
                    sentence,
                    match_id=fields["match_id"],
                    team_id=fields[f"{cell['side']}_team_id"],
                    kind=cell["kind"],
                    ordinal=counts[key],
                )
            )
    return {"team": _teams(fields), "match_trait": traits}


def _teams(fields: Row) -> list[Row]:
    return [
        {
            "team_id": fields[f"{side}_team_id"],
            "name": fields[f"{side}_team_name"],
            "country_name": fields[f"{side}_country_name"],
        }
        for side in SIDES
    ]


def _check_match(page: Extracted, target: Target, failures: Failures) -> None:
    """The page is of the match that was asked for."""
    found, asked = page.fields["match_id"], int(target.id_map["match_id"])
    if found != asked:
        failures.add("match_id", f"is {found}, asked for was {asked}")


def _check_players(page: Extracted, failures: Failures) -> None:
    """Everybody to whom the preview links has been read.

    A page without line-ups or without missing players is no failure by itself: only this tells
    it from one on which they stand under another name.
    """
    read = {
        f"{side}_{part}": page.groups[f"{side}_{part}"]
        for side in SIDES
        for part in ("line_up", "missing")
    }
    if page.fields.get("missing_sections") and not (read["home_missing"] or read["away_missing"]):
        for side in SIDES:
            failures.add(f"{side}_missing", "has no rows, though there is a section of them")
    count = sum(map(len, read.values()))
    links = page.fields["player_links"]
    if links == count:
        return
    failures.add("player_links", f"are {links}, but {count} players are read")
    for name, rows in read.items():
        if not rows:
            failures.add(
                name, "has no rows, though the preview links to more players than are read"
            )
