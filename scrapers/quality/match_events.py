"""What the events of a match centre must mean: the pitch, its axes and units, and what is marked.

The shape of a page does not tell a pitch that was turned round, nor a key that is gone where it
need not be there. What football fixes does, and what the page says twice.
"""

from __future__ import annotations

from scrapers.quality.checks import between
from scrapers.quality.subjects import Subject, rule

FEWEST_EVENTS = 400
# Of fewer shots, corners or other events of a kind nothing is concluded.
FEW = 3

# Throw-ins and corners are taken from the lines: in any other unit the events of a match end
# elsewhere. A shot on target is told by where it crosses the goal's line, in the middle.
_AT_THE_LINE = ", ".join(
    f"count(*) FILTER (WHERE {column} BETWEEN 90 AND 103) AS {column}"
    for column in ("x", "y", "end_x", "end_y")
)
_PITCH_REACHED = f"""
SELECT target_key, count(*) AS events, {_AT_THE_LINE},
       percentile_cont(0.5) WITHIN GROUP (ORDER BY goal_mouth_y)::float8 AS goal_mouth_y
FROM staging.event
WHERE target_key = ANY(:targets)
GROUP BY target_key HAVING count(*) >= {FEWEST_EVENTS}
"""

# Where the pitch ends there is the odd ball, and not the events of a stretch of it.
_BEYOND = f"""
SELECT target_key, {
    ", ".join(
        f"count(*) FILTER (WHERE {column} > 101) AS {column}"
        for column in ("x", "y", "end_x", "end_y")
    )
}
FROM staging.event WHERE target_key = ANY(:targets) GROUP BY target_key
"""

_PLAYED_EVENTS = """
SELECT e.* FROM staging.event e JOIN staging.match m USING (target_key)
WHERE e.target_key = ANY(:targets) AND m.status = 'finished'
"""


def _median(of: str, where: str = "true") -> str:
    return f"(percentile_cont(0.5) WITHIN GROUP (ORDER BY {of}) FILTER (WHERE {where}))::float8"


def _has(name: str, value: str | None = None) -> str:
    of_value = f', "value": "{value}"' if value else ""
    return f"""qualifiers @> '[{{"name": "{name}"{of_value}}}]'"""


# Both teams attack towards x = 100: who turns the pitch round, or its axes, moves the shots. And
# what an event is says which keys it has.
_SHOT = "is_by_type OR is_marked"
_MARKED = f"""
WITH events AS (
    SELECT *, {_has("Assisted")} AS is_assisted, is_shot AND NOT is_own_goal AS is_marked,
           type_name IN ('MissedShots', 'SavedShot', 'ShotOnPost', 'Goal') AND NOT is_own_goal
               AS is_by_type
    FROM ({_PLAYED_EVENTS}) AS e
), counted AS (
    SELECT target_key, count(*) FILTER (WHERE {_SHOT}) AS shots,
           count(*) FILTER (WHERE is_assisted) AS assisted,
           {_median("x", _SHOT)} AS x, {_median("y", _SHOT)} AS y,
           avg((is_by_type AND is_marked)::int) FILTER (WHERE {_SHOT}) AS is_shot,
           count(goal_mouth_y) FILTER (WHERE {_SHOT}) AS goal_mouth_y,
           avg((card_type IS NOT NULL)::int) FILTER (WHERE type_name = 'Card') AS card_type,
           avg((related_player_id IS NOT NULL)::int) FILTER (WHERE is_assisted)
               AS related_player_id
    FROM events GROUP BY target_key
)
SELECT target_key, shots, assisted, card_type::float8 AS card_type, {
    ", ".join(
        f"CASE WHEN {of} >= {FEW} THEN {column}::float8 END AS {column}"
        for column, of in (
            *((column, "shots") for column in ("x", "y", "is_shot", "goal_mouth_y")),
            ("related_player_id", "assisted"),
        )
    )
}
FROM counted
"""

# They are taken where the touch line meets the goal line, and end before the goal or near by.
_CORNERS = f"""
SELECT target_key, count(*) AS corners, {_median("x")} AS x,
       {_median("abs(y - 50)")} AS y, {_median("end_x")} AS end_x
FROM ({_PLAYED_EVENTS}) AS e
WHERE {_has("CornerTaken")} GROUP BY target_key HAVING count(*) >= {FEW}
"""

