"""The warehouse's landed tables, column by column; the data dictionary is made from here.

Every column's comment says meaning, unit and where on the page it comes from. Tables in
`core` carry the lineage of the page that last changed the row. How a table is landed stands
in its `info`:

- `merge`: rows are inserted or updated, never deleted; a null never overwrites a value.
- `replace`: the table's rows of a page are, after landing, exactly those of it; `page` is the
  kind of page and `scope` the columns that say which rows are the page's.
- `close`: as merge, but rows that their feed no longer lists get `closed_at`.

Each core table has a twin in `staging` (same columns without lineage, plus `target_key` and
`row_number`), made by `staging_table`; row builders give rows as dictionaries by column name.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from scrapers.targets import PageKind

CORE, STAGING, OPS, RAW = "core", "staging", "ops", "raw"

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = metadata
    type_annotation_map = {
        str: Text,
        int: Integer,
        bool: Boolean,
        float: Numeric,
        Decimal: Numeric,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[int]: ARRAY(Integer),
    }


def _col(comment: str, *args: Any, **options: Any) -> Any:
    return mapped_column(*args, comment=comment, **options)


LINEAGE = ("page_hash", "selector_version", "batch_id", "landed_at")


class Lineage:
    """Where a row came from: the page that last changed it."""

    page_hash: Mapped[str] = _col(
        "SHA-256 of the archived page this row was read from; see raw.page", index=False
    )
    selector_version: Mapped[str] = _col("selector file that read it: '<page kind>/<version>'")
    batch_id: Mapped[Any] = _col("batch that landed it; see ops.batch", Uuid)
    landed_at: Mapped[datetime] = _col("when the row was last changed here, UTC")


MERGE, REPLACE, CLOSE = "merge", "replace", "close"


def replaced_by(page: PageKind, *scope: str) -> dict[str, Any]:
    """Info of a table whose rows of a page are, after landing, exactly those of the page.

    Args:
        page: kind of page that the rows are read from.
        scope: columns that say which rows are the page's; ids in its address.
    """
    return {"landing": REPLACE, "page": page, "scope": scope}


_OF_A_MATCH = replaced_by(PageKind.MATCH_CENTRE, "match_id")


class Region(Lineage, Base):
    """A region of the site's menu: a country, or a group of them such as Europe."""

    __tablename__ = "region"
    __table_args__ = {"schema": CORE, "info": {"landing": MERGE}}

    region_id: Mapped[int] = _col(
        "the site's region id; menu allRegions[].id", primary_key=True, autoincrement=False
    )
    name: Mapped[str] = _col("name; allRegions[].name")
    kind: Mapped[str] = _col(
        "country, or international for a continent and the like; allRegions[].type 0 and 1"
    )
    flag: Mapped[str | None] = _col(
        "the site's name of its flag, e.g. flg-gb-eng; allRegions[].flg"
    )


class Competition(Lineage, Base):
    """A competition (the site: tournament), such as LaLiga."""

    __tablename__ = "competition"
    __table_args__ = {"schema": CORE, "info": {"landing": MERGE}}

    competition_id: Mapped[int] = _col(
        "the site's tournament id; feed tournamentId, breadcrumb link /Tournaments/<id>/, "
        "menu allRegions[].tournaments[].id",
        primary_key=True,
        autoincrement=False,
    )
    name: Mapped[str] = _col("name; feed tournamentName, breadcrumb text before ' - '")
    region_id: Mapped[int | None] = _col("region id; feed regionId, breadcrumb /Regions/<id>/")
    region_name: Mapped[str | None] = _col("region (country); feed regionName, breadcrumb")


class Season(Lineage, Base):
    """A season of a competition."""

    __tablename__ = "season"
    __table_args__ = {"schema": CORE, "info": {"landing": MERGE}}

    season_id: Mapped[int] = _col(
        "the site's season id; feed seasonId, breadcrumb link /Seasons/<id>/",
        primary_key=True,
        autoincrement=False,
    )
    competition_id: Mapped[int] = _col(
        "its competition", ForeignKey(f"{CORE}.competition.competition_id")
    )
    name: Mapped[str] = _col("name, e.g. 2022/2023; feed seasonName, breadcrumb after ' - '")


class Stage(Lineage, Base):
    """A stage of a season: the league itself, a group, a knock-out round."""

    __tablename__ = "stage"
    __table_args__ = {"schema": CORE, "info": {"landing": MERGE}}

    stage_id: Mapped[int] = _col(
        "the site's stage id; feed stageId, a season's page select#stages or #sub-navigation",
        primary_key=True,
        autoincrement=False,
    )
    season_id: Mapped[int] = _col("its season", ForeignKey(f"{CORE}.season.season_id"))
    name: Mapped[str | None] = _col(
        "name; feed stageName, select#stages; null: a season's only stage, feed not landed"
    )


