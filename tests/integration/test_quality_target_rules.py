"""Every expectation that puts a target aside is broken once, each by a target of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from scrapers.quality.checks import Check, Scope
from scrapers.quality.gate import Verdict
from scrapers.quality.names import SEASON_FORM, TEAM_NAMES, player_names, referee_names
from scrapers.quality.suites import SUITES, Suite
from scrapers.targets import PageKind, Target
from scrapers.warehouse.tables import CORE_TABLES, Fixture
from tests.integration.test_quality_batches import (
    HASH,
    WORLD,
    Bench,
    Rows,
    bench,
    copied,
    finished,
    rows_of,
)
from tests.support.gates import lighten

__all__ = ["bench"]

Break = Callable[[Rows], None]
MATCHES, FEEDS = SUITES[PageKind.MATCH_CENTRE], SUITES[PageKind.SCHEDULE]
FAR = 2_000_000_000  # an id that nothing has


def _named(table: str, check: Check) -> tuple[str, str]:
    return table, check.says


def _target_checks(suite: Suite) -> list[tuple[str, Check]]:
    found = [
        *((s.name, check) for s in (*suite.tables, *suite.rules) for check in s.checks),
        *(("references", reference.check) for reference in suite.references),
    ]
    return [(table, check) for table, check in found if check.scope is Scope.TARGET]


# --- broken as the kind of expectation suggests ------------------------------------------------


def _set(table: str, **values: Any) -> Break:
    def broken(rows: Rows) -> None:
        rows[table][0].update(values)

    return broken


def _twice(table: str) -> Break:
    def broken(rows: Rows) -> None:
        rows[table].append(copy.deepcopy(rows[table][0]))

    return broken


def _same(table: str, column: str) -> Break:
    def broken(rows: Rows) -> None:
        rows[table][1][column] = rows[table][0][column]

    return broken


def _by_kind(table: str, check: Check) -> Break | None:
    """How a staged table's own expectation is broken; None: it has to be said by hand."""
    given, kind = check.arguments, check.expectation.__name__
    column = given.get("column", "")
    if table == "references":
        child, _, columns = check.arguments["column"].partition(".")
        # The last column tells: the ones before it are the match's and the team's.
        return _set(child, **{columns.split("+")[-1]: FAR})
    if table not in {table.name for table in CORE_TABLES}:
        return None
    if kind == "ExpectColumnValuesToNotBeNull":
        return _set(table, **{column: None})
    if kind == "ExpectColumnValuesToBeBetween":
        low, high = given["min_value"], given["max_value"]
        return _set(table, **{column: high + 1 if high is not None else low - 1})
    if kind == "ExpectColumnValuesToBeInSet":
        wrong = {"by_minute": [1], "qualifiers": {"a": 1}, "period_id": 99}
        return _set(table, **{column: wrong.get(column, "nonsense")})
    if kind == "ExpectColumnValuesToMatchRegex" and check.says.startswith(f"{column} h"):
        # What every name must hold to: a letter or a digit, and none lost.
        return _set(table, **{column: "»" if "a digit" in check.says else "Bar\ufffdelona"})
    if kind == "ExpectCompoundColumnsToBeUnique":
        key = {
            "target_key",
            *next(t for t in CORE_TABLES if t.name == table).primary_key.columns.keys(),
        }
        columns = given["column_list"]
        return _twice(table) if key == set(columns) else _same(table, columns[-1])
    return None


# --- broken by hand ---------------------------------------------------------------------------


def _team(rows: Rows, side: str) -> dict[str, Any]:
    return next(row for row in rows["match_team"] if row["side"] == side)


def _squad(rows: Rows, **wanted: Any) -> list[dict[str, Any]]:
    home = _team(rows, "home")["team_id"]
    wanted = {"team_id": home, **wanted}
    return [row for row in rows["line_up"] if all(row[k] == v for k, v in wanted.items())]


def _season(name: str) -> Break:
    return _set("season", name=name)


