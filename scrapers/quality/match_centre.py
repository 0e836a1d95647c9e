"""What a match centre must hold to.

One line, one expectation: add yours where it belongs, and `note(...)` it until it has proved
itself on real pages. What may not be null and which keys are unique comes from the tables,
which references must be met from their foreign keys (see `references`).

Rules about what was played judge finished matches: a page read during the match, or of one that
was abandoned, is short of things by nature.
"""

from __future__ import annotations

from scrapers.quality.checks import (
    at_least,
    between,
    differ,
    equal,
    filled,
    holds,
    note,
    one_of,
    unique,
    whole_batch,
)
from scrapers.quality.match_details import DETAIL_RULES
from scrapers.quality.match_events import EVENT_RULES, FEWEST_EVENTS
from scrapers.quality.names import (
    PLAYER,
    SEASON,
    SEASON_FORM,
    TEAM_NAMES,
    people,
    player_names,
    referee_names,
)
from scrapers.quality.subjects import KEY, Subject, rule, staged
from scrapers.whoscored.rows import COLUMNS

SUITE = "match_centre"

STATUSES = frozenset({"scheduled", "postponed", "live", "abandoned", "cancelled", "finished"})
# 1 and 2 the halves, 3 and 4 extra time, 5 the shoot-out, 10 to 13 the breaks, 14 after the
# match, 15 and 16 before it.
PERIODS = frozenset({1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16})
CARDS = frozenset({"Yellow", "SecondYellow", "Red"})
POSITIONS = frozenset(
    {
        *("GK", "DC", "DL", "DR", "DMC", "DML", "DMR", "MC", "ML", "MR"),
        *("AMC", "AML", "AMR", "FW", "FWL", "FWR", "Sub"),
    }
)
DICTIONARIES = frozenset(
    {"event_type", "qualifier", "period", "outcome", "card", "satisfied_event", "formation"}
)
# The ball can lie a little beyond the lines.
PITCH = (-10, 110)
MINUTES, EXPANDED = (0, 150), (0, 200)
GOALS = (0, 50)
FEWEST_EVENTS_OF_A_HALF = 50
REFEREE = ("referee_name", "referee_first_name", "referee_last_name")

