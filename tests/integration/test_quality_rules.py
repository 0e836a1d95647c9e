"""Rules' SQL on small rows, without a judgement: faults are refused, odd but right pages not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text, update

from scrapers.quality import (
    match_centre,
    match_preview,
    match_report,
    referee_statistics,
    schedule,
    seasons,
    standings,
    team_statistics,
)
from scrapers.quality.checks import Check, Scope
from scrapers.quality.subjects import Subject
from scrapers.targets import PageKind, Target
from scrapers.warehouse.landing import land
from scrapers.warehouse.name_tables import OwnNameRow
from scrapers.warehouse.ops_tables import SelectorReleaseRow, TargetRow
from scrapers.whoscored.rows import RowSet
from tests.support.rows import STAGE, feed_rows, match_rows, new_batch, put, row

Scores = list[tuple[int, int, int, int]]  # home team, away team, their goals
SEASON = {"region_id": 1, "competition_id": 4, "season_id": 9149}
BEGIN = datetime(2022, 8, 6, 14, tzinfo=UTC)
CLUBS = range(1, 7)


# --- how rows are judged here -----------------------------------------------------------------


def _is_broken(check: Check, values: Mapping[str, Any]) -> bool:
    """As `test_what_the_words_mean` of the suites has it."""
    given, kind = check.arguments, check.expectation.__name__
    if "column_A" in given:
        one, other = values[given["column_A"]], values[given["column_B"]]
        if one is None or other is None:
            return given["ignore_row_if"] == "both_values_are_missing" and one is not other
        return (
            bool(one != other) if kind == "ExpectColumnPairValuesToBeEqual" else bool(one < other)
        )
    value = values[given["column"]]
    match kind:
        case "ExpectColumnValuesToBeNull":
            return value is not None
        case "ExpectColumnValuesToNotBeNull":
            return value is None
        case _ if value is None:
            return False
        case "ExpectColumnValuesToBeBetween":
            low, high = given["min_value"], given["max_value"]
            return (low is not None and value < low) or (high is not None and value > high)
        case "ExpectColumnValuesToBeInSet":
            return value not in given["value_set"]
        case "ExpectColumnValuesToMatchRegex":
            return re.search(given["regex"], value) is None
    raise AssertionError(kind)


def judged(engine: Engine, subject: Subject, targets: Iterable[Target]) -> set[str]:
    """Columns of the checks that rows of these targets break; notes left out."""
    with engine.begin() as connection:
        found = connection.execute(subject.query, {"targets": [t.key for t in targets]})
        rows = found.mappings().all()
    return {
        str(check.column)
        for check in subject.checks
        if check.scope is not Scope.NOTE and "column_list" not in check.arguments
        for values in rows
        if _is_broken(check, values)
    }


def of(module: Any, name: str) -> Subject:
    """A suite's rule or table."""
    subjects = (*module.TABLES, *module.RULES, *module.BATCH_RULES)
    return next(subject for subject in subjects if subject.name == name)


def landed(engine: Engine, rows: Mapping[Target, RowSet]) -> None:
    """Rows in core, as an earlier batch left them."""
    staged = [put(engine, target, found) for target, found in rows.items()]
    land(engine, new_batch(engine), staged)


# --- standings --------------------------------------------------------------------------------

TABLE = Target.of(PageKind.STANDINGS, **SEASON, stage_id=STAGE)
POINTS, AGAINST = of(standings, "points"), of(standings, "against_schedule")
Points = Callable[[int, int, int], int]


def round_robin(rounds: int) -> list[Scores]:
    """Rounds of six clubs, each with another result and somebody ahead."""
    found = []
    for number in range(rounds):
        turned = [1, *(2 + (club + number) % 5 for club in range(5))]
        pairs = [(turned[n], turned[5 - n]) for n in range(3)]
        if number % 2:
            pairs = [(away, home) for home, away in pairs]
        found.append([(h, a, (2 * h + number) % 4, (a + number * number) % 3) for h, a in pairs])
    return found


