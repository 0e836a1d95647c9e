"""Other sessions of the database: wait until one waits for a lock, end it."""

from __future__ import annotations

import time

from sqlalchemy import Engine, text

_PATIENCE = 30.0


def until_waiting(engine: Engine, statement: str) -> int:
    """Process id of the session that waits for a lock within a statement LIKE this one."""
    query = text(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE :statement"
    )
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with engine.connect() as connection:
            if pid := connection.scalar(query, {"statement": statement}):
                return int(pid)
        time.sleep(0.02)
    raise TimeoutError(f"no session waits in {statement}")


def terminate(engine: Engine, pid: int) -> None:
    """End a session as an administrator or a restart would."""
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