TABLES = (
    staged("competition"),
    SEASON,
    staged("team"),
    PLAYER,
    staged("referee"),
    staged("type_name", one_of("kind", DICTIONARIES)),
    staged(
        "match",
        one_of("status", STATUSES),
        differ("home_team_id", "away_team_id"),
        *(
            between(f"{side}_score{part}", *GOALS)
            for side in ("home", "away")
            for part in ("", "_ht", "_ft", "_et", "_pk")
        ),
        between("attendance", 1, 250_000),
        between("max_period", 0, 16),
        between("max_minute", *MINUTES),
        between("expanded_max_minute", *EXPANDED),
        at_least("expanded_max_minute", "max_minute", optional=True),
    ),
    staged(
        "match_team",
        one_of("side", ("home", "away")),
        unique(KEY, "match_id", "side", says="a side is one team's"),
        between("average_age_years", 14, 60),
        between("rating", 0, 10),
        between("score_halftime", *GOALS),
        between("score_fulltime", *GOALS),
        between("score_running", *GOALS),
    ),
    staged(
        "line_up",
        between("shirt_number", 1, 999),
        note(one_of("position", POSITIONS)),
        between("minute_on", *EXPANDED),
        between("minute_off", *EXPANDED),
        between("minutes_played", *EXPANDED),
        at_least("minute_off", "minute_on", optional=True),
        between("rating", 0, 10),
        # When the page was served: of an old match, long after it.
        between("age_years", 12, 80),
    ),
    staged(
        "formation",
        one_of("period_id", PERIODS),
        between("start_minute", *EXPANDED),
        between("end_minute", *EXPANDED),
        note(at_least("end_minute", "start_minute")),
    ),
    staged(
        "formation_slot",
        between("slot", 1, 11),
        between("vertical", 0, 10),
        between("horizontal", 0, 10),
        unique(
            *(KEY, "team_id", "ordinal", "player_id"),
            says="nobody stands in two places of a formation",
        ),
    ),
    staged(
        "substitution",
        one_of("period_id", PERIODS),
        between("minute", *MINUTES),
        between("expanded_minute", *EXPANDED),
        at_least("expanded_minute", "minute", optional=True),
    ),
    staged("player_stat", one_of("by_minute", ("object",)), between("total", 0, 3000)),
    staged("team_stat", one_of("by_minute", ("object",)), between("total", 0, 3000)),
    staged(
        "shot_zone",
        between("minute", *EXPANDED),
        between("shots", 0, 99),
        between("goals", 0, 99),
        at_least("shots", "goals", "no more goals than shots"),
    ),
    staged(
        "event",
        unique(KEY, "ordinal", says="two events have different places in the list"),
        note(unique(KEY, "team_id", "team_event_id")),
        one_of("period_id", PERIODS),
        between("minute", *MINUTES),
        between("second", 0, 60),
        between("expanded_minute", *EXPANDED),
        # The expanded clock counts stoppage time on, where the other one starts anew.
        at_least("expanded_minute", "minute", optional=True),
        between("x", *PITCH),
        between("y", *PITCH),
        between("end_x", *PITCH),
        between("end_y", *PITCH),
        between("goal_mouth_y", *PITCH),
        between("goal_mouth_z", -10, 200),
        between("blocked_x", *PITCH),
        between("blocked_y", *PITCH),
        one_of("card_type", CARDS),
        one_of("qualifiers", ("array",)),
    ),
)

_EVERY_MATCH_ID = " UNION ".join(
    f"SELECT target_key, '{subject.name}' AS of_table, match_id,"
    " CAST(split_part(target_key, '/', 3) AS bigint) AS asked_for"
    f" FROM staging.{subject.name} WHERE target_key = ANY(:targets)"
    for subject in TABLES
    if "match_id" in COLUMNS[subject.name]
)

_KICK_OFF = """
SELECT m.target_key, m.match_id, m.kickoff_utc, s.name AS season,
       date_part('year', m.kickoff_utc)::float8 AS year,
       1950 AS earliest, date_part('year', now())::float8 + 1 AS latest,
       -- Qualifying rounds are played in the year before. What is put off can be played in the
       -- year after, as the cups of 2020 were.
       CASE WHEN s.name ~ '^[0-9]{4}(/[0-9]{4})?$' THEN left(s.name, 4)::float8 - 1 END
           AS season_begins,
       CASE WHEN s.name ~ '^[0-9]{4}(/[0-9]{4})?$' THEN right(s.name, 4)::float8 + 1 END
           AS season_ends,
       -- The page's clock is London's: as UTC in winter, an hour ahead in summer.
       extract(epoch FROM m.kickoff_page - m.kickoff_utc AT TIME ZONE 'UTC')::float8 / 3600
           AS hours_ahead_of_utc
FROM staging.match m
LEFT JOIN staging.season s ON s.target_key = m.target_key AND s.season_id = m.season_id
WHERE m.target_key = ANY(:targets)
"""

