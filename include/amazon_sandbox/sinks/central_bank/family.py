"""What the central bank adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.sinks.central_bank import data, routes

FAMILY = Family(routes=tuple(routes.routes), operations=data.OPERATIONS)
