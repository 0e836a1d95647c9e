# ruff: noqa: E501 - comments of columns stay on one line
"""Previews, reports, statistics of teams and players over a stage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "match_preview",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "match_id",
            sa.Integer(),
            nullable=True,
            comment="the site's match id; preview params['matchheader'].matchId",
        ),
        sa.Column(
            "home_team_id",
            sa.Integer(),
            nullable=True,
            comment="home team; params['matchheader'].input[0]",
        ),
        sa.Column(
            "away_team_id",
            sa.Integer(),
            nullable=True,
            comment="away team; params['matchheader'].input[1]",
        ),
        sa.Column(
            "predicted_home_score",
            sa.Integer(),
            nullable=True,
            comment="goals the site expects of the home team; preview #preview-prediction .home",
        ),
        sa.Column(
            "predicted_away_score",
            sa.Integer(),
            nullable=True,
            comment="goals the site expects of the away team; preview #preview-prediction .away",
        ),
        sa.Column(
            "home_formation",
            sa.Text(),
            nullable=True,
            comment="expected formation of the home team, e.g. 4-4-2; preview .formation-label",
        ),
        sa.Column(
            "away_formation",
            sa.Text(),
            nullable=True,
            comment="expected formation of the away team, e.g. 4-4-2; preview .formation-label",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("match_preview_pkey")),
        schema="staging",
    )
    op.create_table(
        "match_trait",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "match_id",
            sa.Integer(),
            nullable=True,
            comment="the site's match id; report params['matchheader'].matchId",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            nullable=True,
            comment="team; report table.matchstory, left column home and right column away",
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=True,
            comment="strength, weakness or style; report tr.matchstory-typeheader",
        ),
        sa.Column(
            "ordinal",
            sa.Integer(),
            nullable=True,
            comment="position among the team's of this kind, from 1",
        ),
        sa.Column(
            "text",
            sa.Text(),
            nullable=True,
            comment="the site's sentence; report span.matchstory-text",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("match_trait_pkey")),
        schema="staging",
    )
    op.create_table(
        "missing_player",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match; see match_preview"),
        sa.Column(
            "player_id",
            sa.Integer(),
            nullable=True,
            comment="player; preview #missing-players, column Player, link /players/<id>",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            nullable=True,
            comment="team: the match's on whose side the player is listed",
        ),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=True,
            comment="the site's word: injured, injured doubtful, suspended, other, …; preview #missing-players, column Reason",
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=True,
            comment="the site's word: Out or Doubtful; preview #missing-players, column Status",
        ),
        sa.Column(
            "rating",
            sa.Numeric(),
            nullable=True,
            comment="rating of the season so far, 0 to 10; preview #missing-players, column Rating; the page's N/A is null",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("missing_player_pkey")),
        schema="staging",
    )
    op.create_table(
        "player_season_stat",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=True, comment="stage; the page's address"),
        sa.Column(
            "category",
            sa.Text(),
            nullable=True,
            comment="category that the feed was asked for, e.g. summary; the page's address",
        ),
        sa.Column(
            "subcategory",
            sa.Text(),
            nullable=True,
            comment="all, defensive, offensive or passing; the page's address",
        ),
        sa.Column(
            "player_id",
            sa.Integer(),
            nullable=True,
            comment="player; feed playerTableStats[].playerId",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            nullable=True,
            comment="team he played for, of several one row each; feed playerTableStats[].teamId",
        ),
        sa.Column(
            "stat",
            sa.Text(),
            nullable=True,
            comment="the feed's name: apps (starts), subOn (times as substitute), minsPlayed (minutes), goal, rating, …; a member of playerTableStats[]",
        ),
        sa.Column(
            "value",
            sa.Numeric(),
            nullable=True,
            comment="its value: totals, means a match where the name ends in PerGame; passSuccess in per cent; what the feed leaves null has no row",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("player_season_stat_pkey")),
        schema="staging",
    )
    op.create_table(
        "predicted_line_up",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True, comment="match; see match_preview"),
        sa.Column(
            "player_id",
            sa.Integer(),
            nullable=True,
            comment="player; preview #preview-lineups .pitch ul.player, data-playerid",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            nullable=True,
            comment="team: the match's on whose half the player stands",
        ),
        sa.Column(
            "ordinal",
            sa.Integer(),
            nullable=True,
            comment="position in the page's list of the team, from 1",
        ),
        sa.Column(
            "position",
            sa.Text(),
            nullable=True,
            comment="GK, DR, DC, MC, AML, FW, …; preview #preview-lineups .pitch ul.player, title in brackets",
        ),
        sa.Column(
            "rating",
            sa.Numeric(),
            nullable=True,
            comment="rating of the season so far, 0 to 10; preview #preview-lineups .pitch ul.player .player-rating; the page's N/A is null",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("predicted_line_up_pkey")),
        schema="staging",
    )
    op.create_table(
        "team_season_stat",
        sa.Column("target_key", sa.Text(), nullable=False, comment="target the row was read from"),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=True, comment="stage; the page's address"),
        sa.Column(
            "category",
            sa.Text(),
            nullable=True,
            comment="category that the feed was asked for, e.g. summaryteam; the page's address",
        ),
        sa.Column(
            "subcategory",
            sa.Text(),
            nullable=True,
            comment="all, defensive, offensive or passing; the page's address",
        ),
        sa.Column(
            "team_id", sa.Integer(), nullable=True, comment="team; feed teamTableStats[].teamId"
        ),
        sa.Column(
            "stat",
            sa.Text(),
            nullable=True,
            comment="the feed's name: apps (matches), goal, rating, shotsPerGame, …; a member of teamTableStats[]",
        ),
        sa.Column(
            "value",
            sa.Numeric(),
            nullable=True,
            comment="its value: totals, means a match where the name ends in PerGame; possession and passSuccess as shares of 1; what the feed leaves null has no row",
        ),
        sa.PrimaryKeyConstraint("target_key", "row_number", name=op.f("team_season_stat_pkey")),
        schema="staging",
    )
    op.create_table(
        "match_preview",
        sa.Column(
            "match_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's match id; preview params['matchheader'].matchId",
        ),
        sa.Column(
            "home_team_id",
            sa.Integer(),
            nullable=False,
            comment="home team; params['matchheader'].input[0]",
        ),
        sa.Column(
            "away_team_id",
            sa.Integer(),
            nullable=False,
            comment="away team; params['matchheader'].input[1]",
        ),
        sa.Column(
            "predicted_home_score",
            sa.Integer(),
            nullable=True,
            comment="goals the site expects of the home team; preview #preview-prediction .home",
        ),
        sa.Column(
            "predicted_away_score",
            sa.Integer(),
            nullable=True,
            comment="goals the site expects of the away team; preview #preview-prediction .away",
        ),
        sa.Column(
            "home_formation",
            sa.Text(),
            nullable=True,
            comment="expected formation of the home team, e.g. 4-4-2; preview .formation-label",
        ),
        sa.Column(
            "away_formation",
            sa.Text(),
            nullable=True,
            comment="expected formation of the away team, e.g. 4-4-2; preview .formation-label",
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
            ["away_team_id"], ["core.team.team_id"], name=op.f("match_preview_away_team_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["home_team_id"], ["core.team.team_id"], name=op.f("match_preview_home_team_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", name=op.f("match_preview_pkey")),
        schema="core",
    )
    op.create_table(
        "match_trait",
        sa.Column(
            "match_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the site's match id; report params['matchheader'].matchId",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="team; report table.matchstory, left column home and right column away",
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="strength, weakness or style; report tr.matchstory-typeheader",
        ),
        sa.Column(
            "ordinal",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="position among the team's of this kind, from 1",
        ),
        sa.Column(
            "text",
            sa.Text(),
            nullable=False,
            comment="the site's sentence; report span.matchstory-text",
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
            ["team_id"], ["core.team.team_id"], name=op.f("match_trait_team_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "match_id", "team_id", "kind", "ordinal", name=op.f("match_trait_pkey")
        ),
        schema="core",
    )
    op.create_table(
        "missing_player",
        sa.Column(
            "match_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="match; see match_preview",
        ),
        sa.Column(
            "player_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="player; preview #missing-players, column Player, link /players/<id>",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            nullable=False,
            comment="team: the match's on whose side the player is listed",
        ),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="the site's word: injured, injured doubtful, suspended, other, …; preview #missing-players, column Reason",
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="the site's word: Out or Doubtful; preview #missing-players, column Status",
        ),
        sa.Column(
            "rating",
            sa.Numeric(),
            nullable=True,
            comment="rating of the season so far, 0 to 10; preview #missing-players, column Rating; the page's N/A is null",
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
            ["core.match_preview.match_id"],
            name=op.f("missing_player_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["player_id"], ["core.player.player_id"], name=op.f("missing_player_player_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["core.team.team_id"], name=op.f("missing_player_team_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", "player_id", name=op.f("missing_player_pkey")),
        schema="core",
    )
    op.create_table(
        "predicted_line_up",
        sa.Column(
            "match_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="match; see match_preview",
        ),
        sa.Column(
            "player_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="player; preview #preview-lineups .pitch ul.player, data-playerid",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            nullable=False,
            comment="team: the match's on whose half the player stands",
        ),
        sa.Column(
            "ordinal",
            sa.Integer(),
            nullable=False,
            comment="position in the page's list of the team, from 1",
        ),
        sa.Column(
            "position",
            sa.Text(),
            nullable=False,
            comment="GK, DR, DC, MC, AML, FW, …; preview #preview-lineups .pitch ul.player, title in brackets",
        ),
        sa.Column(
            "rating",
            sa.Numeric(),
            nullable=True,
            comment="rating of the season so far, 0 to 10; preview #preview-lineups .pitch ul.player .player-rating; the page's N/A is null",
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
            ["core.match_preview.match_id"],
            name=op.f("predicted_line_up_match_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["player_id"], ["core.player.player_id"], name=op.f("predicted_line_up_player_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["core.team.team_id"], name=op.f("predicted_line_up_team_id_fkey")
        ),
        sa.PrimaryKeyConstraint("match_id", "player_id", name=op.f("predicted_line_up_pkey")),
        schema="core",
    )
    op.create_table(
        "player_season_stat",
        sa.Column(
            "stage_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="stage; the page's address",
        ),
        sa.Column(
            "category",
            sa.Text(),
            nullable=False,
            comment="category that the feed was asked for, e.g. summary; the page's address",
        ),
        sa.Column(
            "subcategory",
            sa.Text(),
            nullable=False,
            comment="all, defensive, offensive or passing; the page's address",
        ),
        sa.Column(
            "player_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="player; feed playerTableStats[].playerId",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="team he played for, of several one row each; feed playerTableStats[].teamId",
        ),
        sa.Column(
            "stat",
            sa.Text(),
            nullable=False,
            comment="the feed's name: apps (starts), subOn (times as substitute), minsPlayed (minutes), goal, rating, …; a member of playerTableStats[]",
        ),
        sa.Column(
            "value",
            sa.Numeric(),
            nullable=False,
            comment="its value: totals, means a match where the name ends in PerGame; passSuccess in per cent; what the feed leaves null has no row",
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
            ["player_id"], ["core.player.player_id"], name=op.f("player_season_stat_player_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["core.stage.stage_id"], name=op.f("player_season_stat_stage_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "stage_id",
            "category",
            "subcategory",
            "player_id",
            "team_id",
            "stat",
            name=op.f("player_season_stat_pkey"),
        ),
        schema="core",
    )
    op.create_table(
        "team_season_stat",
        sa.Column(
            "stage_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="stage; the page's address",
        ),
        sa.Column(
            "category",
            sa.Text(),
            nullable=False,
            comment="category that the feed was asked for, e.g. summaryteam; the page's address",
        ),
        sa.Column(
            "subcategory",
            sa.Text(),
            nullable=False,
            comment="all, defensive, offensive or passing; the page's address",
        ),
        sa.Column(
            "team_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="team; feed teamTableStats[].teamId",
        ),
        sa.Column(
            "stat",
            sa.Text(),
            nullable=False,
            comment="the feed's name: apps (matches), goal, rating, shotsPerGame, …; a member of teamTableStats[]",
        ),
        sa.Column(
            "value",
            sa.Numeric(),
            nullable=False,
            comment="its value: totals, means a match where the name ends in PerGame; possession and passSuccess as shares of 1; what the feed leaves null has no row",
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
            ["stage_id"], ["core.stage.stage_id"], name=op.f("team_season_stat_stage_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["core.team.team_id"], name=op.f("team_season_stat_team_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "stage_id",
            "category",
            "subcategory",
            "team_id",
            "stat",
            name=op.f("team_season_stat_pkey"),
        ),
        schema="core",
    )
