"""The list of events of a match as it grows: clocks, ids, counts, and the page's notation."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence

from tests.site.clubs import Player
from tests.site.codes import (
    OUTCOMES,
    PERIOD,
    PERIOD_BEGINS,
    POST_GAME,
    PRE_MATCH,
    TYPES,
    Json,
    qualifier,
    satisfied,
)
from tests.site.side import Side

# Ids of events lie in a block of each match, so that no two matches share one.
EVENT_IDS, BLOCK, FIRST_MATCH_ID = 2_500_000_000, 100_000, 1_700_000
Spot = tuple[float, float]


def clamp(value: float, low: float = 0.4, high: float = 99.6) -> float:
    """A coordinate on the pitch, with one decimal as on the page."""
    return round(min(high, max(low, value)), 1)


def mirrored(spot: Spot) -> Spot:
    """The same spot as the other team sees it."""
    return round(100 - spot[0], 1), round(100 - spot[1], 1)


def zone(spot: Spot) -> str:
    """The page's word for a part of the pitch."""
    if spot[0] < 40:
        return "Back"
    return "Left" if spot[1] > 78 else "Right" if spot[1] < 22 else "Center"


def third(spot: Spot) -> str:
    """The third of the pitch, as the page counts it."""
    return ("defensiveThird", "midThird", "finalThird")[min(2, int(spot[0] * 3 / 100))]


