# ruff: noqa: E501 - comments of columns stay on one line
"""Regions, standings, referee statistics, names over time, own names, followed stages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "name",
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="region, competition, season, stage, team, player, referee, venue or manager",
        ),
        sa.Column(
            "entity_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="id within the kind; of a venue the home team's, of a manager the team's",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="name, as a page wrote it"),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the earliest fetched page that writes it so was fetched, UTC",
        ),
        sa.PrimaryKeyConstraint("kind", "entity_id", "name", name=op.f("name_pkey")),
        schema="core",
    )
    op.create_table(
        "own_name",
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="region, competition, season, stage, team, player or referee",
        ),
        sa.Column(
            "entity_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's id within the kind, e.g. core.team.team_id",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="the team's own name"),
        sa.PrimaryKeyConstraint("kind", "entity_id", name=op.f("own_name_pkey")),
        schema="core",
    )
    op.create_table(
        "region",
        sa.Column(
            "region_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's region id; menu allRegions[].id",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="name; allRegions[].name"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="country, or international for a continent and the like; allRegions[].type 0 and 1",
        ),
        sa.Column(
            "flag",
            sa.Text(),
            nullable=True,
            comment="the site's name of its flag, e.g. flg-gb-eng; allRegions[].flg",
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
        sa.PrimaryKeyConstraint("region_id", name=op.f("region_pkey")),
        schema="core",
    )
    op.create_table(
        "followed_stage",
        sa.Column(
            "stage_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's stage id",
        ),
        sa.Column(
            "competition_id",
            sa.Integer(),
            nullable=False,
            comment="its competition, see core.competition",
        ),
        sa.Column("season_id", sa.Integer(), nullable=False, comment="its season, see core.season"),
        sa.Column(
            "competition",
            sa.Text(),
            nullable=False,
            comment="competition's name for people, e.g. 'England Premier League'",
        ),
        sa.Column(
            "season", sa.Text(), nullable=False, comment="season's name for people, e.g. 2025/2026"
        ),
        sa.Column(
            "stage", sa.Text(), nullable=True, comment="stage's name, as far as it was known then"
        ),
        sa.Column(
            "followed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="since when, UTC",
        ),
        sa.PrimaryKeyConstraint("stage_id", name=op.f("followed_stage_pkey")),
        schema="ops",
    )
    op.create_index(
        op.f("followed_stage_season_id_idx"),
        "followed_stage",
        ["season_id"],
        unique=False,
        schema="ops",
    )
    op.create_table(
        "referee_statistic",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=True, comment="stage; the page's address"),
        sa.Column(
            "referee_id",
            sa.Integer(),
            nullable=True,
            comment="referee; stage page refereestatistics, column Referee, link /Referees/<id>",
        ),
        sa.Column(
            "matches",
            sa.Integer(),
            nullable=True,
            comment="matches refereed; stage page refereestatistics, column Apps",
        ),
        sa.Column(
            "fouls_per_match",
            sa.Numeric(),
            nullable=True,
            comment="fouls given a match; stage page refereestatistics, column Fouls pg",
        ),
        sa.Column(
            "fouls_per_tackle",
            sa.Numeric(),
            nullable=True,
            comment="fouls given for each tackle made; stage page refereestatistics, column Fouls/Tackles",
        ),
        sa.Column(
            "penalties_per_match",
            sa.Numeric(),
            nullable=True,
            comment="penalties given a match; stage page refereestatistics, column Pen pg",
        ),
        sa.Column(
            "yellow_cards",
            sa.Integer(),
            nullable=True,
            comment="yellow cards shown; stage page refereestatistics, column Yel",
        ),
        sa.Column(
            "yellow_cards_per_match",
            sa.Numeric(),
            nullable=True,
            comment="yellow cards a match, rounded by the page; stage page refereestatistics, column Yel pg",
        ),
        sa.Column(
            "red_cards",
            sa.Integer(),
            nullable=True,
            comment="red cards shown; stage page refereestatistics, column Red",
        ),
        sa.Column(
            "red_cards_per_match",
            sa.Numeric(),
            nullable=True,
            comment="red cards a match, rounded by the page; stage page refereestatistics, column Red pg",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("referee_statistic_pkey")),
        schema="staging",
    )
    op.create_table(
        "region",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "region_id",
            sa.Integer(),
            nullable=True,
            comment="the site's region id; menu allRegions[].id",
        ),
        sa.Column("name", sa.Text(), nullable=True, comment="name; allRegions[].name"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=True,
            comment="country, or international for a continent and the like; allRegions[].type 0 and 1",
        ),
        sa.Column(
            "flag",
            sa.Text(),
            nullable=True,
            comment="the site's name of its flag, e.g. flg-gb-eng; allRegions[].flg",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("region_pkey")),
        schema="staging",
    )
    op.create_table(
        "standing",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "stage_id",
            sa.Integer(),
            nullable=True,
            comment="stage whose page shows the table; the page's address",
        ),
        sa.Column(
            "table_stage_id",
            sa.Integer(),
            nullable=True,
            comment="stage whose table it is; a page may show other groups' too; stage page tables.push(…).standings[][0]",
        ),
        sa.Column(
            "group_number",
            sa.Integer(),
            nullable=True,
            comment="number of the group among the stage's tables, from 0; standingsGroupIdx",
        ),
        sa.Column(
            "scope", sa.Text(), nullable=True, comment="matches counted: overall, home or away"
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            nullable=True,
            comment="team; stage page tables.push(…).standings[][1]",
        ),
        sa.Column(
            "rank",
            sa.Integer(),
            nullable=True,
            comment="place in the table, from 1; stage page tables.push(…).standings[][3], [12], [21]",
        ),
        sa.Column(
            "played",
            sa.Integer(),
            nullable=True,
            comment="matches played; stage page tables.push(…).standings[][4], [13], [22]",
        ),
        sa.Column(
            "won",
            sa.Integer(),
            nullable=True,
            comment="matches won; stage page tables.push(…).standings[][5], [14], [23]",
        ),
        sa.Column(
            "drawn",
            sa.Integer(),
            nullable=True,
            comment="matches drawn; stage page tables.push(…).standings[][6], [15], [24]",
        ),
        sa.Column(
            "lost",
            sa.Integer(),
            nullable=True,
            comment="matches lost; stage page tables.push(…).standings[][7], [16], [25]",
        ),
        sa.Column(
            "goals_for",
            sa.Integer(),
            nullable=True,
            comment="goals scored; stage page tables.push(…).standings[][8], [17], [26]",
        ),
        sa.Column(
            "goals_against",
            sa.Integer(),
            nullable=True,
            comment="goals conceded; stage page tables.push(…).standings[][9], [18], [27]",
        ),
        sa.Column(
            "goal_difference",
            sa.Integer(),
            nullable=True,
            comment="as the page states it; stage page tables.push(…).standings[][10], [19], [28]",
        ),
        sa.Column(
            "points",
            sa.Integer(),
            nullable=True,
            comment="points, deductions counted; stage page tables.push(…).standings[][11], [20], [29]; the page's own word",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("standing_pkey")),
        schema="staging",
    )
    op.create_table(
        "referee_statistic",
        sa.Column(
            "stage_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="stage; the page's address",
        ),
        sa.Column(
            "referee_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="referee; stage page refereestatistics, column Referee, link /Referees/<id>",
        ),
        sa.Column(
            "matches",
            sa.Integer(),
            nullable=False,
            comment="matches refereed; stage page refereestatistics, column Apps",
        ),
        sa.Column(
            "fouls_per_match",
            sa.Numeric(),
            nullable=True,
            comment="fouls given a match; stage page refereestatistics, column Fouls pg",
        ),
        sa.Column(
            "fouls_per_tackle",
            sa.Numeric(),
            nullable=True,
            comment="fouls given for each tackle made; stage page refereestatistics, column Fouls/Tackles",
        ),
        sa.Column(
            "penalties_per_match",
            sa.Numeric(),
            nullable=True,
            comment="penalties given a match; stage page refereestatistics, column Pen pg",
        ),
        sa.Column(
            "yellow_cards",
            sa.Integer(),
            nullable=False,
            comment="yellow cards shown; stage page refereestatistics, column Yel",
        ),
        sa.Column(
            "yellow_cards_per_match",
            sa.Numeric(),
            nullable=True,
            comment="yellow cards a match, rounded by the page; stage page refereestatistics, column Yel pg",
        ),
        sa.Column(
            "red_cards",
            sa.Integer(),
            nullable=False,
            comment="red cards shown; stage page refereestatistics, column Red",
        ),
        sa.Column(
            "red_cards_per_match",
            sa.Numeric(),
            nullable=True,
            comment="red cards a match, rounded by the page; stage page refereestatistics, column Red pg",
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
            ["referee_id"],
            ["core.referee.referee_id"],
            name=op.f("referee_statistic_referee_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["core.stage.stage_id"], name=op.f("referee_statistic_stage_id_fkey")
        ),
        sa.PrimaryKeyConstraint("stage_id", "referee_id", name=op.f("referee_statistic_pkey")),
        schema="core",
    )
    op.create_table(
        "standing",
        sa.Column(
            "stage_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="stage whose page shows the table; the page's address",
        ),
        sa.Column(
            "table_stage_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="stage whose table it is; a page may show other groups' too; stage page tables.push(…).standings[][0]",
        ),
        sa.Column(
            "group_number",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="number of the group among the stage's tables, from 0; standingsGroupIdx",
        ),
        sa.Column(
            "scope", sa.Text(), nullable=False, comment="matches counted: overall, home or away"
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="team; stage page tables.push(…).standings[][1]",
        ),
        sa.Column(
            "rank",
            sa.Integer(),
            nullable=False,
            comment="place in the table, from 1; stage page tables.push(…).standings[][3], [12], [21]",
        ),
        sa.Column(
            "played",
            sa.Integer(),
            nullable=False,
            comment="matches played; stage page tables.push(…).standings[][4], [13], [22]",
        ),
        sa.Column(
            "won",
            sa.Integer(),
            nullable=False,
            comment="matches won; stage page tables.push(…).standings[][5], [14], [23]",
        ),
        sa.Column(
            "drawn",
            sa.Integer(),
            nullable=False,
            comment="matches drawn; stage page tables.push(…).standings[][6], [15], [24]",
        ),
        sa.Column(
            "lost",
            sa.Integer(),
            nullable=False,
            comment="matches lost; stage page tables.push(…).standings[][7], [16], [25]",
        ),
        sa.Column(
            "goals_for",
            sa.Integer(),
            nullable=False,
            comment="goals scored; stage page tables.push(…).standings[][8], [17], [26]",
        ),
        sa.Column(
            "goals_against",
            sa.Integer(),
            nullable=False,
            comment="goals conceded; stage page tables.push(…).standings[][9], [18], [27]",
        ),
        sa.Column(
            "goal_difference",
            sa.Integer(),
            nullable=False,
            comment="as the page states it; stage page tables.push(…).standings[][10], [19], [28]",
        ),
        sa.Column(
            "points",
            sa.Integer(),
            nullable=False,
            comment="points, deductions counted; stage page tables.push(…).standings[][11], [20], [29]; the page's own word",
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
            ["stage_id"], ["core.stage.stage_id"], name=op.f("standing_stage_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["core.team.team_id"], name=op.f("standing_team_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "stage_id",
            "table_stage_id",
            "group_number",
            "scope",
            "team_id",
            name=op.f("standing_pkey"),
        ),
        schema="core",
    )
    op.alter_column(
        "competition",
        "competition_id",
        existing_type=sa.INTEGER(),
        comment="the site's tournament id; feed tournamentId, breadcrumb link /Tournaments/<id>/, menu allRegions[].tournaments[].id",
        existing_comment="the site's tournament id; feed tournamentId, breadcrumb link /Tournaments/<id>/",
        existing_nullable=False,
        autoincrement=False,
        schema="core",
    )
    op.alter_column(
        "stage",
        "stage_id",
        existing_type=sa.INTEGER(),
        comment="the site's stage id; feed stageId, a season's page select#stages or #sub-navigation",
        existing_comment="the site's stage id; feed stageId",
        existing_nullable=False,
        autoincrement=False,
        schema="core",
    )
    op.alter_column(
        "stage",
        "name",
        existing_type=sa.TEXT(),
        comment="name; feed stageName, select#stages; null: a season's only stage, feed not landed",
        existing_comment="name; feed stageName",
        existing_nullable=True,
        schema="core",
    )
    op.alter_column(
        "competition",
        "competition_id",
        existing_type=sa.INTEGER(),
        comment="the site's tournament id; feed tournamentId, breadcrumb link /Tournaments/<id>/, menu allRegions[].tournaments[].id",
        existing_comment="the site's tournament id; feed tournamentId, breadcrumb link /Tournaments/<id>/",
        existing_nullable=True,
        schema="staging",
    )
    op.alter_column(
        "stage",
        "stage_id",
        existing_type=sa.INTEGER(),
        comment="the site's stage id; feed stageId, a season's page select#stages or #sub-navigation",
        existing_comment="the site's stage id; feed stageId",
        existing_nullable=True,
        schema="staging",
    )
    op.alter_column(
        "stage",
        "name",
        existing_type=sa.TEXT(),
        comment="name; feed stageName, select#stages; null: a season's only stage, feed not landed",
        existing_comment="name; feed stageName",
        existing_nullable=True,
        schema="staging",
    )