def _kick_off(**replaced: int) -> Break:
    def broken(rows: Rows) -> None:
        match = rows["match"][0]
        for column in ("kickoff_utc", "kickoff_page"):
            match[column] = match[column].replace(**replaced)

    return broken


def _page_clock(rows: Rows) -> None:
    rows["match"][0]["kickoff_page"] += timedelta(hours=3)


def _foreign_row(rows: Rows) -> None:
    rows["shot_zone"][-1]["match_id"] = FAR


def _none(table: str) -> Break:
    return lambda rows: rows[table].clear()


def _one_team(rows: Rows) -> None:
    rows["match_team"].pop()


def _two_best(rows: Rows) -> None:
    for row in rows["line_up"][:2]:
        row["is_man_of_the_match"] = True


def _few_events(rows: Rows) -> None:
    # Both halves, both teams and every goal stay.
    kept = [e for e in rows["event"] if e["is_goal"] or e["type_name"] != "Pass"]
    passes = [e for e in rows["event"] if e["type_name"] == "Pass" and not e["is_goal"]]
    rows["event"] = kept + passes[: max(0, 399 - len(kept))]
    del rows["event"][399:]


def _without_half(period: int) -> Break:
    def broken(rows: Rows) -> None:
        rows["event"] = [e for e in rows["event"] if e["period_id"] != period]

    return broken


def _swapped_sides(rows: Rows) -> None:
    home, away = _team(rows, "home"), _team(rows, "away")
    home["side"], away["side"] = "away", "home"


def _ten_starters(rows: Rows) -> None:
    _squad(rows, is_starter=True, is_captain=False)[-1]["is_starter"] = False


def _no_captain(rows: Rows) -> None:
    _squad(rows, is_captain=True)[0]["is_captain"] = False


def _captain_on_the_bench(rows: Rows) -> None:
    _no_captain(rows)
    _squad(rows, is_starter=False)[0]["is_captain"] = True


def _two_keepers(rows: Rows) -> None:
    next(r for r in _squad(rows, is_starter=True) if r["position"] != "GK")["position"] = "GK"


def _one_sided(rows: Rows) -> None:
    home = _team(rows, "home")["team_id"]
    for event in rows["event"]:
        event["team_id"] = home


def _a_goal_more(rows: Rows) -> None:
    next(e for e in rows["event"] if e["period_id"] == 2 and not e["is_goal"])["is_goal"] = True


def _score(column: str, by: int = 1) -> Break:
    def broken(rows: Rows) -> None:
        rows["match"][0][column] = (rows["match"][0][column] or 0) + by

    return broken


def _team_score(column: str) -> Break:
    def broken(rows: Rows) -> None:
        _team(rows, "home")[column] += 1

    return broken


def _goals_taken_back_after_ninety(rows: Rows) -> None:
    rows["match"][0].update(home_score_ft=3, home_score_et=2)


def _substitute_of_the_other_side(rows: Rows) -> None:
    change = rows["substitution"][0]
    change["player_on_id"] = next(
        r["player_id"] for r in rows["line_up"] if r["team_id"] != change["team_id"]
    )


def _one_team_only(rows: Rows) -> None:
    rows["match"][0]["away_team_id"] = rows["match"][0]["home_team_id"]


def _off_before_on(rows: Rows) -> None:
    next(r for r in rows["line_up"] if r["minute_on"]).update(minute_off=1)


def _more_goals_than_shots(rows: Rows) -> None:
    rows["shot_zone"][0].update(shots=1, goals=2)


def _scaled(factor: float, *columns: str) -> Break:
    def broken(rows: Rows) -> None:
        for event in rows["event"]:
            event.update({c: event[c] * factor for c in columns if event[c] is not None})

    return broken


def _turned(*columns: str) -> Break:
    """The pitch seen from the other end, or side."""

    def broken(rows: Rows) -> None:
        for event in rows["event"]:
            event.update({c: 100 - event[c] for c in columns if event[c] is not None})

    return broken


