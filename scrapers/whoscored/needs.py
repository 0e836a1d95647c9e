"""The fields that a selector file must have so that its rows fit the warehouse.

Most are named and typed as the columns they become; those that only serve to make or to check
others are listed. A file may have more fields than these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB

from scrapers.parsing.model import Group, SelectorField, SelectorFile
from scrapers.parsing.plain_yaml import Location
from scrapers.parsing.values import FieldType
from scrapers.targets import PageKind
from scrapers.warehouse.tables import CORE_TABLES, STANDING_SCOPES

_TABLES = {table.name: table for table in CORE_TABLES}
_T, _I, _N = FieldType.TEXT, FieldType.INTEGER, FieldType.NUMBER


@dataclass(frozen=True, slots=True)
class Need:
    """What a field must be: its type, and whether it may be null."""

    type: FieldType
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """Fields and groups that a page or a row must have."""

    fields: dict[str, Need]
    groups: dict[str, Needs] = field(default_factory=dict)


def _type(column: Column[object]) -> FieldType:
    kinds = {
        BigInteger: _I,
        Integer: _I,
        Numeric: _N,
        Boolean: FieldType.BOOLEAN,
        Text: _T,
        ARRAY: FieldType.INTEGER_LIST,
        JSONB: FieldType.NUMBER_BY_INTEGER,
    }
    if isinstance(column.type, DateTime):
        return FieldType.UTC_TIME if column.type.timezone else FieldType.LOCAL_TIME
    return next(kind for sql, kind in kinds.items() if isinstance(column.type, sql))


def _columns(table: str, *names: str) -> dict[str, Need]:
    columns = _TABLES[table].columns
    return {n: Need(_type(columns[n]), bool(columns[n].nullable)) for n in names}


def _all(type_: FieldType, *names: str, nullable: bool = False) -> dict[str, Need]:
    return {name: Need(type_, nullable) for name in names}


_COMPETITION = (
    _all(_I, "competition_id", "season_id")
    | _all(_T, "competition_name", "season_name")
    | _all(_I, "region_id", nullable=True)
    | _all(_T, "region_name", nullable=True)
)
_BREADCRUMB = _all(_I, "competition_id") | _all(_T, "competition_name", "region_name")
_COUNTS = _columns(
    "standing",
    *("rank", "played", "won", "drawn", "lost", "goals_for", "goals_against"),
    *("goal_difference", "points"),
)
_STATS = Needs(_columns("team_stat", "stat", "by_minute"))
_SIDES = _all(_I, "match_id", "home_team_id", "away_team_id") | (
    _all(_T, "home_team_name", "away_team_name")
    | _all(_T, "home_country_name", "away_country_name", nullable=True)
)
_MISSING = Needs(
    _columns("player", "player_id", "name")
    | _columns("missing_player", "reason", "status", "rating")
)
_PREDICTED = Needs(
    _columns("player", "player_id", "name") | _columns("predicted_line_up", "position", "rating")
)
_COLUMNS = Needs(_all(_T, "stat"))
# A value may be null on the page: it gives no row then.
_SEASON_STATS = Needs(_all(_T, "stat") | _all(_N, "value", nullable=True))

NEEDS: dict[PageKind, Needs] = {
    PageKind.TOURNAMENTS: Needs(
        {},
        {
            "regions": Needs(
                _columns("region", "region_id", "name", "kind", "flag"),
                {
                    "tournaments": Needs(
                        _all(_I, "competition_id", "address_region_id", "address_competition_id")
                        | _all(_T, "competition_name")
                    )
                },
            )
        },
    ),
    PageKind.SEASONS: Needs(
        _BREADCRUMB,
        {
            "seasons": Needs(
                _columns("season", "season_id", "name")
                | _all(_I, "address_region_id", "address_competition_id")
            )
        },
    ),
    PageKind.STAGES: Needs(
        _BREADCRUMB | _all(_I, "season_id", "shown_stage_id") | _all(_T, "season_name"),
        {
            "stages": Needs(
                _columns("stage", "stage_id", "name") | _all(_I, "address_season_id"),
            )
        },
    ),
    PageKind.STANDINGS: Needs(
        _BREADCRUMB
        | _all(_I, "season_id", "stage_id")
        | _all(_T, "season_name")
        | _all(_T, "stage_name", nullable=True),
        {
            "tables": Needs(
                _columns("standing", "group_number"),
                {
                    "rows": Needs(
                        _columns("standing", "table_stage_id", "team_id")
                        | _all(_T, "team_name")
                        | _all(_T, "team_country_name", nullable=True)
                        | {
                            f"{scope}_{name}": need
                            for scope in STANDING_SCOPES
                            for name, need in _COUNTS.items()
                        }
                    )
                },
            )
        },
    ),
    PageKind.REFEREE_STATISTICS: Needs(
        _BREADCRUMB
        | _all(_I, "season_id", "stage_id")
        | _all(_T, "season_name")
        | _all(_T, "stage_name", nullable=True),
        {
            "referees": Needs(
                _columns(
                    "referee_statistic",
                    *("referee_id", "matches", "fouls_per_match", "fouls_per_tackle"),
                    *("penalties_per_match", "yellow_cards", "yellow_cards_per_match"),
                    *("red_cards", "red_cards_per_match"),
                )
                | _all(_T, "name")
            )
        },
    ),
    PageKind.SCHEDULE: Needs(
        {},
        {
            "tournaments": Needs(
                _COMPETITION | _all(_I, "stage_id") | _all(_T, "stage_name", nullable=True),
                {
                    "matches": Needs(
                        _columns(
                            "fixture",
                            *("match_id", "stage_id", "kickoff_utc", "status", "elapsed"),
                            *("home_team_id", "away_team_id", "home_score", "away_score"),
                            *("home_penalty_score", "away_penalty_score", "is_opta"),
                        )
                        | _all(_T, "home_team_name", "away_team_name")
                        | _all(_T, "home_country_name", "away_country_name", nullable=True)
                    )
                },
            )
        },
    ),
    PageKind.MATCH_CENTRE: Needs(
        _COMPETITION
        | _columns(
            "match",
            *("match_id", "kickoff_utc", "kickoff_page", "status", "elapsed", "home_score"),
            *("away_score", "home_score_ht", "away_score_ht", "home_score_ft", "away_score_ft"),
            *("home_score_et", "away_score_et", "home_score_pk", "away_score_pk", "venue_name"),
            *("attendance", "referee_id", "weather_code", "max_period", "max_minute"),
            *("period_end_minutes", "data_updated_page"),
        )
        | _all(_I, "header_match_id", "header_home_team_id", "header_away_team_id")
        | _all(_I, "expanded_max_minute")
        | _all(FieldType.LOCAL_TIME, "header_kickoff_page")
        | _all(_T, "referee_name", "referee_first_name", "referee_last_name", nullable=True),
        {
            "player_names": Needs(_columns("player", "player_id", "name")),
            "satisfied_event_names": Needs(_columns("type_name", "type_id", "name")),
            "formation_names": Needs(_columns("type_name", "type_id", "name")),
            "teams": Needs(
                _columns("team", "team_id", "name", "country_name")
                | _columns(
                    "match_team",
                    *("side", "manager_name", "average_age_years"),
                    *("score_halftime", "score_fulltime", "score_running"),
                ),
                {
                    "stats": _STATS,
                    "players": Needs(
                        _columns("player", "player_id", "name", "height_cm", "weight_kg")
                        | _columns(
                            "line_up",
                            *("shirt_number", "position", "is_starter", "is_man_of_the_match"),
                            *("minute_on", "minute_off", "replaced_player_id"),
                            *("replaced_by_player_id", "age_years"),
                        ),
                        {"stats": _STATS},
                    ),
                    "formations": Needs(
                        _columns(
                            "formation",
                            *("formation_id", "formation_name", "period_id", "start_minute"),
                            *("end_minute", "captain_player_id", "sub_on_player_id"),
                            "sub_off_player_id",
                        )
                        | _all(FieldType.INTEGER_LIST, "player_ids", "slots"),
                        {"positions": Needs(_columns("formation_slot", "vertical", "horizontal"))},
                    ),
                    "shot_zones": Needs(
                        _columns("shot_zone", "zone"),
                        {"minutes": Needs(_columns("shot_zone", "minute", "shots", "goals"))},
                    ),
                },
            ),
            "events": Needs(
                _columns(
                    "event",
                    *("event_id", "team_event_id", "team_id", "player_id", "period_id", "minute"),
                    *("second", "expanded_minute", "type_id", "type_name", "outcome", "is_touch"),
                    *("is_shot", "is_goal", "is_own_goal", "x", "y", "end_x", "end_y"),
                    *("goal_mouth_y", "goal_mouth_z", "blocked_x", "blocked_y"),
                    *("related_team_event_id", "related_player_id", "card_type"),
                    "satisfied_event_types",
                )
                | _all(_I, "outcome_id")
                | _all(_T, "period_name", "outcome_name")
                | _all(_I, "card_type_id", nullable=True),
                {
                    "qualifiers": Needs(
                        _columns("type_name", "type_id", "name") | _all(_T, "value", nullable=True)
                    )
                },
            ),
        },
    ),
}

NEEDS |= {
    PageKind.MATCH_PREVIEW: Needs(
        _SIDES
        | _columns(
            "match_preview",
            *("predicted_home_score", "predicted_away_score", "home_formation", "away_formation"),
        )
        | _all(_I, "player_links"),
        {
            "home_line_up": _PREDICTED,
            "away_line_up": _PREDICTED,
            "home_missing": _MISSING,
            "away_missing": _MISSING,
        },
    ),
    PageKind.MATCH_REPORT: Needs(
        _SIDES,
        {
            "cells": Needs(
                _columns("match_trait", "kind")
                | _all(_T, "side")
                | _all(FieldType.BOOLEAN, "is_empty"),
                {"sentences": Needs(_columns("match_trait", "text"))},
            )
        },
    ),
    PageKind.TEAM_STATISTICS: Needs(
        {},
        {
            "stat_columns": _COLUMNS,
            "teams": Needs(
                _columns("team", "team_id", "country_name") | _all(_T, "team_name"),
                {"stats": _SEASON_STATS},
            ),
        },
    ),
    PageKind.PLAYER_STATISTICS: Needs(
        {},
        {
            "stat_columns": _COLUMNS,
            "players": Needs(
                _columns("player", "player_id", "name", "height_cm", "weight_kg")
                | _all(_I, "team_id"),
                {"stats": _SEASON_STATS},
            ),
        },
    ),
}


def unmet(selector: SelectorFile) -> Iterator[tuple[Location, str, str]]:
    """Where a file can't give the rows of its page kind: the place in it, what, the mend."""
    yield from _unmet((), selector.fields, selector.groups, NEEDS[selector.page_kind])


def _unmet(
    at: Location, fields: dict[str, SelectorField], groups: dict[str, Group], needs: Needs
) -> Iterator[tuple[Location, str, str]]:
    for name, need in needs.fields.items():
        found = fields.get(name)
        if found is None:
            mend = f"add {name} with type: {need.type.value}"
            yield (*at, "fields", name), "is missing, the warehouse has a column for it", mend
        elif found.type != need.type:
            what = f"is {found.type.value}, its column is {need.type.value}"
            yield (*at, "fields", name, "type"), what, f"write type: {need.type.value}"
        elif not need.nullable and not found.required:
            what = "may be null here, but not in its column"
            yield (*at, "fields", name, "required"), what, "take required: false out"
    for name, inner in needs.groups.items():
        if name not in groups:
            yield (*at, "groups", name), "is missing, the warehouse has rows for it", f"add {name}"
        else:
            group = groups[name]
            yield from _unmet((*at, "groups", name), group.fields, group.groups, inner)