# The page's own word for the part of the pitch: y grows from the right to the left.
_LEFT, _RIGHT = _has("Zone", "Left"), _has("Zone", "Right")
_ZONES = f"""
SELECT target_key, {_median("y", _LEFT)} - {_median("y", _RIGHT)} AS y
FROM ({_PLAYED_EVENTS}) AS e GROUP BY target_key
HAVING least(count(*) FILTER (WHERE {_LEFT}), count(*) FILTER (WHERE {_RIGHT})) >= {FEW}
"""

# What an event says twice: in a column, and as the value of a qualifier.
_SAID_TWICE = {
    "end_x": "PassEndX",
    "end_y": "PassEndY",
    "goal_mouth_y": "GoalMouthY",
    "goal_mouth_z": "GoalMouthZ",
    "blocked_x": "BlockedX",
    "blocked_y": "BlockedY",
    "related_team_event_id": "RelatedEventId",
}
_REPEATED = f"""
WITH said AS (
    SELECT e.target_key, v.name, v.told, q.value,
           CASE WHEN q.value ~ '^-?[0-9]+([.][0-9]+)?$' THEN q.value::float8 END AS repeated
    FROM staging.event e
    CROSS JOIN LATERAL jsonb_to_recordset(
        CASE WHEN jsonb_typeof(e.qualifiers) = 'array' THEN e.qualifiers END
    ) AS q(name text, value text)
    JOIN LATERAL (VALUES {
    ", ".join(f"('{name}', e.{column}::float8)" for column, name in _SAID_TWICE.items())
}) AS v(name, told) ON v.name = q.name
    WHERE e.target_key = ANY(:targets)
)
SELECT target_key, avg((value IS NOT NULL)::int)::float8 AS value, {
    ", ".join(
        f"CASE WHEN count(repeated) FILTER (WHERE name = '{name}') >= {FEW} THEN"
        f" (avg((coalesce(abs(told - repeated) < 0.01, false))::int)"
        f" FILTER (WHERE name = '{name}' AND repeated IS NOT NULL))::float8 END AS {column}"
        for column, name in _SAID_TWICE.items()
    )
}
FROM said GROUP BY target_key
"""

EVENT_RULES: tuple[Subject, ...] = (
    rule(
        "pitch",
        _PITCH_REACHED,
        between("x", 3, None, "x is in per cent: some events are at the goal line"),
        between("y", 3, None, "y is in per cent: some events are at the touch line"),
        between("end_x", 3, None, "end_x is in per cent, as x is"),
        between("end_y", 3, None, "end_y is in per cent, as y is"),
        between("goal_mouth_y", 40, 60, "goal_mouth_y is in per cent, about the middle"),
    ),
    rule(
        "beyond",
        _BEYOND,
        *(
            between(column, 0, 5, f"at most 5 events have {column} above 101")
            for column in ("x", "y", "end_x", "end_y")
        ),
    ),
    rule(
        "marked",
        _MARKED,
        between("x", 65, 101, "the median of the shots' x is 65 to 101: the goal is at 100"),
        between("y", 25, 75, "the median of the shots' y is 25 to 75"),
        between("is_shot", 0.8, 1, "is_shot marks the shots that type_name tells, own goals apart"),
        between("goal_mouth_y", 1, None, "some shot has goal_mouth_y"),
        between("card_type", 0.5, 1, "at least half of the cards have card_type"),
        between(
            *("related_player_id", 0.5, 1),
            "at least half of the events that were assisted have related_player_id",
        ),
    ),
    rule(
        "corners",
        _CORNERS,
        between("x", 98, 101, "the median of the corners' x is 98 to 101"),
        between("y", 45, 51, "the median of the corners' y is 45 to 51 from the middle"),
        between("end_x", 75, 101, "the median of the corners' end_x is 75 to 101"),
    ),
    rule(
        "zones",
        _ZONES,
        between(
            "y", 10, None, "the median of y is 10 higher in the zone Left than in the zone Right"
        ),
    ),
    rule(
        "said_twice",
        _REPEATED,
        between(
            *("value", 0.8, 1),
            f"at least 80% of the qualifiers {', '.join(_SAID_TWICE.values())} have a value",
        ),
        *(
            between(column, 0.8, 1, f"{column} is at least for 80% what the qualifier {name} says")
            for column, name in _SAID_TWICE.items()
        ),
    ),
)