def table(scores: Iterable[tuple[int, int, int, int]], points: Points | None = None) -> RowSet:
    """A page's table of these matches."""
    count = points or (lambda won, drawn, lost: 3 * won + drawn)
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for club in CLUBS:
        for scope in ("overall", "home", "away"):
            rows[scope, club] = dict.fromkeys(
                ("played", "won", "drawn", "lost", "goals_for", "goals_against"), 0
            )
    for home, away, home_score, away_score in scores:
        for club, scope, own, other in (
            (home, "home", home_score, away_score), (away, "away", away_score, home_score),
        ):  # fmt: skip
            for counted in (rows["overall", club], rows[scope, club]):
                counted["played"] += 1
                counted["won"] += own > other
                counted["drawn"] += own == other
                counted["lost"] += own < other
                counted["goals_for"] += own
                counted["goals_against"] += other
    return {
        "standing": [
            row(
                "standing",
                **{"stage_id": STAGE, "table_stage_id": STAGE, "group_number": 1},
                **{"scope": scope, "team_id": club, "rank": club},
                goal_difference=counted["goals_for"] - counted["goals_against"],
                points=count(counted["won"], counted["drawn"], counted["lost"]),
                **counted,
            )
            for (scope, club), counted in rows.items()
        ]
    }


def flat(rounds: list[Scores]) -> Scores:
    return [match for each in rounds for match in each]


def with_carried(rows: RowSet, factor: int = 1) -> RowSet:
    """Half of the points of the round before, in the table of all matches only."""
    for each in rows["standing"]:
        if each["scope"] == "overall":
            each["points"] += 20 + factor * each["team_id"]
    return rows


RIGHT_TABLES: dict[str, RowSet] = {
    "after no match": table([]),
    "after a round": table(round_robin(1)[0]),
    "after five": table(flat(round_robin(5))),
    "with half of the points before": with_carried(table(flat(round_robin(3)))),
    "that begins with them": with_carried(table([])),
    "of two points a win": table(flat(round_robin(5)), lambda won, drawn, lost: 2 * won + drawn),
    "with shot-outs after draws": table(
        flat(round_robin(5)), lambda won, drawn, lost: 3 * won + drawn + (drawn + 1) // 2
    ),
}


@pytest.mark.parametrize("name", RIGHT_TABLES)
def test_points_of_odd_but_right_tables_are_let_through(engine: Engine, name: str) -> None:
    rows = RIGHT_TABLES[name]
    if "shot-outs" in name:  # a team that drew once may have lost or won the shoot-out
        for each in rows["standing"]:
            if each["scope"] == "overall":
                each["points"] = sum(
                    one["points"] for one in rows["standing"]
                    if one["scope"] != "overall" and one["team_id"] == each["team_id"]
                )  # fmt: skip
    put(engine, TABLE, rows)
    assert judged(engine, POINTS, [TABLE]) == set()


def test_results_in_another_order_and_other_points_are_refused(engine: Engine) -> None:
    columns = ("won", "drawn", "lost")
    for rounds in (1, 5):
        for order in permutations(columns):
            rows = table(flat(round_robin(rounds)))
            for each in rows["standing"]:
                each.update(zip(columns, [each[name] for name in order], strict=True))
            put(engine, TABLE, rows)
            found = judged(engine, POINTS, [TABLE]) - {"points"}
            displaced = {name for name, at in zip(columns, order, strict=True) if name != at}
            assert found >= displaced, (rounds, order)
            assert bool(found) == bool(displaced), (rounds, found)
    rows = table(flat(round_robin(5)))
    for each in rows["standing"]:
        each["points"] = 0
    put(engine, TABLE, rows)
    assert judged(engine, POINTS, [TABLE]) == {"points"}


def _known(engine: Engine, rounds: list[Scores]) -> None:
    """The rounds' fixtures, a week apart, have landed as finished."""
    said: dict[int, dict[str, Any]] = {}
    for number, scores in enumerate(rounds):
        for home, away, home_score, away_score in scores:
            said[1000 + len(said)] = {
                "kickoff_utc": BEGIN + timedelta(weeks=number), "status": "finished",
                "home_team_id": home, "away_team_id": away,
                "home_score": home_score, "away_score": away_score,
            }  # fmt: skip
    rows = feed_rows("202208", said)
    rows["team"] = [row("team", team_id=club, name=f"club {club}") for club in CLUBS]
    landed(engine, {Target.schedule(STAGE, "202208"): rows})


