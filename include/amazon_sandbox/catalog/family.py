"""What the Catalog Items API adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.catalog import data, routes
from amazon_sandbox.core.sandbox import Family

FAMILY = Family(routes=tuple(routes.routes), usage_plans=data.USAGE_PLANS)