def _narrowed(rows: Rows) -> None:
    """The lines of the pitch lie at 10 and 90."""
    for event in rows["event"]:
        event["y"] = 10 + 0.8 * event["y"]


def _exchanged(table: str, one: str, other: str) -> Break:
    def broken(rows: Rows) -> None:
        for row in rows[table]:
            row[one], row[other] = row[other], row[one]

    return broken


def _all(column: str, value: Any = None) -> Break:
    """A key of the events that is gone."""

    def broken(rows: Rows) -> None:
        for event in rows["event"]:
            event[column] = value

    return broken


def _values_gone(rows: Rows) -> None:
    for event in rows["event"]:
        for qualifier in event["qualifiers"]:
            qualifier["value"] = None


def _said(column: str, name: str) -> tuple[str, str]:
    return "said_twice", f"{column} is at least for 80% what the qualifier {name} says"


def _managers_named_as_their_teams(rows: Rows) -> None:
    names = {team["team_id"]: team["name"] for team in rows["team"]}
    for team in rows["match_team"]:
        team["manager_name"] = names[team["team_id"]]


def _of_the_other_clock(rows: Rows) -> None:
    match = rows["match"][0]
    for event in rows["event"]:
        if event["period_id"] == 2:
            event["expanded_minute"] += 2  # of more stoppage time before
    match["expanded_max_minute"] += 2
    match["max_minute"] = match["expanded_max_minute"]


def _earlier_end(rows: Rows) -> None:
    match = rows["match"][0]
    match["period_end_minutes"] = {**match["period_end_minutes"], "1": 40}


def _counted_as_goals(rows: Rows) -> None:
    for zone in rows["shot_zone"]:
        zone["shots"] = zone["goals"]


def _aged_shirts(rows: Rows) -> None:
    for number, player in enumerate(rows["line_up"]):
        player["shirt_number"] = 20 + number % 7


def _on_the_diagonal(rows: Rows) -> None:
    for slot in rows["formation_slot"]:
        slot["vertical"] = slot["horizontal"]


def _counted_by_minutes(rows: Rows) -> None:
    for event in rows["event"]:
        event["team_event_id"] = event["minute"]


def _first_type_alone(rows: Rows) -> None:
    for event in rows["event"]:
        event["satisfied_event_types"] = event["satisfied_event_types"][:1]


def _named_after_the_team(rows: Rows) -> None:
    rows["match"][0]["venue_name"] = rows["team"][0]["country_name"]