class Team(Lineage, Base):
    """A team."""

    __tablename__ = "team"
    __table_args__ = {"schema": CORE, "info": {"landing": MERGE}}

    team_id: Mapped[int] = _col("the site's team id", primary_key=True, autoincrement=False)
    name: Mapped[str] = _col("name on the page that landed last")
    country_name: Mapped[str | None] = _col("country; match centre home/away.countryName")


class Player(Lineage, Base):
    """A player seen in a line-up or in a page's dictionary of names."""

    __tablename__ = "player"
    __table_args__ = {"schema": CORE, "info": {"landing": MERGE}}

    player_id: Mapped[int] = _col("the site's player id", primary_key=True, autoincrement=False)
    name: Mapped[str] = _col("name; match centre playerIdNameDictionary")
    height_cm: Mapped[int | None] = _col("height in centimetres; the page's 0 is null")
    weight_kg: Mapped[int | None] = _col("weight in kilograms; the page's 0 is null")


class Referee(Lineage, Base):
    """A referee."""

    __tablename__ = "referee"
    __table_args__ = {"schema": CORE, "info": {"landing": MERGE}}

    referee_id: Mapped[int] = _col(
        "the site's official id; match centre referee.officialId",
        primary_key=True,
        autoincrement=False,
    )
    name: Mapped[str] = _col("whole name; referee.name")
    first_name: Mapped[str | None] = _col("referee.firstName")
    last_name: Mapped[str | None] = _col("referee.lastName")


class TypeName(Lineage, Base):
    """The page's own dictionaries: ids of event types, qualifiers, periods and so on."""

    __tablename__ = "type_name"
    __table_args__ = (
        PrimaryKeyConstraint("kind", "type_id"),
        {"schema": CORE, "info": {"landing": MERGE}},
    )

    kind: Mapped[str] = _col(
        "dictionary: event_type, qualifier, period, outcome, card, satisfied_event, formation"
    )
    type_id: Mapped[int] = _col("id within the dictionary (displayName's value on the page)")
    name: Mapped[str] = _col("name, e.g. Pass, KeyPass, FirstHalf, Yellow, 433")


class Fixture(Lineage, Base):
    """A match as the schedule states it: planned, played, postponed or abandoned."""

    __tablename__ = "fixture"
    __table_args__ = {
        "schema": CORE,
        "info": {"landing": CLOSE, "closed_by": ("stage_id", "feed_month")},
    }

    match_id: Mapped[int] = _col(
        "the site's match id; feed matches[].id", primary_key=True, autoincrement=False
    )
    stage_id: Mapped[int] = _col("its stage", ForeignKey(f"{CORE}.stage.stage_id"), index=True)
    feed_month: Mapped[str] = _col("month of the feed that lists it, YYYYMM")
    kickoff_utc: Mapped[datetime] = _col("kick-off, UTC; feed startTimeUtc", index=True)
    status: Mapped[str] = _col(
        "scheduled, live, finished, postponed, abandoned or cancelled; feed status and elapsed"
    )
    elapsed: Mapped[str | None] = _col("the feed's own word: FT, AET, PEN, Post, Abd, 67', …")
    home_team_id: Mapped[int] = _col("home team", ForeignKey(f"{CORE}.team.team_id"))
    away_team_id: Mapped[int] = _col("away team", ForeignKey(f"{CORE}.team.team_id"))
    home_score: Mapped[int | None] = _col("goals, extra time included, shoot-out not")
    away_score: Mapped[int | None] = _col("goals, extra time included, shoot-out not")
    home_penalty_score: Mapped[int | None] = _col("penalties scored in the shoot-out")
    away_penalty_score: Mapped[int | None] = _col("penalties scored in the shoot-out")
    is_opta: Mapped[bool | None] = _col(
        "the feed's matchIsOpta; says nothing of a match centre: false for many that have one"
    )
    closed_at: Mapped[datetime | None] = _col("when its feed no longer listed it, UTC")


