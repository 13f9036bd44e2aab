"""Faults of notifications, drawn when a report or a query has ended."""

from __future__ import annotations

from amazon_sandbox.core.faults import FaultKind, Stage

MENU = (
    FaultKind("notification_lost", Stage.NOTIFICATION, "no notification is sent"),
    FaultKind(
        "notification_late",
        Stage.NOTIFICATION,
        "the notification is sent late",
        {"seconds": "virtual seconds, 600"},
    ),
    FaultKind(
        "notification_duplicated",
        Stage.NOTIFICATION,
        "the notification is sent more than once",
        {"copies": "how often, 2"},
    ),
)
