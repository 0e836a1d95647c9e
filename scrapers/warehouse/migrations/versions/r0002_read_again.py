# ruff: noqa: E501 - comments of columns stay on one line
"""What is read again from the archive, and how often fields have values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_coverage",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target it was fetched for"),
        sa.Column("page_hash", sa.Text(), nullable=False, comment="archived page; see raw.page"),
        sa.Column(
            "selector_version", sa.Text(), nullable=False, comment="selector file that read it"
        ),
        sa.Column("page_kind", sa.Text(), nullable=False, comment="page kind"),
        sa.Column(
            "fetched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the page was fetched, UTC",
        ),
        sa.Column(
            "read_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when it was last read so, UTC",
        ),
        sa.Column(
            "fields",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="by field, groups first: [how often it was looked for, how often it had a value]",
        ),
        sa.ForeignKeyConstraint(
            ["target_key"], ["ops.target.target_key"], name=op.f("page_coverage_target_key_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "target_key", "page_hash", "selector_version", name=op.f("page_coverage_pkey")
        ),
        schema="ops",
    )
    op.create_index(
        "page_coverage_kind_version_fetched_idx",
        "page_coverage",
        ["page_kind", "selector_version", "fetched_at"],
        unique=False,
        schema="ops",
    )
    op.alter_column(
        "batch",
        "step",
        existing_type=sa.TEXT(),
        comment="page kind; or reparse, canary: pages of several kinds",
        existing_comment="page kind",
        existing_nullable=False,
        schema="ops",
    )
    op.alter_column(
        "batch_target",
        "reason",
        existing_type=sa.TEXT(),
        comment="why it was planned: new, correction, recheck, force, reparse, mend, canary",
        existing_comment="why it was planned: new, correction, recheck, force",
        existing_nullable=False,
        schema="ops",
    )
    op.add_column(
        "target",
        sa.Column(
            "asked_version",
            sa.Text(),
            nullable=True,
            comment="selector file that the latest plan asks to read it with; null: whichever fits",
        ),
        schema="ops",
    )
    op.add_column(
        "target",
        sa.Column(
            "archive_only",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="the latest plan asks for the archived page; none is fetched",
        ),
        schema="ops",
    )
