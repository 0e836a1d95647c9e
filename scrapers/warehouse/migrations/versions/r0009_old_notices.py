"""Messages given up by an earlier release stay so if what they tell is over long since.

That release gave a message up after 20 tries, this one after 110: each would be due again.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

GIVEN_UP_THEN, GIVEN_UP_NOW = 20, 110


def upgrade() -> None:
    op.execute(
        f"UPDATE ops.notice n SET tries = {GIVEN_UP_NOW} FROM ops.incident i"
        " WHERE i.incident_id = n.incident_id AND i.closed_at IS NOT NULL"
        f" AND n.sent_at IS NULL AND n.tries >= {GIVEN_UP_THEN}"
    )
