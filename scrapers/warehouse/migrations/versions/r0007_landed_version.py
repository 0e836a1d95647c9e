"""Which selector version read what has landed of a target; a later reading may have failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "target",
        sa.Column("landed_version", sa.Text(), comment="selector file that read what last landed"),
        schema="ops",
    )
    # Of what failed since, nobody noted it: what read it last is the best that is known.
    op.execute(
        "UPDATE ops.target SET landed_version = selector_version WHERE landed_at IS NOT NULL"
    )
