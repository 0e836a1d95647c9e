"""Each role has its rights and no others, in a real PostgreSQL; the platform works within them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool
from typer.testing import CliRunner

from scrapers.backup.dump import back_up, open_place, restore
from scrapers.cli.main import app
from scrapers.doctor import warehouse as doctor
from scrapers.doctor.context import Context
from scrapers.doctor.result import Result
from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.metrics.measures import MEASURES
from scrapers.parsing.registry import register
from scrapers.pipeline.dry_run import dry_run
from scrapers.pipeline.intervals import parse_day
from scrapers.pipeline.reparse_request import ReparseRequest
from scrapers.settings import ROOT, Settings
from scrapers.targets import Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.engine import lacks_a_right, transaction
from scrapers.warehouse.migrations import upgrade
from scrapers.warehouse.roles import (
    AIRFLOW,
    OWNER,
    READER,
    SCHEMAS,
    SCRAPER,
    Login,
    grant,
    make_roles,
)
from scrapers.whoscored.needs import unmet
from tests.site.world import World
from tests.support import postgres
from tests.support.archived import FETCHED, land_pages, put_page
from tests.support.site_pages import page_of

STAGE = World().matches_on(parse_day("2022-08-13"))[0].stage_id
FEED = Target.schedule(STAGE, "202208")


@dataclass(frozen=True)
class Server:
    """The session's PostgreSQL with our roles in it.

    Attributes:
        address: of its superuser.
        logins: by kind; each has an own random name, for the roles are the whole server's.
    """

    address: str
    logins: dict[str, Login]

    def url(self, kind: str, **changes: str) -> str:
        """Address of a login, e.g. url(SCRAPER, database="another")."""
        login = replace(self.logins[kind], **changes)
        url = make_url(self.address).set(
            username=login.user, password=login.password, database=login.database
        )
        return url.render_as_string(hide_password=False)

    def grant(self) -> None:
        """Give the rights, as the owner does."""
        engine = new_engine(self.url(OWNER))
        grant(engine, self.logins[SCRAPER].user, self.logins[READER].user)


def new_logins() -> dict[str, Login]:
    mark = secrets.token_hex(3)
    database = {AIRFLOW: f"airflow_{mark}"}
    return {
        # Quoting is needed for the name, and for a password that somebody thought out.
        kind: Login(
            f"touchline-{kind} {mark}", f"it's-{kind}:%", database.get(kind, f"ours-{mark}")
        )
        for kind in (OWNER, SCRAPER, READER, AIRFLOW)
    }


@pytest.fixture(scope="module")
def server(services: Any) -> Server:
    """Roles and databases, migrated by the owner, with their rights."""
    made = Server(services.database_url("postgres"), new_logins())
    make_roles(made.address, made.logins)
    upgrade(at(made.url(OWNER)))
    made.grant()
    return made


def at(url: str) -> Settings:
    return Settings.model_construct(database_url=SecretStr(url))


@pytest.fixture
def connect(server: Server) -> Any:
    """Makes engines: connect(SCRAPER), connect(READER, database="another")."""

    def engine(kind: str, **changes: str) -> Engine:
        return new_engine(server.url(kind, **changes))

    return engine


def new_engine(url: object) -> Engine:
    """An engine that keeps no connection: there are many of them here."""
    return create_engine(url, poolclass=NullPool)  # type: ignore[arg-type]


def run(engine: Engine, statement: str) -> Any:
    """Run a statement, each one for itself: some can't be part of a transaction."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        found = connection.execute(text(statement))
        return found.all() if found.returns_rows else found.rowcount


def may_not(engine: Engine, statement: str) -> bool:
    """Whether it is refused for want of a right, or since only reading is allowed."""
    with pytest.raises(DBAPIError) as refused:
        run(engine, statement)
    assert refused.value.orig is not None
    return refused.value.orig.pgcode in ("42501", "25006")


ALL_TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
    f"WHERE schemaname IN {SCHEMAS} AND tablename <> 'alembic_version'"
)


def test_the_scraper_reads_and_writes_rows_of_every_table(connect: Any):
    tables = [name for (name,) in run(connect(SCRAPER), ALL_TABLES)]
    assert len(tables) > 50
    with connect(SCRAPER).connect() as connection:
        for table in tables:
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                asked = text(f"SELECT has_table_privilege('{table}', '{right}')")
                assert connection.scalar(asked), (table, right)


