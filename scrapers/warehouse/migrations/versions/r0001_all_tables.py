# ruff: noqa: E501 - comments of columns stay on one line
"""All schemas and tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateSchema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for schema in ("raw", "staging", "core", "ops"):
        op.execute(CreateSchema(schema, if_not_exists=True))
    op.create_table(
        "competition",
        sa.Column(
            "competition_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's tournament id; feed tournamentId, breadcrumb link /Tournaments/<id>/",
        ),
        sa.Column(
            "name",
            sa.Text(),
            nullable=False,
            comment="name; feed tournamentName, breadcrumb text before ' - '",
        ),
        sa.Column(
            "region_id",
            sa.Integer(),
            nullable=True,
            comment="region id; feed regionId, breadcrumb /Regions/<id>/",
        ),
        sa.Column(
            "region_name",
            sa.Text(),
            nullable=True,
            comment="region (country); feed regionName, breadcrumb",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.PrimaryKeyConstraint("competition_id", name=op.f("competition_pkey")),
        schema="core",
    )
    op.create_table(
        "player",
        sa.Column(
            "player_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's player id",
        ),
        sa.Column(
            "name", sa.Text(), nullable=False, comment="name; match centre playerIdNameDictionary"
        ),
        sa.Column(
            "height_cm",
            sa.Integer(),
            nullable=True,
            comment="height in centimetres; the page's 0 is null",
        ),
        sa.Column(
            "weight_kg",
            sa.Integer(),
            nullable=True,
            comment="weight in kilograms; the page's 0 is null",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.PrimaryKeyConstraint("player_id", name=op.f("player_pkey")),
        schema="core",
    )
    op.create_table(
        "referee",
        sa.Column(
            "referee_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's official id; match centre referee.officialId",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="whole name; referee.name"),
        sa.Column("first_name", sa.Text(), nullable=True, comment="referee.firstName"),
        sa.Column("last_name", sa.Text(), nullable=True, comment="referee.lastName"),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.PrimaryKeyConstraint("referee_id", name=op.f("referee_pkey")),
        schema="core",
    )
    op.create_table(
        "team",
        sa.Column(
            "team_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's team id",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="name on the page that landed last"),
        sa.Column(
            "country_name",
            sa.Text(),
            nullable=True,
            comment="country; match centre home/away.countryName",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.PrimaryKeyConstraint("team_id", name=op.f("team_pkey")),
        schema="core",
    )
    op.create_table(
        "type_name",
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="dictionary: event_type, qualifier, period, outcome, card, satisfied_event, formation",
        ),
        sa.Column(
            "type_id",
            sa.Integer(),
            nullable=False,
            comment="id within the dictionary (displayName's value on the page)",
        ),
        sa.Column(
            "name",
            sa.Text(),
            nullable=False,
            comment="name, e.g. Pass, KeyPass, FirstHalf, Yellow, 433",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.PrimaryKeyConstraint("kind", "type_id", name=op.f("type_name_pkey")),
        schema="core",
    )
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.Uuid(), nullable=False, comment="id"),
        sa.Column(
            "dag_id", sa.Text(), nullable=False, comment="DAG, or the command that stands for one"
        ),
        sa.Column("run_id", sa.Text(), nullable=False, comment="DAG run"),
        sa.Column("step", sa.Text(), nullable=False, comment="page kind"),
        sa.Column(
            "round",
            sa.Integer(),
            nullable=False,
            comment="counts the batches of this step of the run, from 1",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="open, published or failed"),
        sa.Column(
            "interval_start",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="first moment of the days asked for, UTC",
        ),
        sa.Column(
            "interval_end",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="first moment after the days asked for, UTC",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when it was opened, UTC",
        ),
        sa.Column(
            "closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was closed, UTC",
        ),
        sa.Column(
            "summary",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what became of it",
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("batch_pkey")),
        sa.UniqueConstraint(
            "dag_id", "run_id", "step", "round", name=op.f("batch_dag_id_run_id_step_round_key")
        ),
        schema="ops",
    )
    op.create_index(
        "batch_open_key",
        "batch",
        ["dag_id", "run_id", "step"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "host_turn",
        sa.Column("host", sa.Text(), nullable=False, comment="host"),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="no page is asked of it before this, UTC",
        ),
        sa.PrimaryKeyConstraint("host", name=op.f("host_turn_pkey")),
        schema="ops",
    )
    op.create_table(
        "source_state",
        sa.Column("source", sa.Text(), nullable=False, comment="source, e.g. whoscored"),
        sa.Column(
            "paused_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="no page is asked for before this, UTC",
        ),
        sa.Column(
            "reason", sa.Text(), nullable=True, comment="why, with the protection's incident id"
        ),
        sa.Column(
            "paused_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was paused, UTC",
        ),
        sa.Column(
            "failure_class", sa.Text(), nullable=True, comment="class of the failure that paused it"
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("source_state_pkey")),
        schema="ops",
    )
    op.create_table(
        "target",
        sa.Column(
            "target_key",
            sa.Text(),
            nullable=False,
            comment="name of the target: source/page kind/ids; see scrapers.targets",
        ),
        sa.Column("page_kind", sa.Text(), nullable=False, comment="page kind"),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="state; see scrapers.warehouse.records.State",
        ),
        sa.Column(
            "kickoff_utc",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="kick-off of its match, as the schedule had it",
        ),
        sa.Column(
            "planned_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when a plan last asked for it, UTC",
        ),
        sa.Column(
            "attempts",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="tries since then; waits that say nothing of the target do not count",
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
            comment="when it was last handed to the broker in this state; null: not yet",
        ),
        sa.Column("holder", sa.Uuid(), nullable=True, comment="the task that holds it; null: none"),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until when the hold counts, UTC",
        ),
        sa.Column(
            "failures",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="failures since it was planned",
        ),
        sa.Column(
            "failing_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="first failure since it was planned, UTC",
        ),
        sa.Column(
            "failure_class",
            sa.Text(),
            nullable=True,
            comment="class of the latest failure since it was planned",
        ),
        sa.Column("failure_detail", sa.Text(), nullable=True, comment="sentence of that failure"),
        sa.Column(
            "failure_facts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="facts of that failure",
        ),
        sa.Column(
            "page_hash", sa.Text(), nullable=True, comment="latest archived page; see raw.page"
        ),
        sa.Column(
            "fetched_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when that page was fetched, UTC",
        ),
        sa.Column(
            "selector_version", sa.Text(), nullable=True, comment="selector file that read it last"
        ),
        sa.Column(
            "staged_id",
            sa.Uuid(),
            nullable=True,
            comment="names the latest writing of its rows to staging",
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when rows of it last landed, UTC",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when this row last changed, UTC",
        ),
        sa.PrimaryKeyConstraint("target_key", name=op.f("target_pkey")),
        schema="ops",
    )
    op.create_index(
        "target_state_due_at_idx", "target", ["state", "due_at"], unique=False, schema="ops"
    )
    op.create_table(
        "page",
        sa.Column("page_hash", sa.Text(), nullable=False, comment="SHA-256 of the page's bytes"),
        sa.Column("target_key", sa.Text(), nullable=False, comment="target it was fetched for"),
        sa.Column("url", sa.Text(), nullable=False, comment="address it came from in the end"),
        sa.Column("title", sa.Text(), nullable=False, comment="title that the browser showed"),
        sa.Column(
            "status", sa.Integer(), nullable=True, comment="HTTP status, if the browser told it"
        ),
        sa.Column("browser", sa.Text(), nullable=False, comment="browser and version"),
        sa.Column(
            "size_bytes", sa.Integer(), nullable=False, comment="size in bytes, not compressed"
        ),
        sa.Column(
            "ready",
            sa.Boolean(),
            nullable=False,
            comment="the selector file's sign of readiness was there in time",
        ),
        sa.Column(
            "load_seconds",
            sa.Numeric(),
            nullable=False,
            comment="time until it was loaded and ready, in seconds",
        ),
        sa.Column(
            "first_fetched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="first fetched, UTC",
        ),
        sa.Column(
            "last_fetched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="last fetched with the very same bytes, UTC",
        ),
        sa.PrimaryKeyConstraint("page_hash", "target_key", name=op.f("page_pkey")),
        schema="raw",
    )
    op.create_index(op.f("page_target_key_idx"), "page", ["target_key"], unique=False, schema="raw")
    op.create_table(
        "competition",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "competition_id",
            sa.Integer(),
            nullable=True,
            comment="the site's tournament id; feed tournamentId, breadcrumb link /Tournaments/<id>/",
        ),
        sa.Column(
            "name",
            sa.Text(),
            nullable=True,
            comment="name; feed tournamentName, breadcrumb text before ' - '",
        ),
        sa.Column(
            "region_id",
            sa.Integer(),
            nullable=True,
            comment="region id; feed regionId, breadcrumb /Regions/<id>/",
        ),
        sa.Column(
            "region_name",
            sa.Text(),
            nullable=True,
            comment="region (country); feed regionName, breadcrumb",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("competition_pkey")),
        schema="staging",
    )
    op.create_table(
        "event",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column(
            "event_id",
            sa.BigInteger(),
            nullable=True,
            comment="the site's id of the event, unique; id",
        ),
        sa.Column(
            "ordinal", sa.Integer(), nullable=True, comment="position in the page's list, from 1"
        ),
        sa.Column(
            "team_event_id",
            sa.Integer(),
            nullable=True,
            comment="count within the team, no key; eventId",
        ),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team; teamId"),
        sa.Column(
            "player_id",
            sa.Integer(),
            nullable=True,
            comment="player; playerId; null on team events",
        ),
        sa.Column(
            "period_id",
            sa.Integer(),
            nullable=True,
            comment="1 first half, 2 second half, 3 and 4 extra time, 5 shoot-out, 14 after, 16 before; period",
        ),
        sa.Column(
            "minute", sa.Integer(), nullable=True, comment="minute of the match clock; minute"
        ),
        sa.Column(
            "second",
            sa.Integer(),
            nullable=True,
            comment="second of the minute; second; missing on some events",
        ),
        sa.Column(
            "expanded_minute",
            sa.Integer(),
            nullable=True,
            comment="minute of the expanded clock; expandedMinute",
        ),
        sa.Column(
            "type_id", sa.Integer(), nullable=True, comment="type.value; see type_name 'event_type'"
        ),
        sa.Column("type_name", sa.Text(), nullable=True, comment="type.displayName, e.g. Pass"),
        sa.Column(
            "outcome", sa.Boolean(), nullable=True, comment="successful or not; outcomeType.value"
        ),
        sa.Column("is_touch", sa.Boolean(), nullable=True, comment="the ball was touched; isTouch"),
        sa.Column("is_shot", sa.Boolean(), nullable=True, comment="isShot"),
        sa.Column("is_goal", sa.Boolean(), nullable=True, comment="isGoal"),
        sa.Column(
            "is_own_goal",
            sa.Boolean(),
            nullable=True,
            comment="isOwnGoal; x and y are then at the own end",
        ),
        sa.Column(
            "x",
            sa.Numeric(),
            nullable=True,
            comment="per cent of the pitch's length towards the other goal; x",
        ),
        sa.Column(
            "y",
            sa.Numeric(),
            nullable=True,
            comment="per cent of the pitch's width from the right-hand side; y",
        ),
        sa.Column(
            "end_x", sa.Numeric(), nullable=True, comment="where it ended, per cent of length; endX"
        ),
        sa.Column(
            "end_y", sa.Numeric(), nullable=True, comment="where it ended, per cent of width; endY"
        ),
        sa.Column(
            "goal_mouth_y",
            sa.Numeric(),
            nullable=True,
            comment="where the shot crossed the goal line, per cent of the pitch's width; goalMouthY",
        ),
        sa.Column(
            "goal_mouth_z",
            sa.Numeric(),
            nullable=True,
            comment="height at the goal line, in the source's units (crossbar about 38); goalMouthZ",
        ),
        sa.Column(
            "blocked_x",
            sa.Numeric(),
            nullable=True,
            comment="where a shot was blocked, per cent of length; blockedX",
        ),
        sa.Column(
            "blocked_y",
            sa.Numeric(),
            nullable=True,
            comment="where a shot was blocked, per cent of width; blockedY",
        ),
        sa.Column(
            "related_team_event_id",
            sa.Integer(),
            nullable=True,
            comment="team_event_id of a related event, of this or the other team; relatedEventId",
        ),
        sa.Column("related_player_id", sa.Integer(), nullable=True, comment="relatedPlayerId"),
        sa.Column(
            "card_type",
            sa.Text(),
            nullable=True,
            comment="Yellow, SecondYellow or Red; cardType.displayName",
        ),
        sa.Column(
            "qualifiers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="[{type_id, name, value}] in the page's order; qualifiers",
        ),
        sa.Column(
            "satisfied_event_types",
            sa.ARRAY(sa.Integer()),
            nullable=True,
            comment="ids of type_name 'satisfied_event'; satisfiedEventsTypes",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("event_pkey")),
        schema="staging",
    )
    op.create_table(
        "fixture",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "match_id",
            sa.Integer(),
            nullable=True,
            comment="the site's match id; feed matches[].id",
        ),
        sa.Column("stage_id", sa.Integer(), nullable=True, comment="its stage"),
        sa.Column(
            "feed_month",
            sa.Text(),
            nullable=True,
            comment="month of the feed that lists it, YYYYMM",
        ),
        sa.Column(
            "kickoff_utc",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="kick-off, UTC; feed startTimeUtc",
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=True,
            comment="scheduled, live, finished, postponed, abandoned or cancelled; feed status and elapsed",
        ),
        sa.Column(
            "elapsed",
            sa.Text(),
            nullable=True,
            comment="the feed's own word: FT, AET, PEN, Post, Abd, 67', …",
        ),
        sa.Column("home_team_id", sa.Integer(), nullable=True, comment="home team"),
        sa.Column("away_team_id", sa.Integer(), nullable=True, comment="away team"),
        sa.Column(
            "home_score",
            sa.Integer(),
            nullable=True,
            comment="goals, extra time included, shoot-out not",
        ),
        sa.Column(
            "away_score",
            sa.Integer(),
            nullable=True,
            comment="goals, extra time included, shoot-out not",
        ),
        sa.Column(
            "home_penalty_score",
            sa.Integer(),
            nullable=True,
            comment="penalties scored in the shoot-out",
        ),
        sa.Column(
            "away_penalty_score",
            sa.Integer(),
            nullable=True,
            comment="penalties scored in the shoot-out",
        ),
        sa.Column(
            "is_opta",
            sa.Boolean(),
            nullable=True,
            comment=(
                "the feed's matchIsOpta; says nothing of a match centre: "
                "false for many that have one"
            ),
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("fixture_pkey")),
        schema="staging",
    )
    op.create_table(
        "formation",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team"),
        sa.Column(
            "ordinal", sa.Integer(), nullable=True, comment="position in the page's list, from 1"
        ),
        sa.Column(
            "formation_id",
            sa.Integer(),
            nullable=True,
            comment="formations[].formationId; see type_name 'formation'",
        ),
        sa.Column(
            "formation_name",
            sa.Text(),
            nullable=True,
            comment="e.g. 433; formations[].formationName",
        ),
        sa.Column(
            "period_id",
            sa.Integer(),
            nullable=True,
            comment="period in which it was set; 16 is before the match",
        ),
        sa.Column(
            "start_minute",
            sa.Integer(),
            nullable=True,
            comment="expanded minute from which; startMinuteExpanded",
        ),
        sa.Column(
            "end_minute",
            sa.Integer(),
            nullable=True,
            comment="expanded minute to which; endMinuteExpanded",
        ),
        sa.Column("captain_player_id", sa.Integer(), nullable=True, comment="captain"),
        sa.Column(
            "sub_on_player_id",
            sa.Integer(),
            nullable=True,
            comment="who came on to make it; subOnPlayerId",
        ),
        sa.Column(
            "sub_off_player_id", sa.Integer(), nullable=True, comment="who went off; subOffPlayerId"
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("formation_pkey")),
        schema="staging",
    )
    op.create_table(
        "formation_slot",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team"),
        sa.Column("ordinal", sa.Integer(), nullable=True, comment="its formation"),
        sa.Column(
            "slot",
            sa.Integer(),
            nullable=True,
            comment="slot 1 to 11, 1 the goalkeeper; formationSlots",
        ),
        sa.Column("player_id", sa.Integer(), nullable=True, comment="player; playerIds"),
        sa.Column(
            "vertical",
            sa.Numeric(),
            nullable=True,
            comment="distance from the own goal, 0 to 10; formationPositions[slot - 1].vertical",
        ),
        sa.Column(
            "horizontal",
            sa.Numeric(),
            nullable=True,
            comment="position across the pitch, 0 to 10; formationPositions[slot - 1].horizontal",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("formation_slot_pkey")),
        schema="staging",
    )
    op.create_table(
        "line_up",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column("player_id", sa.Integer(), nullable=True, comment="player"),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team"),
        sa.Column(
            "shirt_number",
            sa.Integer(),
            nullable=True,
            comment="shirt; players[].shirtNo; the page's 0 is null",
        ),
        sa.Column(
            "position",
            sa.Text(),
            nullable=True,
            comment="GK, DR, DC, MC, FW, …, or Sub; players[].position",
        ),
        sa.Column(
            "is_starter",
            sa.Boolean(),
            nullable=True,
            comment="in the first eleven; players[].isFirstEleven",
        ),
        sa.Column(
            "is_captain",
            sa.Boolean(),
            nullable=True,
            comment="captain at kick-off; formations[0].captainPlayerId",
        ),
        sa.Column(
            "is_man_of_the_match", sa.Boolean(), nullable=True, comment="players[].isManOfTheMatch"
        ),
        sa.Column(
            "minute_on",
            sa.Integer(),
            nullable=True,
            comment="expanded minute of coming on, 0 for starters; null: not used",
        ),
        sa.Column(
            "minute_off",
            sa.Integer(),
            nullable=True,
            comment="expanded minute of going off, by substitution or red card; null: on to the end, or not used",
        ),
        sa.Column(
            "minutes_played",
            sa.Integer(),
            nullable=True,
            comment="expanded minutes on the pitch, stoppage time included; 0 for who was not used",
        ),
        sa.Column(
            "replaced_player_id",
            sa.Integer(),
            nullable=True,
            comment="whom a substitute came on for; subbedOutPlayerId",
        ),
        sa.Column(
            "replaced_by_player_id",
            sa.Integer(),
            nullable=True,
            comment="who came on for the player; subbedInPlayerId",
        ),
        sa.Column(
            "rating",
            sa.Numeric(),
            nullable=True,
            comment="rating at the end, 0 to 10; last of stats.ratings",
        ),
        sa.Column(
            "age_years",
            sa.Integer(),
            nullable=True,
            comment="age in years when the page was served, not at the match; players[].age",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("line_up_pkey")),
        schema="staging",
    )
    op.create_table(
        "match",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "match_id", sa.Integer(), nullable=True, comment="the site's match id; args.matchId"
        ),
        sa.Column(
            "competition_id", sa.Integer(), nullable=True, comment="competition; breadcrumb link"
        ),
        sa.Column("season_id", sa.Integer(), nullable=True, comment="season; breadcrumb link"),
        sa.Column(
            "stage_id",
            sa.Integer(),
            nullable=True,
            comment="stage; not on the page: filled from core.fixture when landing",
        ),
        sa.Column("home_team_id", sa.Integer(), nullable=True, comment="home team"),
        sa.Column("away_team_id", sa.Integer(), nullable=True, comment="away team"),
        sa.Column(
            "kickoff_utc",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="kick-off, UTC: kickoff_page read on the site's clock, Europe/London",
        ),
        sa.Column(
            "kickoff_page",
            sa.DateTime(),
            nullable=True,
            comment="kick-off as the page states it, without zone; matchCentreData.startTime",
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=True,
            comment="finished, abandoned, live, …; matchCentreData.statusCode/elapsed",
        ),
        sa.Column(
            "elapsed", sa.Text(), nullable=True, comment="the page's own word: FT, AET, PEN, …"
        ),
        sa.Column(
            "home_score",
            sa.Integer(),
            nullable=True,
            comment="goals, extra time included, shoot-out not; score",
        ),
        sa.Column(
            "away_score",
            sa.Integer(),
            nullable=True,
            comment="goals, extra time included, shoot-out not; score",
        ),
        sa.Column(
            "home_score_ht", sa.Integer(), nullable=True, comment="goals at half-time; htScore"
        ),
        sa.Column(
            "away_score_ht", sa.Integer(), nullable=True, comment="goals at half-time; htScore"
        ),
        sa.Column(
            "home_score_ft", sa.Integer(), nullable=True, comment="goals after 90 minutes; ftScore"
        ),
        sa.Column(
            "away_score_ft", sa.Integer(), nullable=True, comment="goals after 90 minutes; ftScore"
        ),
        sa.Column(
            "home_score_et",
            sa.Integer(),
            nullable=True,
            comment="goals after extra time; etScore; null: none played",
        ),
        sa.Column(
            "away_score_et",
            sa.Integer(),
            nullable=True,
            comment="goals after extra time; etScore; null: none played",
        ),
        sa.Column(
            "home_score_pk",
            sa.Integer(),
            nullable=True,
            comment="penalties scored in the shoot-out; pkScore",
        ),
        sa.Column(
            "away_score_pk",
            sa.Integer(),
            nullable=True,
            comment="penalties scored in the shoot-out; pkScore",
        ),
        sa.Column("venue_name", sa.Text(), nullable=True, comment="venue; venueName"),
        sa.Column(
            "attendance",
            sa.Integer(),
            nullable=True,
            comment="spectators; attendance; the page's 0 is null",
        ),
        sa.Column("referee_id", sa.Integer(), nullable=True, comment="referee"),
        sa.Column(
            "weather_code",
            sa.Text(),
            nullable=True,
            comment="weatherCode; empty on most pages: null",
        ),
        sa.Column(
            "max_period",
            sa.Integer(),
            nullable=True,
            comment="last period played, 1 to 5; maxPeriod",
        ),
        sa.Column(
            "max_minute",
            sa.Integer(),
            nullable=True,
            comment="last minute of the match clock; maxMinute",
        ),
        sa.Column(
            "expanded_max_minute",
            sa.Integer(),
            nullable=True,
            comment="last minute of the expanded clock, which counts stoppage time on; expandedMaxMinute",
        ),
        sa.Column(
            "period_end_minutes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="last minute of each period by period id; periodEndMinutes",
        ),
        sa.Column(
            "data_updated_page",
            sa.DateTime(),
            nullable=True,
            comment="when the site last updated the match, on the site's clock; timeStamp",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("match_pkey")),
        schema="staging",
    )
    op.create_table(
        "match_team",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team"),
        sa.Column("side", sa.Text(), nullable=True, comment="home or away; field"),
        sa.Column("manager_name", sa.Text(), nullable=True, comment="manager; managerName"),
        sa.Column(
            "average_age_years",
            sa.Numeric(),
            nullable=True,
            comment="average age of the starters in years when the page was served; averageAge",
        ),
        sa.Column(
            "rating",
            sa.Numeric(),
            nullable=True,
            comment="the site's rating at the end, 0 to 10; last of stats.ratings",
        ),
        sa.Column(
            "score_halftime",
            sa.Integer(),
            nullable=True,
            comment="goals at half-time; scores.halftime",
        ),
        sa.Column(
            "score_fulltime",
            sa.Integer(),
            nullable=True,
            comment="goals after 90 minutes; scores.fulltime",
        ),
        sa.Column(
            "score_running",
            sa.Integer(),
            nullable=True,
            comment="goals when the page was served; scores.running",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("match_team_pkey")),
        schema="staging",
    )
    op.create_table(
        "player",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("player_id", sa.Integer(), nullable=True, comment="the site's player id"),
        sa.Column(
            "name", sa.Text(), nullable=True, comment="name; match centre playerIdNameDictionary"
        ),
        sa.Column(
            "height_cm",
            sa.Integer(),
            nullable=True,
            comment="height in centimetres; the page's 0 is null",
        ),
        sa.Column(
            "weight_kg",
            sa.Integer(),
            nullable=True,
            comment="weight in kilograms; the page's 0 is null",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("player_pkey")),
        schema="staging",
    )
    op.create_table(
        "player_stat",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column("player_id", sa.Integer(), nullable=True, comment="player"),
        sa.Column("stat", sa.Text(), nullable=True, comment="the page's name, e.g. passesTotal"),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team"),
        sa.Column(
            "total",
            sa.Numeric(),
            nullable=True,
            comment="sum over the minutes; null for ratings and shares, which do not add up",
        ),
        sa.Column("last", sa.Numeric(), nullable=True, comment="value at the latest minute"),
        sa.Column(
            "by_minute",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment='value by expanded minute, as the page carries it: {"46": 1.0}',
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("player_stat_pkey")),
        schema="staging",
    )
    op.create_table(
        "referee",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "referee_id",
            sa.Integer(),
            nullable=True,
            comment="the site's official id; match centre referee.officialId",
        ),
        sa.Column("name", sa.Text(), nullable=True, comment="whole name; referee.name"),
        sa.Column("first_name", sa.Text(), nullable=True, comment="referee.firstName"),
        sa.Column("last_name", sa.Text(), nullable=True, comment="referee.lastName"),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("referee_pkey")),
        schema="staging",
    )
    op.create_table(
        "season",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "season_id",
            sa.Integer(),
            nullable=True,
            comment="the site's season id; feed seasonId, breadcrumb link /Seasons/<id>/",
        ),
        sa.Column("competition_id", sa.Integer(), nullable=True, comment="its competition"),
        sa.Column(
            "name",
            sa.Text(),
            nullable=True,
            comment="name, e.g. 2022/2023; feed seasonName, breadcrumb after ' - '",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("season_pkey")),
        schema="staging",
    )
    op.create_table(
        "shot_zone",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team"),
        sa.Column("zone", sa.Text(), nullable=True, comment="e.g. onTargetLowLeft"),
        sa.Column("minute", sa.Integer(), nullable=True, comment="expanded minute"),
        sa.Column("shots", sa.Integer(), nullable=True, comment="shots; count"),
        sa.Column("goals", sa.Integer(), nullable=True, comment="goals among them; goalCount"),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("shot_zone_pkey")),
        schema="staging",
    )
    op.create_table(
        "stage",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "stage_id", sa.Integer(), nullable=True, comment="the site's stage id; feed stageId"
        ),
        sa.Column("season_id", sa.Integer(), nullable=True, comment="its season"),
        sa.Column("name", sa.Text(), nullable=True, comment="name; feed stageName"),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("stage_pkey")),
        schema="staging",
    )
    op.create_table(
        "substitution",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column(
            "off_event_id",
            sa.BigInteger(),
            nullable=True,
            comment="id of the SubstitutionOff event",
        ),
        sa.Column(
            "on_event_id",
            sa.BigInteger(),
            nullable=True,
            comment="id of the SubstitutionOn event; null: nobody came on",
        ),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team"),
        sa.Column("player_off_id", sa.Integer(), nullable=True, comment="who went off"),
        sa.Column("player_on_id", sa.Integer(), nullable=True, comment="who came on"),
        sa.Column("period_id", sa.Integer(), nullable=True, comment="period"),
        sa.Column("minute", sa.Integer(), nullable=True, comment="minute of the match clock"),
        sa.Column(
            "expanded_minute", sa.Integer(), nullable=True, comment="minute of the expanded clock"
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("substitution_pkey")),
        schema="staging",
    )
    op.create_table(
        "team",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="the site's team id"),
        sa.Column("name", sa.Text(), nullable=True, comment="name on the page that landed last"),
        sa.Column(
            "country_name",
            sa.Text(),
            nullable=True,
            comment="country; match centre home/away.countryName",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("team_pkey")),
        schema="staging",
    )
    op.create_table(
        "team_stat",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match"),
        sa.Column("team_id", sa.Integer(), nullable=True, comment="team"),
        sa.Column("stat", sa.Text(), nullable=True, comment="the page's name, e.g. possession"),
        sa.Column(
            "total",
            sa.Numeric(),
            nullable=True,
            comment="sum over the minutes; null for ratings and shares, which do not add up",
        ),
        sa.Column("last", sa.Numeric(), nullable=True, comment="value at the latest minute"),
        sa.Column(
            "by_minute",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment='value by expanded minute, as the page carries it: {"46": 1.0}',
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("team_stat_pkey")),
        schema="staging",
    )
    op.create_table(
        "type_name",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=True,
            comment="dictionary: event_type, qualifier, period, outcome, card, satisfied_event, formation",
        ),
        sa.Column(
            "type_id",
            sa.Integer(),
            nullable=True,
            comment="id within the dictionary (displayName's value on the page)",
        ),
        sa.Column(
            "name",
            sa.Text(),
            nullable=True,
            comment="name, e.g. Pass, KeyPass, FirstHalf, Yellow, 433",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("type_name_pkey")),
        schema="staging",
    )
    op.create_table(
        "season",
        sa.Column(
            "season_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's season id; feed seasonId, breadcrumb link /Seasons/<id>/",
        ),
        sa.Column("competition_id", sa.Integer(), nullable=False, comment="its competition"),
        sa.Column(
            "name",
            sa.Text(),
            nullable=False,
            comment="name, e.g. 2022/2023; feed seasonName, breadcrumb after ' - '",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["competition_id"],
            ["core.competition.competition_id"],
            name=op.f("season_competition_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("season_id", name=op.f("season_pkey")),
        schema="core",
    )
    op.create_table(
        "batch_target",
        sa.Column("batch_id", sa.Uuid(), nullable=False, comment="batch"),
        sa.Column("target_key", sa.Text(), nullable=False, comment="target"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="why it was planned: new, correction, recheck, force",
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["ops.batch.batch_id"],
            name=op.f("batch_target_batch_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_key"], ["ops.target.target_key"], name=op.f("batch_target_target_key_fkey")
        ),
        sa.PrimaryKeyConstraint("batch_id", "target_key", name=op.f("batch_target_pkey")),
        schema="ops",
    )
    op.create_index(
        op.f("batch_target_target_key_idx"),
        "batch_target",
        ["target_key"],
        unique=False,
        schema="ops",
    )
    op.create_table(
        "failure",
        sa.Column(
            "failure_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="id"
        ),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when, UTC",
        ),
        sa.Column("target_key", sa.Text(), nullable=False, comment="target"),
        sa.Column(
            "stage", sa.Text(), nullable=False, comment="where on the way: fetch, parse or validate"
        ),
        sa.Column("failure_class", sa.Text(), nullable=False, comment="class, of scrapers.errors"),
        sa.Column("severity", sa.Text(), nullable=False, comment="P1 to P5"),
        sa.Column("detail", sa.Text(), nullable=False, comment="sentence for a person"),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="small facts: fields, counts, an incident id",
        ),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="which try failed, from 1"),
        sa.Column(
            "retry_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it is tried again, UTC; null: not",
        ),
        sa.Column(
            "page_hash", sa.Text(), nullable=True, comment="the archived page, if there was one"
        ),
        sa.ForeignKeyConstraint(
            ["target_key"], ["ops.target.target_key"], name=op.f("failure_target_key_fkey")
        ),
        sa.PrimaryKeyConstraint("failure_id", name=op.f("failure_pkey")),
        schema="ops",
    )
    op.create_index(op.f("failure_at_idx"), "failure", ["at"], unique=False, schema="ops")
    op.create_index(
        op.f("failure_target_key_idx"), "failure", ["target_key"], unique=False, schema="ops"
    )
    op.create_table(
        "landing",
        sa.Column(
            "landing_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="id"
        ),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when, UTC",
        ),
        sa.Column("batch_id", sa.Uuid(), nullable=False, comment="batch"),
        sa.Column("table_name", sa.Text(), nullable=False, comment="core table"),
        sa.Column("inserted", sa.Integer(), nullable=False, comment="rows that are new"),
        sa.Column("updated", sa.Integer(), nullable=False, comment="rows that changed"),
        sa.Column(
            "deleted",
            sa.Integer(),
            nullable=False,
            comment="rows that vanished from their page, deleted or closed",
        ),
        sa.Column(
            "unchanged",
            sa.Integer(),
            nullable=False,
            comment="rows that were there already, the same",
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["ops.batch.batch_id"], name=op.f("landing_batch_id_fkey")
        ),
        sa.PrimaryKeyConstraint("landing_id", name=op.f("landing_pkey")),
        schema="ops",
    )
    op.create_index(
        op.f("landing_batch_id_idx"), "landing", ["batch_id"], unique=False, schema="ops"
    )
    op.create_table(
        "quarantine",
        sa.Column(
            "quarantine_id",
            sa.BigInteger(),
            sa.Identity(always=False),
            nullable=False,
            comment="id",
        ),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when, UTC",
        ),
        sa.Column("target_key", sa.Text(), nullable=False, comment="target"),
        sa.Column("batch_id", sa.Uuid(), nullable=False, comment="batch that was judged"),
        sa.Column(
            "staged_id",
            sa.Uuid(),
            nullable=False,
            comment="the writing of its rows that was judged",
        ),
        sa.Column(
            "page_hash", sa.Text(), nullable=True, comment="page that the rows were read from"
        ),
        sa.Column(
            "selector_version", sa.Text(), nullable=True, comment="selector file that read them"
        ),
        sa.Column(
            "reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{suite, table, expectation, column, what, rows, examples}]",
        ),
        sa.Column(
            "resolved_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a later reading of the target landed, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["ops.batch.batch_id"], name=op.f("quarantine_batch_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["target_key"], ["ops.target.target_key"], name=op.f("quarantine_target_key_fkey")
        ),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("quarantine_pkey")),
        schema="ops",
    )
    op.create_index(
        op.f("quarantine_target_key_idx"), "quarantine", ["target_key"], unique=False, schema="ops"
    )
    op.create_table(
        "validation",
        sa.Column(
            "validation_id",
            sa.BigInteger(),
            sa.Identity(always=False),
            nullable=False,
            comment="id",
        ),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when, UTC",
        ),
        sa.Column("batch_id", sa.Uuid(), nullable=False, comment="batch that was judged"),
        sa.Column("suite", sa.Text(), nullable=False, comment="expectation suite"),
        sa.Column(
            "table_name", sa.Text(), nullable=False, comment="staged table, or the query's name"
        ),
        sa.Column(
            "expectation",
            sa.Text(),
            nullable=False,
            comment="expectation, e.g. expect_column_values_to_be_between",
        ),
        sa.Column(
            "column_name",
            sa.Text(),
            nullable=True,
            comment="column it judges; null: the whole table",
        ),
        sa.Column(
            "scope",
            sa.Text(),
            nullable=False,
            comment="target: a failing row puts its target aside; batch: refuses all",
        ),
        sa.Column("success", sa.Boolean(), nullable=False, comment="met or not"),
        sa.Column("rows", sa.Integer(), nullable=False, comment="rows judged"),
        sa.Column("unexpected", sa.Integer(), nullable=False, comment="rows that break it"),
        sa.Column(
            "targets",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="targets of those rows",
        ),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="arguments and observed values",
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["ops.batch.batch_id"], name=op.f("validation_batch_id_fkey")
        ),
        sa.PrimaryKeyConstraint("validation_id", name=op.f("validation_pkey")),
        schema="ops",
    )
    op.create_index(
        op.f("validation_batch_id_idx"), "validation", ["batch_id"], unique=False, schema="ops"
    )
    op.create_table(
        "stage",
        sa.Column(
            "stage_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's stage id; feed stageId",
        ),
        sa.Column("season_id", sa.Integer(), nullable=False, comment="its season"),
        sa.Column("name", sa.Text(), nullable=True, comment="name; feed stageName"),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["season_id"], ["core.season.season_id"], name=op.f("stage_season_id_fkey")
        ),
        sa.PrimaryKeyConstraint("stage_id", name=op.f("stage_pkey")),
        schema="core",
    )
    op.create_table(
        "fixture",
        sa.Column(
            "match_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's match id; feed matches[].id",
        ),
        sa.Column("stage_id", sa.Integer(), nullable=False, comment="its stage"),
        sa.Column(
            "feed_month",
            sa.Text(),
            nullable=False,
            comment="month of the feed that lists it, YYYYMM",
        ),
        sa.Column(
            "kickoff_utc",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="kick-off, UTC; feed startTimeUtc",
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="scheduled, live, finished, postponed, abandoned or cancelled; feed status and elapsed",
        ),
        sa.Column(
            "elapsed",
            sa.Text(),
            nullable=True,
            comment="the feed's own word: FT, AET, PEN, Post, Abd, 67', …",
        ),
        sa.Column("home_team_id", sa.Integer(), nullable=False, comment="home team"),
        sa.Column("away_team_id", sa.Integer(), nullable=False, comment="away team"),
        sa.Column(
            "home_score",
            sa.Integer(),
            nullable=True,
            comment="goals, extra time included, shoot-out not",
        ),
        sa.Column(
            "away_score",
            sa.Integer(),
            nullable=True,
            comment="goals, extra time included, shoot-out not",
        ),
        sa.Column(
            "home_penalty_score",
            sa.Integer(),
            nullable=True,
            comment="penalties scored in the shoot-out",
        ),
        sa.Column(
            "away_penalty_score",
            sa.Integer(),
            nullable=True,
            comment="penalties scored in the shoot-out",
        ),
        sa.Column(
            "is_opta",
            sa.Boolean(),
            nullable=True,
            comment=(
                "the feed's matchIsOpta; says nothing of a match centre: "
                "false for many that have one"
            ),
        ),
        sa.Column(
            "closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its feed no longer listed it, UTC",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["away_team_id"], ["core.team.team_id"], name=op.f("fixture_away_team_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["home_team_id"], ["core.team.team_id"], name=op.f("fixture_home_team_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["core.stage.stage_id"], name=op.f("fixture_stage_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", name=op.f("fixture_pkey")),
        schema="core",
    )
    op.create_index(
        op.f("fixture_kickoff_utc_idx"), "fixture", ["kickoff_utc"], unique=False, schema="core"
    )
    op.create_index(
        op.f("fixture_stage_id_idx"), "fixture", ["stage_id"], unique=False, schema="core"
    )
    op.create_table(
        "match",
        sa.Column(
            "match_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's match id; args.matchId",
        ),
        sa.Column(
            "competition_id", sa.Integer(), nullable=False, comment="competition; breadcrumb link"
        ),
        sa.Column("season_id", sa.Integer(), nullable=False, comment="season; breadcrumb link"),
        sa.Column(
            "stage_id",
            sa.Integer(),
            nullable=True,
            comment="stage; not on the page: filled from core.fixture when landing",
        ),
        sa.Column("home_team_id", sa.Integer(), nullable=False, comment="home team"),
        sa.Column("away_team_id", sa.Integer(), nullable=False, comment="away team"),
        sa.Column(
            "kickoff_utc",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="kick-off, UTC: kickoff_page read on the site's clock, Europe/London",
        ),
        sa.Column(
            "kickoff_page",
            sa.DateTime(),
            nullable=False,
            comment="kick-off as the page states it, without zone; matchCentreData.startTime",
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="finished, abandoned, live, …; matchCentreData.statusCode/elapsed",
        ),
        sa.Column(
            "elapsed", sa.Text(), nullable=True, comment="the page's own word: FT, AET, PEN, …"
        ),
        sa.Column(
            "home_score",
            sa.Integer(),
            nullable=False,
            comment="goals, extra time included, shoot-out not; score",
        ),
        sa.Column(
            "away_score",
            sa.Integer(),
            nullable=False,
            comment="goals, extra time included, shoot-out not; score",
        ),
        sa.Column(
            "home_score_ht", sa.Integer(), nullable=True, comment="goals at half-time; htScore"
        ),
        sa.Column(
            "away_score_ht", sa.Integer(), nullable=True, comment="goals at half-time; htScore"
        ),
        sa.Column(
            "home_score_ft", sa.Integer(), nullable=True, comment="goals after 90 minutes; ftScore"
        ),
        sa.Column(
            "away_score_ft", sa.Integer(), nullable=True, comment="goals after 90 minutes; ftScore"
        ),
        sa.Column(
            "home_score_et",
            sa.Integer(),
            nullable=True,
            comment="goals after extra time; etScore; null: none played",
        ),
        sa.Column(
            "away_score_et",
            sa.Integer(),
            nullable=True,
            comment="goals after extra time; etScore; null: none played",
        ),
        sa.Column(
            "home_score_pk",
            sa.Integer(),
            nullable=True,
            comment="penalties scored in the shoot-out; pkScore",
        ),
        sa.Column(
            "away_score_pk",
            sa.Integer(),
            nullable=True,
            comment="penalties scored in the shoot-out; pkScore",
        ),
        sa.Column("venue_name", sa.Text(), nullable=True, comment="venue; venueName"),
        sa.Column(
            "attendance",
            sa.Integer(),
            nullable=True,
            comment="spectators; attendance; the page's 0 is null",
        ),
        sa.Column("referee_id", sa.Integer(), nullable=True, comment="referee"),
        sa.Column(
            "weather_code",
            sa.Text(),
            nullable=True,
            comment="weatherCode; empty on most pages: null",
        ),
        sa.Column(
            "max_period",
            sa.Integer(),
            nullable=True,
            comment="last period played, 1 to 5; maxPeriod",
        ),
        sa.Column(
            "max_minute",
            sa.Integer(),
            nullable=True,
            comment="last minute of the match clock; maxMinute",
        ),
        sa.Column(
            "expanded_max_minute",
            sa.Integer(),
            nullable=True,
            comment="last minute of the expanded clock, which counts stoppage time on; expandedMaxMinute",
        ),
        sa.Column(
            "period_end_minutes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="last minute of each period by period id; periodEndMinutes",
        ),
        sa.Column(
            "data_updated_page",
            sa.DateTime(),
            nullable=True,
            comment="when the site last updated the match, on the site's clock; timeStamp",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["away_team_id"], ["core.team.team_id"], name=op.f("match_away_team_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["competition_id"],
            ["core.competition.competition_id"],
            name=op.f("match_competition_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["home_team_id"], ["core.team.team_id"], name=op.f("match_home_team_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["referee_id"], ["core.referee.referee_id"], name=op.f("match_referee_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["season_id"], ["core.season.season_id"], name=op.f("match_season_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["core.stage.stage_id"], name=op.f("match_stage_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", name=op.f("match_pkey")),
        schema="core",
    )
    op.create_index(
        op.f("match_kickoff_utc_idx"), "match", ["kickoff_utc"], unique=False, schema="core"
    )
    op.create_index(
        op.f("match_season_id_idx"), "match", ["season_id"], unique=False, schema="core"
    )
    op.create_table(
        "match_team",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False, comment="team"),
        sa.Column("side", sa.Text(), nullable=False, comment="home or away; field"),
        sa.Column("manager_name", sa.Text(), nullable=True, comment="manager; managerName"),
        sa.Column(
            "average_age_years",
            sa.Numeric(),
            nullable=True,
            comment="average age of the starters in years when the page was served; averageAge",
        ),
        sa.Column(
            "rating",
            sa.Numeric(),
            nullable=True,
            comment="the site's rating at the end, 0 to 10; last of stats.ratings",
        ),
        sa.Column(
            "score_halftime",
            sa.Integer(),
            nullable=True,
            comment="goals at half-time; scores.halftime",
        ),
        sa.Column(
            "score_fulltime",
            sa.Integer(),
            nullable=True,
            comment="goals after 90 minutes; scores.fulltime",
        ),
        sa.Column(
            "score_running",
            sa.Integer(),
            nullable=True,
            comment="goals when the page was served; scores.running",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("match_team_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["core.team.team_id"], name=op.f("match_team_team_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", "team_id", name=op.f("match_team_pkey")),
        schema="core",
    )
    op.create_table(
        "event",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column(
            "event_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="the site's id of the event, unique; id",
        ),
        sa.Column(
            "ordinal", sa.Integer(), nullable=False, comment="position in the page's list, from 1"
        ),
        sa.Column(
            "team_event_id",
            sa.Integer(),
            nullable=True,
            comment="count within the team, no key; eventId",
        ),
        sa.Column("team_id", sa.Integer(), nullable=False, comment="team; teamId"),
        sa.Column(
            "player_id",
            sa.Integer(),
            nullable=True,
            comment="player; playerId; null on team events",
        ),
        sa.Column(
            "period_id",
            sa.Integer(),
            nullable=False,
            comment="1 first half, 2 second half, 3 and 4 extra time, 5 shoot-out, 14 after, 16 before; period",
        ),
        sa.Column(
            "minute", sa.Integer(), nullable=False, comment="minute of the match clock; minute"
        ),
        sa.Column(
            "second",
            sa.Integer(),
            nullable=True,
            comment="second of the minute; second; missing on some events",
        ),
        sa.Column(
            "expanded_minute",
            sa.Integer(),
            nullable=True,
            comment="minute of the expanded clock; expandedMinute",
        ),
        sa.Column(
            "type_id",
            sa.Integer(),
            nullable=False,
            comment="type.value; see type_name 'event_type'",
        ),
        sa.Column("type_name", sa.Text(), nullable=False, comment="type.displayName, e.g. Pass"),
        sa.Column(
            "outcome", sa.Boolean(), nullable=False, comment="successful or not; outcomeType.value"
        ),
        sa.Column(
            "is_touch", sa.Boolean(), nullable=False, comment="the ball was touched; isTouch"
        ),
        sa.Column("is_shot", sa.Boolean(), nullable=False, comment="isShot"),
        sa.Column("is_goal", sa.Boolean(), nullable=False, comment="isGoal"),
        sa.Column(
            "is_own_goal",
            sa.Boolean(),
            nullable=False,
            comment="isOwnGoal; x and y are then at the own end",
        ),
        sa.Column(
            "x",
            sa.Numeric(),
            nullable=False,
            comment="per cent of the pitch's length towards the other goal; x",
        ),
        sa.Column(
            "y",
            sa.Numeric(),
            nullable=False,
            comment="per cent of the pitch's width from the right-hand side; y",
        ),
        sa.Column(
            "end_x", sa.Numeric(), nullable=True, comment="where it ended, per cent of length; endX"
        ),
        sa.Column(
            "end_y", sa.Numeric(), nullable=True, comment="where it ended, per cent of width; endY"
        ),
        sa.Column(
            "goal_mouth_y",
            sa.Numeric(),
            nullable=True,
            comment="where the shot crossed the goal line, per cent of the pitch's width; goalMouthY",
        ),
        sa.Column(
            "goal_mouth_z",
            sa.Numeric(),
            nullable=True,
            comment="height at the goal line, in the source's units (crossbar about 38); goalMouthZ",
        ),
        sa.Column(
            "blocked_x",
            sa.Numeric(),
            nullable=True,
            comment="where a shot was blocked, per cent of length; blockedX",
        ),
        sa.Column(
            "blocked_y",
            sa.Numeric(),
            nullable=True,
            comment="where a shot was blocked, per cent of width; blockedY",
        ),
        sa.Column(
            "related_team_event_id",
            sa.Integer(),
            nullable=True,
            comment="team_event_id of a related event, of this or the other team; relatedEventId",
        ),
        sa.Column("related_player_id", sa.Integer(), nullable=True, comment="relatedPlayerId"),
        sa.Column(
            "card_type",
            sa.Text(),
            nullable=True,
            comment="Yellow, SecondYellow or Red; cardType.displayName",
        ),
        sa.Column(
            "qualifiers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{type_id, name, value}] in the page's order; qualifiers",
        ),
        sa.Column(
            "satisfied_event_types",
            sa.ARRAY(sa.Integer()),
            nullable=False,
            comment="ids of type_name 'satisfied_event'; satisfiedEventsTypes",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "team_id"],
            ["core.match_team.match_id", "core.match_team.team_id"],
            name=op.f("event_match_id_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("event_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["player_id"], ["core.player.player_id"], name=op.f("event_player_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", "event_id", name=op.f("event_pkey")),
        schema="core",
    )
    op.create_index(
        op.f("event_player_id_idx"), "event", ["player_id"], unique=False, schema="core"
    )
    op.create_index(op.f("event_type_id_idx"), "event", ["type_id"], unique=False, schema="core")
    op.create_table(
        "formation",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False, comment="team"),
        sa.Column(
            "ordinal",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="position in the page's list, from 1",
        ),
        sa.Column(
            "formation_id",
            sa.Integer(),
            nullable=False,
            comment="formations[].formationId; see type_name 'formation'",
        ),
        sa.Column(
            "formation_name",
            sa.Text(),
            nullable=False,
            comment="e.g. 433; formations[].formationName",
        ),
        sa.Column(
            "period_id",
            sa.Integer(),
            nullable=False,
            comment="period in which it was set; 16 is before the match",
        ),
        sa.Column(
            "start_minute",
            sa.Integer(),
            nullable=False,
            comment="expanded minute from which; startMinuteExpanded",
        ),
        sa.Column(
            "end_minute",
            sa.Integer(),
            nullable=False,
            comment="expanded minute to which; endMinuteExpanded",
        ),
        sa.Column("captain_player_id", sa.Integer(), nullable=True, comment="captain"),
        sa.Column(
            "sub_on_player_id",
            sa.Integer(),
            nullable=True,
            comment="who came on to make it; subOnPlayerId",
        ),
        sa.Column(
            "sub_off_player_id", sa.Integer(), nullable=True, comment="who went off; subOffPlayerId"
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["captain_player_id"],
            ["core.player.player_id"],
            name=op.f("formation_captain_player_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "team_id"],
            ["core.match_team.match_id", "core.match_team.team_id"],
            name=op.f("formation_match_id_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("formation_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("match_id", "team_id", "ordinal", name=op.f("formation_pkey")),
        schema="core",
    )
    op.create_table(
        "line_up",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column("player_id", sa.Integer(), autoincrement=False, nullable=False, comment="player"),
        sa.Column("team_id", sa.Integer(), nullable=False, comment="team"),
        sa.Column(
            "shirt_number",
            sa.Integer(),
            nullable=True,
            comment="shirt; players[].shirtNo; the page's 0 is null",
        ),
        sa.Column(
            "position",
            sa.Text(),
            nullable=False,
            comment="GK, DR, DC, MC, FW, …, or Sub; players[].position",
        ),
        sa.Column(
            "is_starter",
            sa.Boolean(),
            nullable=False,
            comment="in the first eleven; players[].isFirstEleven",
        ),
        sa.Column(
            "is_captain",
            sa.Boolean(),
            nullable=False,
            comment="captain at kick-off; formations[0].captainPlayerId",
        ),
        sa.Column(
            "is_man_of_the_match", sa.Boolean(), nullable=False, comment="players[].isManOfTheMatch"
        ),
        sa.Column(
            "minute_on",
            sa.Integer(),
            nullable=True,
            comment="expanded minute of coming on, 0 for starters; null: not used",
        ),
        sa.Column(
            "minute_off",
            sa.Integer(),
            nullable=True,
            comment="expanded minute of going off, by substitution or red card; null: on to the end, or not used",
        ),
        sa.Column(
            "minutes_played",
            sa.Integer(),
            nullable=False,
            comment="expanded minutes on the pitch, stoppage time included; 0 for who was not used",
        ),
        sa.Column(
            "replaced_player_id",
            sa.Integer(),
            nullable=True,
            comment="whom a substitute came on for; subbedOutPlayerId",
        ),
        sa.Column(
            "replaced_by_player_id",
            sa.Integer(),
            nullable=True,
            comment="who came on for the player; subbedInPlayerId",
        ),
        sa.Column(
            "rating",
            sa.Numeric(),
            nullable=True,
            comment="rating at the end, 0 to 10; last of stats.ratings",
        ),
        sa.Column(
            "age_years",
            sa.Integer(),
            nullable=True,
            comment="age in years when the page was served, not at the match; players[].age",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "team_id"],
            ["core.match_team.match_id", "core.match_team.team_id"],
            name=op.f("line_up_match_id_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("line_up_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["player_id"], ["core.player.player_id"], name=op.f("line_up_player_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", "player_id", name=op.f("line_up_pkey")),
        schema="core",
    )
    op.create_table(
        "player_stat",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column("player_id", sa.Integer(), autoincrement=False, nullable=False, comment="player"),
        sa.Column("stat", sa.Text(), nullable=False, comment="the page's name, e.g. passesTotal"),
        sa.Column("team_id", sa.Integer(), nullable=False, comment="team"),
        sa.Column(
            "total",
            sa.Numeric(),
            nullable=True,
            comment="sum over the minutes; null for ratings and shares, which do not add up",
        ),
        sa.Column("last", sa.Numeric(), nullable=True, comment="value at the latest minute"),
        sa.Column(
            "by_minute",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment='value by expanded minute, as the page carries it: {"46": 1.0}',
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "team_id"],
            ["core.match_team.match_id", "core.match_team.team_id"],
            name=op.f("player_stat_match_id_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("player_stat_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["player_id"], ["core.player.player_id"], name=op.f("player_stat_player_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", "player_id", "stat", name=op.f("player_stat_pkey")),
        schema="core",
    )
    op.create_table(
        "shot_zone",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False, comment="team"),
        sa.Column("zone", sa.Text(), nullable=False, comment="e.g. onTargetLowLeft"),
        sa.Column(
            "minute", sa.Integer(), autoincrement=False, nullable=False, comment="expanded minute"
        ),
        sa.Column("shots", sa.Integer(), nullable=False, comment="shots; count"),
        sa.Column("goals", sa.Integer(), nullable=False, comment="goals among them; goalCount"),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "team_id"],
            ["core.match_team.match_id", "core.match_team.team_id"],
            name=op.f("shot_zone_match_id_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("shot_zone_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "match_id", "team_id", "zone", "minute", name=op.f("shot_zone_pkey")
        ),
        schema="core",
    )
    op.create_table(
        "substitution",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column(
            "off_event_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="id of the SubstitutionOff event",
        ),
        sa.Column(
            "on_event_id",
            sa.BigInteger(),
            nullable=True,
            comment="id of the SubstitutionOn event; null: nobody came on",
        ),
        sa.Column("team_id", sa.Integer(), nullable=False, comment="team"),
        sa.Column("player_off_id", sa.Integer(), nullable=False, comment="who went off"),
        sa.Column("player_on_id", sa.Integer(), nullable=True, comment="who came on"),
        sa.Column("period_id", sa.Integer(), nullable=False, comment="period"),
        sa.Column("minute", sa.Integer(), nullable=False, comment="minute of the match clock"),
        sa.Column(
            "expanded_minute", sa.Integer(), nullable=False, comment="minute of the expanded clock"
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "team_id"],
            ["core.match_team.match_id", "core.match_team.team_id"],
            name=op.f("substitution_match_id_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("substitution_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["player_off_id"],
            ["core.player.player_id"],
            name=op.f("substitution_player_off_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["player_on_id"], ["core.player.player_id"], name=op.f("substitution_player_on_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", "off_event_id", name=op.f("substitution_pkey")),
        schema="core",
    )
    op.create_table(
        "team_stat",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False, comment="team"),
        sa.Column("stat", sa.Text(), nullable=False, comment="the page's name, e.g. possession"),
        sa.Column(
            "total",
            sa.Numeric(),
            nullable=True,
            comment="sum over the minutes; null for ratings and shares, which do not add up",
        ),
        sa.Column("last", sa.Numeric(), nullable=True, comment="value at the latest minute"),
        sa.Column(
            "by_minute",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment='value by expanded minute, as the page carries it: {"46": 1.0}',
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "team_id"],
            ["core.match_team.match_id", "core.match_team.team_id"],
            name=op.f("team_stat_match_id_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("team_stat_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("match_id", "team_id", "stat", name=op.f("team_stat_pkey")),
        schema="core",
    )
    op.create_table(
        "formation_slot",
        sa.Column("match_id", sa.Integer(), autoincrement=False, nullable=False, comment="match"),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False, comment="team"),
        sa.Column(
            "ordinal", sa.Integer(), autoincrement=False, nullable=False, comment="its formation"
        ),
        sa.Column(
            "slot",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="slot 1 to 11, 1 the goalkeeper; formationSlots",
        ),
        sa.Column("player_id", sa.Integer(), nullable=False, comment="player; playerIds"),
        sa.Column(
            "vertical",
            sa.Numeric(),
            nullable=True,
            comment="distance from the own goal, 0 to 10; formationPositions[slot - 1].vertical",
        ),
        sa.Column(
            "horizontal",
            sa.Numeric(),
            nullable=True,
            comment="position across the pitch, 0 to 10; formationPositions[slot - 1].horizontal",
        ),
        sa.Column(
            "page_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the archived page this row was read from; see raw.page",
        ),
        sa.Column(
            "selector_version",
            sa.Text(),
            nullable=False,
            comment="selector file that read it: '<page kind>/<version>'",
        ),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=False, comment="batch that landed it; see ops.batch"
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the row was last changed here, UTC",
        ),
        sa.ForeignKeyConstraint(
            ["match_id", "team_id", "ordinal"],
            ["core.formation.match_id", "core.formation.team_id", "core.formation.ordinal"],
            name=op.f("formation_slot_match_id_team_id_ordinal_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["core.match.match_id"],
            name=op.f("formation_slot_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["player_id"], ["core.player.player_id"], name=op.f("formation_slot_player_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "match_id", "team_id", "ordinal", "slot", name=op.f("formation_slot_pkey")
        ),
        schema="core",
    )
