"""A session whose way is cut does not stay: both ends ask after a silent peer, and give it up.

That the server lets go of what a lost session had locked is seen in `tests.compose`, where the
way between two containers is cut.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

_MINUTE = 60


def test_both_ends_give_up_a_silent_peer_within_a_minute(engine: Engine) -> None:
    """The server's own default is that of its system, often two hours."""
    with engine.connect() as connection:
        idle, interval, count = (
            int(connection.scalar(text(f"SHOW tcp_keepalives_{name}")))
            for name in ("idle", "interval", "count")
        )
        ours = connection.connection.dbapi_connection.info.dsn_parameters
    assert 0 < idle + interval * count <= _MINUTE
    asked = {name: int(ours[f"keepalives_{name}"]) for name in ("idle", "interval", "count")}
    assert 0 < asked["idle"] + asked["interval"] * asked["count"] <= _MINUTE
    assert 0 < int(ours["tcp_user_timeout"]) <= 1000 * _MINUTE
