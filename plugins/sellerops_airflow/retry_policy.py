"""Decides which failures Airflow retries: those that may pass on their own, not those a person must fix."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Context, RetryDecision, RetryPolicy

from sellerops.base.errors import RetryableError, SellerOpsError


class RetryByRemedy(RetryPolicy):
    """Retries a RetryableError (after its own ``wait_seconds``, if set), and no other SellerOpsError.

    Anything else, such as a killed process or the scheduler's deferral race, follows the task's ``retries``.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Whether and when to retry after ``exception``. The log shows the error's remedy as the reason."""
        if isinstance(exception, RetryableError):
            wait = exception.details.get("wait_seconds")
            delay = timedelta(seconds=float(wait)) if isinstance(wait, (int, float)) and wait > 0 else None
            return RetryDecision.retry(delay=delay, reason=exception.remedy)
        if isinstance(exception, SellerOpsError):
            return RetryDecision.fail(reason=exception.remedy)
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """Nothing: the policy has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> RetryByRemedy:
        """The policy; ``data`` is empty."""
        return cls()


def is_last_try(error: BaseException, try_number: int, max_tries: int) -> bool:
    """Whether Airflow will not retry the task after ``error``. ``max_tries`` is the number of retries."""
    if isinstance(error, SellerOpsError) and not isinstance(error, RetryableError):
        return True
    return try_number > max_tries
