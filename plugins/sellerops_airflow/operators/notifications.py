"""The task that keeps the triggerer listening for Amazon's notifications."""

from __future__ import annotations

from typing import Any, NoReturn

from airflow.sdk import BaseOperator, Context

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops_airflow.runs.task_outcomes import task_outcome


class ListenToNotificationsOperator(BaseOperator):
    """Stays deferred while the triggerer reads the queue into the ledger. Ends only by failing."""

    def execute(self, context: Context) -> NoReturn:
        """Defer to NotificationsTrigger."""
        from sellerops_airflow.triggers.notifications import NotificationsTrigger

        self.defer(trigger=NotificationsTrigger(), method_name="stop")

    def stop(self, context: Context, event: dict[str, Any]) -> NoReturn:
        """Fail with the error in ``event``: the queue could not be read for half an hour."""
        kind = ConfigurationError if event["is_configuration"] else RetryableError
        with task_outcome(context):
            raise kind(event["cause"], where=event["where"], remedy=event["remedy"])