_VOLUME = """
WITH matches AS (
    SELECT target_key, count(*) AS matches, bool_and(status = 'finished') AS finished
    FROM staging.match WHERE target_key = ANY(:targets) GROUP BY target_key
), teams AS (
    SELECT target_key, count(*) AS teams
    FROM staging.match_team WHERE target_key = ANY(:targets) GROUP BY target_key
), best AS (
    SELECT target_key, count(*) FILTER (WHERE is_man_of_the_match) AS men_of_the_match
    FROM staging.line_up WHERE target_key = ANY(:targets) GROUP BY target_key
), events AS (
    SELECT target_key, count(*) AS events,
           count(*) FILTER (WHERE period_id = 1) AS first_half,
           count(*) FILTER (WHERE period_id = 2) AS second_half
    FROM staging.event WHERE target_key = ANY(:targets) GROUP BY target_key
)
SELECT target_key, coalesce(matches, 0) AS matches, coalesce(teams, 0) AS teams,
       coalesce(men_of_the_match, 0) AS men_of_the_match,
       CASE WHEN finished THEN coalesce(events, 0) END AS events_if_finished,
       CASE WHEN finished THEN coalesce(first_half, 0) END AS first_half_events,
       CASE WHEN finished THEN coalesce(second_half, 0) END AS second_half_events
FROM unnest(CAST(:targets AS text[])) AS asked(target_key)
LEFT JOIN matches USING (target_key) LEFT JOIN teams USING (target_key)
LEFT JOIN best USING (target_key) LEFT JOIN events USING (target_key)
"""

# One row for each side of a match. Goals are counted from the events: an own goal for the side
# that did not score it, penalties of a shoot-out (period 5) not at all.
_SIDES = """
WITH sides AS (
    SELECT m.target_key, m.match_id, side, m.status,
           CASE side WHEN 'home' THEN m.home_team_id ELSE m.away_team_id END AS team_id,
           CASE side WHEN 'home' THEN m.home_score ELSE m.away_score END AS score,
           CASE side WHEN 'home' THEN m.home_score_ht ELSE m.away_score_ht END AS score_ht,
           CASE side WHEN 'home' THEN m.home_score_ft ELSE m.away_score_ft END AS score_ft,
           CASE side WHEN 'home' THEN m.home_score_et ELSE m.away_score_et END AS score_et
    FROM staging.match m CROSS JOIN (VALUES ('home'), ('away')) AS v(side)
    WHERE m.target_key = ANY(:targets)
), players AS (
    SELECT target_key, team_id, count(*) FILTER (WHERE is_starter) AS starters,
           count(*) FILTER (WHERE is_captain) AS captains,
           count(*) FILTER (WHERE is_captain AND NOT is_starter) AS captains_not_starting,
           count(*) FILTER (WHERE is_starter AND position = 'GK') AS goalkeepers
    FROM staging.line_up WHERE target_key = ANY(:targets) GROUP BY target_key, team_id
), formed AS (
    SELECT DISTINCT target_key, team_id FROM staging.formation WHERE target_key = ANY(:targets)
), counted AS (
    SELECT s.target_key, s.side, count(*) FILTER (WHERE e.team_id = s.team_id) AS events,
           count(*) FILTER (
               WHERE e.period_id IN (1, 2, 3, 4)
               AND CASE WHEN e.is_own_goal THEN e.team_id <> s.team_id
                        ELSE e.is_goal AND e.team_id = s.team_id END
           ) AS goals
    FROM sides s JOIN staging.event e ON e.target_key = s.target_key
    GROUP BY s.target_key, s.side
)
SELECT s.target_key, s.match_id, s.side, s.status, s.team_id, t.team_id AS listed_team_id,
       s.score, s.score_ht, s.score_ft, s.score_et,
       t.score_running, t.score_fulltime, t.score_halftime,
       CASE WHEN s.status = 'finished' THEN coalesce(s.score_et, s.score_ft) END AS score_played,
       CASE WHEN s.status = 'finished' THEN coalesce(c.goals, 0) END AS goals_by_events,
       CASE WHEN s.status = 'finished' THEN coalesce(c.events, 0) END AS events_if_finished,
       CASE WHEN s.status IN ('finished', 'live', 'abandoned') THEN coalesce(p.starters, 0) END
           AS starters,
       -- Who is captain stands in the formations, which some pages do not have.
       CASE WHEN f.target_key IS NOT NULL THEN coalesce(p.captains, 0) END AS captains,
       coalesce(p.captains_not_starting, 0) AS captains_not_starting,
       coalesce(p.goalkeepers, 0) AS goalkeepers
FROM sides s
LEFT JOIN staging.match_team t ON t.target_key = s.target_key AND t.side = s.side
LEFT JOIN players p ON p.target_key = s.target_key AND p.team_id = s.team_id
LEFT JOIN formed f ON f.target_key = s.target_key AND f.team_id = s.team_id
LEFT JOIN counted c ON c.target_key = s.target_key AND c.side = s.side
"""

