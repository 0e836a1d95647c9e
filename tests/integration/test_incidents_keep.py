"""An incident's life: first sign, message, worse, reminder, end; flapping; two at once; kills."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from scrapers.incidents.condition import BROKER, HUBS, LEDGER, Condition
from scrapers.incidents.keep import reconcile, record_past
from scrapers.incidents.read import incident, incidents
from scrapers.register import Severity

T0 = datetime(2026, 3, 1, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REFUSED = Condition("SourceRefused", "whoscored", "403", {"status": 403})
NO_BROKER = Condition("BrokerUnavailable", "broker", "gone", noticed_by=BROKER)


def look(
    engine: Engine, after: timedelta, *found: Condition, looked: tuple[str, ...] = (LEDGER,)
) -> None:
    with engine.begin() as connection:
        reconcile(connection, found, looked, now=T0 + after)


def notices(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        query = text("SELECT kind || ' ' || audience FROM ops.notice ORDER BY notice_id")
        return list(connection.scalars(query))


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM ops.incident ORDER BY incident_id")))


def sent(engine: Engine, at: datetime) -> None:
    """As if everything that waits had been sent."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE ops.notice SET sent_at = :at WHERE sent_at IS NULL AND due_at <= :at"),
            {"at": at},
        )


def test_what_is_seen_again_and_again_is_one_incident_and_one_message(engine: Engine) -> None:
    for minute in range(5):
        look(engine, minute * MINUTE, REFUSED)
    (row,) = rows(engine)
    assert (row.opened_at, row.seen_at, row.signs) == (T0, T0 + 4 * MINUTE, 5)
    assert row.facts["status"] == 403
    assert notices(engine) == ["opened on_call"]


def test_it_ends_with_its_duration_and_one_message(engine: Engine) -> None:
    look(engine, 0 * MINUTE, REFUSED)
    look(engine, 7 * MINUTE)
    look(engine, 30 * MINUTE)
    (row,) = rows(engine)
    assert row.closed_at == T0 + 7 * MINUTE
    assert notices(engine) == ["opened on_call", "closed on_call"]
    with engine.connect() as connection:
        (one,) = incidents(connection, only_open=False)
        assert one.seconds == 420
        assert incidents(connection) == []


def test_a_first_sign_is_told_only_if_it_lasts(engine: Engine) -> None:
    """The register gives the broker a minute."""
    look(engine, timedelta(0), NO_BROKER, looked=(BROKER,))
    look(engine, timedelta(seconds=30), NO_BROKER, looked=(BROKER,))
    assert notices(engine) == []
    with engine.connect() as connection:
        assert incidents(connection) == []
        (sign,) = incidents(connection, signs=True)
        assert (sign.failure_class, sign.opened_at) == ("BrokerUnavailable", T0)
    look(engine, timedelta(seconds=60), NO_BROKER, looked=(BROKER,))
    assert notices(engine) == ["opened on_call"]
    assert rows(engine)[0].opened_at == T0
    with engine.connect() as connection:
        assert len(incidents(connection)) == 1
        assert incidents(connection, signs=True) == []


def test_a_first_sign_that_passes_leaves_nothing(engine: Engine) -> None:
    look(engine, timedelta(0), NO_BROKER, looked=(BROKER,))
    look(engine, timedelta(seconds=30), looked=(BROKER,))
    assert rows(engine) == []
    assert notices(engine) == []


def test_a_subject_that_flaps_sends_one_message_and_one_end(engine: Engine) -> None:
    for minute in range(0, 40, 4):
        look(engine, minute * MINUTE, REFUSED)
        look(engine, (minute + 2) * MINUTE)
        sent(engine, T0 + (minute + 2) * MINUTE)
    (row,) = rows(engine)
    assert row.opened_at == T0
    assert row.closed_at == T0 + 38 * MINUTE
    assert notices(engine) == ["opened on_call", "closed on_call"]


def test_what_comes_back_after_the_calm_is_another_incident(engine: Engine) -> None:
    look(engine, 0 * MINUTE, REFUSED)
    look(engine, 2 * MINUTE)
    look(engine, 13 * MINUTE, REFUSED)
    assert [row.closed_at for row in rows(engine)] == [T0 + 2 * MINUTE, None]
    assert notices(engine) == ["opened on_call", "closed on_call", "opened on_call"]