def _sides_swapped(rows: RowSet) -> RowSet:
    for each in rows["standing"]:
        each["scope"] = {"home": "away", "away": "home"}.get(each["scope"], "overall")
    return rows


@pytest.mark.parametrize("rounds", [1, 5])
def test_home_and_away_are_told_by_the_schedule_from_the_first_round_on(
    engine: Engine, rounds: int
) -> None:
    _known(engine, round_robin(rounds))
    after = BEGIN + timedelta(weeks=rounds)
    put(engine, TABLE, table(flat(round_robin(rounds))), after)
    assert judged(engine, AGAINST, [TABLE]) == set()
    put(engine, TABLE, _sides_swapped(table(flat(round_robin(rounds)))), after)
    found = judged(engine, AGAINST, [TABLE])
    assert len(found) >= 2
    assert found <= {"played", "won", "drawn", "lost", "goals_for", "goals_against",
                     "goal_difference"}  # fmt: skip


def test_a_table_of_another_day_than_the_schedule_is_let_through(engine: Engine) -> None:
    rounds = round_robin(5)
    _known(engine, rounds)
    # Fetched after two rounds, and read again when the schedule knows five.
    put(engine, TABLE, table(flat(rounds[:2])), BEGIN + timedelta(weeks=1, days=3))
    assert judged(engine, AGAINST, [TABLE]) == set()
    # The table counts a round more than the schedule knows.
    put(engine, TABLE, table(flat(round_robin(6))), BEGIN + timedelta(weeks=6))
    assert judged(engine, AGAINST, [TABLE]) == set()
    # The matches of a club that has withdrawn do not count any more.
    left = [match for match in flat(rounds) if 6 not in match[:2]]
    put(engine, TABLE, table(left), BEGIN + timedelta(weeks=6))
    assert judged(engine, AGAINST, [TABLE]) == set()


# --- schedule ---------------------------------------------------------------------------------

FEED, NEXT = Target.schedule(STAGE, "202208"), Target.schedule(STAGE, "202209")
KEPT, EMPTIED = of(schedule, "kept"), of(schedule, "feed")
TEAMS = {"home_team_id": 65, "away_team_id": 64}
SWAPPED = {"home_team_id": 64, "away_team_id": 65}


def planned(count: int = 4, status: str = "scheduled", **said: Any) -> RowSet:
    """A feed of matches on days in a row."""
    matches: dict[int, dict[str, Any]] = {
        number: {"status": status, "kickoff_utc": BEGIN + timedelta(days=number), **TEAMS, **said}
        for number in range(1, count + 1)
    }
    return feed_rows("202208", matches)


def moved(rows: RowSet, *hours: float) -> RowSet:
    for fixture, by in zip(rows["fixture"], hours * 4, strict=False):
        fixture["kickoff_utc"] += timedelta(hours=by)
    return rows


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        (planned(), set()),
        (planned(**SWAPPED), {"home_team_id", "away_team_id"}),
        (moved(planned(), 1), {"kickoff_utc"}),
        (moved(planned(), -5.5), {"kickoff_utc"}),
        # As television has chosen, and one that was put off by weeks.
        (moved(planned(), 0, 2, -3, 24 * 20), set()),
        (moved(planned(), 48), set()),
        (planned(status="finished", home_score=1, away_score=0), set()),
    ],
)
def test_planned_matches_tell_what_a_feed_means_before_the_first_round(
    engine: Engine, rows: RowSet, broken: set[str]
) -> None:
    landed(engine, {FEED: planned()})
    put(engine, FEED, rows)
    assert judged(engine, KEPT, [FEED]) == broken


def test_two_results_and_what_is_planned_tell_it_as_well(engine: Engine) -> None:
    def season(**said: Any) -> RowSet:
        rows = planned(**said)
        for fixture in rows["fixture"][:2]:
            fixture.update(status="finished", home_score=2, away_score=0)
        return rows

    landed(engine, {FEED: season()})
    for rows, broken in (
        (season(), set()),
        (season(**SWAPPED), {"home_team_id", "away_team_id"}),
        (moved(season(), 1), {"kickoff_utc"}),
        (moved(season(), 0, 0, 1, 1), set()),
    ):
        put(engine, FEED, rows)
        assert judged(engine, KEPT, [FEED]) == broken