class Recorder:
    """Writes events down.

    Attributes:
        period, now: the running period and its seconds.
        ends: last second of each period that is over.
        expanded_begins: first expanded minute of each period.
    """

    def __init__(self, match_id: int, sides: tuple[Side, Side], rng: random.Random) -> None:
        self.sides, self.rng = sides, rng
        self.events: list[Json] = []
        self.period, self.now = PRE_MATCH, 0
        self.ends: dict[int, int] = {}
        self.expanded_begins = {1: 0}
        self._id = EVENT_IDS + (match_id - FIRST_MATCH_ID) * BLOCK
        self._formations = {side.field: PRE_MATCH for side in sides}

    @property
    def minute(self) -> int:
        """Minute of the match clock."""
        return PERIOD_BEGINS.get(self.period, 0) + self.now // 60

    @property
    def expanded(self) -> int:
        """Minute of the expanded clock; the site writes 15 after the match."""
        if self.period in (PRE_MATCH, POST_GAME):
            return 15 if self.period == POST_GAME else 0
        return self.expanded_begins[self.period] + self.now // 60

    def event(
        self,
        side: Side,
        kind: str,
        player: Player | None = None,
        spot: Spot = (0.0, 0.0),
        *,
        ok: bool = True,
        touch: bool = False,
        counts: Sequence[str] = (),
        marks: Iterable[Json] = (),
        timed: bool = True,
        **more: object,
    ) -> Json:
        """Append an event of a team; `more` are further keys of the page, in its order."""
        side.event_count += 1
        self._id += self.rng.randrange(2, 26, 2)
        event: Json = {"id": float(self._id), "eventId": side.event_count, "minute": self.minute}
        if timed:
            event["second"] = self.now % 60
        event["teamId"] = side.club.id
        if player:
            event["playerId"] = player.id
        for key in ("relatedEventId", "relatedPlayerId"):
            if key in more:
                event[key] = more.pop(key)
        event |= {
            "x": spot[0],
            "y": spot[1],
            "expandedMinute": self.expanded,
            "period": PERIOD[self.period],
            "type": TYPES[kind],
            "outcomeType": OUTCOMES[ok],
            "qualifiers": list(marks),
            "satisfiedEventsTypes": satisfied(*(("touches", *counts) if touch else counts)),
            "isTouch": touch,
            **more,
        }
        self.events.append(event)
        return event

    def oppose(self, one: Json, other: Json) -> None:
        """Two events of the two teams that are the same thing seen from both sides."""
        one["qualifiers"].append(qualifier("OppositeRelatedEvent", other["eventId"]))
        other["qualifiers"].append(qualifier("OppositeRelatedEvent", one["eventId"]))

    def both(self, kind: str) -> None:
        """An event of both teams without players, such as Start and End."""
        for side in self.rng.sample(self.sides, 2):
            self.event(side, kind)

    def begin(self, period: int) -> None:
        """Start of a period."""
        if self.ends:
            last = max(self.ends)
            self.expanded_begins[period] = self.expanded_begins[last] + self.ends[last] // 60 + 1
        self.period, self.now = period, 0
        self.both("Start")

    def end(self) -> None:
        """End of the running period."""
        self.ends[self.period] = self.now
        self.both("End")

    def set_formation(self, side: Side, kind: str) -> None:
        """FormationSet or FormationChange of a team."""
        values = side.formation_values()
        self.event(side, kind, marks=[qualifier(name, text) for name, text in values.items()])
        if kind == "FormationChange":
            self._formations[side.field] = self.period
            side.enter(self.period, self.expanded)

    def substitution(self, side: Side, slot: int, on: Player) -> None:
        """A player of the bench for the one in `slot`: two events that name each other."""
        off = side.slots[slot]
        count = side.event_count
        for kind, player, other, related in (
            ("SubstitutionOff", off, on, count + 2),
            ("SubstitutionOn", on, off, count + 1),
        ):
            marks = [
                qualifier("RelatedEventId", related),
                qualifier("PlayerPosition", _LINES[player.line]),
                qualifier("JerseyNumber", player.shirt),
            ]
            if kind == "SubstitutionOn":
                marks.insert(0, qualifier("FormationSlot", slot))
            self.event(
                side, kind, player, marks=marks, relatedEventId=related, relatedPlayerId=other.id,
                counts=["subOff" if kind == "SubstitutionOff" else "subOn"],
            )  # fmt: skip
        side.substitute(slot, on, self.period, self.expanded, self._formations[side.field])

    def passing(
        self,
        side: Side,
        player: Player,
        start: Spot,
        end: Spot,
        *,
        ok: bool,
        kind: str = "",
        head: bool = False,
        counts: Sequence[str] = (),
        marks: Sequence[Json] = (),
    ) -> Json:
        """A pass; `kind` is ThrowIn, GoalKick, FreekickTaken, CornerTaken, Cross, … or empty."""
        across, up = (end[1] - start[1]) * 0.68, (end[0] - start[0]) * 1.05
        length = math.hypot(across, up)
        is_cross = kind in ("Cross", "CornerTaken")
        is_plain = not is_cross and kind not in ("ThrowIn", "KeeperThrow")
        long = length > 32 and kind != "ThrowIn"
        told = [*counts]
        word = "Accurate" if ok else "Inaccurate"
        if is_plain:
            told.append(f"pass{word}")
            told.append(f"passLongBall{word}" if long else f"shortPass{word}")
            if ok and start[0] >= 50:
                told.append("passForwardZoneAccurate")
            if ok and end[0] > 66.7:
                told.append("successfulFinalThirdPasses")
        if is_cross:
            told.append(f"passCross{word}")
        if kind == "CornerTaken":
            told += ["passCorner", f"passCorner{word}"]
        if kind == "FreekickTaken":
            told.append(f"passFreekick{word}")
        if head:
            told.append("passHead")
        if kind == "ThrowIn":
            told.append("throwIn")
        else:
            told += [
                "passForward" if up > 0 else "passBack",
                "passLeft" if across > 0 else "passRight",
            ]
            told += [third(start), "pos"]
        said = [
            qualifier("PassEndX", end[0]),
            qualifier("PassEndY", end[1]),
            qualifier("Length", round(length, 1)),
            qualifier("Angle", round(math.atan2(across, up) % math.tau, 1)),
            qualifier("Zone", zone(start)),
            *marks,
        ]
        if kind:
            said.append(qualifier(kind))
        if kind == "CornerTaken":
            said.append(qualifier("Cross"))
        if long:
            said += [qualifier("Longball"), qualifier("Chipped")]
        said.append(qualifier("HeadPass") if head else qualifier("StandingSave"))
        return self.event(
            side, "Pass", player, start, ok=ok, touch=True, counts=told, marks=said,
            endX=end[0], endY=end[1],
        )  # fmt: skip


_LINES = {"G": "Goalkeeper", "D": "Defender", "M": "Midfielder", "F": "Forward"}