class Match(Lineage, Base):
    """A match as its match centre states it."""

    __tablename__ = "match"
    __table_args__ = {"schema": CORE, "info": _OF_A_MATCH}

    match_id: Mapped[int] = _col(
        "the site's match id; args.matchId", primary_key=True, autoincrement=False
    )
    competition_id: Mapped[int] = _col(
        "competition; breadcrumb link", ForeignKey(f"{CORE}.competition.competition_id")
    )
    season_id: Mapped[int] = _col(
        "season; breadcrumb link", ForeignKey(f"{CORE}.season.season_id"), index=True
    )
    stage_id: Mapped[int | None] = _col(
        "stage; not on the page: filled from core.fixture when landing",
        ForeignKey(f"{CORE}.stage.stage_id"),
    )
    home_team_id: Mapped[int] = _col("home team", ForeignKey(f"{CORE}.team.team_id"))
    away_team_id: Mapped[int] = _col("away team", ForeignKey(f"{CORE}.team.team_id"))
    kickoff_utc: Mapped[datetime] = _col(
        "kick-off, UTC: kickoff_page read on the site's clock, Europe/London", index=True
    )
    kickoff_page: Mapped[datetime] = _col(
        "kick-off as the page states it, without zone; matchCentreData.startTime",
        DateTime(timezone=False),
    )
    status: Mapped[str] = _col("finished, abandoned, live, …; matchCentreData.statusCode/elapsed")
    elapsed: Mapped[str | None] = _col("the page's own word: FT, AET, PEN, …")
    home_score: Mapped[int] = _col("goals, extra time included, shoot-out not; score")
    away_score: Mapped[int] = _col("goals, extra time included, shoot-out not; score")
    home_score_ht: Mapped[int | None] = _col("goals at half-time; htScore")
    away_score_ht: Mapped[int | None] = _col("goals at half-time; htScore")
    home_score_ft: Mapped[int | None] = _col("goals after 90 minutes; ftScore")
    away_score_ft: Mapped[int | None] = _col("goals after 90 minutes; ftScore")
    home_score_et: Mapped[int | None] = _col("goals after extra time; etScore; null: none played")
    away_score_et: Mapped[int | None] = _col("goals after extra time; etScore; null: none played")
    home_score_pk: Mapped[int | None] = _col("penalties scored in the shoot-out; pkScore")
    away_score_pk: Mapped[int | None] = _col("penalties scored in the shoot-out; pkScore")
    venue_name: Mapped[str | None] = _col("venue; venueName")
    attendance: Mapped[int | None] = _col("spectators; attendance; the page's 0 is null")
    referee_id: Mapped[int | None] = _col("referee", ForeignKey(f"{CORE}.referee.referee_id"))
    weather_code: Mapped[str | None] = _col("weatherCode; empty on most pages: null")
    max_period: Mapped[int | None] = _col("last period played, 1 to 5; maxPeriod")
    max_minute: Mapped[int | None] = _col("last minute of the match clock; maxMinute")
    expanded_max_minute: Mapped[int | None] = _col(
        "last minute of the expanded clock, which counts stoppage time on; expandedMaxMinute"
    )
    period_end_minutes: Mapped[dict[str, Any] | None] = _col(
        "last minute of each period by period id; periodEndMinutes"
    )
    data_updated_page: Mapped[datetime | None] = _col(
        "when the site last updated the match, on the site's clock; timeStamp",
        DateTime(timezone=False),
    )


def _match_fk(**options: Any) -> Any:
    return _col(
        "match",
        ForeignKey(f"{CORE}.match.match_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        **options,
    )


class MatchTeam(Lineage, Base):
    """A team's side of a match."""

    __tablename__ = "match_team"
    __table_args__ = {"schema": CORE, "info": _OF_A_MATCH}

    match_id: Mapped[int] = _match_fk()
    team_id: Mapped[int] = _col(
        "team", ForeignKey(f"{CORE}.team.team_id"), primary_key=True, autoincrement=False
    )
    side: Mapped[str] = _col("home or away; field")
    manager_name: Mapped[str | None] = _col("manager; managerName")
    average_age_years: Mapped[float | None] = _col(
        "average age of the starters in years when the page was served; averageAge"
    )
    rating: Mapped[float | None] = _col(
        "the site's rating at the end, 0 to 10; last of stats.ratings"
    )
    score_halftime: Mapped[int | None] = _col("goals at half-time; scores.halftime")
    score_fulltime: Mapped[int | None] = _col("goals after 90 minutes; scores.fulltime")
    score_running: Mapped[int | None] = _col("goals when the page was served; scores.running")


def _match_team_fk() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["match_id", "team_id"],
        [f"{CORE}.match_team.match_id", f"{CORE}.match_team.team_id"],
        ondelete="CASCADE",
    )


