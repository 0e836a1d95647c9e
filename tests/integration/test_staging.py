"""What is staged is what was read, to the last character; what can't be kept is refused whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text, update

from scrapers.errors import InvalidRows, WarehouseUnavailable
from scrapers.targets import Target
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import Claim, State
from scrapers.warehouse.staging import stage
from scrapers.warehouse.tables import STAGING_TABLES
from scrapers.whoscored.rows import RowSet
from tests.support.pages import REAL_MATCH_ID
from tests.support.rows import event_row, hold, match_rows, put, real_match_rows, row
from tests.support.waiting import terminate, until_waiting

MATCH = Target.match_centre(7)
VERSION = "match_centre/test"


def staged(engine: Engine, target: Target) -> RowSet:
    """What stands in staging, by table, in the order of the rows."""
    found = {}
    with engine.connect() as connection:
        for table in STAGING_TABLES:
            query = (
                select(table).where(table.c.target_key == target.key).order_by(table.c.row_number)
            )
            rows = [dict(each) for each in connection.execute(query).mappings()]
            for number, each in enumerate(rows, start=1):
                assert each.pop("target_key") == target.key
                assert each.pop("row_number") == number
            if rows:
                found[table.name] = rows
    return found


def ledger_row(engine: Engine, target: Target) -> Any:
    with engine.connect() as connection:
        return connection.execute(
            select(*TargetRow.__table__.columns).where(TargetRow.target_key == target.key)
        ).one()


def as_kept(value: Any) -> Any:
    # PostgreSQL's numeric is Python's Decimal; a float's shortest text is what is kept.
    return Decimal(repr(value)) if isinstance(value, float) else value


def test_every_value_of_the_real_page_is_staged_as_it_was_read(engine: Engine, shared_data: Path):
    rows = real_match_rows(shared_data)
    target = Target.match_centre(REAL_MATCH_ID)
    put(engine, target, rows)
    assert staged(engine, target) == {
        name: [{column: as_kept(value) for column, value in each.items()} for each in table]
        for name, table in rows.items()
        if table
    }


NASTY = [
    "",
    " ",
    "\\N",
    "\\.",
    "\\",
    "\\\\n",
    "NULL",
    "a\tb\nc\rd\r\n\\t\v\f\b",
    "\"'`$$;--",
    "Óscar Trejo – \u2028\u0085 ⚽ \U0001f3df",
    "\\u0000 and \\x00",
    "{1,2}",
    "\x01\x1f\x7f\ufeff\uffff",
]


@pytest.mark.parametrize("value", NASTY)
def test_any_text_is_kept_as_it_is(engine: Engine, value: str):
    rows = {
        "team": [row("team", team_id=1, name=value), row("team", team_id=2, name=None)],
        "event": [event_row(7, 1, qualifiers=[{"name": value, value: [value, None]}])],
    }
    put(engine, MATCH, rows)
    found = staged(engine, MATCH)
    assert [each["name"] for each in found["team"]] == [value, None]
    assert found["event"][0]["qualifiers"] == rows["event"][0]["qualifiers"]


@pytest.mark.parametrize(
    ("column", "given", "kept"),
    [
        ("satisfied_event_types", [], []),
        ("satisfied_event_types", [2**31 - 1, -(2**31)], [2**31 - 1, -(2**31)]),
        ("event_id", 2**63 - 1, 2**63 - 1),
        ("minute", -(2**31), -(2**31)),
        ("x", 1e-07, Decimal("1E-7")),
        ("x", 0.1, Decimal("0.1")),
        ("x", 12345678901234567890, Decimal(12345678901234567890)),
        ("x", Decimal("1.10"), Decimal("1.10")),
        ("is_goal", True, True),
        ("qualifiers", [{"a": 0.1, "b": 10**40, "c": True, "d": None}], None),
        ("qualifiers", {}, {}),
    ],
)
def test_numbers_lists_and_json_are_kept_as_they_are(
    engine: Engine, column: str, given: Any, kept: Any
):
    put(engine, MATCH, {"event": [event_row(7, 1, **{column: given})]})
    assert staged(engine, MATCH)["event"][0][column] == (given if kept is None else kept)


def test_moments_are_kept_whatever_their_zone(engine: Engine):
    rows = match_rows(7)
    kickoff = datetime(2022, 8, 13, 21, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    rows["match"][0]["kickoff_utc"] = kickoff
    put(engine, MATCH, rows)
    found = staged(engine, MATCH)["match"][0]
    assert found["kickoff_utc"] == kickoff.astimezone(UTC)
    assert found["kickoff_page"] == rows["match"][0]["kickoff_page"]


def test_the_target_is_parsed_then_and_free(engine: Engine):
    claim = hold(engine, MATCH)
    with engine.begin() as connection:
        connection.execute(update(TargetRow).values(failure_class="LayoutChanged", failures=2))
    staged_id = stage(engine, claim, match_rows(7), VERSION)
    found = ledger_row(engine, MATCH)
    assert staged_id is not None
    assert (found.state, found.staged_id, found.selector_version) == (
        State.PARSED,
        staged_id,
        VERSION,
    )
    assert (found.holder, found.lease_until, found.failure_class, found.failures) == (
        *(None, None, None),
        0,
    )


def test_rows_staged_anew_replace_all_earlier_ones_and_no_others(engine: Engine):
    other = Target.match_centre(8)
    put(engine, other, match_rows(8))
    before = staged(engine, other)
    first = put(engine, MATCH, match_rows(7, events=5))
    again = put(engine, MATCH, {"team": [row("team", team_id=9, name="x")], "event": []})
    assert staged(engine, MATCH) == {"team": [row("team", team_id=9, name="x")]}
    assert staged(engine, other) == before
    assert first.staged_id != again.staged_id


def test_a_page_without_rows_is_parsed_too(engine: Engine):
    put(engine, MATCH, match_rows(7))
    put(engine, MATCH, {})
    assert staged(engine, MATCH) == {}
    assert ledger_row(engine, MATCH).state == State.PARSED


@pytest.mark.parametrize(
    "change", [{"holder": UUID(int=7)}, {"holder": None}, {"state": State.PLANNED}], ids=str
)
def test_who_lost_the_hold_stages_nothing(engine: Engine, change: dict[str, Any]):
    put(engine, MATCH, match_rows(7, events=1))
    before = staged(engine, MATCH)
    claim = hold(engine, MATCH)
    with engine.begin() as connection:
        connection.execute(update(TargetRow).values(**change))
    left = ledger_row(engine, MATCH)
    assert stage(engine, claim, match_rows(7, events=9), VERSION) is None
    assert staged(engine, MATCH) == before
    assert ledger_row(engine, MATCH) == left


HALF = "\ud83d"


def short(value: Any) -> str:
    """A test's name: some numbers here are too long for one."""
    return ascii(value)[:20] if isinstance(value, str) else type(value).__name__


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("x", math.nan, "is not finite"),
        ("x", -math.inf, "is not finite"),
        ("x", Decimal("NaN"), "is not finite"),
        ("x", Decimal("Infinity"), "is not finite"),
        ("x", Decimal("1E+200000"), "more digits"),
        ("x", 1 << 20_000, "more digits"),
        ("x", "1.0", "is of type str, not a number"),
        ("x", True, "is of type bool, not a number"),
        ("minute", 2**31, "out of the range of integer"),
        ("minute", -(2**31) - 1, "out of the range of integer"),
        ("minute", True, "is of type bool, not an integer"),
        ("minute", 1.0, "is of type float, not an integer"),
        ("event_id", 2**63, "out of the range of bigint"),
        ("satisfied_event_types", [1, 2**31], "out of the range of integer"),
        ("satisfied_event_types", [None], "is of type NoneType, not an integer"),
        ("satisfied_event_types", "{1}", "is of type str, not a list"),
        ("type_name", "a\x00b", "NUL character"),
        ("type_name", HALF, "surrogate"),
        ("type_name", 1, "is of type int, not text"),
        ("outcome", 1, "is of type int, not true or false"),
        ("qualifiers", [{"value": math.nan}], "not finite"),
        ("qualifiers", [10**5000], "endless"),
        ("qualifiers", [{"value": "a\x00"}], "NUL character"),
        ("qualifiers", [{"value": "a\\\x00"}], "NUL character"),
        ("qualifiers", [{"\x00": 1}], "NUL character"),
        ("qualifiers", [{HALF: 1}], "surrogate"),
        ("qualifiers", [Decimal(1)], "JSON can't express"),
        ("qualifiers", [{1, 2}], "JSON can't express"),
    ],
    ids=short,
)
def test_what_a_column_cant_hold_is_refused_by_table_row_and_column(
    engine: Engine, column: str, value: Any, said: str
):
    put(engine, MATCH, match_rows(7, events=1))
    before = staged(engine, MATCH)
    claim = hold(engine, MATCH)
    rows = match_rows(7)
    rows["event"][1][column] = value
    with pytest.raises(InvalidRows, match=said) as caught:
        stage(engine, claim, rows, VERSION)
    assert caught.value.facts == {"table": "event", "column": column, "row": 2}
    assert staged(engine, MATCH) == before
    assert ledger_row(engine, MATCH).holder == claim.holder


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("kickoff_utc", datetime(2022, 8, 13), "without zone, not a date and time with its zone"),  # noqa: DTZ001
        ("kickoff_utc", "2022-08-13", "is of type str, not a date and time with its zone"),
        ("kickoff_utc", datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), "out of the"),
        ("kickoff_page", datetime(2022, 8, 13, tzinfo=UTC), "with zone, not a date and time with"),
        ("period_end_minutes", {1: object()}, "JSON can't express"),
    ],
)
def test_a_moment_without_its_zone_is_refused(engine: Engine, column: str, value: Any, said: str):
    rows = match_rows(7)
    rows["match"][0][column] = value
    with pytest.raises(InvalidRows, match=said) as caught:
        stage(engine, hold(engine, MATCH), rows, VERSION)
    assert caught.value.facts == {"table": "match", "column": column, "row": 1}


