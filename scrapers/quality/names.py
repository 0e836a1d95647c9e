"""What every page that names a season, teams or players must hold to.

A page that writes a name otherwise than all others would rename the season or team for all.
"""

from __future__ import annotations

from collections.abc import Sequence

from scrapers.quality.checks import between, holds, matching, note, unlike
from scrapers.quality.subjects import Subject, rule, staged

_YEAR = "(18|19|20)[0-9]{2}"
# Without a colon, which would be a parameter in SQL.
SEASON_NAME = f"^{_YEAR}(/{_YEAR})?( .+)?$"


def _uncaught(regex: str) -> str:
    """The same without groups that catch, of which pandas warns at every judgement."""
    return regex.replace("(", "(?:")


_NAMED = matching("name", _uncaught(SEASON_NAME), "the name begins as 2022 or 2022/2023")

SEASON = staged("season", note(_NAMED))
# Of pages that list what seasons there are: an odd name, as Clausura 2022, has a year as well.
LISTED_SEASON = staged(
    "season",
    matching("name", _uncaught(_YEAR), "the name has a year, as 2022 or 2022/2023"),
    note(_NAMED),
)

# A choice of seasons in the place of the choice of stages would name the stages.
_SEASON_ALONE = _uncaught(f"^{_YEAR}(/{_YEAR})?$")
STAGE = staged("stage", unlike("name", _SEASON_ALONE, "the name is no season's"))

# Of every page with players, also of one that does not tell height and weight: what is expected of
# a player's row does not depend on the page that wrote it.
PLAYER = staged("player", between("height_cm", 120, 230), between("weight_kg", 35, 160))

# Two years that are written otherwise: 2022-23, 22/23. An odd name, as Clausura 2022, is none.
_TWO_YEARS = "[0-9]{2,4} ?[-–/.] ?[0-9]{2,4}"
_FORM = f"""
SELECT s.target_key, s.season_id, s.name AS season_name, k.name AS known_name,
       s.name ~ '{SEASON_NAME}' OR (
           s.name !~ '{_TWO_YEARS}' AND coalesce(k.name !~ '{SEASON_NAME}', true)
       ) AS form_is_kept
FROM staging.season s LEFT JOIN core.season k USING (season_id)
WHERE s.target_key = ANY(:targets)
"""

# Of two teams of a page each bears the name by which the warehouse knows the other one.
_EXCHANGED = """
SELECT a.target_key, a.team_id, a.name, b.team_id AS other_team_id, false AS name_is_its_own
FROM staging.team a
JOIN staging.team b ON b.target_key = a.target_key AND b.team_id <> a.team_id
JOIN core.team known ON known.team_id = a.team_id AND known.name = b.name
JOIN core.team other ON other.team_id = b.team_id AND other.name = a.name
WHERE a.target_key = ANY(:targets) AND a.name <> b.name
"""


def _season_form(field: str) -> tuple[Subject, ...]:
    kept = holds("form_is_kept", "the season's name keeps its form, as 2022 or 2022/2023")
    return (rule("season_form", _FORM, kept.about(field)),)


SEASON_FORM = _season_form("season_name")
# Of pages that list seasons.
LISTED_SEASON_FORM = _season_form("seasons.name")
TEAM_NAMES: tuple[Subject, ...] = (
    rule(
        "team_names",
        _EXCHANGED,
        holds("name_is_its_own", "no team's name has gone over to another team").about("team_name"),
    ),
)


# The rules that hold a kind's names against those that have landed, by what --accept calls them.
HELD_AGAINST_LANDED = {"referee.name": "referee_names", "player.name": "player_names"}

# Letters that are no other letter with an accent.
_PLAIN = ("łøđıßæœð", "lodisaod")


def _words(name: str) -> str:
    """A name's words in SQL, in small letters without accents."""
    small = rf"lower(regexp_replace(normalize({name}, NFD), '[\u0300-\u036f]', '', 'g'))"
    return rf"regexp_split_to_table(translate({small}, '{_PLAIN[0]}', '{_PLAIN[1]}'), '\W+')"


def alike(one: str, other: str) -> str:
    """Whether a word of one name begins as one of the other: spellings and short forms do.

    Three letters are enough, or all of a shorter word; an initial alone says nothing.
    """
    return f"""EXISTS (
        SELECT FROM {_words(one)} AS a(word), {_words(other)} AS b(word),
            LATERAL (SELECT least(3, length(a.word), length(b.word))) AS c(letters)
        WHERE letters > 1 AND left(a.word, letters) = left(b.word, letters)
    )"""


# A name that has landed is evidence, whichever page kind and version it is from, unless
# - the team has given a name of its own, which says that somebody has looked;
# - it landed while a text was in force that was taken back afterwards (where an earlier text of
#   the same version came into force again, an hour more is that of pages that were under way);
# - it landed before the version that reads the page now was promoted, and whoever promoted it said
#   by --accept that these names change.
_PUT_IN_FORCE = """r.action IN ('initial', 'promote', 'upgrade')
    AND r.page_kind || '/' || r.version = {version}"""