def test_what_gets_worse_is_told_once_more(engine: Engine) -> None:
    hub = Condition("BrowserUnavailable", "hubs", "one of two", noticed_by=HUBS)
    worse = Condition(
        "BrowserUnavailable", "hubs", "two of two", noticed_by=HUBS, severity=Severity.P1
    )
    for minute, condition in enumerate((hub, hub, hub, worse, worse, hub, worse)):
        look(engine, minute * MINUTE, condition, looked=(HUBS,))
    assert notices(engine) == ["opened on_call", "worse on_call"]
    assert rows(engine)[0].severity == "P1"


def test_while_it_lasts_it_is_reminded_of(engine: Engine) -> None:
    """The register: a refusal every 24 hours."""
    for hour in range(0, 50, 2):
        look(engine, timedelta(hours=hour), REFUSED)
        sent(engine, T0 + timedelta(hours=hour))
    assert Counter(notices(engine)) == {"opened on_call": 1, "reminder on_call": 2}


def test_reminders_do_not_pile_up_while_nobody_can_be_reached(engine: Engine) -> None:
    for hour in range(0, 200, 2):
        look(engine, timedelta(hours=hour), REFUSED)
        with engine.begin() as connection:  # as the outbox does after a failure
            connection.execute(
                text("UPDATE ops.notice SET due_at = :at, tries = tries + 1, problem = 'down'"),
                {"at": T0 + timedelta(hours=hour, minutes=15)},
            )
    assert notices(engine) == ["opened on_call"]


def test_a_look_ends_only_what_it_found_itself(engine: Engine) -> None:
    by_ledger = Condition("BrowserUnavailable", "hub", "x", since=T0 - 9 * MINUTE)
    by_probe = Condition("BrowserUnavailable", "hub", "x", noticed_by=HUBS)
    look(engine, 0 * MINUTE, by_ledger)
    look(engine, 1 * MINUTE, by_probe, looked=(HUBS,))
    look(engine, 2 * MINUTE)
    assert rows(engine)[0].closed_at is None
    look(engine, 3 * MINUTE, looked=(HUBS,))
    assert rows(engine)[0].closed_at == T0 + 3 * MINUTE


def test_what_nobody_looks_after_any_more_lapses(engine: Engine) -> None:
    """The DAG that probed the hubs is paused: its incident must not stay for ever."""
    gone = Condition("BrowserUnavailable", "hub", "x", since=T0 - 9 * MINUTE, noticed_by=HUBS)
    look(engine, 0 * MINUTE, gone, looked=(HUBS,))
    look(engine, 59 * MINUTE)
    assert rows(engine)[0].closed_at is None
    look(engine, 61 * MINUTE)
    assert rows(engine)[0].closed_at is not None


def test_what_lapses_is_not_said_to_be_over(engine: Engine) -> None:
    """A run told it, and no run of its kind has ended since."""
    told = Condition("Defect", "x", "KeyError", noticed_by="run x")
    refused = Condition("SourceRefused", "whoscored", "403", noticed_by="run x")
    look(engine, 0 * MINUTE, told, refused, looked=())
    look(engine, timedelta(days=2, minutes=1))
    lapsed = {r.failure_class: r.facts["watch"]["lapsed"] for r in rows(engine)}
    assert lapsed == {"Defect": True, "SourceRefused": False}, "the ledger knows of the source"
    look(engine, timedelta(days=2, minutes=2), told, looked=())
    look(engine, timedelta(days=2, minutes=3), looked=("run x",))
    assert [r.facts["watch"]["lapsed"] for r in rows(engine) if r.failure_class == "Defect"] == [
        False
    ]


def test_parts_of_a_larger_trouble_are_told_when_they_outlast_it(engine: Engine) -> None:
    since = T0 - 5 * MINUTE
    part = Condition("BrowserUnavailable", "hub a", "x", since=since, silent=True)
    whole = Condition("BrowserUnavailable", "all hubs", "x", since=since, severity=Severity.P1)
    look(engine, 0 * MINUTE, part, whole)
    assert notices(engine) == ["opened on_call"]
    look(engine, 1 * MINUTE, Condition("BrowserUnavailable", "hub a", "x", since=since))
    assert Counter(notices(engine)) == {"opened on_call": 2, "closed on_call": 1}


def test_a_class_that_nobody_is_told_of_is_kept_all_the_same(engine: Engine) -> None:
    look(engine, 0 * MINUTE, Condition("AlertUndelivered", "on_call", "down"))
    assert len(rows(engine)) == 1
    assert notices(engine) == []