_MINUTES = """
SELECT l.target_key, l.match_id, l.player_id, l.minutes_played, l.minute_on, l.minute_off,
       m.expanded_max_minute AS match_end
FROM staging.line_up l JOIN staging.match m USING (target_key)
WHERE target_key = ANY(:targets)
"""

_SUBSTITUTES = """
SELECT s.target_key, s.match_id, s.off_event_id, role, v.player_id,
       l.target_key IS NOT NULL AS in_line_up
FROM staging.substitution s
CROSS JOIN LATERAL (VALUES ('off', s.player_off_id), ('on', s.player_on_id)) AS v(role, player_id)
LEFT JOIN staging.line_up l ON l.target_key = s.target_key AND l.match_id = s.match_id
    AND l.team_id = s.team_id AND l.player_id = v.player_id
WHERE s.target_key = ANY(:targets) AND v.player_id IS NOT NULL
"""

_RELATED = """
WITH listed AS (
    SELECT DISTINCT target_key, team_event_id
    FROM staging.event WHERE target_key = ANY(:targets)
)
SELECT e.target_key, e.match_id, e.event_id, e.related_team_event_id,
       l.target_key IS NOT NULL AS related_is_there
FROM staging.event e
LEFT JOIN listed l ON l.target_key = e.target_key AND l.team_event_id = e.related_team_event_id
WHERE e.target_key = ANY(:targets) AND e.related_team_event_id IS NOT NULL
"""

# A fixture that its feed no longer lists says nothing about the match.
_AGAINST_SCHEDULE = """
SELECT m.target_key, m.match_id, m.home_team_id, m.away_team_id,
       f.home_team_id AS scheduled_home_team_id, f.away_team_id AS scheduled_away_team_id,
       extract(epoch FROM m.kickoff_utc - f.kickoff_utc)::float8 / 3600 AS hours_after_schedule,
       -- Once it is over, when it began does not change any more.
       CASE WHEN both_finished
            THEN abs(extract(epoch FROM m.kickoff_utc - f.kickoff_utc))::float8 / 3600
       END AS hours_apart_once_finished,
       m.home_score, m.away_score,
       CASE WHEN both_finished THEN f.home_score END AS scheduled_home_score,
       CASE WHEN both_finished THEN f.away_score END AS scheduled_away_score
FROM staging.match m
JOIN core.fixture f ON f.match_id = m.match_id AND f.closed_at IS NULL
CROSS JOIN LATERAL (SELECT m.status = 'finished' AND f.status = 'finished' AS both_finished) AS v
WHERE m.target_key = ANY(:targets)
"""

