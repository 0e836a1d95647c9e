"""The warehouse's schema, revision by revision; the code brings its database up to itself.

Revisions only go forward: what a page gave can be read again from the archive, so a mistake is
mended by a further revision. A new one is written by
`python -m scrapers.warehouse.migrations "what it does"` against a database at the newest
revision, and then read with care.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.operations.ops import CreateTableOp, MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.schema import CreateSchema

from scrapers.errors import ConfigInvalid
from scrapers.settings import PREFIX, Settings
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.engine import lacks_a_right, transaction
from scrapers.warehouse.tables import OPS

# Any constant: two processes that migrate the same database take turns on it.
_LOCK = 7_205_759_403_792_793


def upgrade(settings: Settings) -> None:
    """Bring the database to the newest revision, in one transaction.

    Does nothing when it is there already; processes that start together take turns.

    Raises:
        ConfigInvalid: the address is none, its user may not make schemas, or the database is
            ahead of this code.
        WarehouseUnavailable: PostgreSQL can't be reached; nothing is half migrated.
    """
    try:
        with transaction(engine_of(settings)) as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            _check_known(connection)
            connection.execute(CreateSchema(OPS, if_not_exists=True))
            command.upgrade(_config(connection), "head")
    except ConfigInvalid as error:
        if lacks_a_right(error):
            raise ConfigInvalid(
                f"the user of {PREFIX}DATABASE_URL may not make the warehouse's schemas: "
                "make it the database's owner, or GRANT it CREATE on the database",
                setting=f"{PREFIX}DATABASE_URL",
            ) from error
        raise


def current_revision(engine: Engine) -> str | None:
    """Revision of the database; None before the first.

    Raises:
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    with transaction(engine) as connection:
        return _revision(connection)


def head_revision() -> str:
    """Revision that this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def revise(settings: Settings, message: str) -> None:
    """Write a new revision file from what sets the models apart from the database."""
    with transaction(engine_of(settings)) as connection:
        command.revision(
            _config(connection), message, autogenerate=True, process_revision_directives=_plain
        )


def _plain(context: object, revision: object, directives: list[MigrationScript]) -> None:
    """Leave out what tables say of their landing: it is the models', and no valid Python."""
    for script in directives:
        for operation in script.upgrade_ops.ops if script.upgrade_ops else ():
            if isinstance(operation, CreateTableOp):
                operation.info = {}


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    # By package name, not by path: a per cent sign in a path would be expanded.
    config.set_main_option("script_location", "scrapers.warehouse:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    options = {"version_table_schema": OPS}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def is_known(revision: str | None) -> bool:
    """Whether this release has the revision; None, before the first, is known."""
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision or "base")
    except CommandError:
        return False
    return True


def _check_known(connection: Connection) -> None:
    revision = _revision(connection)
    if not is_known(revision):
        raise ConfigInvalid(
            f"the database is at revision {revision}, which this release does not know: "
            "a newer release has migrated it, so install that one",
            revision=revision,
        )
