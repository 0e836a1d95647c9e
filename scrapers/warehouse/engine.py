"""Connections to PostgreSQL; what goes wrong with them is WarehouseUnavailable.

Not so a server that does not know us, or a role that may not do what it is asked to: waiting helps
neither, so both are ConfigInvalid.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.settings import PREFIX, Settings
from scrapers.settings import settings as current_settings

CONNECT_SECONDS = 10
# A statement that waits longer for a lock than this has met a stuck transaction.
LOCK_SECONDS = 60
# A peer that a cut has taken away is given up after a minute: by us, and by the server, which else
# holds what the lost session had locked for as long as its system likes, often two hours.
_QUIET_SECONDS, _ASK_SECONDS, _ASK_TIMES = 30, 10, 3
_OUR_END = {
    "keepalives_idle": _QUIET_SECONDS,
    "keepalives_interval": _ASK_SECONDS,
    "keepalives_count": _ASK_TIMES,
    "tcp_user_timeout": 1000 * (_QUIET_SECONDS + _ASK_SECONDS * _ASK_TIMES),  # milliseconds
}
_SESSION = {
    "timezone": "UTC",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "tcp_keepalives_idle": _QUIET_SECONDS,
    "tcp_keepalives_interval": _ASK_SECONDS,
    "tcp_keepalives_count": _ASK_TIMES,
}
# PostgreSQL's word for a server that may only be read just now: a standby before it takes over, or
# a disk that its keeper spares.
_READ_ONLY = "25006"
# PostgreSQL's word for: come again. Deadlock, serialization, lock time-out, shutdown, disk full,
# too many connections, and all of class 08 (connection).
_COME_AGAIN = ("08", "40", "53", "57", "58", "55P03", _READ_ONLY)
MAY_NOT = "42501"  # PostgreSQL's word for a right that is lacking, or an owner that is another


# The driver gives no code for what fails while connecting.
_NOT_KNOWN = (
    *("authentication failed", "no password supplied", "does not exist", "no pg_hba.conf"),
    "permission denied for database",
)


def engine(settings: Settings | None = None) -> Engine:
    """The process's engine for these settings; one for each address and process.

    Raises:
        ConfigInvalid: the address is none.
    """
    url = (settings or current_settings()).database_url.get_secret_value()
    return _engine(url, os.getpid())


def single_connection(settings: Settings, connect_seconds: int = CONNECT_SECONDS) -> Engine:
    """A new engine of one connection, whose temporary tables stay until it is disposed of.

    Raises:
        ConfigInvalid: the address is none.
    """
    url = settings.database_url.get_secret_value()
    return _make(url, connect_seconds, pool_size=1, max_overflow=0, pool_timeout=30)


@lru_cache(maxsize=8)
def _engine(url: str, pid: int) -> Engine:
    # The process is part of the key: a forked worker must not share its parent's connections.
    del pid
    return _make(url, pool_pre_ping=True, pool_size=4, max_overflow=8, pool_timeout=30)


def _make(url: str, connect_seconds: int = CONNECT_SECONDS, **pool: Any) -> Engine:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is none, with a login's end in it
        raise _wrong_address("is no database address") from None
    if parsed.get_backend_name() != "postgresql":
        raise _wrong_address(f"names {parsed.get_backend_name()}, not postgresql")
    return create_engine(
        parsed.set(drivername="postgresql+psycopg2"),
        **pool,
        hide_parameters=True,  # values of rows have no place in a log
        connect_args={
            "connect_timeout": connect_seconds,
            "application_name": "touchline",
            "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
            **_OUR_END,
        },
    )


def _wrong_address(what: str) -> ConfigInvalid:
    name = f"{PREFIX}DATABASE_URL"
    return ConfigInvalid(
        f"{name} {what}: write postgresql+psycopg2://user:password@host:5432/database",
        setting=name,
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction: all of the block is kept, or nothing.

    Raises:
        ConfigInvalid: the server does not know us, or our role lacks a right (`lacks_a_right`).
        WarehouseUnavailable: PostgreSQL can't be reached, or gave the transaction up.
    """
    try:
        with engine.begin() as connection:
            try:
                yield connection
            except DBAPIError as error:
                if _code(error) == _READ_ONLY:
                    # It would say so for ever, though another server has taken over by now.
                    connection.invalidate()
                raise
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise unavailable(error) from error
    except DBAPIError as error:
        # A lost connection may come as the base class; a wrong statement is a defect of ours.
        code = _code(error)
        if error.connection_invalidated or code.startswith(_COME_AGAIN):
            raise unavailable(error) from error
        if code == MAY_NOT:
            raise _refused(engine.url.username, error) from error
        raise


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "pgcode", None) or ""


def lacks_a_right(failure: ConfigInvalid) -> bool:
    """Whether it is `transaction`'s word for a right that our role lacks."""
    return failure.facts.get("sqlstate") == MAY_NOT


def _refused(role: str | None, error: DBAPIError) -> ConfigInvalid:
    name = f"{PREFIX}DATABASE_URL"
    who = f"the role {role}" if role else "the role"
    return ConfigInvalid(
        f"{who} of {name} may not do this ({_said(error.orig)}): give it its rights with "
        "`touchline db roles` and `touchline db grant`, or name the role whose work it is",
        setting=name,
        sqlstate=MAY_NOT,
    )


def unavailable(error: Exception) -> WarehouseUnavailable | ConfigInvalid:
    """The failure for an error of the driver: host, port and user may be in it, no password.

    A server that is there and does not know us is no outage: it is the address that is wrong.
    """
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "pgcode", None)
    said = _said(cause)
    if any(sign in said for sign in _NOT_KNOWN):
        return _wrong_address(f"is refused by the server ({said})")
    facts = {"sqlstate": code} if code else {}
    return WarehouseUnavailable(f"PostgreSQL: {said}", **facts)


def _said(cause: BaseException | None) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