BY_HAND: dict[tuple[str, str], Break] = {
    (
        "shots_of_zones",
        "the shots of a team's zones are as many as its events are shots",
    ): _counted_as_goals,
    ("side_details", "the players of a side have different numbers"): _aged_shirts,
    ("side_details", "the average age is that of the starters"): _set(
        "match_team", average_age_years=18.0
    ),
    ("event_details", "the events of a match have seconds from 0 to 59"): _all("second", 30),
    ("event_details", "a team's events have different ids"): _counted_by_minutes,
    ("event_details", "an event satisfies several types on average"): _first_type_alone,
    ("slots", "a formation's places lie not all on the diagonal"): _on_the_diagonal,
    ("match_details", "the weather is not what has elapsed"): _set(
        "match", weather_code="FT", elapsed="FT"
    ),
    ("match_details", "the weather's code is a short one"): _set(
        "match", weather_code="2022-09-14T00:00:00"
    ),
    ("match_details", "a finished match was updated after its kick-off"): lambda rows: rows[
        "match"
    ][0].update(data_updated_page=rows["match"][0]["kickoff_page"]),
    (
        "venue_or_place",
        "the venue does not bear the name of a team, country or competition",
    ): _named_after_the_team,
    ("referee_parts", "a referee's first and last name are in the whole name"): _set(
        "referee", last_name="Camp Nou"
    ),
    ("clock", "max_minute is the last minute of the events"): _set("match", max_minute=85),
    ("clock", "max_minute is of the match clock, not the expanded one"): _of_the_other_clock,
    ("clock", "expanded_max_minute is the last expanded minute of the events"): _set(
        "match", expanded_max_minute=140
    ),
    ("clock", "max_period is the last period of the events"): _set("match", max_period=1),
    ("clock", "a period ends when its last events are"): _earlier_end,
    ("clock", "each period that was played has an end"): _set("match", period_end_minutes={}),
    ("referee_or_team", "a referee does not bear the name of one of the teams"): (
        lambda rows: rows["referee"][0].update(last_name=rows["team"][0]["name"])
    ),
    ("venue", "the venue does not bear the name of somebody on the page"): lambda rows: rows[
        "match"
    ][0].update(venue_name=rows["player"][3]["name"]),
    ("people", "players and managers do not bear the names of the page's teams"): (
        _managers_named_as_their_teams
    ),
    ("match", "expanded_max_minute is at least max_minute"): _set("match", max_minute=149),
    ("event", "expanded_minute is at least minute"): _exchanged(
        "event", "expanded_minute", "minute"
    ),
    ("substitution", "expanded_minute is at least minute"): _set("substitution", minute=149),
    ("final", "a finished match has score_ht"): _set(
        "match", home_score_ht=None, away_score_ht=None
    ),
    ("final", "a finished match has score_ft"): _set(
        "match", home_score_ft=None, away_score_ft=None
    ),
    **{
        ("beyond", f"at most 5 events have {column} above 101"): _scaled(1.05, column)
        for column in ("x", "y", "end_x", "end_y")
    },
    ("marked", "the median of the shots' x is 65 to 101: the goal is at 100"): _turned("x", "y"),
    ("marked", "the median of the shots' y is 25 to 75"): _exchanged("event", "x", "y"),
    ("marked", "is_shot marks the shots that type_name tells, own goals apart"): _all(
        "is_shot", False
    ),
    ("marked", "some shot has goal_mouth_y"): _all("goal_mouth_y"),
    ("corners", "the median of the corners' x is 98 to 101"): _scaled(1.05, "x"),
    ("corners", "the median of the corners' y is 45 to 51 from the middle"): _narrowed,
    ("corners", "the median of the corners' end_x is 75 to 101"): _exchanged(
        "event", "end_x", "end_y"
    ),
    ("zones", "the median of y is 10 higher in the zone Left than in the zone Right"): _turned("y"),
    ("marked", "at least half of the cards have card_type"): _all("card_type"),
    (
        "marked",
        "at least half of the events that were assisted have related_player_id",
    ): _all("related_player_id"),
    (
        "said_twice",
        "at least 80% of the qualifiers PassEndX, PassEndY, GoalMouthY, GoalMouthZ, BlockedX, "
        "BlockedY, RelatedEventId have a value",
    ): _values_gone,
    _said("end_x", "PassEndX"): _turned("end_x"),
    _said("end_y", "PassEndY"): _exchanged("event", "end_x", "end_y"),
    _said("goal_mouth_y", "GoalMouthY"): _exchanged("event", "goal_mouth_y", "goal_mouth_z"),
    _said("goal_mouth_z", "GoalMouthZ"): _all("goal_mouth_z"),
    _said("blocked_x", "BlockedX"): _all("blocked_x"),
    _said("blocked_y", "BlockedY"): _exchanged("event", "blocked_x", "blocked_y"),
    _said("related_team_event_id", "RelatedEventId"): _all("related_team_event_id"),
    ("pitch", "x is in per cent: some events are at the goal line"): _scaled(0.01, "x"),
    ("pitch", "y is in per cent: some events are at the touch line"): _scaled(0.68, "y"),
    ("pitch", "end_x is in per cent, as x is"): _scaled(0.01, "end_x"),
    ("pitch", "end_y is in per cent, as y is"): _scaled(0.68, "end_y"),
    ("pitch", "goal_mouth_y is in per cent, about the middle"): _scaled(0.68, "goal_mouth_y"),
    ("match", "home_team_id is not away_team_id"): _one_team_only,
    ("line_up", "minute_off is at least minute_on"): _off_before_on,
    ("shot_zone", "no more goals than shots"): _more_goals_than_shots,
    ("page", "all rows are of the match that was asked for"): _foreign_row,
    ("kick_off", "year is at least earliest"): _kick_off(year=1940),
    ("kick_off", "latest is at least year"): _kick_off(year=2150),
    ("kick_off", "kick-off is not before the year before the season"): _season("2030/2031"),
    ("kick_off", "kick-off is not after the season"): _season("2010/2011"),
    ("kick_off", "kickoff_page and kickoff_utc are the same moment"): _page_clock,
    ("volume", "a page is of one match"): _none("match"),
    ("volume", "a match has two teams"): _one_team,
    ("volume", "at most one man of the match"): _two_best,
    ("volume", "a finished match has its events"): _few_events,
    ("volume", "the first half is there"): _without_half(1),
    ("volume", "the second half is there"): _without_half(2),
    ("side", "the sides are the match's two teams"): _swapped_sides,
    ("side", "a side has eleven starters"): _ten_starters,
    ("side", "a side has one captain"): _no_captain,
    ("side", "the captain is a starter"): _captain_on_the_bench,
    ("side", "at most one goalkeeper starts"): _two_keepers,
    ("side", "a side has events"): _one_sided,
    ("side", "the goals of the events give the score"): _a_goal_more,
    ("side", "the score is that of the last period"): _score("home_score_ft"),
    ("side", "the teams' score is the match's"): _team_score("score_running"),
    ("side", "score_fulltime is score_ft"): _team_score("score_fulltime"),
    ("side", "score_halftime is score_ht"): _team_score("score_halftime"),
    ("side", "full-time goals include those of half-time"): _score("home_score_ht", 9),
    ("side", "goals after extra time include those before it"): _goals_taken_back_after_ninety,
    ("minutes", "match_end is set"): _set("match", expanded_max_minute=None),
    ("minutes", "nobody plays longer than the match"): _set("line_up", minutes_played=180),
    ("minutes", "match_end is at least minute_on"): _set("line_up", minute_on=180),
    ("minutes", "match_end is at least minute_off"): _set("line_up", minute_off=180),
    (
        "substitute",
        "who comes on or goes off is in the team's line-up",
    ): _substitute_of_the_other_side,
}
# Broken by names that have landed: see `test_layouts` and `test_quality_rules`.
NAMES_SAY = {
    (subject.name, check.says)
    for subject in (*SEASON_FORM, *TEAM_NAMES, *referee_names(), *player_names())
    for check in subject.checks
}
# Broken by what the schedule says of the match, not by its page.
SCHEDULE_SAYS: dict[tuple[str, str], dict[str, Any]] = {
    ("against_schedule", "home_team_id is scheduled_home_team_id"): {"home_team_id": 1},
    ("against_schedule", "away_team_id is scheduled_away_team_id"): {"away_team_id": 1},
    ("against_schedule", "kick-off is within a day of the schedule's"): {"days": 2},
    ("against_schedule", "the kickoff_utc of a finished match is the schedule's"): {
        "days": 1 / 24,
    },
    ("against_schedule", "home_score is scheduled_home_score"): {"home_score": 9},
    ("against_schedule", "away_score is scheduled_away_score"): {"away_score": 9},
}


