"""What Login with Amazon adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.lwa import data, faults, routes
from amazon_sandbox.lwa.restricted import RestrictedTokens
from amazon_sandbox.lwa.state import TokenStore

FAMILY = Family(
    routes=tuple(routes.routes),
    operations=(data.OPERATION,),
    faults=faults.MENU,
    states=(TokenStore, RestrictedTokens),
)
