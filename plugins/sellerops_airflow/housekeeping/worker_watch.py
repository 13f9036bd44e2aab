"""The former callback of a deadline, which the metadata of an earlier version names. Goes with 0.2.0."""

from __future__ import annotations

from typing import Any


async def notify_stuck_run(context: Any = None) -> str:
    """Nothing: the watchdog of api-server and triggerer reports stuck runs."""
    return "the watchdog reports stuck runs"


__all__ = ["notify_stuck_run"]
