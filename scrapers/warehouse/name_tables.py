"""Names of what the warehouse knows by id: as the site wrote them over time, and the team's own.

Both are for SQL users to join; neither is read from a page of its own, so neither is staged.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from scrapers.warehouse.tables import CORE, Base

# Kinds of things that have an id of the site and a name, each with its core table's name.
KINDS = ("region", "competition", "season", "stage", "team", "player", "referee")


class NameRow(Base):
    """A name that the site used for something, and since when we have seen it.

    The name that holds now is in the thing's own table. A venue and a manager have no id on the
    site; they are kept by the team whose ground it is and who is managed.
    """

    __tablename__ = "name"
    __table_args__ = ({"schema": CORE},)

    kind: Mapped[str] = mapped_column(
        comment="region, competition, season, stage, team, player, referee, venue or manager",
        primary_key=True,
    )
    entity_id: Mapped[int] = mapped_column(
        comment="id within the kind; of a venue the home team's, of a manager the team's",
        primary_key=True,
        autoincrement=False,
    )
    name: Mapped[str] = mapped_column(comment="name, as a page wrote it", primary_key=True)
    first_seen_at: Mapped[datetime] = mapped_column(
        comment="when the earliest fetched page that writes it so was fetched, UTC"
    )


class OwnNameRow(Base):
    """The team's own name of something, from the file of own names."""

    __tablename__ = "own_name"
    __table_args__ = ({"schema": CORE},)

    kind: Mapped[str] = mapped_column(
        comment="region, competition, season, stage, team, player or referee", primary_key=True
    )
    entity_id: Mapped[int] = mapped_column(
        comment="the site's id within the kind, e.g. core.team.team_id",
        primary_key=True,
        autoincrement=False,
    )
    name: Mapped[str] = mapped_column(comment="the team's own name")