class LineUp(Lineage, Base):
    """A player of a match's squad: starters, substitutes used and not used."""

    __tablename__ = "line_up"
    __table_args__ = (_match_team_fk(), {"schema": CORE, "info": _OF_A_MATCH})

    match_id: Mapped[int] = _match_fk()
    player_id: Mapped[int] = _col(
        "player", ForeignKey(f"{CORE}.player.player_id"), primary_key=True, autoincrement=False
    )
    team_id: Mapped[int] = _col("team")
    shirt_number: Mapped[int | None] = _col("shirt; players[].shirtNo; the page's 0 is null")
    position: Mapped[str] = _col("GK, DR, DC, MC, FW, …, or Sub; players[].position")
    is_starter: Mapped[bool] = _col("in the first eleven; players[].isFirstEleven")
    is_captain: Mapped[bool] = _col("captain at kick-off; formations[0].captainPlayerId")
    is_man_of_the_match: Mapped[bool] = _col("players[].isManOfTheMatch")
    minute_on: Mapped[int | None] = _col(
        "expanded minute of coming on, 0 for starters; null: not used"
    )
    minute_off: Mapped[int | None] = _col(
        "expanded minute of going off, by substitution or red card; null: on to the end, or "
        "not used"
    )
    minutes_played: Mapped[int] = _col(
        "expanded minutes on the pitch, stoppage time included; 0 for who was not used"
    )
    replaced_player_id: Mapped[int | None] = _col(
        "whom a substitute came on for; subbedOutPlayerId"
    )
    replaced_by_player_id: Mapped[int | None] = _col("who came on for the player; subbedInPlayerId")
    rating: Mapped[float | None] = _col("rating at the end, 0 to 10; last of stats.ratings")
    age_years: Mapped[int | None] = _col(
        "age in years when the page was served, not at the match; players[].age"
    )


class Formation(Lineage, Base):
    """A formation of a team over a stretch of the match."""

    __tablename__ = "formation"
    __table_args__ = (_match_team_fk(), {"schema": CORE, "info": _OF_A_MATCH})

    match_id: Mapped[int] = _match_fk()
    team_id: Mapped[int] = _col("team", primary_key=True, autoincrement=False)
    ordinal: Mapped[int] = _col(
        "position in the page's list, from 1", primary_key=True, autoincrement=False
    )
    formation_id: Mapped[int] = _col("formations[].formationId; see type_name 'formation'")
    formation_name: Mapped[str] = _col("e.g. 433; formations[].formationName")
    period_id: Mapped[int] = _col("period in which it was set; 16 is before the match")
    start_minute: Mapped[int] = _col("expanded minute from which; startMinuteExpanded")
    end_minute: Mapped[int] = _col("expanded minute to which; endMinuteExpanded")
    captain_player_id: Mapped[int | None] = _col("captain", ForeignKey(f"{CORE}.player.player_id"))
    sub_on_player_id: Mapped[int | None] = _col("who came on to make it; subOnPlayerId")
    sub_off_player_id: Mapped[int | None] = _col("who went off; subOffPlayerId")


class FormationSlot(Lineage, Base):
    """Who stood where in a formation."""

    __tablename__ = "formation_slot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["match_id", "team_id", "ordinal"],
            [
                f"{CORE}.formation.match_id",
                f"{CORE}.formation.team_id",
                f"{CORE}.formation.ordinal",
            ],
            ondelete="CASCADE",
        ),
        {"schema": CORE, "info": _OF_A_MATCH},
    )

    match_id: Mapped[int] = _match_fk()
    team_id: Mapped[int] = _col("team", primary_key=True, autoincrement=False)
    ordinal: Mapped[int] = _col("its formation", primary_key=True, autoincrement=False)
    slot: Mapped[int] = _col(
        "slot 1 to 11, 1 the goalkeeper; formationSlots", primary_key=True, autoincrement=False
    )
    player_id: Mapped[int] = _col("player; playerIds", ForeignKey(f"{CORE}.player.player_id"))
    vertical: Mapped[float | None] = _col(
        "distance from the own goal, 0 to 10; formationPositions[slot - 1].vertical"
    )
    horizontal: Mapped[float | None] = _col(
        "position across the pitch, 0 to 10; formationPositions[slot - 1].horizontal"
    )


class Substitution(Lineage, Base):
    """A substitution: the SubstitutionOff event and the SubstitutionOn event that it names."""

    __tablename__ = "substitution"
    __table_args__ = (_match_team_fk(), {"schema": CORE, "info": _OF_A_MATCH})

    match_id: Mapped[int] = _match_fk()
    off_event_id: Mapped[int] = _col(
        "id of the SubstitutionOff event", BigInteger, primary_key=True, autoincrement=False
    )
    on_event_id: Mapped[int | None] = _col(
        "id of the SubstitutionOn event; null: nobody came on", BigInteger
    )
    team_id: Mapped[int] = _col("team")
    player_off_id: Mapped[int] = _col("who went off", ForeignKey(f"{CORE}.player.player_id"))
    player_on_id: Mapped[int | None] = _col("who came on", ForeignKey(f"{CORE}.player.player_id"))
    period_id: Mapped[int] = _col("period")
    minute: Mapped[int] = _col("minute of the match clock")
    expanded_minute: Mapped[int] = _col("minute of the expanded clock")


