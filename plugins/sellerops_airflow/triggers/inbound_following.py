"""Follows an account's confirmed FBA shipments in the triggerer."""

from __future__ import annotations

import asyncio
from typing import Any

from sellerops_airflow.runs.trigger_events import error_to_values
from sellerops_airflow.triggers.inbound import InboundTrigger


class FollowTrigger(InboundTrigger):
    """Reads the shipments of all open runs of an account.

    The result has ``followed``, a line per run, and ``failed``, the errors of other runs as plain values.

    :param account_id: the account of ``accounts.yaml``.
    """

    _arguments = ("account_id",)

    def __init__(self, *, account_id: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.account_id = account_id

    def _account_id(self) -> str:
        return self.account_id

    async def _work(self) -> dict[str, Any]:
        from sellerops.inbound.following import follow_open_runs

        found = await follow_open_runs(await asyncio.to_thread(self._services))
        return {
            "followed": [each.summary for each in found.followed],
            "failed": [error_to_values(error) for error in found.failed.values()],
        }
