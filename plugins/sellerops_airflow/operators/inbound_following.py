"""Reads the progress of an account's confirmed FBA shipments, in the triggerer."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sellerops_airflow.operators.inbound import COLOR
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runs.trigger_events import result_of

log = logging.getLogger(__name__)


class FollowShipmentsOperator(BaseOperator):
    """Follows all open runs of an account; returns a line about each. A run's error does not affect others.

    :param account_id: the account of ``accounts.yaml``.
    """

    ui_color = COLOR

    def __init__(self, *, account_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account_id = account_id

    def execute(self, context: Context) -> list[str]:
        """Hand the work to the triggerer."""
        from sellerops_airflow.triggers.inbound_confirmed import FollowTrigger

        self.defer(trigger=FollowTrigger(account_id=self.account_id), method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> list[str]:
        """Return a line per run; skip without runs. Raises the first run's error."""
        with task_outcome(context):
            result = result_of(event)
            lines: list[str] = result["followed"]
            for line in lines:
                log.info("%s", line)
            for error in result["failed"]:
                log.error("%s", error["cause"])
            for error in result["failed"]:
                result_of({"error": error})
        if not lines:
            raise AirflowSkipException(f"{self.account_id} has no open shipment")
        return lines
