"""Revisions bring an empty database to exactly what the models say, whoever else does so too."""

from __future__ import annotations

import logging
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.schema import CreateSchema

from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.incidents.deliver import MOST_TRIES
from scrapers.settings import Settings
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.migrations import _config, current_revision, head_revision, upgrade
from scrapers.warehouse.ops_tables import metadata
from tests.support import postgres

SCHEMAS = ("raw", "staging", "core", "ops")


def at(url: str) -> Settings:
    return Settings.model_construct(database_url=SecretStr(url))


@pytest.fixture
def empty(empty_database: str) -> Settings:
    return at(empty_database)


def run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_models_and_migrated_schema_are_the_same_to_alembic(empty: Settings):
    upgrade(empty)

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name in SCHEMAS
        return name != "alembic_version"

    options = {"include_schemas": True, "include_name": ours, "compare_server_default": True}
    with engine_of(empty).connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_models_and_migrated_schema_are_the_same_to_postgresql(empty: Settings, services: Any):
    """Also what Alembic does not compare: names of keys, partial indexes, cascades, identities."""
    upgrade(empty)
    postgres.create_databases(services.ports["postgres"], services.password, "models")
    made = create_engine(services.database_url("models"))
    with made.begin() as connection:
        for schema in SCHEMAS:
            connection.execute(CreateSchema(schema))
        metadata.create_all(connection)
    made.dispose()
    assert dump(empty.database_url.get_secret_value()) == dump(services.database_url("models"))


def dump(url: str) -> list[str]:
    """The schema's statements, sorted, without what differs between two dumps of the same."""
    command = [
        *(postgres.BIN / "pg_dump", "--schema-only", "--exclude-table=ops.alembic_version"),
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    kept = [line for line in lines if line and not line.startswith(("--", "\\"))]
    return sorted(" ".join(kept).split(";"))


def test_upgrading_again_changes_nothing(empty: Settings):
    assert current_revision(engine_of(empty)) is None
    upgrade(empty)
    assert current_revision(engine_of(empty)) == head_revision()
    insert = "INSERT INTO ops.source_state (source, reason) VALUES ('x', 'stays')"
    run(empty.database_url.get_secret_value(), insert)
    upgrade(empty)
    with engine_of(empty).connect() as connection:
        assert connection.scalar(text("SELECT reason FROM ops.source_state")) == "stays"


def upgrade_to(empty: Settings, revision: str) -> None:
    """Bring an empty database to what an earlier release made of it."""
    with engine_of(empty).begin() as connection:
        connection.execute(CreateSchema("ops"))
        command.upgrade(_config(connection), revision)


def test_rows_that_wait_in_staging_are_of_the_text_in_force(empty: Settings, empty_database: str):
    """Nobody noted it before; without a promotion since they land, after one they do not."""
    upgrade_to(empty, "0007")
    release = (
        "INSERT INTO ops.selector_release"
        " (page_kind, version, action, sha256, content, who, undoes)"
        " VALUES ('schedule', '{0}', '{1}', '{2}', '', 'x', {3})"
    )
    target = (
        "INSERT INTO ops.target (target_key, page_kind, state, planned_at, selector_version)"
        " VALUES ('{0}', 'schedule', '{1}', now(), 'schedule/{2}')"
    )
    run(
        empty_database,
        release.format("a", "initial", "one", "NULL"),
        release.format("a", "promote", "two", "NULL"),
        release.format("a", "promote", "three", "NULL"),
        release.format("a", "rollback", "three", "3"),
        target.format("waits", "parsed", "a"),
        target.format("of another", "parsed", "b"),
        target.format("has landed", "landed", "a"),
    )
    upgrade(empty)
    with engine_of(empty).connect() as connection:
        found = connection.execute(text("SELECT target_key, staged_sha256 FROM ops.target")).all()
        assert {row.target_key: row.staged_sha256 for row in found} == {
            "waits": "two",
            "of another": None,
            "has landed": None,
        }


def test_messages_of_long_ago_that_were_given_up_stay_so(empty: Settings, empty_database: str):
    """The release before gave them up sooner; those of what goes on still are sent."""
    upgrade_to(empty, "0008")
    incident = (
        "INSERT INTO ops.incident (failure_class, subject, severity, opened_at, seen_at,"
        " closed_at, detail, facts)"
        " VALUES ('CacheUnavailable', '{0}', 'P2', now(), now(), {1}, 'x', '{{}}')"
    )
    notice = (
        "INSERT INTO ops.notice (incident_id, kind, audience, due_at, tries, sent_at)"
        " VALUES ({0}, 'opened', 'on_call', now(), {1}, {2})"
    )
    run(
        empty_database,
        incident.format("over", "now()"),
        incident.format("on", "NULL"),
        notice.format(1, 20, "NULL"),
        notice.format(1, 3, "NULL"),
        notice.format(1, 20, "now()"),
        notice.format(2, 20, "NULL"),
    )
    upgrade(empty)
    with engine_of(empty).connect() as connection:
        tries = connection.scalars(text("SELECT tries FROM ops.notice ORDER BY notice_id")).all()
    assert tries == [MOST_TRIES, 3, 20, 20]


def test_services_that_start_together_take_turns(empty: Settings):
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(upgrade, empty) for _ in range(4)]:
            done.result()
    assert current_revision(engine_of(empty)) == head_revision()


def test_a_killed_migration_leaves_nothing_half_done(empty: Settings, empty_database: str):
    # Somebody else's table of the same name makes the revision fail in its middle.
    run(empty_database, "CREATE SCHEMA core", "CREATE TABLE core.event (x int)")
    with pytest.raises(Exception, match=r'relation "event" already exists'):
        upgrade(empty)
    assert current_revision(engine_of(empty)) is None
    with engine_of(empty).connect() as connection:
        left = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('raw', 'ops', 'core')"
        assert connection.scalar(text(left)) == 1
    run(empty_database, "DROP TABLE core.event")
    upgrade(empty)


def test_a_database_ahead_of_the_code_is_refused_by_its_revision(
    empty: Settings, empty_database: str
):
    upgrade(empty)
    run(empty_database, "UPDATE ops.alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigInvalid, match="at revision 9999, which this release does not know"):
        upgrade(empty)


def test_a_user_without_the_right_to_make_schemas_is_told_so(empty_database: str):
    run(empty_database, "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'guest'")
    guest = make_url(empty_database).set(username="guest", password="guest")
    settings = at(guest.render_as_string(hide_password=False))
    with pytest.raises(ConfigInvalid, match=r"TOUCHLINE_DATABASE_URL may not make .* GRANT"):
        upgrade(settings)


def test_a_database_that_is_not_there_is_unavailable(empty_database: str):
    nobody = make_url(empty_database).set(port=1)
    settings = at(nobody.render_as_string(hide_password=False))
    with pytest.raises(WarehouseUnavailable):
        upgrade(settings)


def test_migrating_leaves_the_logging_as_it_is(empty: Settings):
    loggers = [logging.getLogger(), logging.getLogger("scrapers.of_before_the_migration")]

    def state() -> list[Any]:
        return [(list(each.handlers), each.level, each.disabled) for each in loggers]

    before = state()
    upgrade(empty)
    assert state() == before
