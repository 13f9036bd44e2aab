"""Telling people: ``tell`` sends a notice to the channels its route names; one module a channel."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.notices import Notice

log = logging.getLogger(__name__)


def tell(ledger: Ledger, notice: Notice) -> bool:
    """Tell people of ``notice`` once; True when somebody was told by this call.

    Never raises for a channel that is down: the delivery is tried again later.
    """
    from sellerops_airflow.notifiers.slack import tell_notice

    try:
        return tell_notice(ledger, notice)
    except Exception:
        # The work that has something to tell must not fail because a channel does.
        log.exception("Nobody was told of %s", notice.key)
        return False


__all__ = ["tell"]
