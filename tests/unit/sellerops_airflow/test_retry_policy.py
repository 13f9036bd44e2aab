"""Failures that may pass by themselves are retried; those that a person must fix fail at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import TaskDeferralError

from sellerops.base import errors
from sellerops.base.errors import SellerOpsError
from sellerops_airflow.retry_policy import RetryByRemedy, is_last_try

KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SellerOpsError)
]


def test_there_are_kinds_of_each_sort() -> None:
    assert len(KINDS) > 12


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_of_ours_is_tried_again_or_fails_by_its_remedy(kind: type[SellerOpsError]) -> None:
    error = kind("cause")
    decision = RetryByRemedy().evaluate(error, 1, 3)
    passing = issubclass(kind, errors.RetryableError)
    assert decision.action is (RetryAction.RETRY if passing else RetryAction.FAIL)
    assert decision.reason == error.remedy
    assert is_last_try(error, 1, 3) is not passing


def test_an_error_that_carries_its_wait_is_tried_again_after_it() -> None:
    decision = RetryByRemedy().evaluate(errors.Throttled("429", wait_seconds=90), 1, 3)
    assert decision.retry_delay == timedelta(seconds=90)
    assert RetryByRemedy().evaluate(errors.Throttled("429"), 1, 3).retry_delay is None


def test_anything_else_follows_the_tasks_retries() -> None:
    for error in (TaskDeferralError("Trigger failure"), RuntimeError("x"), SystemExit(1)):
        assert RetryByRemedy().evaluate(error, 1, 3).action is RetryAction.DEFAULT
    assert not is_last_try(RuntimeError("x"), 3, 3)
    assert is_last_try(RuntimeError("x"), 4, 3)


def test_it_survives_serialisation() -> None:
    assert isinstance(RetryByRemedy.deserialize(RetryByRemedy().serialize()), RetryByRemedy)
