"""PostgreSQL: is it there, new enough, migrated, ours to write, and what time is it there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from scrapers.doctor import clock
from scrapers.doctor.context import ANSWER_SECONDS, CONNECT_SECONDS, Context
from scrapers.doctor.result import Check, fail, ok, skipped, warn
from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.settings import PREFIX
from scrapers.warehouse.engine import lacks_a_right, single_connection, transaction
from scrapers.warehouse.tables import CORE, OPS, RAW, STAGING

SETTING = f"{PREFIX}DATABASE_URL"
CONNECTION, SCHEMA = "warehouse.connection", "warehouse.schema"
RIGHTS, CLOCK = "warehouse.rights", "warehouse.clock"
CHECKS = {
    CONNECTION: "PostgreSQL answers, knows the user, is version 17 or newer, can be written to",
    SCHEMA: "its schema is the one that this release needs",
    RIGHTS: "the user may read and write every table (temporary ones too, for dry runs)",
    CLOCK: "its clock agrees with this machine's",
}
_OLDEST = 170_000  # MERGE … RETURNING
_SCHEMAS = [RAW, STAGING, CORE, OPS]
_UPGRADE = "touchline db upgrade"

_FACTS = text(
    "SELECT current_setting('server_version_num')::integer AS number, "
    "current_setting('server_version') AS version, current_setting('transaction_read_only') = 'on' "
    "AS read_only, current_database() AS database, "
    "has_database_privilege(current_database(), 'CREATE') AS may_create, "
    "has_database_privilege(current_database(), 'TEMPORARY') AS may_make_temporary"
)
_NOT_ALLOWED = text(
    "SELECT format('USAGE on schema %s', n.nspname) FROM pg_namespace n "
    "WHERE n.nspname = ANY(:schemas) AND NOT has_schema_privilege(n.oid, 'USAGE') "
    "UNION ALL SELECT format('%s on %s.%s', p, n.nspname, c.relname) FROM pg_class c "
    "JOIN pg_namespace n ON n.oid = c.relnamespace "
    "CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p "
    "WHERE n.nspname = ANY(:schemas) AND c.relkind IN ('r', 'p') "
    "AND c.relname <> 'alembic_version' AND NOT has_table_privilege(c.oid, p) ORDER BY 1 DESC"
)


@contextmanager
def reached(context: Context) -> Iterator[Engine]:
    """The warehouse by one impatient connection of the doctor's own.

    Raises:
        ConfigInvalid: the address is none.
    """
    engine = single_connection(context.settings, CONNECT_SECONDS)
    try:
        yield engine
    finally:
        engine.dispose()


def look(context: Context) -> list[Check]:
    """All checks of the warehouse, by one connection."""
    try:
        with reached(context) as engine:
            with transaction(engine) as connection:
                connection.execute(text(f"SET statement_timeout = '{ANSWER_SECONDS}s'"))
                facts = connection.execute(_FACTS).one()
                found = [_connection(engine, facts), _rights(connection, facts)]
                found.append(_clock(connection))
            return [found[0], _schema(engine), *found[1:]]
    except ConfigInvalid as error:
        mend = f"correct {SETTING}, or make what it names"
        return [fail(CONNECTION, ConfigInvalid, error.detail, mend, subject=SETTING), *_rest()]
    except WarehouseUnavailable as error:
        mend = f"start PostgreSQL, or correct {SETTING} if it runs elsewhere"
        return [
            fail(CONNECTION, WarehouseUnavailable, error.detail, mend, subject=SETTING),
            *_rest(),
        ]


def _rest() -> list[Check]:
    return [skipped(name, "PostgreSQL was not reached") for name in (SCHEMA, RIGHTS, CLOCK)]


def _connection(engine: Engine, facts: Row[Any]) -> Check:
    url = engine.url
    where = f"{url.host or 'this machine'}:{url.port or 5432}/{facts.database}"
    found = f"PostgreSQL {facts.version} at {where}"
    if facts.number < _OLDEST:
        mend = f"bring the server to version 17 or newer, or name another in {SETTING}"
        return fail(CONNECTION, ConfigInvalid, found, mend, subject=SETTING)
    if facts.read_only:
        mend = f"name the primary server in {SETTING}, or end its read-only state"
        return fail(CONNECTION, ConfigInvalid, f"{found} can only be read", mend, subject=SETTING)
    return ok(CONNECTION, found, subject=SETTING)


def _schema(engine: Engine) -> Check:
    from scrapers.warehouse.migrations import current_revision, head_revision, is_known

    head = head_revision()
    try:
        now = current_revision(engine)
    except ConfigInvalid as error:
        if not lacks_a_right(error):
            raise
        mend = f"GRANT USAGE on schema {OPS} and its tables to the user of {SETTING}"
        return fail(SCHEMA, ConfigInvalid, "the user may not read the revision", mend)
    if now == head:
        return ok(SCHEMA, f"revision {head}, the newest")
    if now is None:
        return fail(SCHEMA, ConfigInvalid, "the database has no schema of ours", f"run {_UPGRADE}")
    if is_known(now):
        found = f"revision {now}, this release needs {head}"
        return fail(SCHEMA, ConfigInvalid, found, f"run {_UPGRADE}")
    found = f"revision {now}, which this release (at {head}) does not know"
    return fail(SCHEMA, ConfigInvalid, found, "install the newer release that has migrated it")


def _rights(connection: Connection, facts: Row[Any]) -> Check:
    there = connection.scalar(
        text("SELECT count(*) FROM pg_namespace WHERE nspname = ANY(:schemas)"),
        {"schemas": _SCHEMAS},
    )
    if not there and not facts.may_create:
        found = "the user may not make the schemas"
        mend = f"make the user of {SETTING} the database's owner, or GRANT it CREATE on it"
        return fail(RIGHTS, ConfigInvalid, found, mend, subject=SETTING)
    missing = list(connection.scalars(_NOT_ALLOWED, {"schemas": _SCHEMAS}))
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        found = f"the user lacks {', '.join(missing[:3])}{more}"
        mend = f"GRANT them to the user of {SETTING}, or make it the tables' owner"
        return fail(RIGHTS, ConfigInvalid, found, mend, subject=SETTING)
    if not facts.may_make_temporary:
        found = "the user may not make temporary tables: no dry run of a re-parse"
        return warn(RIGHTS, found, f"GRANT TEMPORARY on the database to the user of {SETTING}")
    return ok(RIGHTS, "every table can be read and written" if there else "schemas can be made")


def _clock(connection: Connection) -> Check:
    def ask() -> float:
        return float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)

    return clock.compared(CLOCK, "PostgreSQL", ask)