def _finished_of(rows: Rows) -> dict[str, Any]:
    return next(row for row in rows["fixture"] if row["status"] == "finished")


def _in_fixture(**values: Any) -> Break:
    return lambda rows: _finished_of(rows).update(values)


def _scored_before_the_match(column: str) -> Break:
    def broken(rows: Rows) -> None:
        _finished_of(rows).update(status="scheduled", home_score=None, away_score=None)
        next(r for r in rows["fixture"] if r["status"] == "scheduled")[column] = 1

    return broken


def _of_another_month(rows: Rows) -> None:
    _finished_of(rows)["kickoff_utc"] += timedelta(days=40)


FEEDS_BY_HAND: dict[tuple[str, str], Break] = {
    ("fixture", "home_team_id is not away_team_id"): lambda rows: rows["fixture"][0].update(
        away_team_id=rows["fixture"][0]["home_team_id"]
    ),
    ("stage", "the name is no season's"): lambda rows: rows["stage"][0].update(name="2022/2023"),
    ("page", "all matches are of the stage that was asked for"): _in_fixture(stage_id=FAR),
    ("page", "all matches are of the month that was asked for"): _in_fixture(feed_month="199901"),
    ("page", "kick-off is in the feed's month, give or take a day"): _of_another_month,
    ("page", "kick-off is not before the year before the season"): _season("2030/2031"),
    ("page", "kick-off is not after the season"): _season("2010/2011"),
    ("finished", "home_score is set"): _in_fixture(home_score=None),
    ("finished", "away_score is set"): _in_fixture(away_score=None),
    ("not_played", "home_score is null"): _scored_before_the_match("home_score"),
    ("not_played", "away_score is null"): _scored_before_the_match("away_score"),
}


