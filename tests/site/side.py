"""A team in a match: who plays, who sits, and the page's list of formations."""

from __future__ import annotations

import random

from tests.site.chance import shuffled
from tests.site.clubs import Club, Player
from tests.site.codes import PERIOD, PRE_MATCH, Json
from tests.site.formations import BENCH_NUMBER, BY_ID, PITCH_NUMBERS, Formation

MAX_SUBSTITUTIONS = 5


class Side:
    """A club's eleven and bench; changed as the match goes on.

    Attributes:
        starters, first_formation, squad: as the match began.
        slots: players on the pitch by slot; a player who was sent off leaves his slot empty.
        listed: the site's order of the squad: (player, slot), slot 0 for who is not on the pitch.
        entries: the page's `formations`.
        changes: the page's subbedIn… and subbedOut… by player id.
        cards: yellow cards by player id.
    """

    def __init__(self, rng: random.Random, club: Club, field: str) -> None:
        self.club, self.field = club, field
        self.formation: Formation = BY_ID[rng.choice((2, 4, 4, 8, 8, 12, 13))]
        self.slots: dict[int, Player] = {}
        self.listed: list[tuple[Player, int]] = []
        self.entries: list[Json] = []
        self.changes: dict[int, Json] = {}
        self.cards: dict[int, int] = {}
        self.gone: set[int] = set()
        self.substitutions = 0
        self.event_count = 0
        self._line_up(rng)
        self.starters = dict(self.slots)
        self.first_formation = self.formation
        self.squad = [player for player, _ in self.listed]
        self.captain = self.slots[rng.choice([s for s in self.slots if s > 1])]
        self.positions = {
            player.id: self.formation.slots[slot - 1].position
            for slot, player in self.slots.items()
        }
        self.enter(PRE_MATCH, 0)

    def _line_up(self, rng: random.Random) -> None:
        fit = [p for p in self.club.squad if p.shirt == 1 or rng.random() > 0.06]
        ranked = [p for p in fit if p.line == "G"]
        # The first of a squad play most weeks, with a change here and there.
        ranked += shuffled(rng, [p for p in fit if p.line != "G"])
        usual = {p.id: n for n, p in enumerate(self.club.squad)}
        ranked.sort(key=lambda p: usual[p.id] + rng.choice((0, 0, 0, 4)))
        for number, slot in enumerate(self.formation.slots, start=1):
            free = [p for p in ranked if p not in self.slots.values() and p.line != "G"]
            if slot.line == "G":
                player = next(p for p in ranked if p.line == "G")
            else:
                player = next((p for p in free if p.line == slot.line), free[0])
            self.slots[number] = player
        bench = sorted((p for p in fit if p not in self.slots.values()), key=lambda p: p.shirt)
        self.listed = [(self.slots[n], n) for n in sorted(self.slots)] + [(p, 0) for p in bench]

    @property
    def keeper(self) -> Player:
        """Who keeps goal."""
        return self.slots[1]

    @property
    def outfield(self) -> list[tuple[int, Player]]:
        """The others on the pitch, by slot."""
        return [(slot, player) for slot, player in self.slots.items() if slot > 1]

    def bench(self, line: str) -> Player | None:
        """Somebody to bring on, of the same line if there is one."""
        fresh = [
            p for p, slot in self.listed if slot == 0 and p.id not in self.gone and p.line != "G"
        ]
        return next((p for p in fresh if p.line == line), fresh[0] if fresh else None)

    def substitute(
        self, slot: int, on: Player, period: int, minute: int, entry_period: int
    ) -> None:
        """`on` takes the place of the player in `slot` at an expanded minute."""
        off = self.slots[slot]
        self.slots[slot] = on
        self.gone.add(off.id)
        self.substitutions += 1
        place = {p.id: index for index, (p, _) in enumerate(self.listed)}
        self.listed[place[off.id]] = (on, slot)
        self.listed[place[on.id]] = (off, 0)
        self.changes.setdefault(off.id, {}).update(
            subbedInPlayerId=on.id, subbedOutPeriod=PERIOD[period], subbedOutExpandedMinute=minute
        )
        self.changes[on.id] = {
            "subbedInPeriod": PERIOD[period],
            "subbedInExpandedMinute": minute,
            "subbedOutPlayerId": off.id,
        }
        self.enter(entry_period, minute, on, off)

    def send_off(self, player: Player) -> None:
        """The player leaves; nobody takes his slot."""
        slot = next(n for n, p in self.slots.items() if p.id == player.id)
        del self.slots[slot]
        self.gone.add(player.id)

    def rearrange(self, formation: Formation) -> None:
        """The players on the pitch take the slots of a formation, those at the back first."""
        old = self.formation.slots
        players = sorted(self.outfield, key=lambda held: (old[held[0] - 1].vertical, held[0]))
        places = sorted(range(2, 12), key=lambda n: (formation.slots[n - 1].vertical, n))
        self.slots = {1: self.keeper} | {
            n: player for n, (_, player) in zip(places, players, strict=False)
        }
        self.formation = formation
        self.relist()

    def relist(self) -> None:
        """List anew who is on the pitch and who can still come on."""
        bench = [
            (p, 0) for p, _ in self.listed if p.id not in self.gone and p not in self.slots.values()
        ]
        self.listed = [(self.slots[n], n) for n in sorted(self.slots)] + bench

    def enter(
        self, period: int, minute: int, on: Player | None = None, off: Player | None = None
    ) -> None:
        """A new entry of the page's formations, from an expanded minute on."""
        if self.entries:
            self.entries[-1]["endMinuteExpanded"] = minute
        entry: Json = {
            "formationId": self.formation.id,
            "formationName": self.formation.name,
            "captainPlayerId": self.captain.id,
            "period": period,
            "startMinuteExpanded": minute,
            "endMinuteExpanded": minute,
            "jerseyNumbers": [p.shirt for p, _ in self.listed],
            "formationSlots": [slot for _, slot in self.listed],
            "playerIds": [p.id for p, _ in self.listed],
            "formationPositions": [
                {"vertical": slot.vertical, "horizontal": slot.horizontal}
                for slot in self.formation.slots
            ],
        }
        if on and off:
            entry |= {"subOnPlayerId": on.id, "subOffPlayerId": off.id}
        self.entries.append(entry)

    def formation_values(self) -> dict[str, str]:
        """Values of the qualifiers of FormationSet and FormationChange."""
        lines = [PITCH_NUMBERS[p.line] if slot else BENCH_NUMBER for p, slot in self.listed]
        return {
            "CaptainPlayerId": str(self.captain.id),
            "TeamFormation": str(self.formation.id),
            "JerseyNumber": ", ".join(str(p.shirt) for p, _ in self.listed),
            "InvolvedPlayers": ",".join(str(p.id) for p, _ in self.listed),
            "TeamPlayerFormation": ", ".join(str(slot) for _, slot in self.listed),
            "PlayerPosition": ", ".join(lines),
        }