_BY_MINUTE = 'value by expanded minute, as the page carries it: {"46": 1.0}'
_TOTAL = "sum over the minutes; null for ratings and shares, which do not add up"
_LAST = "value at the latest minute"


class PlayerStat(Lineage, Base):
    """A statistic of a player in a match; players[].stats."""

    __tablename__ = "player_stat"
    __table_args__ = (_match_team_fk(), {"schema": CORE, "info": _OF_A_MATCH})

    match_id: Mapped[int] = _match_fk()
    player_id: Mapped[int] = _col(
        "player", ForeignKey(f"{CORE}.player.player_id"), primary_key=True, autoincrement=False
    )
    stat: Mapped[str] = _col("the page's name, e.g. passesTotal", primary_key=True)
    team_id: Mapped[int] = _col("team")
    total: Mapped[float | None] = _col(_TOTAL)
    last: Mapped[float | None] = _col(_LAST)
    by_minute: Mapped[dict[str, Any]] = _col(_BY_MINUTE)


class TeamStat(Lineage, Base):
    """A statistic of a team in a match; home/away.stats."""

    __tablename__ = "team_stat"
    __table_args__ = (_match_team_fk(), {"schema": CORE, "info": _OF_A_MATCH})

    match_id: Mapped[int] = _match_fk()
    team_id: Mapped[int] = _col("team", primary_key=True, autoincrement=False)
    stat: Mapped[str] = _col("the page's name, e.g. possession", primary_key=True)
    total: Mapped[float | None] = _col(_TOTAL)
    last: Mapped[float | None] = _col(_LAST)
    by_minute: Mapped[dict[str, Any]] = _col(_BY_MINUTE)


class ShotZone(Lineage, Base):
    """A team's shots by zone of the goal and minute; home/away.shotZones."""

    __tablename__ = "shot_zone"
    __table_args__ = (_match_team_fk(), {"schema": CORE, "info": _OF_A_MATCH})

    match_id: Mapped[int] = _match_fk()
    team_id: Mapped[int] = _col("team", primary_key=True, autoincrement=False)
    zone: Mapped[str] = _col("e.g. onTargetLowLeft", primary_key=True)
    minute: Mapped[int] = _col("expanded minute", primary_key=True, autoincrement=False)
    shots: Mapped[int] = _col("shots; count")
    goals: Mapped[int] = _col("goals among them; goalCount")


class Event(Lineage, Base):
    """An event of a match, every column the page carries; matchCentreData.events[]."""

    __tablename__ = "event"
    __table_args__ = (_match_team_fk(), {"schema": CORE, "info": _OF_A_MATCH})

    match_id: Mapped[int] = _match_fk()
    event_id: Mapped[int] = _col(
        "the site's id of the event, unique; id", BigInteger, primary_key=True, autoincrement=False
    )
    ordinal: Mapped[int] = _col("position in the page's list, from 1")
    team_event_id: Mapped[int | None] = _col("count within the team, no key; eventId")
    team_id: Mapped[int] = _col("team; teamId")
    player_id: Mapped[int | None] = _col(
        "player; playerId; null on team events", ForeignKey(f"{CORE}.player.player_id"), index=True
    )
    period_id: Mapped[int] = _col(
        "1 first half, 2 second half, 3 and 4 extra time, 5 shoot-out, 14 after, 16 before; period"
    )
    minute: Mapped[int] = _col("minute of the match clock; minute")
    second: Mapped[int | None] = _col("second of the minute; second; missing on some events")
    expanded_minute: Mapped[int | None] = _col("minute of the expanded clock; expandedMinute")
    type_id: Mapped[int] = _col("type.value; see type_name 'event_type'", index=True)
    type_name: Mapped[str] = _col("type.displayName, e.g. Pass")
    outcome: Mapped[bool] = _col("successful or not; outcomeType.value")
    is_touch: Mapped[bool] = _col("the ball was touched; isTouch")
    is_shot: Mapped[bool] = _col("isShot")
    is_goal: Mapped[bool] = _col("isGoal")
    is_own_goal: Mapped[bool] = _col("isOwnGoal; x and y are then at the own end")
    x: Mapped[float] = _col("per cent of the pitch's length towards the other goal; x")
    y: Mapped[float] = _col("per cent of the pitch's width from the right-hand side; y")
    end_x: Mapped[float | None] = _col("where it ended, per cent of length; endX")
    end_y: Mapped[float | None] = _col("where it ended, per cent of width; endY")
    goal_mouth_y: Mapped[float | None] = _col(
        "where the shot crossed the goal line, per cent of the pitch's width; goalMouthY"
    )
    goal_mouth_z: Mapped[float | None] = _col(
        "height at the goal line, in the source's units (crossbar about 38); goalMouthZ"
    )
    blocked_x: Mapped[float | None] = _col("where a shot was blocked, per cent of length; blockedX")
    blocked_y: Mapped[float | None] = _col("where a shot was blocked, per cent of width; blockedY")
    related_team_event_id: Mapped[int | None] = _col(
        "team_event_id of a related event, of this or the other team; relatedEventId"
    )
    related_player_id: Mapped[int | None] = _col("relatedPlayerId")
    card_type: Mapped[str | None] = _col("Yellow, SecondYellow or Red; cardType.displayName")
    qualifiers: Mapped[list[Any]] = _col(
        "[{type_id, name, value}] in the page's order; qualifiers", JSONB
    )
    satisfied_event_types: Mapped[list[int]] = _col(
        "ids of type_name 'satisfied_event'; satisfiedEventsTypes"
    )