# --- the proof --------------------------------------------------------------------------------


def _base() -> Rows:
    """A sound match with no more events than it takes, as dozens of it are judged at a time."""
    rows = rows_of(finished()[0])

    def is_kept(event: dict[str, Any]) -> bool:
        names = {qualifier["name"] for qualifier in event["qualifiers"]}
        plain = event["type_name"] == "Pass" and not names & {"CornerTaken", "Assisted"}
        return not plain or event["ordinal"] % 6 == 0

    rows["event"] = [event for event in rows["event"] if is_kept(event)]
    assert 600 < len(rows["event"]) < 800, len(rows["event"])
    return rows


def _clone(rows: Rows, match_id: int) -> Rows:
    """The page as if it were of another match."""
    made = copied(rows)
    for table in made.values():
        for row in table:
            if "match_id" in row:
                row["match_id"] = match_id
    # No two matches of a batch have the same crowd.
    for row in made["match"]:
        row["attendance"] = 20_000 + match_id % 10_000
    return made


def _prove(
    bench: Bench, verdict: Verdict, broken: dict[str, tuple[str, str]], sound: set[str]
) -> None:
    assert {item.target_key for item in verdict.good} == sound
    assert verdict.bad.keys() == broken.keys()
    missed = [
        what
        for key, what in broken.items()
        if what not in {(reason["table"], reason["what"]) for reason in verdict.bad[key]}
    ]
    assert missed == []
    states = bench.states()
    assert {states[key] for key in broken} == {("quarantined", "InvalidRows")}
    assert {states[key] for key in sound} == {("parsed", None)}


@pytest.fixture
def tolerant(bench: Bench) -> Bench:
    """A gate that refuses no batch for its many bad targets."""
    bench.settings = bench.settings.model_copy(update={"completeness_floor": 0.0})
    return bench


@pytest.mark.parametrize("part", range(4))
def test_every_expectation_of_a_match_centre_catches_its_fault(tolerant: Bench, part: int) -> None:
    checks = [
        (table, check)
        for table, check in _target_checks(MATCHES)
        if _named(table, check) not in {*SCHEDULE_SAYS, *NAMES_SAY}
    ]
    base = _base()
    pages: dict[str, Rows] = {}
    broken: dict[str, tuple[str, str]] = {}
    for number, (table, check) in enumerate(checks[part::4]):
        target = Target.match_centre(900_001 + number)
        what = _named(table, check)
        fault = BY_HAND.get(what) or _by_kind(table, check)
        assert fault is not None, f"nothing breaks {what}: write it down here"
        pages[target.key] = _clone(base, 900_001 + number)
        fault(pages[target.key])
        broken[target.key] = what
    sound = {Target.match_centre(800_000 + n).key for n in range(3)}
    pages |= {key: _clone(base, int(Target.from_key(key).ids[0])) for key in sorted(sound)}
    _prove(tolerant, tolerant.judge(pages), broken, sound)


