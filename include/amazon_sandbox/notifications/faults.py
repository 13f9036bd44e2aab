"""Faults of notifications, drawn when a report or a query has ended."""

from __future__ import annotations

from amazon_sandbox.core.faults import FaultKind, Stage

MENU = (
    FaultKind("notification_lost", Stage.NOTIFICATION, "the end of a report is not told"),
    FaultKind(
        "notification_late",
        Stage.NOTIFICATION,
        "the end of a report is told later",
        {"seconds": "virtual seconds, 600"},
    ),
    FaultKind(
        "notification_duplicated",
        Stage.NOTIFICATION,
        "the end of a report is told more than once",
        {"copies": "how often, 2"},
    ),
)
