"""What the ClickUp sink adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.sinks.clickup import data, faults, routes
from amazon_sandbox.sinks.clickup.state import ClickUpStore

FAMILY = Family(
    routes=tuple(routes.routes),
    operations=data.OPERATIONS,
    faults=faults.MENU,
    states=(ClickUpStore,),
)
