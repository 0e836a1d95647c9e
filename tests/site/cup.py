"""The cup: qualifying ties, four groups, then knock-out to the final."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from tests.site.chance import shuffled, stream
from tests.site.clubs import CUP, Club
from tests.site.outcome import Outcome
from tests.site.season import DRAWN, PLAIN, Fixture, Special, Stage, at

QUALIFYING = Stage(21511, "Qualifying Round", CUP)
GROUPS = tuple(
    Stage(21512 + n, f"{CUP.name} Grp. {letter}", CUP) for n, letter in enumerate("ABCD")
)
FINALS = Stage(21516, "Final Stage", CUP)
STAGES = (QUALIFYING, *GROUPS, FINALS)

_QUALIFYING_DAY = date(2022, 8, 24)
_GROUP_DAYS = (
    date(2022, 9, 7), date(2022, 9, 14), date(2022, 9, 28), date(2022, 10, 5), date(2022, 10, 12),
    date(2022, 10, 26),
)  # fmt: skip
_QUARTERS, _SEMIS, _FINAL = date(2022, 11, 9), date(2023, 1, 11), date(2023, 5, 31)
# Home and away of the four of a group, by match day.
_PAIRS = (
    ((0, 1), (2, 3)), ((1, 2), (3, 0)), ((0, 2), (1, 3)),
    ((2, 0), (3, 1)), ((1, 0), (3, 2)), ((2, 1), (0, 3)),
)  # fmt: skip
_SHOOT_OUT, _EXTRA_TIME = (Special(wishes=frozenset({w})) for w in ("shoot_out", "extra_time"))
Decide = Callable[[Fixture], Outcome]


def fixtures(
    seed: str, direct: Sequence[Club], others: Sequence[Club], first_id: int, decide: Decide
) -> Iterator[Fixture]:
    """All fixtures of the cup; who goes on follows from `decide`.

    Args:
        direct: twelve clubs that begin in the groups.
        others: eight clubs that play for the other four places.
    """
    rng = stream(seed, "cup")
    ids = iter(range(first_id, first_id + 1000))
    drawn = shuffled(rng, others)
    ties = _round(QUALIFYING, _QUALIFYING_DAY, list(zip(drawn[:4], drawn[4:], strict=True)), ids,
                  (_SHOOT_OUT, _EXTRA_TIME, PLAIN, PLAIN), [])  # fmt: skip
    yield from ties
    entrants = shuffled(rng, [*direct, *(_winner(tie, decide(tie)) for tie in ties)])
    places: list[list[Club]] = []
    played: list[Fixture] = []
    for number, stage in enumerate(GROUPS):
        group = entrants[number * 4 : number * 4 + 4]
        matches = list(_group(stage, group, ids, number, ties))
        yield from matches
        played += matches
        places.append(_standings(group, matches, decide))
    (a1, a2), (b1, b2), (c1, c2), (d1, d2) = (table[:2] for table in places)
    quarters = _round(FINALS, _QUARTERS, [(a2, b1), (b2, a1), (c2, d1), (d2, c1)], ids,
                      (_EXTRA_TIME, PLAIN, _SHOOT_OUT, PLAIN), played)  # fmt: skip
    yield from quarters
    last = [_winner(tie, decide(tie)) for tie in quarters]
    semis = _round(FINALS, _SEMIS, [(last[0], last[2]), (last[3], last[1])], ids,
                   (PLAIN, _SHOOT_OUT), quarters)  # fmt: skip
    yield from semis
    two = [_winner(tie, decide(tie)) for tie in semis]
    yield from _round(FINALS, _FINAL, [(two[0], two[1])], ids, (PLAIN,), semis)


def _round(
    stage: Stage,
    day: date,
    pairs: Sequence[tuple[Club, Club]],
    ids: Iterator[int],
    specials: Sequence[Special],
    before: Sequence[Fixture],
) -> list[Fixture]:
    """Single ties, the last ones a day later than the first."""
    known = max((f.kickoff for f in before), default=DRAWN - timedelta(hours=12))
    return [
        Fixture(
            next(ids), stage, home, away,
            at(day + timedelta(days=number >= 2), ("19:00", "21:30")[number % 2], home),
            known + timedelta(hours=12), knock_out=True, special=special,
        )
        for number, ((home, away), special) in enumerate(zip(pairs, specials, strict=True))
    ]  # fmt: skip


def _group(
    stage: Stage, group: Sequence[Club], ids: Iterator[int], number: int, before: Sequence[Fixture]
) -> Iterator[Fixture]:
    known = max(f.kickoff for f in before) + timedelta(hours=12)
    for day, pairs in zip(_GROUP_DAYS, _PAIRS, strict=True):
        for slot, (home, away) in enumerate(pairs):
            clock = ("18:45", "21:00")[slot]
            kickoff = at(day + timedelta(days=number % 2), clock, group[home])
            yield Fixture(next(ids), stage, group[home], group[away], kickoff, known)


def _standings(group: Sequence[Club], matches: Sequence[Fixture], decide: Decide) -> list[Club]:
    table = {club: [0, 0, 0, -club.id] for club in group}
    for match in matches:
        home, away = decide(match).score()
        for club, own, other in ((match.home, home, away), (match.away, away, home)):
            row = table[club]
            row[0] += 3 if own > other else own == other
            row[1] += own - other
            row[2] += own
    return sorted(group, key=lambda club: table[club], reverse=True)


def _winner(tie: Fixture, outcome: Outcome) -> Club:
    return tie.away if outcome.winner else tie.home