def test_the_scraper_reads_the_revision_and_does_not_write_it(connect: Any):
    scraper = connect(SCRAPER)
    assert run(scraper, "SELECT version_num FROM ops.alembic_version")
    assert may_not(scraper, "UPDATE ops.alembic_version SET version_num = '1'")
    assert may_not(scraper, "DELETE FROM ops.alembic_version")


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE core.event",
        "DROP SCHEMA staging CASCADE",
        "TRUNCATE ops.target CASCADE",
        "ALTER TABLE ops.target ADD COLUMN mine int",
        "CREATE INDEX mine ON ops.target (state)",
        "CREATE TRIGGER mine BEFORE UPDATE ON ops.target FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE TABLE core.mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "COPY ops.target TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_the_scraper_makes_drops_and_changes_nothing_else(connect: Any, statement: str):
    assert may_not(connect(SCRAPER), statement)


def test_a_later_revision_needs_no_new_rights(server: Server, connect: Any):
    owner = connect(OWNER)
    with owner.begin() as connection:
        for statement in (
            "CREATE TABLE ops.later (id int GENERATED ALWAYS AS IDENTITY, x int)",
            "CREATE TABLE core.later (x int)",
            "CREATE VIEW core.later_view AS SELECT x FROM core.later",
        ):
            connection.execute(text(statement))
    try:
        assert run(connect(SCRAPER), "INSERT INTO ops.later (x) VALUES (1)") == 1
        assert run(connect(SCRAPER), "UPDATE core.later SET x = 1") == 0
        assert run(connect(READER), "SELECT * FROM core.later_view") == []
        assert may_not(connect(READER), "SELECT * FROM ops.later")
    finally:
        with owner.begin() as connection:
            connection.execute(text("DROP VIEW core.later_view"))
            connection.execute(text("DROP TABLE core.later, ops.later"))


def test_the_reader_reads_core_and_nothing_else(connect: Any):
    reader = connect(READER)
    core = "SELECT format('core.%I', tablename) FROM pg_tables WHERE schemaname = 'core'"
    for (table,) in run(connect(OWNER), core):
        run(reader, f"SELECT * FROM {table} LIMIT 1")
    others = f"{ALL_TABLES} AND schemaname <> 'core'"
    for (table,) in run(connect(OWNER), others):
        assert may_not(reader, f"SELECT * FROM {table} LIMIT 1"), table


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO core.region (region_id) VALUES (1)",
        "UPDATE core.event SET minute = 1",
        "DELETE FROM core.event",
        "SELECT 1 FROM core.event FOR UPDATE",
        "CREATE TABLE core.mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
    ],
)
def test_the_reader_writes_nothing_however_it_tries(connect: Any, statement: str):
    reader = connect(READER)
    assert may_not(reader, statement)
    with reader.connect() as connection:
        # Read-only is a default that a session may leave; the rights are what holds.
        connection.execute(text("SET TRANSACTION READ WRITE"))
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(statement))


def test_nobody_gets_into_another_ones_database(server: Server, connect: Any):
    ours, theirs = server.logins[OWNER].database, server.logins[AIRFLOW].database
    for kind, database in ((AIRFLOW, ours), (OWNER, theirs), (SCRAPER, theirs), (READER, theirs)):
        with pytest.raises(OperationalError, match="permission denied for database"):
            run(connect(kind, database=database), "SELECT 1")
        with (
            pytest.raises(ConfigInvalid, match="TOUCHLINE_DATABASE_URL is refused by the server"),
            transaction(connect(kind, database=database)),
        ):
            raise AssertionError("it is let in")


def test_airflow_migrates_its_own_database(server: Server):
    airflow = new_engine(server.url(AIRFLOW))
    with airflow.begin() as connection:
        connection.execute(text("CREATE TABLE dag (id int)"))
        connection.execute(text("DROP TABLE dag"))


def test_no_role_of_ours_is_more_than_a_role(server: Server, connect: Any):
    names = tuple(login.user for login in server.logins.values())
    query = f"""SELECT rolname FROM pg_roles WHERE rolname IN {names}
        AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)"""
    plain = run(connect(OWNER), query.replace("it's", "it''s"))
    assert {name for (name,) in plain} == set(names)