STANDING_SCOPES = ("overall", "home", "away")
_TABLE_ROW = "stage page tables.push(…).standings[]"


class Standing(Lineage, Base):
    """A team's row of a table: of all matches, of those at home or of those away."""

    __tablename__ = "standing"
    __table_args__ = {"schema": CORE, "info": replaced_by(PageKind.STANDINGS, "stage_id")}

    stage_id: Mapped[int] = _col(
        "stage whose page shows the table; the page's address",
        ForeignKey(f"{CORE}.stage.stage_id"),
        primary_key=True,
        autoincrement=False,
    )
    table_stage_id: Mapped[int] = _col(
        f"stage whose table it is; a page may show other groups' too; {_TABLE_ROW}[0]",
        primary_key=True,
        autoincrement=False,
    )
    group_number: Mapped[int] = _col(
        "number of the group among the stage's tables, from 0; standingsGroupIdx",
        primary_key=True,
        autoincrement=False,
    )
    scope: Mapped[str] = _col("matches counted: overall, home or away", primary_key=True)
    team_id: Mapped[int] = _col(
        f"team; {_TABLE_ROW}[1]",
        ForeignKey(f"{CORE}.team.team_id"),
        primary_key=True,
        autoincrement=False,
    )
    rank: Mapped[int] = _col(f"place in the table, from 1; {_TABLE_ROW}[3], [12], [21]")
    played: Mapped[int] = _col(f"matches played; {_TABLE_ROW}[4], [13], [22]")
    won: Mapped[int] = _col(f"matches won; {_TABLE_ROW}[5], [14], [23]")
    drawn: Mapped[int] = _col(f"matches drawn; {_TABLE_ROW}[6], [15], [24]")
    lost: Mapped[int] = _col(f"matches lost; {_TABLE_ROW}[7], [16], [25]")
    goals_for: Mapped[int] = _col(f"goals scored; {_TABLE_ROW}[8], [17], [26]")
    goals_against: Mapped[int] = _col(f"goals conceded; {_TABLE_ROW}[9], [18], [27]")
    goal_difference: Mapped[int] = _col(f"as the page states it; {_TABLE_ROW}[10], [19], [28]")
    points: Mapped[int] = _col(
        f"points, deductions counted; {_TABLE_ROW}[11], [20], [29]; the page's own word"
    )


_REFEREE_ROW = "stage page refereestatistics, column"


class RefereeStatistic(Lineage, Base):
    """A referee's matches and cards in a stage."""

    __tablename__ = "referee_statistic"
    __table_args__ = {
        "schema": CORE,
        "info": replaced_by(PageKind.REFEREE_STATISTICS, "stage_id"),
    }

    stage_id: Mapped[int] = _col(
        "stage; the page's address",
        ForeignKey(f"{CORE}.stage.stage_id"),
        primary_key=True,
        autoincrement=False,
    )
    referee_id: Mapped[int] = _col(
        f"referee; {_REFEREE_ROW} Referee, link /Referees/<id>",
        ForeignKey(f"{CORE}.referee.referee_id"),
        primary_key=True,
        autoincrement=False,
    )
    matches: Mapped[int] = _col(f"matches refereed; {_REFEREE_ROW} Apps")
    fouls_per_match: Mapped[float | None] = _col(f"fouls given a match; {_REFEREE_ROW} Fouls pg")
    fouls_per_tackle: Mapped[float | None] = _col(
        f"fouls given for each tackle made; {_REFEREE_ROW} Fouls/Tackles"
    )
    penalties_per_match: Mapped[float | None] = _col(
        f"penalties given a match; {_REFEREE_ROW} Pen pg"
    )
    yellow_cards: Mapped[int] = _col(f"yellow cards shown; {_REFEREE_ROW} Yel")
    yellow_cards_per_match: Mapped[float | None] = _col(
        f"yellow cards a match, rounded by the page; {_REFEREE_ROW} Yel pg"
    )
    red_cards: Mapped[int] = _col(f"red cards shown; {_REFEREE_ROW} Red")
    red_cards_per_match: Mapped[float | None] = _col(
        f"red cards a match, rounded by the page; {_REFEREE_ROW} Red pg"
    )