def test_results_may_not_change_and_planned_matches_may(engine: Engine) -> None:
    score = {"home_score": 2, "away_score": 0}
    landed(engine, {FEED: planned(status="finished", **score)})
    for rows, broken in (
        (moved(planned(status="finished", **score), 1), {"kickoff_utc"}),
        (planned(status="finished", home_score=0, away_score=2), {"home_score", "away_score"}),
        (planned(status="finished", **score, **SWAPPED), {"home_team_id", "away_team_id"}),
        (planned(status="finished", **score), set()),
    ):
        put(engine, FEED, rows)
        assert judged(engine, KEPT, [FEED]) == broken


@pytest.mark.parametrize(
    ("known", "broken"),
    [
        (planned(1, "finished", home_score=1, away_score=0), {"tournaments"}),
        (planned(3), {"tournaments"}),
        # Its only match was put off, or planned anew, to a month that is not asked for.
        (planned(1, "postponed"), set()),
        (planned(2, "cancelled"), set()),
        (planned(1), set()),
    ],
)
def test_an_empty_month_is_refused_where_its_matches_can_not_have_gone(
    engine: Engine, known: RowSet, broken: set[str]
) -> None:
    landed(engine, {FEED: known})
    put(engine, FEED, feed_rows("202208", {}))
    assert judged(engine, EMPTIED, [FEED]) == broken
    # They have gone to another feed of the batch, however large it is.
    for fixture in known["fixture"]:
        fixture["feed_month"] = "202209"
    put(engine, NEXT, known)
    assert judged(engine, EMPTIED, [FEED, NEXT]) == set()
    assert EMPTIED in schedule.BATCH_RULES


def test_a_score_is_kept_by_what_was_put_off_and_refused_of_what_is_to_come(
    engine: Engine,
) -> None:
    names = ("not_played", "put_off")
    for status, broken in (("scheduled", {"home_score", "away_score"}), ("postponed", set())):
        put(engine, FEED, planned(1, status, home_score=1, away_score=0))
        found = {column for n in names for column in judged(engine, of(schedule, n), [FEED])}
        assert found == broken


def test_a_qualifying_season_is_played_the_year_before(engine: Engine) -> None:
    for name, broken in (("2023", set()), ("2022/2023", set()), ("2024", {"year, season_begins"})):
        rows = planned()
        rows["season"][0]["name"] = name
        put(engine, FEED, rows)
        assert judged(engine, of(schedule, "page"), [FEED]) == broken


# --- reports and lists of seasons ---------------------------------------------------------------


def test_the_sides_of_a_report_are_the_schedules(engine: Engine) -> None:
    target, against = (
        Target.of(PageKind.MATCH_REPORT, match_id=1),
        of(match_report, "against_others"),
    )
    teams = [row("team", team_id=team_id, name=str(team_id)) for team_id in (65, 64)]
    put(engine, target, {"team": teams[::-1]})
    assert judged(engine, against, [target]) == set()  # nothing is known of the match
    landed(engine, {FEED: planned()})
    assert judged(engine, against, [target]) == {
        *("home_team_id, known_home_team_id", "away_team_id, known_away_team_id"),
    }
    put(engine, target, {"team": teams})
    assert judged(engine, against, [target]) == set()


def test_an_odd_name_of_a_season_has_a_year_and_loses_no_list(engine: Engine) -> None:
    target = Target.of(PageKind.SEASONS, region_id=1, competition_id=4)
    for name, broken in (("Clausura 2022", set()), ("Premier League", {"name"})):
        rows = [
            row("season", season_id=n, competition_id=4, name=said)
            for n, said in enumerate(("2022/2023", "2023", name), start=1)
        ]
        put(engine, target, {"season": rows})
        assert judged(engine, of(seasons, "season"), [target]) == broken
        assert judged(engine, of(seasons, "season_form"), [target]) == set()


# --- people -----------------------------------------------------------------------------------

OF_REFEREES, OF_PLAYERS = of(match_centre, "referee_names"), of(match_centre, "player_names")
OTHERS, FIRST = Target.match_centre(2), Target.match_centre(1)
REFEREE = {"referee_name, referee_first_name, referee_last_name"}
PLAYING = [row("team", team_id=65, name="FC Barcelona"), row("team", team_id=66, name="Santos")]