def test_the_platform_works_with_the_scrapers_rights(
    server: Server, make_settings: Any, connect: Any, tmp_path: Path, services: Any
):
    """Pages land, a re-parse is rehearsed, measures are told, a dump is taken and restored."""
    settings = make_settings(
        database_url=server.url(SCRAPER),
        backup_url=(tmp_path / "backup").as_uri(),
        pg_bin_dir=str(postgres.BIN),
    )
    tools = Tools(settings)
    register(tools.engine, ROOT / "selectors", "test", unmet)
    summary = land_pages(tools, {FEED: page_of(FEED)}, FETCHED)
    assert summary.states == {"landed": 1}
    assert dry_run(tools.engine, settings, ReparseRequest()).pages == 1
    for measure in MEASURES:
        run(tools.engine, measure.query)
    files = open_place(settings.backup_url)
    dump = back_up(tools.engine, settings, files)
    fixtures = dump.rows["fixture"]
    assert fixtures > 5
    checks = doctor.look(Context(settings))
    assert {check.name: check.result for check in checks} == dict.fromkeys(doctor.CHECKS, Result.OK)
    assert run(connect(READER), "SELECT count(*) FROM core.fixture") == [(fixtures,)]
    tools.engine.dispose()

    # The dump carries no rights: after a restore the owner gives them anew.
    again = Server(server.address, new_logins())
    make_roles(again.address, again.logins)
    lost = settings.model_copy(update={"database_url": SecretStr(again.url(OWNER))})
    owner = new_engine(again.url(OWNER))
    restore(owner, lost, files, dump)
    scraper = new_engine(again.url(SCRAPER))
    assert may_not(scraper, "SELECT * FROM core.fixture")
    again.grant()
    assert len(run(scraper, "SELECT * FROM core.fixture")) == fixtures


def test_the_archive_alone_is_adopted_with_the_scrapers_rights(
    server: Server, make_settings: Any, monkeypatch: pytest.MonkeyPatch
):
    """As after the loss of warehouse and dumps: init has run, and a worker's container adopts."""
    new = Server(server.address, new_logins())
    make_roles(new.address, new.logins)
    upgrade(at(new.url(OWNER)))
    new.grant()
    settings = make_settings(database_url=new.url(SCRAPER))
    put_page(Tools(settings), FEED, page_of(FEED), FETCHED)

    def adopt(kind: str) -> tuple[int, str]:
        changed = settings.model_copy(update={"database_url": SecretStr(new.url(kind))})
        monkeypatch.setattr("scrapers.cli.backup.settings", lambda: changed)
        done = CliRunner().invoke(app, ["backup", "adopt"])
        return done.exit_code, " ".join(done.output.split())

    code, said = adopt(SCRAPER)
    assert (code, "1 archived pages were unknown" in said) == (0, True), said

    # The owner has begun to restore a dump, and was interrupted: that is the owner's to end.
    mark = "CREATE TABLE public.touchline_restore AS SELECT '20220814T040000Z' AS dump"
    run(new_engine(new.url(OWNER)), mark)
    code, said = adopt(SCRAPER)
    assert (code, "as the owner who began it" in said) == (2, True), said
    code, said = adopt(OWNER)
    assert (code, "0 archived pages were unknown" in said) == (0, True), said
    assert adopt(SCRAPER)[0] == 0, "the mark is gone"


def test_what_a_role_may_not_is_its_settings_fault_and_is_not_waited_for(connect: Any):
    scraper = connect(SCRAPER)
    says = f"the role {scraper.url.username} .*`touchline db grant`"
    for statement in ("TRUNCATE ops.target CASCADE", "DROP TABLE core.event"):
        with (
            pytest.raises(ConfigInvalid, match=says) as refused,
            transaction(scraper) as connection,
        ):
            connection.execute(text(statement))
        assert lacks_a_right(refused.value)
        assert refused.value.facts["setting"] == "TOUCHLINE_DATABASE_URL"


def test_doing_it_again_takes_new_passwords_and_wrong_rights_back(server: Server, connect: Any):
    login = server.logins[SCRAPER]
    role, table = f'"{login.user}"', "core.event"
    superuser = new_engine(make_url(server.address).set(database=server.logins[OWNER].database))
    with superuser.begin() as connection:
        connection.execute(text(f"GRANT TRUNCATE ON {table} TO {role}"))
        connection.execute(text(f"ALTER ROLE {role} CREATEDB"))
    changed = {**server.logins, SCRAPER: replace(login, password="new")}
    make_roles(server.address, changed)
    server.grant()
    with pytest.raises(OperationalError, match="password authentication failed"):
        run(connect(SCRAPER), "SELECT 1")
    scraper = connect(SCRAPER, password="new")
    assert may_not(scraper, f"TRUNCATE {table}")
    assert may_not(scraper, "CREATE DATABASE mine")
    make_roles(server.address, server.logins)
    assert run(connect(SCRAPER), "SELECT 1") == [(1,)]