# What the match says of its clock, held against its events. The expanded clock is ahead by the
# first half's stoppage time; where that is hardly any, only many matches tell which it is. How the
# site counts extra time and shoot-outs no real page has told yet: that is only noted.
_CLOCK = """
WITH played AS (
    SELECT target_key, max(minute) AS minute, max(expanded_minute) AS expanded_minute,
           max(period_id) AS period
    FROM staging.event WHERE target_key = ANY(:targets) AND period_id BETWEEN 1 AND 5
    GROUP BY target_key
), ends AS (
    SELECT m.target_key, max(abs(v.value::float8 - e.minute)) AS apart, count(*) AS periods
    FROM staging.match m
    CROSS JOIN LATERAL jsonb_each_text(
        CASE WHEN jsonb_typeof(m.period_end_minutes) = 'object' THEN m.period_end_minutes END
    ) AS v(period, value)
    JOIN (
        SELECT target_key, period_id, max(minute) AS minute
        FROM staging.event WHERE target_key = ANY(:targets) GROUP BY target_key, period_id
    ) AS e ON e.target_key = m.target_key AND e.period_id::text = v.period
    WHERE m.target_key = ANY(:targets) GROUP BY m.target_key
)
SELECT m.target_key, m.match_id, m.max_minute, p.minute AS last_minute, m.expanded_max_minute,
       p.expanded_minute AS last_expanded_minute, m.max_period, p.period AS last_period,
       m.max_minute - p.minute AS minutes_after_events,
       p.expanded_minute - p.minute < 2
           OR abs(m.max_minute - p.minute) <= abs(m.max_minute - p.expanded_minute)
           AS is_the_match_clock,
       m.expanded_max_minute - p.expanded_minute AS expanded_minutes_after_events,
       e.apart AS period_ends_apart,
       CASE WHEN m.period_end_minutes IS NOT NULL THEN coalesce(e.periods, 0) END
           AS periods_that_end
FROM staging.match m JOIN played p USING (target_key) LEFT JOIN ends e USING (target_key)
WHERE m.target_key = ANY(:targets) AND m.status = 'finished' AND p.period {periods}
"""

# An id of the page is no number of spectators. One can be so by chance.
_ATTENDANCE = """
SELECT target_key, match_id, attendance, false AS is_no_id
FROM staging.match
WHERE target_key = ANY(:targets) AND attendance IN (
    match_id, competition_id, season_id, home_team_id, away_team_id, coalesce(referee_id, -1)
)
"""
# Shares of the attendances, as one or another is an id or repeated by chance. A ground that is sold
# out all season has one attendance; several grounds hardly share theirs.
_ATTENDANCES = """
SELECT count(attendance) AS matches,
       CASE WHEN count(DISTINCT home_team_id) FILTER (WHERE attendance IS NOT NULL) >= 5
            THEN count(DISTINCT attendance)::float8
                 / count(DISTINCT home_team_id) FILTER (WHERE attendance IS NOT NULL)
       END AS different,
       CASE WHEN count(attendance) > 1
            THEN avg((attendance = referee_id)::int)::float8 END AS referees,
       CASE WHEN count(attendance) > 1
            THEN avg((
                attendance IN (match_id, competition_id, season_id, home_team_id, away_team_id)
            )::int)::float8 END AS ids
FROM staging.match WHERE target_key = ANY(:targets) AND status = 'finished'
"""

_CLOCKS = f"""
SELECT CASE WHEN count(*) >= 3 THEN avg((
           max_minute = last_expanded_minute AND last_minute < last_expanded_minute
       )::int)::float8 END AS expanded
FROM ({_CLOCK.format(periods="<= 2")}) AS clock WHERE max_minute IS NOT NULL
"""

_CLOCK_CHECKS = (
    between(*("minutes_after_events", -2, 2), "max_minute is the last minute of the events").about(
        "max_minute"
    ),
    holds("is_the_match_clock", "max_minute is of the match clock, not the expanded one").about(
        "max_minute"
    ),
    between(
        *("expanded_minutes_after_events", -2, 2),
        "expanded_max_minute is the last expanded minute of the events",
    ).about("expanded_max_minute"),
    equal(
        *("max_period", "last_period", "max_period is the last period of the events"),
        optional=True,
    ).about("max_period"),
    between(*("period_ends_apart", 0, 2), "a period ends when its last events are").about(
        "period_end_minutes"
    ),
    equal(
        *("periods_that_end", "last_period", "each period that was played has an end"),
        optional=True,
    ).about("period_end_minutes"),
)