def referee(name: str, first: str | None = None, last: str | None = None) -> RowSet:
    """A match's referee, always of one id."""
    return {"referee": [row("referee", referee_id=7, name=name, first_name=first, last_name=last)]}


def players(*names: str) -> RowSet:
    """Players of the ids 1, 2, …"""
    return {"player": [row("player", player_id=n, name=name) for n, name in enumerate(names, 1)]}


def own_names(engine: Engine, kind: str, *ids: int) -> None:
    with engine.begin() as connection:
        for entity_id in ids:
            connection.execute(
                insert(OwnNameRow).values(kind=kind, entity_id=entity_id, name="ours")
            )


def release(engine: Engine, version: str, at: datetime, **values: Any) -> int:
    """A row of the registry."""
    kind, _, name = version.partition("/")
    given = {
        **{"page_kind": kind, "version": name, "at": at, "action": "promote", "sha256": "0"},
        **{"content": "", "who": "Ada"},
        **values,
    }
    with engine.begin() as connection:
        query = insert(SelectorReleaseRow).values(given).returning(SelectorReleaseRow.release_id)
        return connection.execute(query).scalar_one()


def read_by(engine: Engine, target: Target, version: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == target.key)
            .values(selector_version=version)
        )


@pytest.mark.parametrize(
    ("said", "is_other"),
    [
        (("Antonio Miguel Mateu Lahoz", "Antonio Miguel", "Mateu Lahoz"), False),
        (("A. Mateu", "A.", "Máteu"), False),
        (("Tony Lahøz", "Tony", "Lahøz"), False),
        (("Mateu Lahoz", None, None), False),
        (("Barcelona", "Barcelona", "Barcelona"), True),
        (("A. Barcelona", "A.", "Barcelona"), True),
    ],
)
def test_a_known_referee_stays_who_they_are(
    engine: Engine, said: tuple[str, str | None, str | None], is_other: bool
) -> None:
    put(engine, OTHERS, referee("Barcelona", "Barcelona", "Barcelona"))
    assert judged(engine, OF_REFEREES, [OTHERS]) == set()  # nobody is known by this id
    landed(engine, {FIRST: referee("Antonio Mateu Lahoz", "Antonio", "Mateu Lahoz")})
    put(engine, OTHERS, referee(*said))
    assert judged(engine, OF_REFEREES, [OTHERS]) == (REFEREE if is_other else set())
    own_names(engine, "referee", 7)
    assert judged(engine, OF_REFEREES, [OTHERS]) == set()  # the team has looked at it


WRONG = referee("Barcelona") | players(*"abcde")
NAMED = referee("Mateu Lahoz") | players("Ter Stegen", "Araujo", "Koundé", "Pedri", "Gavi")


def names_broken(engine: Engine) -> bool:
    """Whether the other page's names may not replace those that have landed: both, or none."""
    found = [judged(engine, subject, [OTHERS]) for subject in (OF_REFEREES, OF_PLAYERS)]
    assert found in ([set(), set()], [REFEREE, {"player_names.name"}])
    return found != [set(), set()]


def version_of_players(engine: Engine) -> str:
    """The one version that read the players who have landed."""
    with engine.begin() as connection:
        found = connection.scalars(text("SELECT DISTINCT selector_version FROM core.player"))
        (version,) = found
    return str(version)


def test_names_are_held_against_those_of_any_version_and_page_kind(engine: Engine) -> None:
    landed(engine, {FIRST: NAMED})
    put(engine, OTHERS, WRONG)
    assert names_broken(engine)
    read_by(engine, OTHERS, "match_centre/of-tomorrow")
    assert names_broken(engine)
    preview = Target.of(PageKind.MATCH_PREVIEW, match_id=2)
    put(engine, preview, players(*"vwxyz"))
    assert judged(engine, of(match_preview, "player_names"), [preview]) == {
        "home_line_up.name, away_line_up.name"
    }