def test_what_can_not_be_is_refused_before_anything_is_made(server: Server, services: Any):
    logins = new_logins()
    shared = {**logins, READER: replace(logins[READER], user=logins[SCRAPER].user)}
    elsewhere = {**logins, READER: replace(logins[READER], database="other")}
    mixed = {**logins, AIRFLOW: replace(logins[AIRFLOW], database=logins[OWNER].database)}
    for wrong, said in (
        (shared, "stands in two addresses"),
        (elsewhere, "several databases"),
        (mixed, "one of its own"),
        ({OWNER: logins[OWNER]}, "no login is named for reader, scraper"),
        ({**logins, OWNER: replace(logins[OWNER], user=postgres.USER)}, "two addresses"),
    ):
        with pytest.raises(ConfigInvalid, match=said):
            make_roles(server.address, wrong)
    with pytest.raises(ConfigInvalid, match="may not make roles"):
        make_roles(server.url(SCRAPER), logins)
    superuser = make_url(server.address)
    unknown = superuser.set(password="wrong").render_as_string(hide_password=False)
    with pytest.raises(ConfigInvalid, match="address is refused"):
        make_roles(unknown, logins)
    away = superuser.set(port=1).render_as_string(hide_password=False)
    with pytest.raises(WarehouseUnavailable):
        make_roles(away, logins)
    names = {login.user for login in logins.values()}
    there = new_engine(server.address)
    assert not names & {name for (name,) in run(there, "SELECT rolname FROM pg_roles")}


def test_rights_are_the_owners_to_give_and_need_roles_and_schemas(server: Server, services: Any):
    scraper, reader = server.logins[SCRAPER].user, server.logins[READER].user
    engine = new_engine(server.url(SCRAPER))
    with pytest.raises(ConfigInvalid, match="the tables' owner, may give rights"):
        grant(engine, scraper, reader)
    owner = new_engine(server.url(OWNER))
    with pytest.raises(ConfigInvalid, match="no role nobody-here: run `touchline db roles`"):
        grant(owner, scraper, "nobody-here")
    empty = Server(server.address, new_logins())
    make_roles(empty.address, empty.logins)
    with pytest.raises(ConfigInvalid, match="touchline db upgrade"):
        empty.grant()


def test_no_password_reaches_the_server(server: Server):
    there = new_engine(server.address)
    kept = "SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"
    found = dict(tuple(row) for row in run(there, kept))
    for login in server.logins.values():
        assert found[login.user].startswith("SCRAM-SHA-256$")


def test_the_commands_read_addresses_from_files(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = Server(server.address, new_logins())
    arguments = ["db", "roles"]
    addresses = {"server": server.address, **{kind: made.url(kind) for kind in made.logins}}
    for kind, address in addresses.items():
        file = tmp_path / kind
        file.write_text(f"{address}\n", encoding="utf-8")
        arguments += [f"--{kind}", str(file)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert made.logins[READER].user in done.stdout
    upgrade(at(made.url(OWNER)))
    for name in ("BROKER_URL", "CACHE_URL"):
        monkeypatch.setenv(f"TOUCHLINE_{name}", "redis://127.0.0.1:6379/0")
    monkeypatch.setenv("TOUCHLINE_ARCHIVE_URL", tmp_path.as_uri())
    monkeypatch.setenv("TOUCHLINE_DATABASE_URL_FILE", str(tmp_path / OWNER))
    monkeypatch.setattr("scrapers.cli.db.settings", Settings)
    names = ["--scraper", made.logins[SCRAPER].user, "--reader", made.logins[READER].user]
    done = CliRunner().invoke(app, ["db", "grant", *names])
    assert done.exit_code == 0, done.output
    engine = new_engine(made.url(READER))
    assert run(engine, "SELECT count(*) FROM core.event") == [(0,)]

    (tmp_path / READER).write_text("\n", encoding="utf-8")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "reader has nothing in it" in done.output.replace("\n", "")
    (tmp_path / READER).write_text("postgresql://nobody@host/x", encoding="utf-8")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "is no address of a login" in done.output
    assert "nobody@host" not in done.output
