"""The source's breaker on a real PostgreSQL; time passes by moving what is stored."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, select, text

from scrapers.errors import SourceRefused, SourceUnavailable
from scrapers.incidents.conditions import sources
from scrapers.settings import Settings
from scrapers.targets import SOURCE, Target
from scrapers.warehouse import holding, ledger, source
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.health_tables import RequestHourRow
from scrapers.warehouse.ops_tables import SourceStateRow, TargetRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State
from scrapers.warehouse.source import (
    FOR_GOOD,
    GENTLE_FACTORS,
    GENTLE_PAGES,
    PAGES_EACH,
    Leave,
    Pause,
    Rules,
)
from tests.support.source import pass_time

HOST = "www.whoscored.com"
REFUSED = SourceRefused("refused, incident 7")
OUT = SourceUnavailable("the site answered 503")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# What waits for the source, as `holding.postpone` leaves it.
WAITING = text(
    "UPDATE ops.target SET due_at = now() + '1 day'::interval, failure_class = 'SourceRefused'"
)


@pytest.fixture
def rules(make_settings: Any) -> Rules:
    return Rules.of(make_settings())


def row(engine: Engine) -> Any:
    with engine.connect() as connection:
        return connection.execute(select(SourceStateRow.__table__)).one()


def entered(engine: Engine, rules: Rules) -> Leave:
    leave = source.enter(engine, SOURCE, rules)
    assert isinstance(leave, Leave), leave
    return leave


def refuse(engine: Engine, rules: Rules, leave: Leave | None = None) -> timedelta:
    """Length of the pause that a refusal begins."""
    pause = source.wrong(engine, SOURCE, leave or entered(engine, rules), REFUSED, rules)
    assert pause is not None
    return pause.until - datetime.now(UTC)


def nearly(length: timedelta, minutes: float) -> bool:
    return abs(length - minutes * MINUTE) < timedelta(seconds=20)


def to_the_end(engine: Engine) -> None:
    """Let the pause that is on end."""
    with engine.connect() as connection:
        left = connection.scalar(text("SELECT paused_until - now() FROM ops.source_state"))
    pass_time(engine, left + timedelta(seconds=1))


# --- refusals -------------------------------------------------------------------------------


def test_nothing_known_is_asked_as_usual(engine, rules):
    assert source.look(engine, SOURCE) is None
    assert source.enter(engine, SOURCE, rules) == Leave(1.0, None)


def test_a_refusal_pauses_for_minutes_and_then_for_hours(engine, rules):
    lengths = [refuse(engine, rules)]
    began = row(engine).paused_at
    for _ in range(5):
        to_the_end(engine)
        lengths.append(refuse(engine, rules))
    for length, minutes in zip(lengths, (15, 45, 135, 360, 360, 360), strict=True):
        assert nearly(length, minutes), lengths
    pause = source.look(engine, SOURCE)
    assert isinstance(pause, Pause)
    # The trouble is as old as its first refusal, whatever came between.
    assert datetime.now(UTC) - pause.since > 15 * HOUR
    assert row(engine).paused_at < began
    assert (pause.failure_class, pause.reason) == ("SourceRefused", REFUSED.detail)


def test_refusals_of_pages_under_way_do_not_lengthen_the_pause(engine, rules):
    leaves = [entered(engine, rules) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        lengths = list(pool.map(lambda leave: refuse(engine, rules, leave), leaves))
    assert all(nearly(length, 15) for length in lengths)
    assert row(engine).pauses == 1
    assert isinstance(source.enter(engine, SOURCE, rules), Pause)


def test_a_right_page_of_before_does_not_end_the_pause(engine, rules):
    early = entered(engine, rules)
    refuse(engine, rules)
    source.right(engine, SOURCE, early)
    assert isinstance(source.look(engine, SOURCE), Pause)
    to_the_end(engine)
    source.right(engine, SOURCE, early)
    assert entered(engine, rules).probe is not None, "the source is still to be tried"


# --- one page tries it ----------------------------------------------------------------------


def test_after_a_pause_exactly_one_of_many_tries_the_source(engine, rules):
    refuse(engine, rules)
    to_the_end(engine)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: source.enter(engine, SOURCE, rules), range(16)))
    leaves = [answer for answer in answers if isinstance(answer, Leave)]
    assert len(leaves) == 1
    assert all(answer.probing for answer in answers if isinstance(answer, Pause))
    # It is confirmed after its turn; the others are not.
    assert source.enter(engine, SOURCE, rules, leaves[0], host=HOST) == leaves[0]
    assert isinstance(source.enter(engine, SOURCE, rules, Leave(), host=HOST), Pause)
    with engine.connect() as connection:
        assert connection.scalar(select(RequestHourRow.requests)) == 1


def test_a_try_whose_worker_died_is_taken_by_another_when_its_time_is_over(engine, rules):
    refuse(engine, rules)
    to_the_end(engine)
    lost = entered(engine, rules)
    assert isinstance(source.enter(engine, SOURCE, rules), Pause)
    pass_time(engine, rules.probe + timedelta(seconds=1))
    other = entered(engine, rules)
    assert other.probe not in (None, lost.probe)
    # The one that was taken for dead has no say any more.
    assert isinstance(source.enter(engine, SOURCE, rules, lost), Pause)
    source.right(engine, SOURCE, lost)
    assert row(engine).paused_until is not None
    assert row(engine).pauses == 1
    source.right(engine, SOURCE, other)
    assert row(engine).paused_until is None


def test_a_try_that_is_given_back_is_free_at_once(engine, rules):
    refuse(engine, rules)
    to_the_end(engine)
    source.release(engine, SOURCE, entered(engine, rules))
    assert entered(engine, rules).probe is not None


def killed_at(settings: Settings, rules: Rules, what: str, statement: int) -> bool:
    """Whether a process died at its n-th statement or commit; False: it came through before."""
    pid = os.fork()
    if pid == 0:
        try:
            own = engine_of(settings)  # a process has its own
            leave = source.enter(own, SOURCE, rules) if what != "enter" else Leave()
            assert isinstance(leave, Leave)
            left = iter([*range(statement), None])

            def count(*_: Any) -> None:
                if next(left, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)

            event.listen(own, "before_cursor_execute", count)
            event.listen(own, "commit", count)
            if what == "enter":
                source.enter(own, SOURCE, rules)
            elif what == "right":
                source.right(own, SOURCE, leave)
            else:
                source.wrong(own, SOURCE, leave, REFUSED, rules)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("what", ["enter", "right", "wrong"])
def test_killed_between_any_two_statements_it_is_the_old_state_or_the_new(
    engine, rules, make_settings, what
):
    """The row, and the targets that wait for it, are never half changed; another goes on."""
    settings = make_settings()
    target = Target.match_centre(1)
    ledger.open_batch(
        engine, BatchKey("d", "r", "match_centre"), [PlannedTarget(target, "new")], None
    )
    killed = 0
    for statement in range(12):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM ops.source_state"))
            connection.execute(WAITING)
        refuse(engine, rules)
        to_the_end(engine)
        with engine.begin() as connection:
            connection.execute(WAITING)
        through = not killed_at(settings, rules, what, statement)
        found = row(engine)
        with engine.connect() as connection:
            woken = connection.scalar(select(TargetRow.due_at)) < datetime.now(UTC) + HOUR
        old = (found.pauses, found.paused_until is None, woken) == (1, False, False)
        new = {
            "enter": old and found.probe_until is not None,
            "right": found.paused_until is None and found.resumed_at is not None and woken,
            "wrong": found.pauses == 2 and found.probe_until is None,
        }[what]
        assert new if through else old
        # Whatever it was: when its time is over, the next page tries the source, or it is paused.
        pass_time(engine, rules.probe + timedelta(seconds=1))
        answer = source.enter(engine, SOURCE, rules)
        assert isinstance(answer, Pause) == (what == "wrong" and through)
        if through:
            break
        killed += 1
    assert killed >= 3, "it was killed at different places"
    assert through, "the last one was not killed"


# --- back again, gently ---------------------------------------------------------------------


def test_it_is_asked_gently_at_first_and_then_as_usual(engine, rules):
    refuse(engine, rules)
    to_the_end(engine)
    leave = entered(engine, rules)
    assert leave.factor == GENTLE_FACTORS[0]
    factors = []
    for _ in range(GENTLE_PAGES):
        source.right(engine, SOURCE, leave)
        leave = entered(engine, rules)
        factors.append(leave.factor)
    expected = [factor for factor in GENTLE_FACTORS for _ in range(PAGES_EACH)]
    assert factors == [*expected[1:], 1.0]
    found = row(engine)
    assert (found.pauses, found.failures, found.resumed_at, found.paused_at) == (0, 0, None, None)


def test_a_refusal_before_it_is_well_again_makes_the_pause_longer(engine, rules):
    refuse(engine, rules)
    to_the_end(engine)
    leave = entered(engine, rules)
    for _ in range(GENTLE_PAGES - 1):
        source.right(engine, SOURCE, leave)
        leave = entered(engine, rules)
    assert nearly(refuse(engine, rules), 45)
    # Once it is well it begins anew.
    to_the_end(engine)
    leave = entered(engine, rules)
    for _ in range(GENTLE_PAGES):
        source.right(engine, SOURCE, leave)
        leave = entered(engine, rules)
    assert nearly(refuse(engine, rules), 15)


def test_yesterdays_trouble_that_too_few_pages_ended_does_not_condemn_tonight(engine, rules):
    """Refused for a day, right once in the morning; tonight it is out for a moment."""
    for _ in range(5):
        refuse(engine, rules)
        to_the_end(engine)
    source.right(engine, SOURCE, entered(engine, rules))
    pass_time(engine, 12 * HOUR)
    leave = entered(engine, rules)
    pauses = [source.wrong(engine, SOURCE, leave, OUT, rules) for _ in range(rules.failures)]
    pause = pauses[-1]
    assert pauses[:-1] == [None] * (rules.failures - 1)
    assert pause is not None
    assert nearly(pause.until - datetime.now(UTC), 0.5), "an outage, and its first pause"
    assert datetime.now(UTC) - pause.since < MINUTE
    assert (row(engine).pauses, row(engine).failure_class) == (1, "SourceUnavailable")


def test_after_a_right_page_runs_wait_anew_though_the_pauses_go_on_growing(engine, rules):
    refuse(engine, rules)
    pass_time(engine, 5 * HOUR)
    source.right(engine, SOURCE, entered(engine, rules))
    pass_time(engine, HOUR)
    assert nearly(refuse(engine, rules), 45)
    assert datetime.now(UTC) - source.look(engine, SOURCE).since < MINUTE


def test_a_try_that_is_anothers_by_now_wakes_nobody(engine, rules):
    target = Target.match_centre(1)
    key = BatchKey("d", "r", "match_centre")
    ledger.open_batch(engine, key, [PlannedTarget(target, "new")], None)
    refuse(engine, rules)
    to_the_end(engine)
    lost = entered(engine, rules)
    pass_time(engine, rules.probe + timedelta(seconds=1))
    other = entered(engine, rules)
    with engine.begin() as connection:
        connection.execute(WAITING)
    source.release(engine, SOURCE, lost)
    assert is_waiting(engine, target)
    source.release(engine, SOURCE, other)
    assert not is_waiting(engine, target)


def is_waiting(engine: Engine, target: Target) -> bool:
    query = select(TargetRow.due_at > text("now()")).where(TargetRow.target_key == target.key)
    with engine.connect() as connection:
        return bool(connection.scalar(query))


def test_what_waits_for_its_turn_is_not_woken_with_what_waits_for_the_source(engine, rules):
    targets = [Target.match_centre(number) for number in (1, 2)]
    planned = [PlannedTarget(target, "new") for target in targets]
    ledger.open_batch(engine, BatchKey("d", "r", "match_centre"), planned, None)
    turn, paused = (holding.claim_fetch(engine, t.key, uuid4()) for t in targets)
    # It waited for the source before: that is over.
    holding.postpone(engine, turn, datetime.now(UTC), OUT)
    turn = holding.claim_fetch(engine, targets[0].key, uuid4())
    holding.postpone(engine, turn, datetime.now(UTC) + HOUR)
    holding.postpone(engine, paused, datetime.now(UTC) + HOUR, REFUSED)
    refuse(engine, rules)
    to_the_end(engine)
    source.release(engine, SOURCE, entered(engine, rules))
    assert [is_waiting(engine, target) for target in targets] == [True, False]


def test_when_runs_wait_no_longer_all_that_wait_are_told_at_once_and_not_one_a_pause(engine, rules):
    target = Target.match_centre(1)
    ledger.open_batch(
        engine, BatchKey("d", "r", "match_centre"), [PlannedTarget(target, "new")], None
    )
    refuse(engine, rules)
    for patient in (True, False):
        claim = holding.claim_fetch(engine, target.key, uuid4())
        assert claim is not None
        to_the_end(engine)
        if not patient:
            pass_time(engine, rules.patience)
        probe = entered(engine, rules)
        holding.postpone(engine, claim, datetime.now(UTC) + HOUR, REFUSED)
        source.wrong(engine, SOURCE, probe, REFUSED, rules)
        assert is_waiting(engine, target) == patient
        with engine.begin() as connection:
            connection.execute(text("UPDATE ops.target SET due_at = now()"))


# --- outages --------------------------------------------------------------------------------


def test_an_outage_is_so_many_pages_running_without_a_right_one(engine, rules):
    leave = entered(engine, rules)
    for _ in range(rules.failures - 1):
        assert source.wrong(engine, SOURCE, leave, OUT, rules) is None
    source.right(engine, SOURCE, leave)
    for _ in range(rules.failures - 1):
        assert source.wrong(engine, SOURCE, leave, OUT, rules) is None
    pause = source.wrong(engine, SOURCE, leave, OUT, rules)
    assert pause is not None
    assert nearly(pause.until - datetime.now(UTC), 0.5)
    lengths = []
    for _ in range(6):
        to_the_end(engine)
        pause = source.wrong(engine, SOURCE, entered(engine, rules), OUT, rules)
        assert pause is not None
        lengths.append((pause.until - datetime.now(UTC)) / MINUTE)
    assert lengths == pytest.approx([1, 2, 4, 8, 15, 15], abs=0.3)


def test_one_page_that_fails_for_ever_is_no_outage(engine, rules):
    leave = entered(engine, rules)
    assert source.wrong(engine, SOURCE, leave, OUT, rules) is None
    for _ in range(20):
        assert source.wrong(engine, SOURCE, leave, OUT, rules, first=False) is None
    assert row(engine).failures == 1


def test_a_source_that_refuses_and_then_does_not_answer_refuses_us(engine, rules):
    refuse(engine, rules)
    to_the_end(engine)
    pause = source.wrong(engine, SOURCE, entered(engine, rules), OUT, rules)
    assert pause is not None
    assert nearly(pause.until - datetime.now(UTC), 45)
    assert row(engine).failure_class == "SourceRefused"


def test_an_outage_that_turns_into_a_refusal_is_left_alone_for_longer(engine, rules):
    leave = entered(engine, rules)
    for _ in range(rules.failures):
        source.wrong(engine, SOURCE, leave, OUT, rules)
    assert nearly(refuse(engine, rules, leave), 15)
    assert row(engine).failure_class == "SourceRefused"


# --- by hand --------------------------------------------------------------------------------


def test_a_pause_by_hand_stays_until_its_end_or_for_good(engine, rules):
    early = entered(engine, rules)
    end = datetime.now(UTC) + 2 * HOUR
    assert source.pause_by_hand(engine, SOURCE, who="ada", until=end, reason="maintenance") == end
    pause = source.look(engine, SOURCE)
    assert isinstance(pause, Pause)
    assert (pause.until, pause.by, pause.reason) == (end, "ada", "maintenance")
    source.right(engine, SOURCE, early)
    assert source.wrong(engine, SOURCE, early, OUT, rules) is not None
    assert source.look(engine, SOURCE).until == end
    # A shorter one does not shorten it; one for good has no end.
    soon = datetime.now(UTC) + MINUTE
    assert source.pause_by_hand(engine, SOURCE, who="bob", until=soon, reason="x") == end
    assert source.pause_by_hand(engine, SOURCE, who="bob", until=None, reason="x") == FOR_GOOD
    assert source.describe(engine, SOURCE)["state"] == "paused"


def test_a_refusal_during_a_pause_by_hand_is_not_forgotten(engine, rules):
    early = entered(engine, rules)
    soon = datetime.now(UTC) + MINUTE
    source.pause_by_hand(engine, SOURCE, who="ada", until=soon, reason="x")
    assert nearly(refuse(engine, rules, early), 15)


def gentle_again(engine: Engine, rules: Rules, pages: int) -> None:
    """It refused us for hours, twice; now so many of its pages have been right."""
    refuse(engine, rules)
    to_the_end(engine)
    refuse(engine, rules)
    pass_time(engine, 7 * HOUR)
    for _ in range(pages):
        source.right(engine, SOURCE, entered(engine, rules))


@pytest.mark.parametrize("pages", range(1, GENTLE_PAGES))
def test_a_pause_by_hand_after_a_trouble_is_no_part_of_it(engine, rules, pages):
    gentle_again(engine, rules, pages)
    pass_time(engine, timedelta(days=3))
    source.pause_by_hand(engine, SOURCE, who="ada", until=None, reason="maintenance")
    pause = source.look(engine, SOURCE)
    assert datetime.now(UTC) - pause.since < MINUTE
    assert (pause.failure_class, pause.by, pause.reason) == (None, "ada", "maintenance")
    with engine.connect() as connection:
        assert not list(sources(connection)), "nobody is told of a pause by hand"
    # Resumed, it is asked gently as after any pause, and nothing is said of the old trouble.
    assert source.resume(engine, SOURCE)
    assert source.describe(engine, SOURCE)["failure_class"] is None
    source.right(engine, SOURCE, entered(engine, rules))
    told = source.describe(engine, SOURCE)
    assert (told["state"], told["gentle_pages"], told["reason"]) == ("gentle", 1, None)


def test_a_trouble_is_remembered_through_a_pause_by_hand(engine, rules):
    gentle_again(engine, rules, 2)
    pass_time(engine, HOUR)
    source.pause_by_hand(engine, SOURCE, who="ada", until=datetime.now(UTC) + HOUR, reason="x")
    to_the_end(engine)
    # An hour of the two that make it forgotten: while it was paused nothing was learned of it.
    assert nearly(refuse(engine, rules), 9 * 15)
    assert source.describe(engine, SOURCE)["failure_class"] == "SourceRefused"


def test_a_refusal_of_a_page_under_way_makes_a_pause_by_hand_longer(engine, rules):
    gentle_again(engine, rules, 2)
    early = entered(engine, rules)
    soon = datetime.now(UTC) + MINUTE
    source.pause_by_hand(engine, SOURCE, who="ada", until=soon, reason="x")
    assert nearly(refuse(engine, rules, early), 9 * 15)
    assert source.look(engine, SOURCE).failure_class == "SourceRefused"


def test_a_pause_by_hand_during_a_trouble_is_part_of_it(engine, rules):
    refuse(engine, rules)
    pass_time(engine, 5 * MINUTE)
    source.pause_by_hand(engine, SOURCE, who="ada", until=None, reason="x")
    pause = source.look(engine, SOURCE)
    assert nearly(datetime.now(UTC) - pause.since, 5)
    assert pause.failure_class == "SourceRefused"


def test_resumed_by_hand_one_page_tries_it_and_what_waits_is_woken(engine, rules):
    assert not source.resume(engine, SOURCE), "it is not paused"
    targets = [Target.match_centre(number) for number in (1, 2, 3)]
    planned = [PlannedTarget(target, "new") for target in targets]
    ledger.open_batch(engine, BatchKey("d", "r", "match_centre"), planned, None)
    source.pause_by_hand(engine, SOURCE, who="ada", until=None, reason="x")
    waiting, failing = (holding.claim_fetch(engine, t.key, uuid4()) for t in targets[:2])
    holding.postpone(engine, waiting, FOR_GOOD, OUT)
    due = holding.failed(engine, failing, OUT, "fetch", State.PLANNED)
    assert source.resume(engine, SOURCE)
    assert source.describe(engine, SOURCE)["state"] == "half-open"
    with engine.connect() as connection:
        now = connection.scalar(text("SELECT now()"))
        rows = connection.execute(select(TargetRow.target_key, TargetRow.due_at)).all()
    found = {row.target_key: row.due_at for row in rows}
    assert found[waiting.target.key] <= now
    assert found[failing.target.key] == due, "it waits for reasons of its own"
    source.right(engine, SOURCE, entered(engine, rules))
    assert source.describe(engine, SOURCE)["state"] == "gentle"
    assert not source.resume(engine, SOURCE)


def test_many_who_tell_and_ask_at_once_leave_one_state(engine, rules):
    def some(number: int) -> None:
        answer = source.enter(engine, SOURCE, rules, host=HOST)
        if isinstance(answer, Leave):
            if number % 3:
                source.right(engine, SOURCE, answer)
            else:
                source.wrong(engine, SOURCE, answer, REFUSED, rules)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some, range(60)))
    assert row(engine).pauses == 1
