"""The leagues' rounds: who plays whom, when, and which of them are special."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.site.chance import shuffled, stream
from tests.site.clubs import Club, Competition


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a competition's season: what the month feed is asked for."""

    id: int
    name: str
    competition: Competition


@dataclass(frozen=True, slots=True)
class Postponement:
    """Put off at `told`; from `known` on the feeds list it under its new date only."""

    told: datetime
    known: datetime
    kickoff: datetime


@dataclass(frozen=True, slots=True)
class Special:
    """What sets a fixture apart.

    Attributes:
        postponed: days from the first date to the new one; None if it is played as planned.
        told_days: days before the first date at which that is told.
        known_days: days after the first date at which the new date is known.
        abandoned: minute of the match clock at which it is broken off; 0: never kicked off.
        no_centre: `null` (matchCentreData is null) or `no_script` (the page has no args).
        opta: the feed promises a match centre.
        wishes: see `outcome.decide`.
    """

    postponed: int | None = None
    told_days: int = 1
    known_days: int = 10
    abandoned: int | None = None
    no_centre: str | None = None
    opta: bool = True
    wishes: frozenset[str] = frozenset()


PLAIN = Special()


@dataclass(frozen=True, slots=True)
class Fixture:
    """A match as it was drawn.

    Attributes:
        id: the site's match id.
        kickoff: as first planned, UTC.
        known_from: the feeds list it from then on (a final has no teams before its semi-finals).
    """

    id: int
    stage: Stage
    home: Club
    away: Club
    kickoff: datetime
    known_from: datetime
    knock_out: bool = False
    special: Special = PLAIN
    postponement: Postponement | None = None


DRAWN = datetime(2022, 7, 1, 12, tzinfo=UTC)

# Saturdays (or, midweek, Tuesdays) of the rounds; the clocks change on 30 October and 26 March.
ROUNDS = (
    date(2022, 8, 13), date(2022, 8, 20), date(2022, 9, 3), date(2022, 9, 17), date(2022, 10, 1),
    date(2022, 10, 15), date(2022, 10, 29), date(2022, 11, 12), date(2022, 11, 29),
    date(2022, 12, 17), date(2023, 1, 7), date(2023, 1, 14), date(2023, 2, 11), date(2023, 3, 4),
    date(2023, 3, 25), date(2023, 4, 15), date(2023, 5, 6), date(2023, 5, 27),
)  # fmt: skip

# Days after the round's date, and the local time, of its five matches.
Slots = tuple[tuple[int, str], ...]
_FRIDAY: Slots = ((-1, "21:00"), (0, "14:00"), (0, "16:15"), (0, "18:30"), (0, "21:00"))
_SUNDAY: Slots = ((0, "14:00"), (0, "16:15"), (0, "18:30"), (0, "21:00"), (1, "11:30"))
_SUNDAYS: Slots = ((0, "18:30"), (1, "12:00"), (1, "14:00"), (1, "16:15"), (1, "21:00"))
_MONDAY: Slots = ((0, "14:00"), (0, "16:15"), (0, "18:30"), (0, "21:00"), (2, "20:00"))
_MIDWEEK: Slots = ((0, "20:00"), (1, "19:00"), (1, "19:00"), (1, "21:00"), (1, "21:30"))
_EVENING: Slots = ((0, "16:00"), (0, "16:30"), (0, "19:00"), (0, "21:30"), (1, "16:00"))
TEMPLATES: dict[str, tuple[Slots, ...]] = {
    "valdoria": (
        _FRIDAY, _SUNDAY, _MONDAY, _SUNDAY, _SUNDAYS, _SUNDAY, _SUNDAYS, _SUNDAY, _MIDWEEK,
        _FRIDAY, _SUNDAY, _SUNDAY, _MONDAY, _FRIDAY, _SUNDAYS, _SUNDAY, _FRIDAY, _SUNDAY,
    ),
    "serravia": (
        _EVENING, _SUNDAYS, _EVENING, _EVENING, _EVENING, _MONDAY, _EVENING, _EVENING, _MIDWEEK,
        _EVENING, _EVENING, _EVENING, _EVENING, _SUNDAYS, _EVENING, _MONDAY, _EVENING, _EVENING,
    ),
}  # fmt: skip

SPECIALS: dict[tuple[str, int, int], Special] = {
    ("valdoria", 1, 0): Special(wishes=frozenset({"own_goal"})),
    ("serravia", 1, 0): Special(wishes=frozenset({"red_card"})),
    ("valdoria", 12, 1): Special(wishes=frozenset({"own_goal", "red_card"})),
    ("valdoria", 3, 1): Special(postponed=46, known_days=12),  # played in October
    ("serravia", 6, 2): Special(postponed=18, told_days=0, known_days=3),  # in November
    ("serravia", 10, 2): Special(postponed=46),  # in February
    ("valdoria", 11, 3): Special(postponed=67, known_days=18),  # new date not known at first
    ("serravia", 12, 1): Special(postponed=39, known_days=10),
    ("valdoria", 5, 2): Special(abandoned=63),
    ("serravia", 8, 3): Special(abandoned=0, no_centre="null"),
    ("valdoria", 2, 2): Special(no_centre="null", opta=False),
    ("valdoria", 9, 1): Special(no_centre="no_script"),
    ("serravia", 4, 0): Special(no_centre="null"),
    ("serravia", 12, 3): Special(no_centre="no_script", opta=False),
}


def league(seed: str, stage: Stage, clubs: Sequence[Club], first_id: int) -> Iterator[Fixture]:
    """All fixtures of a league: everybody against everybody, at home and away."""
    zone = ZoneInfo(stage.competition.region.zone)
    key = stage.competition.key
    match_id = first_id
    for number, pairs in enumerate(_double_round_robin(shuffled(stream(seed, key), clubs))):
        order = shuffled(stream(seed, key, number), pairs)
        for slot, (home, away) in enumerate(order):
            days, clock = TEMPLATES[key][number][slot]
            kickoff = _moment(ROUNDS[number] + timedelta(days=days), clock, zone)
            special = SPECIALS.get((key, number + 1, slot), PLAIN)
            yield Fixture(
                match_id, stage, home, away, kickoff, DRAWN,
                special=special, postponement=_postponement(kickoff, special, zone),
            )  # fmt: skip
            match_id += 1


def at(day: date, clock: str, club: Club) -> datetime:
    """A time on the clock of a club's ground, in UTC."""
    return _moment(day, clock, ZoneInfo(club.region.zone))


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def _postponement(kickoff: datetime, special: Special, zone: ZoneInfo) -> Postponement | None:
    if special.postponed is None:
        return None
    day = kickoff.astimezone(zone).date() + timedelta(days=special.postponed)
    return Postponement(
        told=kickoff - timedelta(days=special.told_days, hours=3),
        known=kickoff + timedelta(days=special.known_days),
        kickoff=_moment(day, "20:00", zone),
    )


def _double_round_robin(clubs: Sequence[Club]) -> list[list[tuple[Club, Club]]]:
    """The circle method; the second half of the season swaps home and away."""
    fixed, others = clubs[0], list(clubs[1:])
    first = []
    for number in range(len(others)):
        ring = [fixed, *others]
        half = len(ring) // 2
        pairs = list(zip(ring[:half], reversed(ring[half:]), strict=True))
        first.append([(b, a) if (number + i) % 2 else (a, b) for i, (a, b) in enumerate(pairs)])
        others = [others[-1], *others[:-1]]
    return first + [[(away, home) for home, away in pairs] for pairs in first]
