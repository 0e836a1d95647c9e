"""Health: breakers of hubs and source, sessions, gaps, requests an hour, incidents, notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "browser_session",
        sa.Column("session_id", sa.Text(), nullable=False, comment="the hub's id of it"),
        sa.Column("hub", sa.Text(), nullable=False, comment="the hub's address, without a login"),
        sa.Column(
            "holder",
            sa.Text(),
            nullable=False,
            comment="the process that uses it: host name and process id",
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when it was opened, UTC",
        ),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="until when its process is taken to be alive, UTC",
        ),
        sa.Column(
            "pages",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="pages loaded with it",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("browser_session_pkey")),
        schema="ops",
    )
    op.create_index(
        "browser_session_lease_until_idx",
        "browser_session",
        ["lease_until"],
        unique=False,
        schema="ops",
    )
    op.create_table(
        "hub_state",
        sa.Column("hub", sa.Text(), nullable=False, comment="the hub's address, without a login"),
        sa.Column(
            "state",
            sa.Text(),
            server_default=sa.text("'closed'"),
            nullable=False,
            comment="closed: used; open: left alone; half_open: one probe session decides",
        ),
        sa.Column(
            "failures",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="failures since a session of it last worked",
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when it is not used, UTC; null: it is",
        ),
        sa.Column(
            "next_probe_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="not to be probed before this, UTC",
        ),
        sa.Column(
            "probe_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until when somebody's probe counts, UTC",
        ),
        sa.Column("detail", sa.Text(), nullable=True, comment="sentence of its latest failure"),
        sa.Column(
            "worked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a session of it last worked, UTC",
        ),
        sa.Column(
            "browser", sa.Text(), nullable=True, comment="browser and version of that session"
        ),
        sa.PrimaryKeyConstraint("hub", name=op.f("hub_state_pkey")),
        schema="ops",
    )
    op.create_table(
        "incident",
        sa.Column(
            "incident_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="id"
        ),
        sa.Column("failure_class", sa.Text(), nullable=False, comment="class, of scrapers.errors"),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="what is in trouble: a source, hub, page kind, step, competition",
        ),
        sa.Column("severity", sa.Text(), nullable=False, comment="P1 to P5"),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="first sign, UTC",
        ),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="latest sign, UTC",
        ),
        sa.Column(
            "closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was over, UTC; null: it is not",
        ),
        sa.Column(
            "signs",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="how often it was seen",
        ),
        sa.Column("detail", sa.Text(), nullable=False, comment="sentence of the latest sign"),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="small facts: fields, counts, the source's incident id",
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("incident_pkey")),
        schema="ops",
    )
    op.create_index(
        "incident_open_key",
        "incident",
        ["failure_class", "subject"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        op.f("incident_opened_at_idx"), "incident", ["opened_at"], unique=False, schema="ops"
    )
    op.create_table(
        "request_hour",
        sa.Column("host", sa.Text(), nullable=False, comment="host"),
        sa.Column(
            "hour",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="first moment of the hour, UTC",
        ),
        sa.Column("requests", sa.Integer(), nullable=False, comment="pages asked for"),
        sa.PrimaryKeyConstraint("host", "hour", name=op.f("request_hour_pkey")),
        schema="ops",
    )
    op.create_table(
        "gap",
        sa.Column(
            "gap_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="id"
        ),
        sa.Column("target_key", sa.Text(), nullable=False, comment="target"),
        sa.Column(
            "failure_class",
            sa.Text(),
            nullable=False,
            comment="class of the failure that left it open",
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when, UTC",
        ),
        sa.Column(
            "tries",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="times that a catch-up asked for it",
        ),
        sa.Column(
            "tried_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a catch-up last asked for it, UTC",
        ),
        sa.Column(
            "closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was closed, UTC; null: open",
        ),
        sa.Column("closed_by", sa.Text(), nullable=True, comment="landed, absent, or given up"),
        sa.ForeignKeyConstraint(
            ["target_key"], ["ops.target.target_key"], name=op.f("gap_target_key_fkey")
        ),
        sa.PrimaryKeyConstraint("gap_id", name=op.f("gap_pkey")),
        schema="ops",
    )
    op.create_index(
        "gap_open_key",
        "gap",
        ["target_key"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "notice",
        sa.Column(
            "notice_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="id"
        ),
        sa.Column("incident_id", sa.BigInteger(), nullable=False, comment="incident"),
        sa.Column("kind", sa.Text(), nullable=False, comment="opened, worse, reminder or closed"),
        sa.Column(
            "audience",
            sa.Text(),
            nullable=False,
            comment="whom it is for; see the register of failures",
        ),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="not to be sent before this, UTC",
        ),
        sa.Column(
            "sent_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was sent, UTC; null: not yet",
        ),
        sa.Column("holder", sa.Uuid(), nullable=True, comment="who is sending it"),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until when the sender is taken to be alive, UTC",
        ),
        sa.Column(
            "tries",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="how often it was tried",
        ),
        sa.Column(
            "problem",
            sa.Text(),
            nullable=True,
            comment="why the latest try failed; never an address",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["ops.incident.incident_id"],
            name=op.f("notice_incident_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("notice_pkey")),
        schema="ops",
    )
    op.create_index(
        "notice_due_at_idx",
        "notice",
        ["due_at"],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_index(
        op.f("notice_incident_id_idx"), "notice", ["incident_id"], unique=False, schema="ops"
    )
    op.add_column(
        "source_state",
        sa.Column(
            "paused_by",
            sa.Text(),
            nullable=True,
            comment="who paused it by hand; null: the platform did",
        ),
        schema="ops",
    )
    op.add_column(
        "source_state",
        sa.Column(
            "failures",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="failures of the source, over all targets, since a page of it was last right",
        ),
        schema="ops",
    )
    op.add_column(
        "source_state",
        sa.Column(
            "pauses",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="pauses running, each longer than the last, since it was last well",
        ),
        schema="ops",
    )
    op.add_column(
        "source_state",
        sa.Column(
            "probe_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="after a pause: until when the one page that tries it counts as under way, UTC",
        ),
        schema="ops",
    )
    op.add_column(
        "source_state",
        sa.Column(
            "resumed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when it is asked again, gently at first, UTC; null: long since",
        ),
        schema="ops",
    )
    op.add_column(
        "source_state",
        sa.Column(
            "gentle_pages",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="right pages since then; the pause between pages shrinks with them",
        ),
        schema="ops",
    )
