"""What the Sellers API adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.sellers import data, routes

FAMILY = Family(routes=tuple(routes.routes), usage_plans=data.USAGE_PLANS)
