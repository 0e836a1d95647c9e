"""Competitions and seasons by the names that people write."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select

from scrapers.errors import ConfigInvalid
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.name_tables import OwnNameRow
from scrapers.warehouse.tables import Competition, Season

_SHOWN = 8
_YEAR = re.compile(r"(?<!\d)(\d{4}|\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Found:
    """A competition, with what its address needs."""

    region_id: int
    competition_id: int
    region: str
    name: str
    own_name: str | None = None

    @property
    def label(self) -> str:
        """Its name for people: 'England Premier League'; a region that is in it is not told."""
        is_told = not self.region or words(self.region) in words(self.name)
        return self.name if is_told else f"{self.region} {self.name}"

    @property
    def full_names(self) -> set[str]:
        """Ways of writing it that say which one is meant, as `words` has them."""
        names = {words(self.label), words(f"{self.region} {self.name}")}
        return names | ({words(self.own_name)} if self.own_name else set())


@dataclass(frozen=True, slots=True)
class SeasonFound:
    """A season of a competition."""

    season_id: int
    name: str


def words(text: str) -> str:
    """A name without what people write differently: case, accents, runs of spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def competition_named(asked: str, label: str) -> bool:
    """Whether a followed competition is meant: by its whole name, or its end, 'LaLiga'."""
    return words(label) == words(asked) or words(label).endswith(f" {words(asked)}")


def season_named(asked: str, name: str) -> bool:
    """Whether a season is meant: '2025/2026', also written 2025/26 or 2025-26."""
    if words(asked) == words(name):
        return True
    years = _years(asked)
    rest = words(_YEAR.sub("", asked)).strip(" /-–")
    return bool(years) and years == _years(name) and rest == words(_YEAR.sub("", name)).strip(" /-")


def find_competition(engine: Engine, asked: str) -> Found:
    """The competition of a name or an id, of those that have landed.

    Raises:
        ConfigInvalid: none or several are called so; the detail has the candidates.
    """
    there = _competitions(engine)
    name = words(asked)
    by_id = [c for c in there if asked.strip() == str(c.competition_id)]
    whole = [c for c in there if name in c.full_names]
    alone = [c for c in there if name == words(c.name)]
    found = by_id or whole or alone
    if len(found) == 1:
        return found[0]
    if found:
        listed = "; ".join(_shown(c) for c in found[:_SHOWN])
        raise ConfigInvalid(
            f"{asked!r} is the name of {len(found)} competitions: write one of them with its "
            f"region, or its id: {listed}",
            candidates=[c.label for c in found[:_SHOWN]],
        )
    near = _near(name, there)
    listed = "; ".join(_shown(c) for c in near) or "none is like it"
    raise ConfigInvalid(
        f"no competition is called {asked!r}; write 'Region Competition' as the site does, or "
        f"its id. Near: {listed}",
        candidates=[c.label for c in near],
        unknown=True,
    )


def find_season(engine: Engine, competition: Found, asked: str | None) -> SeasonFound:
    """A competition's season of a name or an id, of those that have landed; None: the newest.

    Raises:
        ConfigInvalid: none or several are called so; the detail has the candidates.
    """
    query = select(Season.season_id, Season.name).where(
        Season.competition_id == competition.competition_id
    )
    with transaction(engine) as connection:
        there = [SeasonFound(row.season_id, row.name) for row in connection.execute(query)]
    there.sort(key=_age, reverse=True)
    listed = ", ".join(season.name for season in there[:_SHOWN]) or "none"
    if asked is None:
        if not there:
            raise ConfigInvalid(f"{competition.label} has no season")
        newest = [season for season in there if _years(season.name) == _years(there[0].name)]
        return _only(competition, "the newest season", newest)
    found = [season for season in there if season_named(asked, season.name)] or [
        season for season in there if asked.strip() == str(season.season_id)
    ]
    if not found:
        raise ConfigInvalid(
            f"{competition.label} has no season {asked!r}: it has {listed}",
            candidates=[season.name for season in there[:_SHOWN]],
            unknown=True,
        )
    return _only(competition, repr(asked), found)


def _only(competition: Found, what: str, found: Sequence[SeasonFound]) -> SeasonFound:
    if len(found) > 1:
        listed = ", ".join(f"{season.name} (id {season.season_id})" for season in found)
        raise ConfigInvalid(
            f"{what} of {competition.label} may be any of {listed}: write the id as --season",
            candidates=[str(season.season_id) for season in found],
        )
    return found[0]


def _competitions(engine: Engine) -> list[Found]:
    own = (OwnNameRow.kind == "competition") & (OwnNameRow.entity_id == Competition.competition_id)
    query = (
        select(
            Competition.region_id,
            Competition.competition_id,
            Competition.region_name,
            Competition.name,
            OwnNameRow.name.label("own_name"),
        )
        .join_from(Competition, OwnNameRow, own, isouter=True)
        .where(Competition.region_id.is_not(None))
        .order_by(Competition.region_name, Competition.name, Competition.competition_id)
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return [
        Found(row.region_id, row.competition_id, row.region_name or "", row.name, row.own_name)
        for row in rows
        if row.region_id is not None
    ]


def _near(name: str, there: Sequence[Found]) -> list[Found]:
    """Those that hold all its words, then those spelt like it."""
    asked = set(name.split())
    holding = [c for c in there if asked and asked <= set(words(f"{c.region} {c.name}").split())]
    by_name: dict[str, list[Found]] = {}
    for competition in there:
        for written in (words(competition.label), words(competition.name)):
            by_name.setdefault(written, []).append(competition)
    spelt = difflib.get_close_matches(name, by_name, n=_SHOWN, cutoff=0.6)
    near = dict.fromkeys([*holding, *(c for written in spelt for c in by_name[written])])
    return list(near)[:_SHOWN]


def _shown(competition: Found) -> str:
    return f"{competition.region} {competition.name} (id {competition.competition_id})".strip()


def _years(name: str) -> tuple[int, ...]:
    """The years in a season's name: (2025, 2026) of '2025/2026' and of '2025/26'."""
    found = [int(year) for year in _YEAR.findall(name)]
    century = found[0] // 100 * 100 if found and found[0] >= 1000 else 2000
    years = [year if year >= 1000 else century + year for year in found]
    # 1999/00 is over in 2000.
    return tuple(
        y + 100 if i and y < years[0] and found[i] < 100 else y for i, y in enumerate(years)
    )


def _age(season: SeasonFound) -> tuple[int, int, int]:
    years = _years(season.name) or (0,)
    return years[-1], years[0], season.season_id
