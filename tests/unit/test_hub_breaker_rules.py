"""What a hub's breaker becomes, without database and hub."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from scrapers.warehouse.hub_state import Breaker, Position, Rules

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RULES = Rules(failures_to_open=3, first_wait=4, longest_wait=60, probe_seconds=30)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(RULES.failures_to_open):
        breaker = breaker.failed(NOW, "refused", RULES)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = Breaker().failed(NOW, "a", RULES).failed(NOW, "b", RULES)
    assert (breaker.state, breaker.failures, breaker.detail) == (Position.CLOSED, 2, "b")
    breaker = breaker.worked(NOW, "chrome 1", whole=True).failed(NOW, "c", RULES)
    assert breaker.failures == 1, "a whole success begins anew"
    breaker = breaker.failed(NOW, "d", RULES).failed(NOW, "e", RULES)
    assert (breaker.state, breaker.opened_at) == (Position.OPEN, NOW)
    assert breaker.next_probe_at is not None
    assert after(4 * 0.7) <= breaker.next_probe_at <= after(4)


def test_an_old_session_that_goes_on_does_not_hide_that_none_is_given() -> None:
    breaker = Breaker()
    for _ in range(RULES.failures_to_open):
        breaker = breaker.failed(NOW, "a", RULES).worked(NOW, "chrome 1", whole=False)
    assert breaker.state == Position.OPEN
    assert breaker.worked_at == NOW
    again = breaker.worked(after(1), "chrome 1", whole=True)
    assert again.state == Position.OPEN, "only a probe closes it"
    assert again.failures == RULES.failures_to_open


def test_failures_of_what_was_begun_before_do_not_lengthen_the_wait() -> None:
    breaker = opened()
    assert breaker.failed(after(1), "late", RULES) == breaker


def test_one_probes_when_it_is_due_and_a_dead_one_is_replaced() -> None:
    breaker = opened()
    assert breaker.probed(after(1), RULES) is None
    probing = breaker.probed(after(4), RULES)
    assert probing is not None
    assert probing.state == Position.HALF_OPEN
    assert probing.probed(after(5), RULES) is None
    assert probing.probed(after(4 + 30), RULES) is not None
    assert Breaker().probed(NOW, RULES) is None, "a closed one needs none"


def test_the_wait_grows_with_each_failed_probe_up_to_the_longest() -> None:
    breaker, waits = opened(), []
    for _ in range(40):
        probing = breaker.probed(after(10_000), RULES)
        assert probing is not None
        failed = probing.probe_failed(after(10_000), "still", RULES)
        assert failed is not None
        assert failed.next_probe_at is not None
        waits.append((failed.next_probe_at - after(10_000)).total_seconds())
        breaker = Breaker(**{**_fields(failed), "next_probe_at": NOW})
    for number, full in enumerate([8, 16, 32, 60, 60]):
        assert full * 0.7 <= waits[number] <= full
    assert max(waits) <= 60
    assert breaker.state == Position.OPEN
    assert breaker.opened_at == NOW, "it tells since when it is not used"


def test_a_full_hub_is_asked_again_soon() -> None:
    probing = opened().probed(after(4), RULES)
    assert probing is not None
    failed = probing.probe_failed(after(5), "no room", RULES, full=True)
    assert failed is not None
    assert failed.failures == RULES.failures_to_open
    assert failed.next_probe_at is not None
    assert failed.next_probe_at <= after(9)
    assert failed.probe_until is None


def test_a_probe_that_works_forgets_everything() -> None:
    probing = opened().probed(after(4), RULES)
    assert probing is not None
    closed = probing.closed(after(5), "chrome 156")
    assert closed == Breaker(detail="refused", worked_at=after(5), browser="chrome 156")
    assert closed is not None
    assert closed.closed(after(6), "chrome 156") is None
    assert closed.probe_failed(after(6), "x", RULES) is None, "closed by hand meanwhile"


def test_waits_are_spread() -> None:
    waits = {RULES.wait(0, random.Random(seed)) for seed in range(20)}
    assert len(waits) == 20


def _fields(breaker: Breaker) -> dict[str, object]:
    return {name: getattr(breaker, name) for name in Breaker.__dataclass_fields__}
