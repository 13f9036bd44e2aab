"""The task behind which the triggerer listens to Amazon's notifications."""

from __future__ import annotations

from typing import Any, NoReturn

from airflow.sdk import BaseOperator, Context

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops_airflow.runs.task_outcomes import task_outcome


class ListenToNotificationsOperator(BaseOperator):
    """Waits in the triggerer, which meanwhile reads the queue into the ledger. Ends only by failing."""

    def execute(self, context: Context) -> NoReturn:
        from sellerops_airflow.triggers.notifications import NotificationsTrigger

        self.defer(trigger=NotificationsTrigger(), method_name="stop")

    def stop(self, context: Context, event: dict[str, Any]) -> NoReturn:
        """Nothing was heard for long; ``event`` says why."""
        kind = ConfigurationError if event["is_configuration"] else RetryableError
        with task_outcome(context):
            raise kind(event["cause"], where=event["where"], remedy=event["remedy"])
