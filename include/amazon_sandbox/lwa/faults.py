"""Faults of the token endpoint, in addition to those of any HTTP call."""

from __future__ import annotations

from amazon_sandbox.core.faults import FaultKind, Stage
from amazon_sandbox.lwa import data

REFUSALS = {
    "lwa_invalid_grant": data.INVALID_GRANT,
    "lwa_invalid_client": data.INVALID_CLIENT,
    "lwa_unauthorized_client": data.UNAUTHORIZED_CLIENT,
    "lwa_server_error": data.SERVER_ERROR,
}

MENU = tuple(
    FaultKind(name, Stage.REQUEST, f"{refusal.status} {refusal.error}", operations=(data.OPERATION,))
    for name, refusal in REFUSALS.items()
)