def test_two_reconcilers_at_once_make_one_incident_and_one_message(engine: Engine) -> None:
    conditions = [Condition("LayoutChanged", f"kind {number}", "fields") for number in range(20)]

    def once(_: int) -> None:
        with engine.begin() as connection:
            reconcile(connection, conditions, (LEDGER,))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(once, range(8)))
    assert Counter(row.subject for row in rows(engine)) == {f"kind {n}": 1 for n in range(20)}
    assert {row.signs for row in rows(engine)} == {8}
    assert notices(engine) == ["opened data_engineers"] * 20


def test_a_reconciliation_that_is_killed_leaves_nothing_half_done(engine: Engine) -> None:
    connection = engine.connect()
    transaction = connection.begin()
    reconcile(connection, [REFUSED], (LEDGER,), now=T0)
    pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with engine.begin() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with pytest.raises(Exception, match=r"terminat|closed|connection"):
        connection.execute(text("SELECT 1"))
    transaction.close()
    connection.close()
    assert rows(engine) == []
    look(engine, MINUTE, REFUSED)
    assert notices(engine) == ["opened on_call"]


def test_hostile_words_are_kept_as_one_short_line(engine: Engine) -> None:
    nasty = "a\x00b\x1b[31m\n<!channel>\u202e " + "x" * 5000 + " http://u:MARKER@h/"
    look(
        engine,
        MINUTE,
        Condition(
            "InvalidBatch", "s\x00" + "t" * 500, nasty, {"k\x00": [nasty] * 99, "watch": {"a": 1}}
        ),
    )
    (row,) = rows(engine)
    assert len(row.detail) <= 500
    assert len(row.subject) <= 120
    assert not set("\x00\x1b\n\u202e") & set(row.detail + row.subject + str(row.facts))
    assert "MARKER" not in str(row)
    look(engine, 2 * MINUTE, Condition("InvalidBatch", "s\x00" + "t" * 500, "again"))
    assert len(rows(engine)) == 1


def test_an_outage_that_nobody_could_record_is_recorded_once_with_its_times(
    engine: Engine,
) -> None:
    gone = Condition("WarehouseUnavailable", "warehouse", "refused")
    for _ in range(2):  # killed before it could note that it was recorded
        with engine.begin() as connection:
            record_past(connection, gone, T0, T0 + 8 * MINUTE, T0 + 2 * MINUTE)
    (row,) = rows(engine)
    assert (row.opened_at, row.closed_at) == (T0, T0 + 8 * MINUTE)
    with engine.connect() as connection:
        one, messages = incident(connection, row.incident_id)
    assert one.seconds == 480
    assert [(m["kind"], m["sent_at"]) for m in messages] == [
        ("opened", T0 + 2 * MINUTE),
        ("closed", None),
    ]
    with engine.begin() as connection:  # and away once more, soon after
        record_past(connection, gone, T0 + 10 * MINUTE, T0 + 12 * MINUTE, T0 + 11 * MINUTE)
    (row,) = rows(engine)
    assert (row.opened_at, row.closed_at) == (T0, T0 + 12 * MINUTE)
    assert Counter(notices(engine)) == {"opened on_call": 1, "closed on_call": 1}


@pytest.mark.parametrize("first_sign_only", [False, True])
def test_an_outage_that_a_task_told_already_is_the_same_incident(
    engine: Engine, first_sign_only: bool
) -> None:
    """A task that failed by it keeps it open, as soon as PostgreSQL takes rows again."""
    gone = Condition("WarehouseUnavailable", "warehouse", "refused", noticed_by="run x")
    look(engine, 8 * MINUTE, gone, looked=())
    if not first_sign_only:
        look(engine, 10 * MINUTE, gone, looked=())
    for _ in range(2):  # as often as the watchman begins anew
        with engine.begin() as connection:
            record_past(connection, gone, T0, T0 + 9 * MINUTE, T0 + 2 * MINUTE)
    (row,) = rows(engine)
    assert (row.opened_at, row.closed_at) == (T0, None)
    with engine.connect() as connection:
        _, messages = incident(connection, row.incident_id)
    assert [(m["kind"], m["sent_at"]) for m in messages] == [("opened", T0 + 2 * MINUTE)]
    look(engine, timedelta(minutes=30), looked=(LEDGER,))
    (row,) = rows(engine)
    assert row.closed_at is not None
    assert notices(engine) == ["opened on_call", "closed on_call"]