def _clone_feed(rows: Rows, stage_id: int) -> Rows:
    """The feed as if it were of another stage, with matches of its own."""
    made = copied(rows)
    for row in (*made["stage"], *made["fixture"]):
        row["stage_id"] = stage_id
    for row in made["fixture"]:
        row["match_id"] = row["match_id"] % 1000 + stage_id * 1000
    return made


def test_every_expectation_of_a_feed_catches_its_fault(tolerant: Bench) -> None:
    # Of a month that has begun: it lists what is played and what is not.
    assert f"{WORLD.now:%Y%m}" == "202301"
    base = rows_of(Target.schedule(21501, "202301").key)
    pages: dict[str, Rows] = {}
    broken: dict[str, tuple[str, str]] = {}
    checks = [one for one in _target_checks(FEEDS) if _named(*one) not in NAMES_SAY]
    for number, (table, check) in enumerate(checks):
        stage_id = 30_001 + number
        key = Target.schedule(stage_id, "202301").key
        what = _named(table, check)
        fault = FEEDS_BY_HAND.get(what) or _by_kind(table, check)
        assert fault is not None, f"nothing breaks {what}: write it down here"
        pages[key] = _clone_feed(base, stage_id)
        fault(pages[key])
        broken[key] = what
    sound = {Target.schedule(20_000 + n, "202301").key for n in range(3)}
    pages |= {key: _clone_feed(base, int(Target.from_key(key).ids[0])) for key in sorted(sound)}
    _prove(tolerant, tolerant.judge(pages), broken, sound)


def test_no_fault_is_written_down_for_an_expectation_that_is_gone() -> None:
    known = {_named(*found) for found in _target_checks(MATCHES)}
    assert {*BY_HAND, *SCHEDULE_SAYS} <= known
    assert FEEDS_BY_HAND.keys() <= {_named(*found) for found in _target_checks(FEEDS)}


def _land_fixture(engine: Engine, rows: Rows, days: float = 0, **values: Any) -> None:
    """A fixture of the staged match in core, as if the schedule had landed before."""
    match, lineage = rows["match"][0], {
        "page_hash": HASH, "selector_version": "schedule/2022-08",
        "batch_id": "00000000-0000-0000-0000-000000000000", "landed_at": match_time(rows),
    }  # fmt: skip
    parents: list[tuple[str, dict[str, Any]]] = [
        ("competition", rows["competition"][0]),
        ("season", rows["season"][0]),
        ("stage", {"stage_id": 7, "season_id": match["season_id"], "name": "stage"}),
        *(("team", row) for row in rows["team"]),
        ("team", {"team_id": 1, "name": "another", "country_name": None}),
    ]
    fixture = {
        "match_id": match["match_id"], "stage_id": 7, "feed_month": "202208",
        "kickoff_utc": match["kickoff_utc"] + timedelta(days=days), "status": "finished",
        "elapsed": "FT", "home_team_id": match["home_team_id"],
        "away_team_id": match["away_team_id"], "home_score": match["home_score"],
        "away_score": match["away_score"], **values,
    }  # fmt: skip
    tables = {table.name: table for table in CORE_TABLES}
    from sqlalchemy.dialects.postgresql import insert as upsert

    with engine.begin() as connection:
        for name, row in parents:
            connection.execute(
                upsert(tables[name]).values(**row, **lineage).on_conflict_do_nothing()
            )
        connection.execute(insert(Fixture).values(**fixture, **lineage))


def match_time(rows: Rows) -> Any:
    """Kick-off of the staged match."""
    return rows["match"][0]["kickoff_utc"]