def test_names_of_a_version_that_was_taken_back_are_mended_by_any(engine: Engine) -> None:
    """Also by a version of the same name: the guide says to mend the file and promote it anew."""
    landed(engine, {FIRST: WRONG})
    now = datetime.now(UTC)
    put(engine, OTHERS, NAMED)
    landed_by = version_of_players(engine)
    read_by(engine, OTHERS, landed_by)
    first = release(engine, landed_by, now - timedelta(hours=3))
    assert names_broken(engine)
    release(engine, landed_by, now + timedelta(minutes=1), action="rollback", undoes=first)
    assert not names_broken(engine)
    release(engine, landed_by, now + timedelta(minutes=2))  # the mended text
    assert not names_broken(engine)
    with engine.begin() as connection:  # what that one lands is evidence again
        for table in ("player", "referee"):
            connection.execute(
                text(f"UPDATE core.{table} SET landed_at = :at"),
                {"at": now + timedelta(minutes=3)},
            )
    assert names_broken(engine)


def test_an_edit_that_is_taken_back_leaves_the_text_before_it_in_its_right(engine: Engine) -> None:
    landed(engine, {FIRST: NAMED})
    now = datetime.now(UTC)
    put(engine, OTHERS, WRONG)
    landed_by = version_of_players(engine)
    release(engine, landed_by, now - timedelta(days=3), action="initial")
    edited = release(engine, landed_by, now - timedelta(hours=9))
    release(engine, landed_by, now - timedelta(hours=8), action="rollback", undoes=edited)
    assert names_broken(engine)  # landed long after the edit was gone
    edited = release(engine, landed_by, now - timedelta(minutes=9))
    release(engine, landed_by, now - timedelta(minutes=2), action="rollback", undoes=edited)
    assert not names_broken(engine)  # perhaps read by it


def test_who_promotes_may_say_that_names_change(engine: Engine) -> None:
    landed(engine, {FIRST: WRONG})
    now = datetime.now(UTC)
    put(engine, OTHERS, NAMED)
    read_by(engine, OTHERS, "match_centre/of-tomorrow")
    release(engine, "match_centre/of-tomorrow", now + timedelta(minutes=1), report={"accepted": []})
    assert names_broken(engine)
    accepted = {"accepted": ["player.name", "referee.name"]}
    release(engine, "match_centre/another", now + timedelta(minutes=2), report=accepted)
    assert names_broken(engine)
    release(engine, "match_centre/of-tomorrow", now - timedelta(hours=9), report=accepted)
    assert names_broken(engine)  # what landed since is what the site says
    release(engine, "match_centre/of-tomorrow", now + timedelta(minutes=3), report=accepted)
    assert not names_broken(engine)


def test_most_players_keep_their_names(engine: Engine) -> None:
    landed(engine, {FIRST: players("Ter Stegen", "Łukasz Araujo", "Koundé", "Pedri", "Gavi")})
    put(engine, OTHERS, players("M. ter Stegen", "Lukasz", "Kounde", "González", "Páez"))
    assert judged(engine, OF_PLAYERS, [OTHERS]) == set()  # two go by another name now
    put(engine, OTHERS, players("Neto", "Busquets", "Dembélé", "Lewandowski", "Raphinha"))
    assert judged(engine, OF_PLAYERS, [OTHERS]) == {"player_names.name"}
    own_names(engine, "player", 4, 5)
    assert judged(engine, OF_PLAYERS, [OTHERS]) == set()  # of three known ones nothing is said


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        (referee("Mateu Lahoz", "Mateu", "FC Barcelona"), "referee_or_team"),
        (referee("fc barcelona"), "referee_or_team"),
        (referee("Luis Santos", "Luis", "Santos"), None),
        (players("FC Barcelona", "Santos"), "people"),
        (players("Pedri", "Santos"), None),
    ],
    ids=["last name", "name", "a part of the name", "players", "one who is called so"],
)
def test_people_do_not_bear_the_names_of_the_teams(
    engine: Engine, rows: RowSet, broken: str | None
) -> None:
    managers = [
        row("match_team", match_id=2, team_id=team["team_id"], side=side, manager_name="Xavi")
        for team, side in zip(PLAYING, ("home", "away"), strict=True)
    ]
    put(engine, OTHERS, {"team": PLAYING, "match_team": managers, **rows})
    found = [
        name
        for name in ("people", "referee_or_team")
        if judged(engine, of(match_centre, name), [OTHERS])
    ]
    assert found == ([broken] if broken else [])
    for manager, team in zip(managers, PLAYING, strict=True):
        manager["manager_name"] = team["name"]
    put(engine, OTHERS, {"team": PLAYING, "match_team": managers})
    assert judged(engine, of(match_centre, "people"), [OTHERS]) == {
        "player_names.name, teams.manager_name"
    }


