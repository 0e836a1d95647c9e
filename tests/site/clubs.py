"""Invented regions, competitions, clubs, players and referees; nobody of them exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from tests.site.chance import shuffled, stream


@dataclass(frozen=True, slots=True)
class Region:
    """A country, or what stands above countries; `zone` is the clock of its grounds."""

    id: int
    name: str
    flag: str
    zone: str


@dataclass(frozen=True, slots=True)
class Competition:
    """A competition with its one season."""

    key: str
    id: int
    name: str
    region: Region
    season_id: int
    season: str = "2022/2023"

    @property
    def full_name(self) -> str:
        """Name for people, with its country."""
        own = self.region.name in self.name
        return self.name if own else f"{self.region.name} {self.name}"


@dataclass(frozen=True, slots=True)
class Player:
    """A player; `line` is G, D, M or F. Height and weight are 0 where the site knows none."""

    id: int
    name: str
    shirt: int
    line: str
    height: int
    weight: int
    born: date

    def age(self, on: date) -> int:
        """Whole years lived on a day."""
        return on.year - self.born.year - ((on.month, on.day) < (self.born.month, self.born.day))


@dataclass(frozen=True, slots=True)
class Club:
    """A club; `strength` is about 0, in goals of a match against an average club."""

    id: int
    name: str
    region: Region
    venue: str
    manager: str
    capacity: int
    strength: float
    squad: tuple[Player, ...]


@dataclass(frozen=True, slots=True)
class Referee:
    """A referee."""

    id: int
    first_name: str
    last_name: str


VALDORIA = Region(901, "Valdoria", "flg-vd", "Europe/Madrid")
SERRAVIA = Region(902, "Serravia", "flg-sv", "America/Sao_Paulo")
INTEROCEAN = Region(903, "Interocean", "flg-io", "Europe/London")

FIRST_DIVISION = Competition("valdoria", 9101, "First Division", VALDORIA, 91201)
SERIE_A = Competition("serravia", 9102, "Série Ouro", SERRAVIA, 91202)
CUP = Competition("cup", 9103, "Interocean Cup", INTEROCEAN, 91203)
COMPETITIONS = (FIRST_DIVISION, SERIE_A, CUP)

CLUB_NAMES = {
    VALDORIA: (
        "Ardenholm", "Port Callis", "Corvanta", "Dunmarrow", "Estavel",
        "Fennow Athletic", "Gralheim", "L'Orvanne", "Montescar", "Vale of Ysk",
    ),
    SERRAVIA: (
        "Alto Quirim", "Barravante", "Caiporã", "Delmirana", "Esperantã",
        "Ferrovale", "Guarimó", "Ibiranté", "Jacumbré", "Ouro Manso",
    ),
}  # fmt: skip
_FIRST_NAMES = (
    "Adrel Ansgo Beno Bórja Calo Cassim Dário Deniz Edvar Eloy Emeric Fábion Ferran Galdo Gervás "
    "Hadrin Ignás Ivor Jaume Jorim Kalil Kosta Lázar Leandor Lorin Maél Mikel Nando Néro Oriol "
    "Otávio Pavo Quino Ramiro Rémon Sandor Savel Teo Tiras Ulisse Valér Vasco Wendel Xan Yago Zeno"
)
_LAST_NAMES = (
    "Abrantiz Achterberg Alvorano Amundsten Arrizala Balkanis Barrocal Benavento Brántez Caldwyn "
    "Carvaljo Castemir Cordoveza D'Aurigny Dalmasso Delacorde Drummock Eberwald Escarpa Falconari "
    "Ferralde Fjordal Garrovo Gelmírez Grimaldón Haverlund Holmqvar Ibarreta Illescar Jandrić "
    "Jorquenda Kastanov Kelderby Krüllmann Laverna Lindgaard Lopretti Macallow Marquínez Mendivar "
    "Moravec-Ruiz Nandorf Norrvik O'Dunnagh Oliveraz Ostrander Palmarín Pereyda Quintavo Rasmund "
    "Ravelli Rosendahl Sampedrán Sandoval-Ix Skarbek Solveira Stavrinou Tavarone Thornquist "
    "Ubaldini Urrestar Valdemor Vandersloot Villacorta Westergren Yrigoyal Zabaletto Zorrilhão"
)
_FIRST, _LAST = _FIRST_NAMES.split(), _LAST_NAMES.split()
_LINES = "GDDDDDDDDMMMMMMMMFFFFFGG"  # 24 a club; the first eleven shirts are the usual starters
CLUB_IDS, PLAYER_IDS, REFEREE_IDS = 9001, 700_001, 8001


def _name(index: int) -> str:
    """A name for each number below 46 times 68, no two alike."""
    pair = index * 1009 % (len(_FIRST) * len(_LAST))
    return f"{_FIRST[pair % len(_FIRST)]} {_LAST[pair // len(_FIRST)]}"


@lru_cache(maxsize=8)
def clubs(seed: str) -> dict[Region, tuple[Club, ...]]:
    """The clubs of each country; their names and ids do not depend on the seed."""
    found: dict[Region, tuple[Club, ...]] = {}
    club_index = 0
    for region, names in CLUB_NAMES.items():
        made = []
        for name in names:
            rng = stream(seed, "club", name)
            made.append(
                Club(
                    id=CLUB_IDS + club_index,
                    name=name,
                    region=region,
                    venue=f"{rng.choice(('Estadio', 'Parque', 'Arena', 'Campo'))} {name}",
                    manager=_name(2000 + club_index),
                    capacity=rng.randrange(9_000, 62_000),
                    strength=round(rng.gauss(0, 0.3), 2),
                    squad=_squad(seed, name, club_index),
                )
            )
            club_index += 1
        found[region] = tuple(made)
    return found


def _squad(seed: str, club: str, club_index: int) -> tuple[Player, ...]:
    rng = stream(seed, "squad", club)
    shirts = shuffled(rng, range(2, 40))
    players = []
    for number, line in enumerate(_LINES):
        index = club_index * len(_LINES) + number
        unknown = rng.random() < 0.03
        height = int(rng.gauss({"G": 190, "D": 184, "M": 179, "F": 182}[line], 5))
        players.append(
            Player(
                id=PLAYER_IDS + index * 13,
                name=_name(index),
                shirt=1 if number == 0 else shirts[number],
                line=line,
                height=0 if unknown else height,
                weight=0 if unknown else height - 105 + rng.randrange(-4, 5),
                born=date(2022 - rng.randrange(18, 36), rng.randrange(1, 13), rng.randrange(1, 29)),
            )
        )
    return tuple(players)


@lru_cache(maxsize=1)
def referees() -> tuple[Referee, ...]:
    """The referees of all competitions."""
    names = [_name(2500 + number).split(" ", 1) for number in range(18)]
    return tuple(
        Referee(REFEREE_IDS + number, first, last) for number, (first, last) in enumerate(names)
    )
