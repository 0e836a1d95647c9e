"""Airflow's retries follow the failure class."""

from __future__ import annotations

import pytest
from airflow.sdk import RetryAction

from scrapers import errors
from touchline_airflow.retry import DEFECT_RETRIES, FailureClassPolicy


def decide(error: BaseException, try_number: int = 1):
    return FailureClassPolicy().evaluate(error, try_number, max_tries=20)


@pytest.mark.parametrize(
    "failure", [errors.WarehouseUnavailable, errors.BrokerUnavailable, errors.BrowserUnavailable]
)
def test_what_comes_back_by_itself_is_waited_for_longer_and_longer(failure):
    waits = [decide(failure("gone"), number).retry_delay for number in (1, 8)]
    assert [decide(failure("gone"), number).action for number in (1, 8)] == [RetryAction.RETRY] * 2
    assert waits[0].total_seconds() <= 2
    assert 30 <= waits[1].total_seconds() <= 60


@pytest.mark.parametrize(
    "failure",
    [
        errors.LayoutChanged,
        errors.InvalidBatch,
        errors.InvalidRows,
        errors.ConfigInvalid,
        errors.SourceRefused,
    ],
)
def test_what_would_fail_the_same_way_fails_at_once_and_says_so(failure):
    decision = decide(failure("no luck"))
    assert decision.action is RetryAction.FAIL
    assert failure.__name__ in decision.reason
    assert "no luck" in decision.reason


def test_a_class_with_few_attempts_gets_no_more():
    failure = errors.ArchiveUnavailable("store gone")
    assert decide(failure, 4).action is RetryAction.RETRY
    assert decide(failure, 5).action is RetryAction.FAIL


def test_every_class_is_decided():
    for failure in errors.FAILURE_CLASSES.values():
        assert decide(failure("x")).action in (RetryAction.RETRY, RetryAction.FAIL)


def test_a_defect_is_tried_twice_more():
    decisions = [decide(KeyError("x"), number).action for number in range(1, 5)]
    retried = [RetryAction.RETRY] * DEFECT_RETRIES
    assert decisions == [*retried, *[RetryAction.FAIL] * (4 - DEFECT_RETRIES)]