def test_rows_of_another_shape_are_refused(engine: Engine):
    claim = hold(engine, MATCH)
    more, fewer = event_row(7, 1) | {"mood": 1}, event_row(7, 1)
    del fewer["minute"]
    for rows, said in (
        ({"event": [event_row(7, 1), more]}, "event, row 2: mood is no column of the table"),
        ({"event": [fewer]}, "event, row 1: minute is lacking"),
        ({"event": [], "moods": []}, "there is no table moods"),
    ):
        with pytest.raises(InvalidRows, match=said):
            stage(engine, claim, rows, VERSION)
    assert staged(engine, MATCH) == {}


def test_what_only_postgresql_refuses_is_named_without_its_value(engine: Engine):
    narrow = "ALTER TABLE staging.team ALTER COLUMN name TYPE varchar(9)"
    wide = "ALTER TABLE staging.team ALTER COLUMN name TYPE text"
    rows = {"team": [row("team", team_id=i, name="a" * 7 * i) for i in (1, 2)]}
    claim = hold(engine, MATCH)
    try:
        execute(engine, narrow)
        with pytest.raises(InvalidRows, match="22001") as caught:
            stage(engine, claim, rows, VERSION)
    finally:
        execute(engine, wide)
    assert caught.value.facts["row"] == 2
    assert caught.value.facts["table"] == "team"
    assert "aaa" not in caught.value.detail
    assert staged(engine, MATCH) == {}


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@contextmanager
def events_stop_at_a_lock(engine: Engine) -> Iterator[None]:
    """Copying an event waits for an advisory lock that is held here."""
    try:
        execute(
            engine,
            "CREATE FUNCTION staging.pause() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END $$",
            "CREATE TRIGGER pause BEFORE INSERT ON staging.event"
            " FOR EACH ROW EXECUTE FUNCTION staging.pause()",
        )
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(4711)"))
            yield
    finally:
        execute(engine, "DROP FUNCTION IF EXISTS staging.pause() CASCADE")


def test_a_connection_that_dies_while_copying_leaves_what_was_there(engine: Engine):
    put(engine, MATCH, match_rows(7, events=1))
    before = staged(engine, MATCH)
    claim = hold(engine, MATCH)
    with ThreadPoolExecutor(1) as pool:
        with events_stop_at_a_lock(engine):
            writing = pool.submit(stage, engine, claim, match_rows(7, events=9), VERSION)
            terminate(engine, until_waiting(engine, "COPY staging.event%"))
            with pytest.raises(WarehouseUnavailable):
                writing.result()
        assert staged(engine, MATCH) == before
        assert ledger_row(engine, MATCH).state == State.ARCHIVED
        assert isinstance(claim, Claim)
        assert stage(engine, claim, match_rows(7, events=9), VERSION) is not None
    assert len(staged(engine, MATCH)["event"]) == 9