def test_players_who_are_known_by_a_teams_name_are_called_so(engine: Engine) -> None:
    landed(engine, {FIRST: players("FC Barcelona", "Santos")})
    put(engine, OTHERS, {"team": PLAYING, **players("FC Barcelona", "Santos")})
    assert judged(engine, of(match_centre, "people"), [OTHERS]) == set()


def test_a_previews_players_are_of_the_team_that_they_last_played_for(engine: Engine) -> None:
    preview, rule = (
        Target.of(PageKind.MATCH_PREVIEW, match_id=2),
        of(match_preview, "teams_of_players"),
    )
    sides = {65: range(1, 12), 66: range(12, 23)}

    def expected(sides: Mapping[int, Iterable[int]]) -> RowSet:
        return {
            "predicted_line_up": [
                row("predicted_line_up", match_id=2, team_id=team_id, player_id=player_id)
                for team_id, its in sides.items()
                for player_id in its
            ],
            "match_preview": [
                row("match_preview", match_id=2, home_team_id=home, away_team_id=away)
                for home, away in [sides]
            ],
        }

    put(engine, preview, expected({65: sides[66], 66: sides[65]}))
    assert judged(engine, rule, [preview]) == set()  # nobody has played yet
    played = match_rows(1)
    (first, second), base = played["team"], played["line_up"][0]
    played["line_up"] = [
        {**base, "team_id": team["team_id"], "player_id": player_id}
        for team, its in zip((first, second), sides.values(), strict=True)
        for player_id in its
    ]
    played["player"] = players(*(f"player {n}" for n in range(1, 23)))["player"]
    for table in ("event", "substitution", "formation_slot", "player_stat"):
        played.pop(table, None)
    landed(engine, {FIRST: played})
    home, away = first["team_id"], second["team_id"]
    put(engine, preview, expected({home: sides[65], away: [*range(12, 18), *range(30, 35)]}))
    assert judged(engine, rule, [preview]) == set()
    put(engine, preview, expected({home: sides[66], away: sides[65]}))
    assert judged(engine, rule, [preview]) == {
        "home_line_up, away_line_up, home_missing, away_missing"
    }
    # All play for their countries now.
    put(engine, preview, expected({338: sides[66], 339: sides[65]}))
    assert judged(engine, rule, [preview]) == set()


# --- statistics -------------------------------------------------------------------------------

FEED_OF_TEAMS = Target.of(
    PageKind.TEAM_STATISTICS, stage_id=STAGE, category="summaryteam", subcategory="all"
)
UNITS, UNIT = of(team_statistics, "units"), of(team_statistics, "unit")


def counted(apps: int, per_team: Mapping[str, Callable[[int], float]], teams: int = 20) -> RowSet:
    """A feed of teams after so many matches; its statistics by the number of the team."""
    values = {"apps": lambda _: float(apps), **per_team}
    return {
        "team": [row("team", team_id=n, name=f"team {n}") for n in range(1, teams + 1)],
        "team_season_stat": [
            row(
                "team_season_stat",
                **{"stage_id": STAGE, "category": "summaryteam", "subcategory": "all"},
                **{"team_id": n, "stat": stat, "value": value(n)},
            )
            for n in range(1, teams + 1)
            for stat, value in values.items()
        ],
    }


def goals(a_match: float, apps: int) -> RowSet:
    return counted(apps, {"goal": lambda n: (n % 3 + 1) * a_match, "rating": lambda n: 6.5})


