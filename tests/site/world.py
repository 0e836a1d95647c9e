"""The season as it stands at a moment: what the feeds list and what the pages hold.

Nothing is played until a page, a live score or a count of events is asked for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from scrapers.pipeline.intervals import Interval
from tests.site import catalogue, cup
from tests.site.amend import Amendment, check
from tests.site.clubs import FIRST_DIVISION, SERIE_A, SERRAVIA, VALDORIA, clubs
from tests.site.feed import feed
from tests.site.match import Match
from tests.site.match_data import SITE_CLOCK, match_data
from tests.site.outcome import Outcome, decide
from tests.site.pages import match_page
from tests.site.play import Moment
from tests.site.record import FIRST_MATCH_ID
from tests.site.season import Fixture, Stage, league
from tests.site.timing import break_off, moment

DEFAULT_SEED = "touchline"
DEFAULT_NOW = datetime(2023, 1, 15, 12, tzinfo=UTC)
LEAGUES = {
    Stage(21501, "First Division", FIRST_DIVISION): VALDORIA,
    Stage(21502, "Série Ouro", SERIE_A): SERRAVIA,
}
STAGES = (*LEAGUES, *cup.STAGES)
_KEPT_PAGES = 48
_UNSEEN = 120  # seconds after kick-off at which the match centre opens


class World:
    """The stand-in's season.

    Args:
        seed: another seed is another season: other results, line-ups and events.
        now: the moment at which the site is looked at; can be set anew.
    """

    def __init__(self, seed: str | int = DEFAULT_SEED, now: datetime = DEFAULT_NOW) -> None:
        self.seed = str(seed)
        self.now = now
        self._amendments: dict[int, tuple[Amendment, ...]] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._pages: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._lock = threading.RLock()
        self.fixtures: dict[int, Fixture] = {f.id: f for f in self._draw()}

    def _draw(self) -> Iterator[Fixture]:
        found = clubs(self.seed)
        first = FIRST_MATCH_ID + 1
        for number, (stage, region) in enumerate(LEAGUES.items()):
            yield from league(self.seed, stage, found[region], first + number * 100)
        direct = list(chain.from_iterable(found[region][:6] for region in LEAGUES.values()))
        others = list(chain.from_iterable(found[region][6:] for region in LEAGUES.values()))
        yield from cup.fixtures(self.seed, direct, others, first + 300, self.outcome)

    def outcome(self, fixture: Fixture) -> Outcome:
        """How a match ends, without corrections; cheap."""
        if fixture.id not in self._outcomes:
            self._outcomes[fixture.id] = decide(
                self.seed, fixture.id, fixture.home, fixture.away, fixture.knock_out,
                fixture.special.wishes,
            )  # fmt: skip
        return self._outcomes[fixture.id]

    # what the site shows

    def follow(self) -> list[dict[str, object]]:
        """All stages, as the setting `follow` wants them."""
        return [
            {
                "competition": stage.competition.full_name,
                "season": stage.competition.season,
                "stage_id": stage.id,
            }
            for stage in STAGES
        ]

    def match(self, match_id: int) -> Match | None:
        """A match, also one that no feed lists; None if there is none of this id."""
        fixture = self.fixtures.get(match_id)
        return self._seen(fixture) if fixture and fixture.known_from <= self.now else None

    def matches(self) -> list[Match]:
        """All matches that the feeds list, in order of kick-off."""
        listed = [
            self._seen(fixture)
            for fixture in self.fixtures.values()
            if fixture.known_from <= self.now
            and not any(a.change == "withdraw" for a in self.amendments_of(fixture.id))
        ]
        return sorted(listed, key=lambda match: (match.kickoff_utc, match.id))

    def matches_on(self, day: date) -> list[Match]:
        """Matches listed on a day of football, 05:00 to 05:00 UTC."""
        span = Interval.of_days(day, day)
        return [m for m in self.matches() if span.start <= m.kickoff_utc < span.end]

    def days(self) -> list[date]:
        """Days of football on which matches are listed."""
        return sorted({(m.kickoff_utc - timedelta(hours=5)).date() for m in self.matches()})

    def stage(self, stage_id: int | str) -> Stage | None:
        """The stage of this id."""
        return next((one for one in STAGES if str(one.id) == str(stage_id)), None)

    def feed(self, stage_id: int, month: str) -> bytes:
        """The month feed of a stage; month is YYYYMM on London's clock."""
        stage = self.stage(stage_id)
        if stage is None:
            return b'{"tournaments":[]}'
        return feed(stage, self._listed(stage_id, month))

    def catalogue(self, ids: Sequence[int], kind: str | None = None) -> bytes | None:
        """The page of a tournament, season or stage; see `catalogue.page`."""
        return catalogue.page(self, STAGES, ids, kind)

    def page(self, match_id: int) -> bytes | None:
        """The page of a match; None if there is no such match."""
        match = self.match(match_id)
        if match is None:
            return None
        key = (self.seed, match_id, match.status, match.stop, match.kickoff_utc,
               self.amendments_of(match_id))  # fmt: skip
        with self._lock:
            if key not in self._pages:
                self._pages[key] = self._render(match)
                if len(self._pages) > _KEPT_PAGES:
                    self._pages.popitem(last=False)
            self._pages.move_to_end(key)
            return self._pages[key]

    def _render(self, match: Match) -> bytes:
        data = None
        if match.has_match_centre:
            corrections = len(self.amendments_of(match.id))
            served = match.kickoff_utc + timedelta(hours=4, days=corrections)
            data = match_data(
                self.seed, match.id, match.play(), match.kickoff_utc, match.code, match.elapsed,
                self.now if match.status == "live" else served,
            )  # fmt: skip
        return match_page(match, data, self.month_of(match))

    def month_of(self, match: Match) -> list[Match]:
        """The matches that the feeds list in the match's stage and month."""
        return self._listed(match.stage_id, f"{match.kickoff_utc.astimezone(SITE_CLOCK):%Y%m}")

    def _listed(self, stage_id: int, month: str) -> list[Match]:
        return [
            m
            for m in self.matches()
            if m.stage_id == stage_id and f"{m.kickoff_utc.astimezone(SITE_CLOCK):%Y%m}" == month
        ]

    # corrections

    def amendments_of(self, match_id: int) -> tuple[Amendment, ...]:
        """Corrections made to a match."""
        return self._amendments.get(match_id, ())

    def amend(self, amendment: Amendment) -> None:
        """Correct a finished match.

        Raises:
            AmendError: it can't be corrected so.
            KeyError: there is no such match.
        """
        match = self.match(amendment.match_id)
        if match is None:
            raise KeyError(amendment.match_id)
        check(amendment, match.outcome)
        with self._lock:
            self._amendments[match.id] = (*self.amendments_of(match.id), amendment)

    def clear_amendments(self) -> None:
        """Take all corrections back."""
        with self._lock:
            self._amendments.clear()

    # where a match stands

    def _seen(self, fixture: Fixture) -> Match:
        kickoff, put_off = fixture.kickoff, fixture.postponement
        if put_off and put_off.told <= self.now:
            if self.now < put_off.known:
                return self._match(fixture, kickoff, "postponed", "Post", None, "null")
            kickoff = put_off.kickoff
        special = fixture.special
        since = (self.now - kickoff).total_seconds()
        if since < _UNSEEN:
            return self._match(fixture, kickoff, "scheduled", "", None, "null")
        outcome = self.outcome(fixture)
        if special.abandoned is not None:
            stop, seconds = break_off(outcome, special.abandoned)
            if since >= seconds:
                reached = stop if special.abandoned else None
                return self._match(fixture, kickoff, "abandoned", "Abd", reached, special.no_centre)
        reached = moment(outcome, since)
        if reached is None:
            return self._match(
                fixture, kickoff, "finished", outcome.elapsed, None, special.no_centre
            )
        return self._match(fixture, kickoff, "live", _clock(reached), reached, special.no_centre)

    def _match(
        self, fixture: Fixture, kickoff: datetime, status: str, elapsed: str,
        stop: Moment | None, no_centre: str | None,
    ) -> Match:  # fmt: skip
        opta = fixture.special.opta
        return Match(self, fixture, kickoff, status, elapsed, stop, no_centre, opta)


def _clock(reached: Moment) -> str:
    period, second = reached
    if second == 0 and period > 1:
        return "HT" if period == 2 else "ET"
    limit = {1: 45, 2: 90, 3: 105, 4: 120, 5: 120}[period]
    begin = {1: 0, 2: 45, 3: 90, 4: 105, 5: 120}[period]
    minute = begin + second // 60 + 1
    return f"{minute}'" if minute <= limit else f"{limit}+{minute - limit}'"
