"""A match as the site shows it at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from tests.site.amend import amended, apply
from tests.site.clubs import Club
from tests.site.match_data import goals
from tests.site.outcome import Outcome, Score
from tests.site.play import Moment, Played, play
from tests.site.season import Fixture, Stage

if TYPE_CHECKING:
    from tests.site.world import World

CODES = {"scheduled": 1, "postponed": 2, "live": 3, "abandoned": 5, "finished": 6}


@dataclass(frozen=True)
class Match:
    """A match as the site shows it at the world's moment.

    Attributes:
        status: scheduled, postponed, live, abandoned or finished.
        elapsed: the site's word: FT, AET, PEN, Post, Abd, HT, 67', or empty.
        stop: how far it is played, if it is not played to its end.
        no_centre: `null` or `no_script` if the page has no match centre, else None.
        opta: the feed promises a match centre.
    """

    world: World
    fixture: Fixture
    kickoff_utc: datetime
    status: str
    elapsed: str
    stop: Moment | None
    no_centre: str | None
    opta: bool

    @property
    def id(self) -> int:
        """The site's match id."""
        return self.fixture.id

    @property
    def stage(self) -> Stage:
        """Its stage."""
        return self.fixture.stage

    @property
    def stage_id(self) -> int:
        """The site's stage id."""
        return self.fixture.stage.id

    @property
    def home(self) -> Club:
        """Home team."""
        return self.fixture.home

    @property
    def away(self) -> Club:
        """Away team."""
        return self.fixture.away

    @property
    def code(self) -> int:
        """The site's number for the status."""
        return CODES[self.status]

    @property
    def has_match_centre(self) -> bool:
        """Whether the page has a match centre."""
        return self.no_centre is None

    @cached_property
    def outcome(self) -> Outcome:
        """How it ends, or will end; corrections included."""
        return amended(self.world.outcome(self.fixture), self.world.amendments_of(self.id))

    @cached_property
    def score(self) -> Score | None:
        """Goals so far, extra time included, shoot-out not; None before the match."""
        if self.status == "finished":
            return self.outcome.score()
        if self.status == "abandoned" and self.stop is None:
            return 0, 0
        if self.status in ("live", "abandoned"):
            return goals(self.play().events, self.home.id)
        return None

    @property
    def home_score(self) -> int | None:
        """Goals of the home team."""
        return self.score[0] if self.score else None

    @property
    def away_score(self) -> int | None:
        """Goals of the away team."""
        return self.score[1] if self.score else None

    @property
    def penalties(self) -> Score | None:
        """Penalties scored in the shoot-out of a finished match."""
        return self.outcome.penalties if self.status == "finished" else None

    @cached_property
    def events(self) -> int:
        """Number of events on its page."""
        return len(self.play().events) if self.has_match_centre else 0

    def play(self) -> Played:
        """The match as far as it is played, corrections included; made anew on each call."""
        whole = self.world.outcome(self.fixture)
        played = play(self.world.seed, self.id, self.home, self.away, whole, self.stop)
        return apply(played, self.world.amendments_of(self.id))