RULES = (
    rule("clock", _CLOCK.format(periods="<= 2"), *_CLOCK_CHECKS),
    rule("long_clock", _CLOCK.format(periods="> 2"), *map(note, _CLOCK_CHECKS)),
    rule(
        "attendance",
        _ATTENDANCE,
        note(holds("is_no_id", "the attendance is not an id of the page")),
    ),
    *SEASON_FORM,
    *TEAM_NAMES,
    *referee_names(*REFEREE),
    *player_names("player_names.name"),
    *people("player_names.name", "teams.manager_name", referees=REFEREE),
    rule(
        "page",
        _EVERY_MATCH_ID,
        equal("match_id", "asked_for", "all rows are of the match that was asked for"),
    ),
    rule(
        "kick_off",
        _KICK_OFF,
        at_least("year", "earliest", optional=True),
        at_least("latest", "year", optional=True),
        at_least(
            "year",
            "season_begins",
            "kick-off is not before the year before the season",
            optional=True,
        ),
        at_least("season_ends", "year", "kick-off is not after the season", optional=True),
        between("hours_ahead_of_utc", 0, 1, "kickoff_page and kickoff_utc are the same moment"),
    ),
    rule(
        "volume",
        _VOLUME,
        one_of("matches", {1}, "a page is of one match"),
        one_of("teams", {2}, "a match has two teams"),
        between("men_of_the_match", 0, 1, "at most one man of the match"),
        between("events_if_finished", FEWEST_EVENTS, None, "a finished match has its events"),
        between("first_half_events", FEWEST_EVENTS_OF_A_HALF, None, "the first half is there"),
        between("second_half_events", FEWEST_EVENTS_OF_A_HALF, None, "the second half is there"),
    ),
    rule(
        "side",
        _SIDES,
        equal("team_id", "listed_team_id", "the sides are the match's two teams"),
        one_of("starters", {11}, "a side has eleven starters"),
        one_of("captains", {1}, "a side has one captain"),
        one_of("captains_not_starting", {0}, "the captain is a starter"),
        between("goalkeepers", 0, 1, "at most one goalkeeper starts"),
        between("events_if_finished", 1, None, "a side has events"),
        equal("goals_by_events", "score", "the goals of the events give the score", optional=True),
        equal("score", "score_played", "the score is that of the last period", optional=True),
        equal("score_running", "score", "the teams' score is the match's", optional=True),
        equal("score_fulltime", "score_ft", optional=True),
        equal("score_halftime", "score_ht", optional=True),
        at_least(
            "score_ft", "score_ht", "full-time goals include those of half-time", optional=True
        ),
        at_least(
            "score_et", "score_ft", "goals after extra time include those before it", optional=True
        ),
    ),
    rule(
        "final",
        f"SELECT * FROM ({_SIDES}) AS s WHERE status = 'finished'",
        filled("score_ht", "a finished match has score_ht"),
        filled("score_ft", "a finished match has score_ft"),
    ),
    *EVENT_RULES,
    *DETAIL_RULES,
    rule(
        "minutes",
        _MINUTES,
        filled("match_end"),
        at_least("match_end", "minutes_played", "nobody plays longer than the match"),
        at_least("match_end", "minute_on", optional=True),
        at_least("match_end", "minute_off", optional=True),
    ),
    rule(
        "substitute",
        _SUBSTITUTES,
        holds("in_line_up", "who comes on or goes off is in the team's line-up"),
    ),
    rule(
        "related_event",
        _RELATED,
        note(holds("related_is_there", "an event that another names is in the list")),
    ),
    rule(
        "against_schedule",
        _AGAINST_SCHEDULE,
        equal("home_team_id", "scheduled_home_team_id"),
        equal("away_team_id", "scheduled_away_team_id"),
        between("hours_after_schedule", -24, 24, "kick-off is within a day of the schedule's"),
        between(
            *("hours_apart_once_finished", 0, 0.75),
            "the kickoff_utc of a finished match is the schedule's",
        ).about("kickoff_utc"),
        equal("home_score", "scheduled_home_score", optional=True),
        equal("away_score", "scheduled_away_score", optional=True),
    ),
)

