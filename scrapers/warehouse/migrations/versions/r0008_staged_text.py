"""Which text of a selector file read the rows in staging; the file may be promoted anew since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_IN_FORCE = """
SELECT DISTINCT ON (page_kind, version) page_kind || '/' || version AS name, sha256
FROM ops.selector_release r
WHERE action IN ('initial', 'promote', 'upgrade')
  AND NOT EXISTS (SELECT FROM ops.selector_release b WHERE b.undoes = r.release_id)
ORDER BY page_kind, version, release_id DESC
"""


def upgrade() -> None:
    op.add_column(
        "target",
        sa.Column(
            "staged_sha256",
            sa.Text(),
            comment="SHA-256 of the selector text that read the rows in staging; null: not known",
        ),
        schema="ops",
    )
    # Of what waits in staging nobody noted it: what is in force now is the best that is known.
    op.execute(
        "UPDATE ops.target t SET staged_sha256 = f.sha256"
        f" FROM ({_IN_FORCE}) f WHERE t.state = 'parsed' AND t.selector_version = f.name"
    )
