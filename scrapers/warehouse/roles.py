"""Who may do what in PostgreSQL: four logins, each with what its work needs and no more.

owner    owns the warehouse's database: migrates it, restores it, nothing else uses it
scraper  workers and Airflow's tasks: reads and writes rows, makes and drops nothing but its own
         temporary tables; a dump of the warehouse is within its rights
reader   analysts: reads the core tables and views, in read-only transactions
airflow  owns Airflow's database, and may not even connect to ours; ours may not connect to it

A login is known by its address (user, password, database), so that what PostgreSQL is told and
what the services use is one and the same text. Everything here can be done again at any time: a
changed password is taken over, a right that is no longer given is taken away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, ProgrammingError

from scrapers.errors import ConfigInvalid
from scrapers.warehouse.engine import CONNECT_SECONDS, MAY_NOT, transaction, unavailable
from scrapers.warehouse.tables import CORE, OPS, RAW, STAGING

OWNER, SCRAPER, READER, AIRFLOW = "owner", "scraper", "reader", "airflow"
SCRAPER_ROLE, READER_ROLE = "touchline_scraper", "touchline_reader"
SCHEMAS = (RAW, STAGING, CORE, OPS)
READER_SCHEMAS = (CORE,)
READER_CONNECTIONS = 20  # analysts must not take the workers' connections
_ROWS = "SELECT, INSERT, UPDATE, DELETE"
_REVISION = f"{OPS}.alembic_version"
# Any constant: two that give rights in the same database take turns on it.
_LOCK = 7_205_759_403_792_795
_OWNERS = text(
    "SELECT pg_get_userbyid(relowner) AS owner, pg_has_role(relowner, 'USAGE') AS is_ours "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
    "WHERE nspname = ANY(:schemas) AND relkind IN ('r', 'p', 'v', 'm', 'S') "
    "GROUP BY relowner ORDER BY 1"
)


@dataclass(frozen=True, slots=True)
class Login:
    """A role with its password, and the database that it works in.

    Attributes:
        user, password, database: as its address states them.
    """

    user: str
    password: str
    database: str

    @classmethod
    def of(cls, address: str, what: str) -> Login:
        """The login of an address, e.g. postgresql+psycopg2://user:password@host:5432/database.

        Raises:
            ConfigInvalid: it is no address of PostgreSQL, or a part is missing; `what` names it,
                and neither the address nor its password is told.
        """
        try:
            url = make_url(address)
            usable = url.get_backend_name() == "postgresql"
        except (ArgumentError, ValueError):  # their words hold the address
            usable = False
        if not usable or not (url.username and url.password and url.database):
            raise ConfigInvalid(
                f"{what} is no address of a login: write "
                "postgresql+psycopg2://user:password@host:5432/database",
                setting=what,
            )
        return cls(url.username, url.password, url.database)


def make_roles(server: str, logins: Mapping[str, Login]) -> None:
    """Make the roles and their databases, or bring those that are there to this state.

    Args:
        server: address of the server's superuser, e.g. postgresql://postgres:…@host/postgres.
        logins: by `OWNER`, `SCRAPER`, `READER`, and `AIRFLOW` where Airflow's database is on
            this server too.

    Raises:
        ConfigInvalid: the address is refused, two logins share a role, or the superuser is none.
        WarehouseUnavailable: PostgreSQL can't be reached; what is not done is done next time.
    """
    superuser = Login.of(server, "the superuser's address")
    _check(superuser, logins)
    warehouse = logins[OWNER].database
    with _connected(server) as connection:
        for kind, login in logins.items():
            _role(connection, login)
            if kind == READER:
                role = _quoted(connection, login.user)
                connection.execute(text(f"ALTER ROLE {role} CONNECTION LIMIT {READER_CONNECTIONS}"))
                connection.execute(
                    text(f"ALTER ROLE {role} SET default_transaction_read_only = on")
                )
        for kind in (OWNER, AIRFLOW):
            if kind in logins:
                _database(connection, logins[kind])
        name = _quoted(connection, warehouse)
        scraper, reader = (_quoted(connection, logins[kind].user) for kind in (SCRAPER, READER))
        connection.execute(text(f"REVOKE ALL ON DATABASE {name} FROM {scraper}, {reader}"))
        # Temporary tables are what a re-parse tries its rows in before they land.
        connection.execute(text(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {scraper}"))
        connection.execute(text(f"GRANT CONNECT ON DATABASE {name} TO {reader}"))
    with _connected(server, warehouse) as connection:
        # Its owner keeps it; nobody else has any business there.
        connection.execute(text("REVOKE ALL ON SCHEMA public FROM PUBLIC"))


def grant(engine: Engine, scraper: str = SCRAPER_ROLE, reader: str = READER_ROLE) -> None:
    """Give scraper and reader their rights on the warehouse's schemas, and take all others away.

    The rights hold for tables and views of later revisions too, as long as the same owner makes
    them. Called by the owner, after each migration or restore.

    Args:
        engine: the warehouse, as its owner.
        scraper, reader: names of the roles.

    Raises:
        ConfigInvalid: a role is not there, the schemas are not, or the caller does not own them.
        WarehouseUnavailable: PostgreSQL can't be reached; nothing is half given.
    """
    with transaction(engine) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        owner = _quoted(connection, _owner(connection, (scraper, reader)))
        to_scraper, to_reader = (_quoted(connection, name) for name in (scraper, reader))
        for schema in SCHEMAS:
            for statement in _rights(schema, owner, to_scraper, to_reader):
                connection.execute(text(statement))
        connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON {_REVISION} FROM {to_scraper}"))


def _rights(schema: str, owner: str, scraper: str, reader: str) -> Iterator[str]:
    """The statements for a schema; all former rights go first, in the same transaction."""
    kinds = ("TABLES", "SEQUENCES")
    later = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}"
    for kind in kinds:
        yield f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM {scraper}, {reader}"
        yield f"{later} REVOKE ALL ON {kind} FROM {scraper}, {reader}"
    yield f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {scraper}, {reader}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {scraper}"
    # Numbers of rows are drawn by the tables themselves; a dump reads where they stand.
    for kind, rights in zip(kinds, (_ROWS, "SELECT"), strict=True):
        yield f"GRANT {rights} ON ALL {kind} IN SCHEMA {schema} TO {scraper}"
        yield f"{later} GRANT {rights} ON {kind} TO {scraper}"
    if schema in READER_SCHEMAS:
        yield f"GRANT USAGE ON SCHEMA {schema} TO {reader}"
        yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}"
        yield f"{later} GRANT SELECT ON TABLES TO {reader}"


def _check(superuser: Login, logins: Mapping[str, Login]) -> None:
    if lacking := {OWNER, SCRAPER, READER} - set(logins):
        raise ConfigInvalid(f"no login is named for {', '.join(sorted(lacking))}")
    users = [superuser.user, *(login.user for login in logins.values())]
    if twice := sorted({user for user in users if users.count(user) > 1}):
        raise ConfigInvalid(
            f"the role {', '.join(twice)} stands in two addresses: "
            "each login needs a role of its own"
        )
    databases = {logins[kind].database for kind in (OWNER, SCRAPER, READER)}
    if len(databases) > 1:
        raise ConfigInvalid(
            f"owner, scraper and reader name several databases: {', '.join(sorted(databases))}"
        )
    if AIRFLOW in logins and logins[AIRFLOW].database in databases:
        raise ConfigInvalid(
            f"Airflow's address names the warehouse's database {databases.pop()}: "
            "it needs one of its own"
        )


def _owner(connection: Connection, roles: tuple[str, ...]) -> str:
    """The owner of all that is in our schemas, which the caller has to be."""
    for role in roles:
        known = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)"
        if not connection.scalar(text(known), {"role": role}):
            raise ConfigInvalid(f"there is no role {role}: run `touchline db roles` first")
    found = connection.execute(_OWNERS, {"schemas": list(SCHEMAS)}).all()
    if not found:
        raise ConfigInvalid("the database has no schema of ours: run `touchline db upgrade` first")
    owners = [row.owner for row in found]
    if len(owners) > 1:
        raise ConfigInvalid(
            f"our tables belong to several roles, {', '.join(owners)}: make one their owner by "
            "REASSIGN OWNED"
        )
    # PostgreSQL would only warn whoever gives rights that are not his to give.
    if not found[0].is_ours:
        raise ConfigInvalid(f"only {owners[0]}, the tables' owner, may give rights on them")
    return str(owners[0])


def _role(connection: Connection, login: Login) -> None:
    name = _quoted(connection, login.user)
    known = "SELECT rolsuper FROM pg_roles WHERE rolname = :role"
    is_super = connection.scalar(text(known), {"role": login.user})
    if is_super:
        raise ConfigInvalid(
            f"the role {login.user} is a superuser, so nothing holds it back: name another"
        )
    verb = "CREATE" if is_super is None else "ALTER"
    nothing = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    # Hashed here: the password itself must not get into the server's log.
    driver = cast(Any, connection.connection.driver_connection)
    secret = encrypt_password(login.password, login.user, driver, "scram-sha-256")
    connection.execute(
        text(f"{verb} ROLE {name} LOGIN {nothing} PASSWORD :secret"), {"secret": secret}
    )


def _database(connection: Connection, owner: Login) -> None:
    name, role = _quoted(connection, owner.database), _quoted(connection, owner.user)
    known = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)"
    if connection.scalar(text(known), {"name": owner.database}):
        connection.execute(text(f"ALTER DATABASE {name} OWNER TO {role}"))
    else:
        connection.execute(
            text(f"CREATE DATABASE {name} OWNER {role} ENCODING 'UTF8' TEMPLATE template0")
        )
    connection.execute(text(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC"))


@contextmanager
def _connected(server: str, database: str | None = None) -> Iterator[Connection]:
    """The server without transactions, since databases can't be made within one."""
    url = make_url(server).set(drivername="postgresql+psycopg2")
    engine = create_engine(
        url.set(database=database) if database else url,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "touchline-roles"},
    )
    try:
        with engine.connect() as connection:
            yield connection
    except (OperationalError, InterfaceError) as error:
        failure = unavailable(error)
        if isinstance(failure, ConfigInvalid):
            said = str(error.orig).strip().splitlines()[0]
            raise ConfigInvalid(f"the superuser's address is refused ({said})") from error
        raise failure from error
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) == MAY_NOT:
            raise ConfigInvalid(
                f"the role {url.username} may not make roles and databases: name a superuser"
            ) from error
        raise
    finally:
        engine.dispose()


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
