# ruff: noqa: E501 - comments of columns stay on one line
"""The registry of selector files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "selector_release",
        sa.Column(
            "release_id",
            sa.BigInteger(),
            sa.Identity(always=False),
            nullable=False,
            comment="id; grows in the order of commits",
        ),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when, UTC",
        ),
        sa.Column("page_kind", sa.Text(), nullable=False, comment="page kind"),
        sa.Column("version", sa.Text(), nullable=False, comment="version of the selector file"),
        sa.Column(
            "action",
            sa.Text(),
            nullable=False,
            comment="initial: first of its page kind; draft: seen, not in force; promote; upgrade: a release of Touchline replaced its own file; rollback",
        ),
        sa.Column("sha256", sa.Text(), nullable=False, comment="SHA-256 of the text"),
        sa.Column(
            "content", sa.Text(), nullable=False, comment="the whole text of the selector file"
        ),
        sa.Column("who", sa.Text(), nullable=False, comment="who did it"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why, where that was asked for"),
        sa.Column(
            "report",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="report of the test that allowed it",
        ),
        sa.Column(
            "undoes",
            sa.BigInteger(),
            nullable=True,
            comment="of a rollback: the promotion taken back",
        ),
        sa.ForeignKeyConstraint(
            ["undoes"],
            ["ops.selector_release.release_id"],
            name=op.f("selector_release_undoes_fkey"),
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("selector_release_pkey")),
        sa.UniqueConstraint("undoes", name=op.f("selector_release_undoes_key")),
        schema="ops",
    )
    op.create_index(
        "selector_release_page_kind_version_idx",
        "selector_release",
        ["page_kind", "version"],
        unique=False,
        schema="ops",
    )
