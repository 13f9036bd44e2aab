"""Telling people, once, of columns that a source refused."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import tell_untold

if TYPE_CHECKING:
    from sellerops.calendar.slices import Slice
    from sellerops.ledger import Ledger
    from sellerops.settings.specs import ReportSpec

log = logging.getLogger(__name__)


def tell_of_left_out(ledger: Ledger, spec: ReportSpec, slice_: Slice, columns: Mapping[str, str]) -> bool:
    """Send what nobody was told of; whether there was anything. Never raises: the document is safe."""
    from sellerops.notices.left_out import LeftOut, left_out_key, left_out_notice

    found = [LeftOut(name, reason) for name, reason in columns.items()]
    try:
        return tell_untold(
            ledger,
            found,
            lambda one: left_out_key(spec, one),
            lambda new: left_out_notice(new, spec, slice_.account_id, slice_.label),
        )
    except Exception:
        # The fetch's end must not depend on what is said of it.
        log.exception("Nobody was told of the refused columns %s", ", ".join(columns))
        return False
