"""Which failures Airflow repeats: what may pass by itself, and nothing a person must mend first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Context, RetryDecision, RetryPolicy

from sellerops.base.errors import RetryableError, SellerOpsError


class RetryByRemedy(RetryPolicy):
    """RetryableError again (after its own wait when it carries one), other SellerOpsErrors never.

    Anything else (a killed process, the scheduler's deferral race) follows the task's ``retries``.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        if isinstance(exception, RetryableError):
            wait = exception.details.get("wait_seconds")
            delay = timedelta(seconds=float(wait)) if isinstance(wait, (int, float)) and wait > 0 else None
            return RetryDecision.retry(delay=delay, reason=exception.remedy)
        if isinstance(exception, SellerOpsError):
            return RetryDecision.fail(reason=exception.remedy)
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> RetryByRemedy:
        return cls()


def is_last_try(error: BaseException, try_number: int, max_tries: int) -> bool:
    """Whether Airflow will not run the task again after ``error``; ``max_tries`` counts repeats."""
    if isinstance(error, SellerOpsError) and not isinstance(error, RetryableError):
        return True
    return try_number > max_tries