_OF_A_PREVIEW = replaced_by(PageKind.MATCH_PREVIEW, "match_id")
_MISSING = "preview #missing-players, column"
_PITCH = "preview #preview-lineups .pitch ul.player"


class MatchPreview(Lineage, Base):
    """What the site foresees of a match; it may be landed long before the match, or without it."""

    __tablename__ = "match_preview"
    __table_args__ = {"schema": CORE, "info": _OF_A_PREVIEW}

    match_id: Mapped[int] = _col(
        "the site's match id; preview params['matchheader'].matchId",
        primary_key=True,
        autoincrement=False,
    )
    home_team_id: Mapped[int] = _col(
        "home team; params['matchheader'].input[0]", ForeignKey(f"{CORE}.team.team_id")
    )
    away_team_id: Mapped[int] = _col(
        "away team; params['matchheader'].input[1]", ForeignKey(f"{CORE}.team.team_id")
    )
    predicted_home_score: Mapped[int | None] = _col(
        "goals the site expects of the home team; preview #preview-prediction .home"
    )
    predicted_away_score: Mapped[int | None] = _col(
        "goals the site expects of the away team; preview #preview-prediction .away"
    )
    home_formation: Mapped[str | None] = _col(
        "expected formation of the home team, e.g. 4-4-2; preview .formation-label"
    )
    away_formation: Mapped[str | None] = _col(
        "expected formation of the away team, e.g. 4-4-2; preview .formation-label"
    )