def test_what_the_schedule_says_of_a_match_must_agree(
    tolerant: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lighten(monkeypatch, "against_schedule")
    base = _base()
    pages: dict[str, Rows] = {}
    broken: dict[str, tuple[str, str]] = {}
    for number, (what, said) in enumerate(SCHEDULE_SAYS.items()):
        key = Target.match_centre(900_001 + number).key
        pages[key] = _clone(base, 900_001 + number)
        broken[key] = what
        _land_fixture(tolerant.engine, pages[key], **said)
    agrees, unfinished, gone = (Target.match_centre(800_000 + n).key for n in range(3))
    for number, key in enumerate((agrees, unfinished, gone)):
        pages[key] = _clone(base, 800_000 + number)
    _land_fixture(tolerant.engine, pages[agrees])
    _land_fixture(tolerant.engine, pages[unfinished], status="live", home_score=9)
    # A fixture that its feed no longer lists is no witness.
    _land_fixture(tolerant.engine, pages[gone], home_team_id=1, closed_at=match_time(base))
    assert {_named(t, c) for t, c in _target_checks(MATCHES)} >= set(SCHEDULE_SAYS)
    _prove(tolerant, tolerant.judge(pages), broken, {agrees, unfinished, gone})


def test_an_own_goal_counts_for_the_other_side(tolerant: Bench) -> None:
    found = next(key for key in finished() if any(e["is_own_goal"] for e in rows_of(key)["event"]))
    rows = rows_of(found)
    own = next(e for e in rows["event"] if e["is_own_goal"])
    own["team_id"] = next(
        r["team_id"] for r in rows["match_team"] if r["team_id"] != own["team_id"]
    )
    verdict = tolerant.judge({found: rows})
    assert [why["what"] for why in verdict.bad[found]] == ["the goals of the events give the score"]


def test_a_target_falls_with_the_one_it_leant_on(
    tolerant: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A player whom only another page names lands with that page, or not at all."""
    lighten(monkeypatch, "match", "references")
    base = _base()
    leaning, other = Target.match_centre(900_001).key, Target.match_centre(900_002).key
    pages = {leaning: _clone(base, 900_001), other: _clone(base, 900_002)}
    event = next(e for e in pages[leaning]["event"] if e["player_id"])
    event["player_id"] = FAR
    pages[other]["player"].append(
        {"player_id": FAR, "name": "Stranger", "height_cm": None, "weight_kg": None}
    )
    assert {s.target_key for s in tolerant.judge(pages).good} == {leaning, other}
    pages[other]["match"][0]["attendance"] = 9_999_999
    verdict = tolerant.judge(pages)
    assert verdict.good == ()
    assert [why["column"] for why in verdict.bad[leaning]] == ["event.player_id"]


def test_what_is_only_noted_puts_nothing_aside(tolerant: Bench) -> None:
    rows = rows_of(finished()[0])
    rows["line_up"][0]["position"] = "LIBERO"
    rows["season"][0]["name"] = "Clausura 2022"
    for event in rows["event"][:20]:
        event["related_team_event_id"] = 99_999
    verdict = tolerant.judge({finished()[0]: rows})
    assert verdict.bad == {}
    assert tolerant.unmet() == {
        ("line_up", "position"),
        ("season", "name"),
        ("related_event", "related_is_there"),
    }


def test_thousands_of_bad_rows_name_all_their_targets(
    tolerant: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Great Expectations' own lists of values end at 200."""
    lighten(monkeypatch, "event", "beyond")
    base = _base()
    keys = [Target.match_centre(900_001 + n).key for n in range(7)]
    pages = {key: _clone(base, 900_001 + n) for n, key in enumerate(keys)}
    for key in keys[:5]:
        for event in pages[key]["event"][:600]:
            event["x"] = 400
    verdict = tolerant.judge(pages)
    assert set(verdict.bad) == set(keys[:5])
    assert {item.target_key for item in verdict.good} == set(keys[5:])
    for reasons in verdict.bad.values():
        # Each of them by itself, and that a match has so many.
        assert [(why["column"], why["rows"]) for why in reasons] == [("x", 600), ("x", 1)]
        assert reasons[0]["examples"][0]["x"] == 400
        assert "event_id" in reasons[0]["examples"][0]
