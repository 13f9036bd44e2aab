"""What the Slack sink adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.sinks.slack import data, faults, routes
from amazon_sandbox.sinks.slack.state import SlackStore

FAMILY = Family(
    routes=tuple(routes.routes),
    operations=data.OPERATIONS,
    faults=faults.MENU,
    states=(SlackStore,),
)
