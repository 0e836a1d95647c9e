"""Names over time: which names the landed pages use, and since when we have seen each.

A page that was fetched earlier and lands later moves a name's first sight back; the order of
landings makes no difference, and landing the same again changes no row.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from scrapers.warehouse.name_tables import KINDS

# Venue and manager have no id of their own on the site: they are kept by their team.
_SOURCES = {
    **{kind: (kind, f'"{kind}_id"', "name") for kind in KINDS},
    "venue": ("match", "home_team_id", "venue_name"),
    "manager": ("match_team", "team_id", "manager_name"),
}
_SEEN = "\nUNION ALL\n".join(
    f"SELECT '{kind}' AS kind, s.{entity} AS entity_id, s.{name} AS name, t.fetched_at"
    f' FROM staging."{table}" s JOIN ops.target t USING (target_key)'
    " WHERE s.target_key = ANY(:keys)"
    for kind, (table, entity, name) in _SOURCES.items()
)
_NOTE = f"""
INSERT INTO core.name AS n (kind, entity_id, name, first_seen_at)
SELECT kind, entity_id, name, min(fetched_at)
FROM ({_SEEN}) AS seen
WHERE entity_id IS NOT NULL AND name <> '' AND fetched_at IS NOT NULL
GROUP BY kind, entity_id, name
ORDER BY kind, entity_id, name
ON CONFLICT (kind, entity_id, name) DO UPDATE SET first_seen_at = excluded.first_seen_at
WHERE excluded.first_seen_at < n.first_seen_at"""


def note_names(connection: Connection, keys: Sequence[str]) -> int:
    """Note the names in the staged rows of these targets; how many rows of core.name changed."""
    return int(connection.execute(text(_NOTE), {"keys": list(keys)}).rowcount)
