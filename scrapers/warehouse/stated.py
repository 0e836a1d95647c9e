"""Whether the site itself has named a page, by what has landed of it.

The ids of a target come from the site, or from a person's hand. A "not found" means another thing
for the one than for the other: the page has moved, or the id is wrong.
"""

from __future__ import annotations

from sqlalchemy import Engine, exists, or_, select
from sqlalchemy.sql.selectable import Exists

from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.tables import Fixture, Match, Stage


def is_stated(engine: Engine, target: Target) -> bool:
    """Whether the target has landed before, or a page that has landed names its match or stage.

    The site's menu is where it always was. It links to competitions, and those to seasons, of which
    the site may have nothing: only such a page that has landed before was there.

    Raises:
        WarehouseUnavailable: the landed rows can't be read.
    """
    ids = target.id_map
    named: list[Exists] = []
    if "match_id" in ids:
        match_id = int(ids["match_id"])
        named = [exists().where(table.match_id == match_id) for table in (Fixture, Match)]
    elif "stage_id" in ids:
        named = [exists().where(Stage.stage_id == int(ids["stage_id"]))]
    elif target.page_kind is PageKind.TOURNAMENTS:
        return True
    landed = exists().where(TargetRow.target_key == target.key, TargetRow.landed_at.is_not(None))
    with transaction(engine) as connection:
        return bool(connection.scalar(select(or_(landed, *named))))
