"""What must hold in the core tables whatever has landed, in SQL that knows nothing of the gate."""

from __future__ import annotations

from sqlalchemy import Connection, text

from scrapers.warehouse.tables import CORE_TABLES

# Each query gives rows that must not be; the first column is what to tell of one.
_QUERIES: dict[str, str] = {
    "a finished match's score is that of its goals": """
        SELECT m.match_id, m.home_score, m.away_score, g.home, g.away FROM core.match m
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE is_goal AND NOT is_own_goal AND team_id = m.home_team_id
                       OR is_own_goal AND team_id = m.away_team_id) AS home,
                   count(*) FILTER (WHERE is_goal AND NOT is_own_goal AND team_id = m.away_team_id
                       OR is_own_goal AND team_id = m.home_team_id) AS away
            FROM core.event e WHERE e.match_id = m.match_id AND period_id BETWEEN 1 AND 4
        ) g
        WHERE m.status = 'finished'
          AND (m.home_score IS DISTINCT FROM g.home OR m.away_score IS DISTINCT FROM g.away)""",
    "eleven start on each side": """
        SELECT match_id, team_id, count(*) FROM core.line_up WHERE is_starter
        GROUP BY match_id, team_id HAVING count(*) <> 11""",
    "each match has two sides, of its two teams": """
        SELECT m.match_id FROM core.match m WHERE (
            SELECT count(*) FROM core.match_team t WHERE t.match_id = m.match_id
            AND t.team_id = CASE t.side WHEN 'home' THEN m.home_team_id ELSE m.away_team_id END
        ) <> 2 OR m.home_team_id = m.away_team_id""",
    "players of a match are of one of its teams, once": """
        SELECT l.match_id, l.player_id FROM core.line_up l JOIN core.match m USING (match_id)
        WHERE l.team_id NOT IN (m.home_team_id, m.away_team_id)""",
    "events are of one of the match's teams": """
        SELECT e.match_id, e.event_id FROM core.event e JOIN core.match m USING (match_id)
        WHERE e.team_id NOT IN (m.home_team_id, m.away_team_id)""",
    "places of events are on the pitch": """
        SELECT event_id, x, y, end_x, end_y FROM core.event
        WHERE NOT (x BETWEEN -10 AND 110 AND y BETWEEN -10 AND 110)
           OR end_x NOT BETWEEN -10 AND 110 OR end_y NOT BETWEEN -10 AND 110
           OR goal_mouth_y NOT BETWEEN -10 AND 110 OR blocked_x NOT BETWEEN -10 AND 110
           OR 'NaN' IN (x::float8, y::float8, end_x::float8, end_y::float8)""",
    "minutes of events are those of a match": """
        SELECT event_id, minute, second, expanded_minute FROM core.event
        WHERE minute NOT BETWEEN 0 AND 150 OR second NOT BETWEEN 0 AND 60
           OR expanded_minute NOT BETWEEN 0 AND 200""",
    "minutes played are those of a match": """
        SELECT match_id, player_id, minutes_played, minute_on, minute_off FROM core.line_up
        WHERE minutes_played NOT BETWEEN 0 AND 200 OR minute_on NOT BETWEEN 0 AND 200
           OR minute_off < minute_on OR rating NOT BETWEEN 0 AND 10""",
    "who was substituted is in the line-up of the team": """
        SELECT s.match_id, s.off_event_id FROM core.substitution s
        WHERE NOT EXISTS (SELECT FROM core.line_up l WHERE l.match_id = s.match_id
            AND l.team_id = s.team_id AND l.player_id = s.player_off_id)""",
    "events of a match are numbered from 1 without a gap": """
        SELECT match_id, count(*), max(ordinal) FROM core.event GROUP BY match_id
        HAVING count(*) <> max(ordinal) OR min(ordinal) <> 1 OR count(DISTINCT ordinal) <> count(*)
        """,
    "a finished match has events of both halves": """
        SELECT m.match_id FROM core.match m WHERE m.status = 'finished' AND (
            SELECT count(*) FILTER (WHERE period_id = 1) < 50
                OR count(*) FILTER (WHERE period_id = 2) < 50
            FROM core.event e WHERE e.match_id = m.match_id)""",
    "no more goals than shots in a zone": """
        SELECT match_id, team_id, zone FROM core.shot_zone
        WHERE goals > shots OR shots NOT BETWEEN 0 AND 99""",
    "kick-off is in the years of football": """
        SELECT match_id, kickoff_utc FROM core.match
        WHERE kickoff_utc NOT BETWEEN '1950-01-01' AND now() + interval '2 years'
        UNION ALL SELECT match_id, kickoff_utc FROM core.fixture
        WHERE kickoff_utc NOT BETWEEN '1950-01-01' AND now() + interval '2 years'""",
    "both clocks of a kick-off agree": """
        SELECT match_id, kickoff_page, kickoff_utc FROM core.match
        WHERE kickoff_utc AT TIME ZONE 'Europe/London' <> kickoff_page""",
    "a fixture is of two teams, its scores are scores": """
        SELECT match_id, home_score, away_score FROM core.fixture
        WHERE home_team_id = away_team_id OR home_score NOT BETWEEN 0 AND 50
           OR away_score NOT BETWEEN 0 AND 50
           OR status = 'finished' AND (home_score IS NULL OR away_score IS NULL)""",
    "a table's arithmetic": """
        SELECT stage_id, team_id, scope FROM core.standing
        WHERE played <> won + drawn + lost OR goal_difference <> goals_for - goals_against
           OR least(played, won, drawn, lost, goals_for, goals_against) < 0""",
    "overall is home and away": """
        SELECT stage_id, team_id FROM core.standing GROUP BY stage_id, table_stage_id,
            group_number, team_id
        HAVING sum(played) FILTER (WHERE scope = 'overall')
            IS DISTINCT FROM sum(played) FILTER (WHERE scope <> 'overall')""",
    "referees' cards a match are cards over matches": """
        SELECT stage_id, referee_id FROM core.referee_statistic
        WHERE matches < 1 OR abs(yellow_cards_per_match - yellow_cards::numeric / matches) > 0.06
           OR least(yellow_cards, red_cards, fouls_per_match, penalties_per_match) < 0""",
    "eleven are expected to start, or nobody": """
        SELECT match_id, team_id, count(*) FROM core.predicted_line_up
        GROUP BY match_id, team_id HAVING count(*) <> 11""",
    "sentences are of a kind, and say something": """
        SELECT match_id, team_id, ordinal FROM core.match_trait
        WHERE kind NOT IN ('strength', 'weakness', 'style') OR btrim(text) = ''""",
    "statistics are numbers that can be": """
        SELECT stage_id, team_id, stat, value FROM core.team_season_stat
        WHERE NOT value BETWEEN 0 AND 1000000 UNION ALL
        SELECT stage_id, player_id, stat, value FROM core.player_season_stat
        WHERE NOT value BETWEEN 0 AND 1000000""",
    "heights and weights are people's": """
        SELECT player_id, height_cm, weight_kg FROM core.player
        WHERE height_cm NOT BETWEEN 120 AND 230 OR weight_kg NOT BETWEEN 35 AND 160""",
    "no name has lost a letter": """
        SELECT 'player', player_id, name FROM core.player WHERE name LIKE '%' || chr(65533) || '%'
        UNION ALL SELECT 'team', team_id, name FROM core.team
        WHERE name LIKE '%' || chr(65533) || '%'""",
    "a season is named by its years": """
        SELECT season_id, name FROM core.season WHERE name !~ '^(18|19|20)[0-9]{2}'
        AND selector_version LIKE 's%'""",
}


def broken(connection: Connection) -> list[str]:
    """The invariants that do not hold, each with one of the rows that break it."""
    found = []
    for says, sql in (_QUERIES | _foreign_keys()).items():
        row = connection.execute(text(sql)).first()
        if row is not None:
            found.append(f"{says}: {tuple(row)}")
    return found


def _foreign_keys() -> dict[str, str]:
    """Each foreign key, looked at anew: that PostgreSQL has it enforced is not relied on."""
    found = {}
    for table in CORE_TABLES:
        for constraint in table.foreign_key_constraints:
            pairs = [(e.parent.name, e.column.name) for e in constraint.elements]
            same = " AND ".join(f'p."{theirs}" = c."{ours}"' for ours, theirs in pairs)
            filled = " AND ".join(f'c."{ours}" IS NOT NULL' for ours, _ in pairs)
            parent = constraint.referred_table.fullname
            found[f"{table.name}.{'+'.join(ours for ours, _ in pairs)} is there"] = (
                f"SELECT {', '.join(f'c.{ours}' for ours, _ in pairs)} FROM {table.fullname} c"
                f" WHERE {filled} AND NOT EXISTS (SELECT FROM {parent} p WHERE {same})"
            )
    return found