# Of the finished matches of the batch together; null where there is nothing to judge.
_FILLED = """
WITH finished AS (
    SELECT target_key, match_id FROM staging.match
    WHERE target_key = ANY(:targets) AND status = 'finished'
), events AS (
    SELECT count(*)::float8 / nullif(count(DISTINCT target_key), 0) AS events_a_match,
           count(DISTINCT target_key) AS matches,
           avg((x IS NOT NULL AND y IS NOT NULL)::int)::float8 AS places,
           avg((end_x IS NOT NULL AND end_y IS NOT NULL)::int)
               FILTER (WHERE type_name = 'Pass')::float8 AS ends_of_passes,
           avg((second IS NOT NULL)::int)::float8 AS seconds,
           avg((expanded_minute IS NOT NULL)::int)::float8 AS expanded_minutes,
           avg((player_id IS NOT NULL)::int)::float8 AS players,
           avg((jsonb_typeof(qualifiers) = 'array' AND qualifiers <> '[]')::int)::float8
               AS qualifiers,
           avg((type_name = 'Pass')::int)::float8 AS passes,
           avg(
               CASE WHEN EXISTS (SELECT FROM core.type_name WHERE kind = 'event_type')
               THEN (NOT EXISTS (SELECT FROM core.type_name n WHERE n.kind = 'event_type'
                   AND n.type_id = e.type_id AND n.name = e.type_name))::int END
           )::float8 AS unknown_types
    FROM staging.event e JOIN finished USING (target_key)
), players AS (
    SELECT avg((rating IS NOT NULL)::int) FILTER (WHERE minutes_played > 0)::float8 AS ratings,
           avg((position IS NOT NULL)::int)::float8 AS positions
    FROM staging.line_up JOIN finished USING (target_key)
)
SELECT matches, places, ends_of_passes, seconds, expanded_minutes, players,
       qualifiers, passes, unknown_types, positions,
       -- A few matches prove nothing here: small ones have no ratings, and odd ones few events.
       CASE WHEN matches >= 3 THEN ratings END AS ratings,
       CASE WHEN matches >= 3 THEN events_a_match END AS events_a_match
FROM events CROSS JOIN players
"""

BATCH_RULES: tuple[Subject, ...] = (
    rule(
        "batch",
        _FILLED,
        *(
            whole_batch(between(column, share, 1, f"at least {share:.0%} of {what}"))
            for column, share, what in (
                ("places", 0.9, "the events have a place"),
                ("ends_of_passes", 0.5, "the passes have an end"),
                ("seconds", 0.5, "the events have a second"),
                ("expanded_minutes", 0.5, "the events have an expanded minute"),
                ("players", 0.5, "the events have a player"),
                ("qualifiers", 0.1, "the events have qualifiers"),
                ("passes", 0.1, "the events are passes"),
                ("positions", 0.5, "the players have a position"),
                ("ratings", 0.05, "who played has a rating"),
            )
        ),
        whole_batch(
            between("unknown_types", 0, 0.2, "at most 20% of the events are of an unknown type")
        ),
        whole_batch(
            between("events_a_match", 600, 3500, "a match has 600 to 3500 events on average")
        ),
    ),
    rule(
        "clocks",
        _CLOCKS,
        whole_batch(
            between(
                "expanded", 0, 0.5, "max_minute is not the last expanded minute of most matches"
            ).about("max_minute")
        ),
    ),
    rule(
        "crowds",
        _ATTENDANCES,
        *map(
            whole_batch,
            (
                between(
                    *("different", 0.5, None),
                    "there are at least half as many attendances as home teams",
                ),
                between("referees", 0, 0.5, "the attendances are not the referees' ids"),
                between("ids", 0, 0.5, "the attendances are not ids of match, season or teams"),
            ),
        ),
    ),
)