@pytest.mark.parametrize(
    ("known", "now", "broken"),
    [
        (goals(5, 5), goals(5, 5), set()),
        (goals(5, 5), goals(6, 6), set()),
        # A total told by the match, after five rounds, and a round later.
        (goals(5, 5), goals(1, 5), {"value"}),
        (goals(5, 5), goals(1, 6), {"value"}),
        (goals(1, 5), goals(6, 6), {"value"}),
        # Read after a round and then after thirty, of those who scored in the first.
        (goals(1, 1), goals(6, 30), set()),
        (goals(1, 1), goals(1, 2), set()),
        (goals(1, 1), goals(2, 2), set()),
    ],
)
def test_a_total_stays_a_total_whatever_was_played_since(
    engine: Engine, known: RowSet, now: RowSet, broken: set[str]
) -> None:
    landed(engine, {FEED: planned(), FEED_OF_TEAMS: known})
    put(engine, FEED_OF_TEAMS, now)
    assert judged(engine, UNITS, [FEED_OF_TEAMS]) == broken


def test_who_only_came_on_as_a_substitute_has_played_as_well(engine: Engine) -> None:
    def substitutes(matches: int) -> RowSet:
        return counted(0, {"subOn": lambda n: matches, "goal": lambda n: matches})

    landed(engine, {FEED: planned(), FEED_OF_TEAMS: substitutes(1)})
    for matches in (1, 2, 30):
        put(engine, FEED_OF_TEAMS, substitutes(matches))
        assert judged(engine, UNITS, [FEED_OF_TEAMS]) == set()


@pytest.mark.parametrize(
    ("apps", "value", "broken"),
    [
        (1, lambda n: float(n), set()),
        (2, lambda n: float(n), {"value"}),
        (2, lambda n: n / 2, set()),
        (3, lambda n: float(n), {"value"}),
        (3, lambda n: round(n / 3, 1), set()),
    ],
)
def test_totals_for_rates_are_told_after_two_rounds(
    engine: Engine, apps: int, value: Callable[[int], float], broken: set[str]
) -> None:
    put(engine, FEED_OF_TEAMS, counted(apps, {"shotsPerGame": value}))
    assert judged(engine, UNIT, [FEED_OF_TEAMS]) == broken


def test_a_red_card_and_no_yellow_one_is_no_fault_of_an_opening_match(engine: Engine) -> None:
    target = Target.of(PageKind.REFEREE_STATISTICS, **SEASON, stage_id=STAGE)
    for matches, broken in ((1, set()), (5, {"yellow_cards, red_cards"})):
        one = row(
            "referee_statistic", stage_id=STAGE, referee_id=1, matches=matches,
            yellow_cards=0, red_cards=1,
        )  # fmt: skip
        put(engine, target, {"referee_statistic": [one]})
        assert judged(engine, of(referee_statistics, "cards"), [target]) == broken


# --- previews ---------------------------------------------------------------------------------

TOGETHER = of(match_preview, "batch")


def previews(numbers: Iterable[int], *, line_ups: bool, missing: bool) -> dict[Target, RowSet]:
    found = {}
    for number in numbers:
        place = {"match_id": number, "team_id": 65, "player_id": 1}
        found[Target.of(PageKind.MATCH_PREVIEW, match_id=number)] = {
            "player": [row("player", player_id=1, name="player")],
            "match_preview": [row("match_preview", match_id=number, **TEAMS)],
            "predicted_line_up": [
                row("predicted_line_up", **place, ordinal=1, position="GK")
            ] * line_ups,
            "missing_player": [
                row("missing_player", **place, reason="injured", status="Out")
            ] * missing,
        }  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("earlier", "days_ahead", "broken"),
    [
        ({"line_ups": True, "missing": True}, 0, {"with_line_ups", "with_missing_players"}),
        # A week ahead nobody knows who will start.
        ({"line_ups": True, "missing": True}, 7, {"with_missing_players"}),
        # A competition of which nobody ever said anything.
        ({"line_ups": True, "missing": False}, 0, {"with_line_ups"}),
        ({"line_ups": False, "missing": False}, 0, set()),
    ],
)
def test_previews_that_all_lack_something_are_held_against_earlier_ones(
    engine: Engine, earlier: dict[str, bool], days_ahead: int, broken: set[str]
) -> None:
    landed(engine, {FEED: planned(9)})
    landed(engine, previews([1], **earlier))
    staged = previews(range(4, 9), line_ups=False, missing=False)
    for target, rows in staged.items():
        put(engine, target, rows, BEGIN + timedelta(days=8 - days_ahead * 2))
    assert judged(engine, TOGETHER, staged) == broken