def _preview_fk() -> Any:
    return _col(
        "match; see match_preview",
        ForeignKey(f"{CORE}.match_preview.match_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


class MissingPlayer(Lineage, Base):
    """A player who is, or may be, missing from a match."""

    __tablename__ = "missing_player"
    __table_args__ = {"schema": CORE, "info": _OF_A_PREVIEW}

    match_id: Mapped[int] = _preview_fk()
    player_id: Mapped[int] = _col(
        f"player; {_MISSING} Player, link /players/<id>",
        ForeignKey(f"{CORE}.player.player_id"),
        primary_key=True,
        autoincrement=False,
    )
    team_id: Mapped[int] = _col(
        "team: the match's on whose side the player is listed", ForeignKey(f"{CORE}.team.team_id")
    )
    reason: Mapped[str] = _col(
        f"the site's word: injured, injured doubtful, suspended, other, …; {_MISSING} Reason"
    )
    status: Mapped[str] = _col(f"the site's word: Out or Doubtful; {_MISSING} Status")
    rating: Mapped[float | None] = _col(
        f"rating of the season so far, 0 to 10; {_MISSING} Rating; the page's N/A is null"
    )


class PredictedLineUp(Lineage, Base):
    """A player whom the site expects to start."""

    __tablename__ = "predicted_line_up"
    __table_args__ = {"schema": CORE, "info": _OF_A_PREVIEW}

    match_id: Mapped[int] = _preview_fk()
    player_id: Mapped[int] = _col(
        f"player; {_PITCH}, data-playerid",
        ForeignKey(f"{CORE}.player.player_id"),
        primary_key=True,
        autoincrement=False,
    )
    team_id: Mapped[int] = _col(
        "team: the match's on whose half the player stands", ForeignKey(f"{CORE}.team.team_id")
    )
    ordinal: Mapped[int] = _col("position in the page's list of the team, from 1")
    position: Mapped[str] = _col(f"GK, DR, DC, MC, AML, FW, …; {_PITCH}, title in brackets")
    rating: Mapped[float | None] = _col(
        f"rating of the season so far, 0 to 10; {_PITCH} .player-rating; the page's N/A is null"
    )


class MatchTrait(Lineage, Base):
    """A strength or weakness that a team showed in a match, or its style of play."""

    __tablename__ = "match_trait"
    __table_args__ = {"schema": CORE, "info": replaced_by(PageKind.MATCH_REPORT, "match_id")}

    match_id: Mapped[int] = _col(
        "the site's match id; report params['matchheader'].matchId",
        primary_key=True,
        autoincrement=False,
    )
    team_id: Mapped[int] = _col(
        "team; report table.matchstory, left column home and right column away",
        ForeignKey(f"{CORE}.team.team_id"),
        primary_key=True,
        autoincrement=False,
    )
    kind: Mapped[str] = _col(
        "strength, weakness or style; report tr.matchstory-typeheader", primary_key=True
    )
    ordinal: Mapped[int] = _col(
        "position among the team's of this kind, from 1", primary_key=True, autoincrement=False
    )
    text: Mapped[str] = _col("the site's sentence; report span.matchstory-text")


_CATEGORY = "category that the feed was asked for, e.g. summaryteam; the page's address"
_SUBCATEGORY = "all, defensive, offensive or passing; the page's address"


def _season_stat_stage() -> Any:
    return _col(
        "stage; the page's address",
        ForeignKey(f"{CORE}.stage.stage_id"),
        primary_key=True,
        autoincrement=False,
    )


class TeamSeasonStat(Lineage, Base):
    """A statistic of a team over a stage, as the site's feed adds it up."""

    __tablename__ = "team_season_stat"
    __table_args__ = {
        "schema": CORE,
        "info": replaced_by(PageKind.TEAM_STATISTICS, "stage_id", "category", "subcategory"),
    }

    stage_id: Mapped[int] = _season_stat_stage()
    category: Mapped[str] = _col(_CATEGORY, primary_key=True)
    subcategory: Mapped[str] = _col(_SUBCATEGORY, primary_key=True)
    team_id: Mapped[int] = _col(
        "team; feed teamTableStats[].teamId",
        ForeignKey(f"{CORE}.team.team_id"),
        primary_key=True,
        autoincrement=False,
    )
    stat: Mapped[str] = _col(
        "the feed's name: apps (matches), goal, rating, shotsPerGame, …; a member of "
        "teamTableStats[]",
        primary_key=True,
    )
    value: Mapped[float] = _col(
        "its value: totals, means a match where the name ends in PerGame; possession and "
        "passSuccess as shares of 1; what the feed leaves null has no row"
    )


class PlayerSeasonStat(Lineage, Base):
    """A statistic of a player for a team over a stage, as the site's feed adds it up."""

    __tablename__ = "player_season_stat"
    __table_args__ = {
        "schema": CORE,
        "info": replaced_by(PageKind.PLAYER_STATISTICS, "stage_id", "category", "subcategory"),
    }

    stage_id: Mapped[int] = _season_stat_stage()
    category: Mapped[str] = _col(_CATEGORY.replace("summaryteam", "summary"), primary_key=True)
    subcategory: Mapped[str] = _col(_SUBCATEGORY, primary_key=True)
    player_id: Mapped[int] = _col(
        "player; feed playerTableStats[].playerId",
        ForeignKey(f"{CORE}.player.player_id"),
        primary_key=True,
        autoincrement=False,
    )
    team_id: Mapped[int] = _col(
        "team he played for, of several one row each; feed playerTableStats[].teamId",
        primary_key=True,
        autoincrement=False,
    )
    stat: Mapped[str] = _col(
        "the feed's name: apps (starts), subOn (times as substitute), minsPlayed (minutes), goal, "
        "rating, …; a member of playerTableStats[]",
        primary_key=True,
    )
    value: Mapped[float] = _col(
        "its value: totals, means a match where the name ends in PerGame; passSuccess in per "
        "cent; what the feed leaves null has no row"
    )


# Parents before children: the order in which landing inserts.
CORE_TABLES: tuple[Table, ...] = tuple(
    model.__table__  # type: ignore[misc]
    for model in (
        Region,
        Competition,
        Season,
        Stage,
        Team,
        Player,
        Referee,
        TypeName,
        Fixture,
        Match,
        MatchTeam,
        LineUp,
        Formation,
        FormationSlot,
        Substitution,
        PlayerStat,
        TeamStat,
        ShotZone,
        Event,
        Standing,
        RefereeStatistic,
        MatchPreview,
        MissingPlayer,
        PredictedLineUp,
        MatchTrait,
        TeamSeasonStat,
        PlayerSeasonStat,
    )
)


def data_columns(table: Table) -> list[Column[Any]]:
    """Columns a row builder gives: all but the lineage and what landing sets itself."""
    return [c for c in table.columns if c.name not in LINEAGE and c.name != "closed_at"]


def staging_table(table: Table) -> Table:
    """The staging twin of a core table.

    Same data columns, all nullable so that the quality gate, not the copy, judges them, plus
    the target they came from and the row's place in it.
    """
    key = f"{STAGING}.{table.name}"
    if key in metadata.tables:
        return metadata.tables[key]
    return Table(
        table.name,
        metadata,
        Column("target_key", Text, primary_key=True, comment="target the row was read from"),
        Column("row_number", Integer, primary_key=True, autoincrement=False),
        *(Column(c.name, c.type, nullable=True, comment=c.comment) for c in data_columns(table)),
        schema=STAGING,
    )


STAGING_TABLES: tuple[Table, ...] = tuple(staging_table(table) for table in CORE_TABLES)
