"""Formations: what stands in each of the eleven slots, and where on the pitch."""

from __future__ import annotations

from dataclasses import dataclass

from tests.site.codes import FORMATIONS

PITCH_NUMBERS = {"G": "1", "D": "2", "M": "3", "F": "4"}
BENCH_NUMBER = "5"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a formation: vertical 0 to 9 from the own goal, horizontal 1 to 9 from right."""

    position: str
    vertical: float
    horizontal: float

    @property
    def line(self) -> str:
        """G, D, M or F: whom the place wants."""
        if self.position == "GK":
            return "G"
        return "F" if self.position.startswith("FW") else "D" if self.position[0] == "D" and (
            not self.position.startswith("DM")) else "M"  # fmt: skip


@dataclass(frozen=True, slots=True)
class Formation:
    """A formation by the site's number; `slots[0]` is slot 1, the goalkeeper."""

    id: int
    slots: tuple[Slot, ...]

    @property
    def name(self) -> str:
        """E.g. 433."""
        return FORMATIONS[self.id]


def _formation(number: int, text: str) -> Formation:
    slots = []
    for place in text.split():
        position, vertical, horizontal = place.split(",")
        slots.append(Slot(position, float(vertical), float(horizontal)))
    return Formation(number, tuple(slots))


# In the site's order of slots: goalkeeper, right and left wing, then the rest.
_ALL = (
    _formation(2, "GK,0,5 DR,2.5,1 DL,2.5,9 MC,5.5,3.5 DC,2.5,3.5 DC,2.5,6.5 MR,5.5,1 MC,5.5,6.5 "
                  "FW,8.5,3.5 FW,8.5,6.5 ML,5.5,9"),
    _formation(4, "GK,0,5 DR,2.5,1 DL,2.5,9 MC,5.5,5 DC,2.5,3.5 DC,2.5,6.5 MC,5.5,2 MC,5.5,8 "
                  "FW,8.5,5 FWR,8.5,2 FWL,8.5,8"),
    _formation(8, "GK,0,5 DR,2.5,1 DL,2.5,9 DMC,5,6.5 DC,2.5,3.5 DC,2.5,6.5 AMR,7,2 DMC,5,3.5 "
                  "FW,9,5 AMC,7,5 AML,7,8"),
    _formation(12, "GK,0,5 MR,5.5,1 ML,5.5,9 DC,2,5 DC,2,2 DC,2,8 MC,5.5,3.5 MC,5.5,5 "
                   "FW,8.5,3.5 FW,8.5,6.5 MC,5.5,6.5"),
    _formation(13, "GK,0,5 MR,5.5,1 ML,5.5,9 DC,2,5 DC,2,2 DC,2,8 MC,5.5,3.5 MC,5.5,6.5 "
                   "FW,9,5 FWR,8.5,2 FWL,8.5,8"),
    _formation(19, "GK,0,5 MR,6.5,1 ML,6.5,9 DC,2,5 DC,2,2 DC,2,8 MC,6.5,3.5 DMC,4.5,5 "
                   "FW,9,3.5 FW,9,6.5 MC,6.5,6.5"),
)  # fmt: skip
BY_ID = {formation.id: formation for formation in _ALL}
