"""What the Notifications API adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.faults import Stage
from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.notifications import data, faults, routes
from amazon_sandbox.notifications.sending import NotificationSender
from amazon_sandbox.notifications.state import NotificationStore

FAMILY = Family(
    routes=tuple(routes.routes),
    usage_plans=data.USAGE_PLANS,
    faults=faults.MENU,
    stages={Stage.NOTIFICATION: ("createReport", "createQuery")},
    states=(NotificationStore, NotificationSender),
)
