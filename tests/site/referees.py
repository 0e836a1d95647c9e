"""A stage's table of referees: who refereed which finished match, and invented cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from tests.site.chance import poisson, stream
from tests.site.clubs import Referee, referees
from tests.site.pages import slug
from tests.site.season import Stage

if TYPE_CHECKING:
    from tests.site.world import World

HEAD = ("Referee", "Apps", "Fouls pg", "Fouls/Tackles", "Pen pg", "Yel pg", "Yel", "Red pg", "Red")


@dataclass(slots=True)
class Counted:
    """What a referee has given in a stage."""

    referee: Referee
    matches: int = 0
    fouls: int = 0
    tackles: int = 0
    penalties: int = 0
    yellow: int = 0
    red: int = 0

    def cells(self) -> list[str]:
        """As the page writes them; a referee without a match is not on it."""

        def per_match(count: int) -> str:
            return f"{count / self.matches:.2f}"

        return [
            str(self.matches), per_match(self.fouls), f"{self.fouls / self.tackles:.2f}",
            per_match(self.penalties) if self.penalties else "-", per_match(self.yellow),
            str(self.yellow), per_match(self.red), str(self.red),
        ]  # fmt: skip


def counted(world: World, stage: Stage) -> list[Counted]:
    """The stage's referees, by matches; the referee of a match is the one of its page.

    Goals and dismissals are those of the matches; fouls and yellow cards are not, since those
    are only known once a match is played out, which takes long.
    """
    found: dict[int, Counted] = {}
    for match in world.matches():
        if match.stage_id != stage.id or match.status != "finished":
            continue
        # The first draw of the very stream by which the match's page names its referee.
        one = stream(world.seed, match.id, "facts").choice(referees())
        rng = stream(world.seed, match.id, "given")
        counts = found.setdefault(one.id, Counted(one))
        counts.matches += 1
        counts.fouls += 14 + rng.randrange(16)
        counts.tackles += 22 + rng.randrange(16)
        counts.penalties += sum(goal.how == "penalty" for goal in match.outcome.goals)
        counts.yellow += 1 + poisson(rng, 3.2)
        counts.red += len(match.outcome.dismissals)
    return sorted(found.values(), key=lambda c: (-c.matches, c.referee.id))


def table(world: World, stage: Stage, _: Sequence[Stage]) -> str:
    """The table of the stage's referees."""
    head = "".join(f"<th>{name}</th>" for name in HEAD)
    rows = "".join(
        f'<tr class="{"alt" if number % 2 else ""}"><td class="grid-abs overflow-text">'
        f'<a class="referee-link" href="/Referees/{c.referee.id}/Show/'
        f'{slug(c.referee.first_name, c.referee.last_name)}">'
        f"{escape(c.referee.first_name)} {escape(c.referee.last_name)}</a></td>"
        + "".join(f"<td>{cell}</td>" for cell in c.cells())
        + "</tr>"
        for number, c in enumerate(counted(world, stage))
    )
    return (
        '<div id="referee-statistics"><table class="grid with-centered-columns hover">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