_STANDS = "NOT EXISTS (SELECT FROM ops.selector_release u WHERE u.undoes = r.release_id)"
_KNOWN = f"""NOT EXISTS (
        SELECT FROM core.own_name o WHERE o.kind = '{{kind}}' AND o.entity_id = k.{{kind}}_id
    ) AND NOT EXISTS (
        SELECT FROM ops.selector_release w JOIN ops.selector_release b ON b.undoes = w.release_id
        WHERE w.page_kind || '/' || w.version = k.selector_version AND k.landed_at >= w.at
          AND k.landed_at < CASE WHEN EXISTS (
              SELECT FROM ops.selector_release r WHERE r.release_id < w.release_id
              AND {_PUT_IN_FORCE.format(version="k.selector_version")} AND {_STANDS}
          ) THEN b.at + interval '1 hour' ELSE coalesce((
              SELECT min(r.at) FROM ops.selector_release r WHERE r.release_id > w.release_id
              AND {_PUT_IN_FORCE.format(version="k.selector_version")}
          ), 'infinity') END
    ) AND NOT EXISTS (
        SELECT FROM ops.selector_release r
        WHERE {_PUT_IN_FORCE.format(version="t.selector_version")} AND {_STANDS}
          AND r.report -> 'accepted' @> '["{{kind}}.name"]' AND k.landed_at < r.at
    )"""
_WHOLE = "concat_ws(' ', {0}.name, {0}.first_name, {0}.last_name)"

# Of those whom the warehouse knows, who has become another, and an example; one may be renamed.
_RENAMED = """
SELECT target_key, count(*) AS known,
       (count(*) FILTER (WHERE NOT is_the_same_person))::float8 / count(*) AS renamed,
       min(name) FILTER (WHERE NOT is_the_same_person) AS name,
       min(known_name) FILTER (WHERE NOT is_the_same_person) AS known_name
FROM (
    SELECT s.target_key, s.name, k.name AS known_name, {alike} AS is_the_same_person
    FROM staging.{kind} s JOIN ops.target t USING (target_key) JOIN core.{kind} k USING ({kind}_id)
    WHERE s.target_key = ANY(:targets) AND {known}
) AS people
GROUP BY target_key HAVING count(*) >= {at_least}
"""
_REFEREES = _RENAMED.format(
    kind="referee",
    alike=alike(_WHOLE.format("s"), _WHOLE.format("k")),
    known=_KNOWN.format(kind="referee"),
    at_least=1,
)
_PLAYERS = _RENAMED.format(
    kind="player", alike=alike("s.name", "k.name"), known=_KNOWN.format(kind="player"), at_least=4
)

# Who bears the name of a team of the same page was read from the team's place. One may be called
# so, as Santos is, and so may a part of a referee's whole name be.
_REFEREE_OR_TEAM = """
SELECT p.target_key, p.referee_id, p.name, v.part, false AS is_no_team
FROM staging.referee p
CROSS JOIN LATERAL (VALUES (p.name), (p.first_name), (p.last_name)) AS v(part)
JOIN staging.team t ON t.target_key = p.target_key AND lower(t.name) = lower(v.part)
WHERE p.target_key = ANY(:targets)
  AND (v.part = p.name OR position(lower(v.part) IN lower(p.name)) = 0)
"""
_PEOPLE_OR_TEAMS = """
SELECT p.target_key, count(*) AS named_as_a_team
FROM (
    SELECT s.target_key, s.name FROM staging.player s
    LEFT JOIN core.player k USING (player_id) WHERE k.name IS DISTINCT FROM s.name
    UNION ALL SELECT target_key, manager_name FROM staging.match_team
) AS p
JOIN staging.team t ON t.target_key = p.target_key AND lower(t.name) = lower(p.name)
WHERE p.target_key = ANY(:targets)
GROUP BY p.target_key
"""


def referee_names(*fields: str) -> tuple[Subject, ...]:
    """Rules of pages that name referees; `fields` are those of the selector file."""
    same = between(
        *("renamed", 0, 0.5),
        "a referee stays who they are; one whom the site has renamed gets a name of your own first",
    )
    return (rule("referee_names", _REFEREES, same.about(*fields)),)


def player_names(*fields: str) -> tuple[Subject, ...]:
    """Rules of pages that name players; `fields` are those of the selector file."""
    kept = between("renamed", 0, 0.5, "most of the known players keep their names")
    return (rule("player_names", _PLAYERS, kept.about(*fields)),)


def people(*fields: str, referees: Sequence[str] = ()) -> tuple[Subject, ...]:
    """Rules of pages that name teams and people; the fields are those of the selector file."""
    found = [
        rule(
            "people",
            _PEOPLE_OR_TEAMS,
            between(
                *("named_as_a_team", 0, 1),
                "players and managers do not bear the names of the page's teams",
            ).about(*fields),
        )
    ]
    if referees:
        no_team = holds("is_no_team", "a referee does not bear the name of one of the teams")
        found.append(rule("referee_or_team", _REFEREE_OR_TEAM, no_team.about(*referees)))
    return tuple(found)
