"""A former deadline callback, which the metadata of an earlier version still names. Remove it in 0.2.0."""

from __future__ import annotations

from typing import Any


async def notify_stuck_run(context: Any = None) -> str:
    """Do nothing: the watchdog of api-server and triggerer reports stuck runs."""
    return "the watchdog reports stuck runs"


__all__ = ["notify_stuck_run"]
