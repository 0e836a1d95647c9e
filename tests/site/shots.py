"""Shots, goals, corners, penalties."""

from __future__ import annotations

from tests.site.clubs import Player
from tests.site.codes import Json, qualifier, satisfied
from tests.site.moves import Moves
from tests.site.outcome import Goal
from tests.site.record import Spot, clamp, mirrored, zone
from tests.site.side import Side

_SPOT: Spot = (88.5, 50.0)  # penalties
_ASSIST = ("assist", "intentionalAssist", "passKey", "assistOther", "keyPassShort")


class Shots(Moves):
    """The moves that end at a goal."""

    def shot(
        self,
        side: Side,
        player: Player,
        kind: str,
        spot: Spot,
        mouth: Spot,
        *,
        how: str = "",
        counts: tuple[str, ...] = (),
        marks: tuple[str, ...] = (),
        blocked: Spot | None = None,
        assist: Json | None = None,
    ) -> Json:
        """A shot event; `how` is Penalty or empty, `mouth` where it crosses the goal line."""
        rng = self.rng
        keys: Json = {}
        head = how == "" and spot[0] > 88 and rng.random() < 0.25
        body = "Head" if head else rng.choice(("RightFoot", "RightFoot", "LeftFoot"))
        inside = 21 < spot[1] < 79 and spot[0] > 83
        small = 37 < spot[1] < 63 and spot[0] > 94.2
        place = "SmallBox" if small else "Box" if inside else "OutOfBox"
        flank = "Left" if spot[1] > 58 else "Right" if spot[1] < 42 else "Centre"
        said = [
            qualifier("GoalMouthY", mouth[0]),
            qualifier("GoalMouthZ", mouth[1]),
            qualifier("Zone", zone(spot)),
            qualifier(place + flank),
            qualifier(body),
            qualifier("StandingSave"),
            *(qualifier(name) for name in marks),
        ]
        told = [
            *counts,
            "shotSixYardBox" if small else "shotPenaltyArea" if inside else "shotOboxTotal",
            f"shot{body}",
        ]
        if how:
            said.append(qualifier(how))
        else:
            said.append(qualifier("RegularPlay"))
            told.append("shotOpenPlay")
        if blocked:
            said += [qualifier("BlockedX", blocked[0]), qualifier("BlockedY", blocked[1])]
            keys |= {"blockedX": blocked[0], "blockedY": blocked[1]}
        if assist:
            said += [qualifier("Assisted"), qualifier("RelatedEventId", assist["eventId"])]
            keys |= {
                "relatedEventId": assist["eventId"],
                "relatedPlayerId": assist["playerId"],
            }
        keys |= {"goalMouthZ": mouth[1], "goalMouthY": mouth[0], "isShot": True}
        if kind == "Goal":
            keys["isGoal"] = True
        return self.event(
            side, kind, player, spot, touch=True, counts=("shotsTotal", *told), marks=said,
            **keys,
        )  # fmt: skip

    def assisted(self, *, goal: bool = False) -> Json | None:
        """The pass to the holder, marked as a key pass or an assist; None without one."""
        last = self.last_pass
        if last is None or last["playerId"] == self.holder.id:
            return None
        names = _ASSIST if goal else ("passKey", "keyPassShort", "keyPassOther")
        last["satisfiedEventsTypes"] += satisfied(*names)
        last["qualifiers"] += [qualifier("KeyPass"), qualifier("ShotAssist", "13")]
        if goal:
            last["qualifiers"] += [
                qualifier("IntentionalGoalAssist"),
                qualifier("IntentionalAssist"),
            ]
        return last

    def try_shot(self) -> None:
        """A shot that is no goal: wide, off the post, blocked or saved; and what follows."""
        rng = self.rng
        self.spot = (clamp(max(self.spot[0], rng.gauss(86, 5)), 74, 97), clamp(rng.gauss(50, 11)))
        kind = rng.choices(("wide", "post", "blocked", "saved"), (44, 3, 27, 26))[0]
        own, other, player, spot = self.own, self.other, self.holder, self.spot
        assist = self.assisted()
        mouth = (round(rng.uniform(45.4, 54.6), 1), round(rng.uniform(1.5, 36), 1))
        if kind == "wide":
            high = rng.random() < 0.45
            sides = (rng.uniform(40, 44.6), rng.uniform(55.4, 60))
            mouth = (mouth[0], round(rng.uniform(40, 80), 1)) if high else (
                round(rng.choice(sides), 1), mouth[1])  # fmt: skip
            mark = "MissHigh" if high else "MissLeft" if mouth[0] > 50 else "MissRight"
            self.shot(own, player, "MissedShots", spot, mouth, counts=("shotOffTarget",),
                      marks=(mark,), assist=assist)  # fmt: skip
        elif kind == "post":
            self.shot(own, player, "ShotOnPost", spot, (rng.choice((45.0, 55.0)), mouth[1]),
                      counts=("shotOnPost",), assist=assist)  # fmt: skip
        else:
            self._stopped_shot(own, other, player, spot, mouth, kind == "blocked", assist)
        self._after_shot(kind)

    def _stopped_shot(
        self, own: Side, other: Side, player: Player, spot: Spot, mouth: Spot, blocked: bool,
        assist: Json | None,
    ) -> None:  # fmt: skip
        rng = self.rng
        reach = (clamp(spot[0] + rng.uniform(1, 3)), spot[1]) if blocked else (98.0, mouth[0])
        one = self.shot(
            own, player, "SavedShot", spot, mouth, assist=assist, blocked=reach,
            counts=("shotBlocked",) if blocked else ("shotOnTarget",),
            marks=("Blocked",) if blocked else (),
        )  # fmt: skip
        here = mirrored(reach)
        if blocked:
            keeper, counts = self.near(other, here), ["outfielderBlock"]
            marks = [qualifier("OutfielderBlock")]
        else:
            keeper, kept = other.keeper, rng.choice(("Collected", "ParriedSafe", "ParriedDanger"))
            counts = [
                kept[0].lower() + kept[1:],
                "keeperSaveTotal",
                "keeperSaveInTheBox",
                "saveHands",
            ]
            marks = [qualifier(kept), qualifier("Hands"), qualifier("KeeperSaveInTheBox")]
        marks += [qualifier("Zone", zone(here)), qualifier("StandingSave")]
        two = self.event(other, "Save", keeper, here, touch=True, counts=counts, marks=marks)
        self.oppose(one, two)

    def _after_shot(self, kind: str) -> None:
        draw = self.rng.random()
        if kind in ("blocked", "saved") and draw < 0.4:
            self.corner()
        elif kind == "blocked":
            self.wait(1, 3)
            self.turn_over(mirrored(self.spot))
            self.recovery(self.own, self.holder)
        elif kind == "saved":
            self.wait(1, 3)
            self.turn_over((6.0, 50.0), self.other.keeper)
            self.event(self.own, "KeeperPickup", self.holder, self.spot, counts=("ballRecovery",),
                       marks=[qualifier("StandingSave")])  # fmt: skip
            self.restart("KeeperThrow", self.spot, (5, 12))
        else:
            self.attack = 1 - self.attack
            self.restart("GoalKick", (5.0, 40.0 + self.rng.randrange(20)), (22, 40))

    def corner(self) -> None:
        """A corner for the side that attacks, and what comes of it."""
        rng = self.rng
        here, left = mirrored(self.spot), rng.random() < 0.5
        one = self.event(self.other, "CornerAwarded", self.near(self.other, here), here, ok=False,
                         counts=("cornerAwarded",), marks=[qualifier("Zone", "Back"),
                         qualifier("MissLeft" if left else "MissRight")])  # fmt: skip
        two = self.event(self.own, "CornerAwarded", self.holder, self.spot, counts=(
            "cornerAwarded",), marks=[qualifier("Zone", "Center"),
            qualifier("MissLeft" if left else "MissRight")])  # fmt: skip
        self.oppose(one, two)
        self.wait(22, 40)
        start = (99.5, 99.5 if left else 0.5)
        self.give(self.attack, start)
        end = (clamp(rng.gauss(92, 2)), clamp(rng.gauss(50, 6)))
        if rng.random() < 0.35:
            self.complete(end, kind="CornerTaken")
            if rng.random() < 0.5:
                self.try_shot()
        else:
            self.passing(self.own, self.holder, start, end, ok=False, kind="CornerTaken")
            self.lost(end)

    def goal(self, goal: Goal) -> None:
        """Bring the ball to the goal and into it; the other side kicks off."""
        rng = self.rng
        if self.attack != goal.side:
            self.turn_over((clamp(rng.gauss(52, 10)), clamp(rng.gauss(50, 15))))
            self.recovery(self.own, self.holder)
            self.wait(2, 4)
        for x in (64, 72):
            self.complete((clamp(rng.gauss(x, 3)), clamp(rng.gauss(50, 16))))
        if goal.how == "own":
            self._own_goal()
        elif goal.how == "penalty":
            self._penalty()
        else:
            end = (clamp(rng.gauss(90, 4), 78, 97), clamp(rng.gauss(50, 8)))
            self.complete(end, receiver=self.near(self.own, end, self.holder))
            self._score(self.assisted(goal=True) if rng.random() < 0.75 else None)
        self.wait(40, 65)
        self.kick_off(1 - goal.side)

    def _score(self, assist: Json | None, how: str = "") -> None:
        mouth = (round(self.rng.uniform(45.6, 54.4), 1), round(self.rng.uniform(1.5, 35), 1))
        counts = ("shotOnTarget", "goalNormal", "penaltyScored" if how else "goalOpenPlay")
        self.shot(self.own, self.holder, "Goal", self.spot, mouth, how=how, counts=counts,
                  assist=assist)  # fmt: skip

    def _penalty(self) -> None:
        self.spot = (clamp(self.rng.gauss(91, 3), 84, 97), clamp(self.rng.gauss(50, 8)))
        self.foul()
        self.wait(50, 80)
        self.give(self.attack, _SPOT)
        self._score(None, "Penalty")

    def _own_goal(self) -> None:
        """The event is the unlucky side's own, at its own end; the goal is the other side's."""
        end = (clamp(self.rng.gauss(95, 1)), clamp(self.rng.gauss(50, 4)))
        self.passing(self.own, self.holder, self.spot, end, ok=False, kind="Cross")
        self.wait(1, 2)
        here = mirrored(end)
        mouth = (round(self.rng.uniform(46, 54), 1), round(self.rng.uniform(1.5, 30), 1))
        self.event(
            self.other, "Goal", self.near(self.other, here), here, touch=True, counts=("goalOwn",),
            marks=[qualifier("OwnGoal"), qualifier("GoalMouthY", mouth[0]),
                   qualifier("GoalMouthZ", mouth[1]), qualifier("Zone", "Back")],
            goalMouthZ=mouth[1], goalMouthY=mouth[0], isShot=True, isGoal=True, isOwnGoal=True,
        )  # fmt: skip

    def shoot_out_kick(self, side: Side, other: Side, taker: Player, scored: bool) -> None:
        """One penalty of the shoot-out; it is no shot of the match."""
        missed = not scored and self.rng.random() < 0.3
        mouth = (round(self.rng.uniform(45.6, 54.4), 1), 60.0 if missed else 12.0)
        kind = "Goal" if scored else "MissedShots" if missed else "SavedShot"
        told = "Scored" if scored else "MissedOffTarget" if missed else "Saved"
        more: Json = {"isGoal": True} if scored else {}
        self.event(
            side, kind, taker, _SPOT, touch=True, counts=(f"penaltyShootout{told}",),
            marks=[qualifier("Penalty"), qualifier("GoalMouthY", mouth[0]),
                   qualifier("GoalMouthZ", mouth[1]), qualifier("Zone", "Center")],
            goalMouthZ=mouth[1], goalMouthY=mouth[0], isShot=True, **more,
        )  # fmt: skip
        if kind == "SavedShot":
            self.event(other, "Save", other.keeper, (1.0, mouth[0]), touch=True, counts=(
                "penaltyShootoutSavedGK",), marks=[qualifier("Zone", "Back")])  # fmt: skip
