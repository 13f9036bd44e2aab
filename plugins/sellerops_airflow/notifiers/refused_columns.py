"""Telling people, once, of columns that a source refused."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import send_notice_of_new

if TYPE_CHECKING:
    from sellerops.calendar.slices import Slice
    from sellerops.ledger import Ledger
    from sellerops.settings.specs import ReportSpec

log = logging.getLogger(__name__)


def send_refused_columns_notice(
    ledger: Ledger, spec: ReportSpec, slice_: Slice, columns: Mapping[str, str]
) -> bool:
    """Send what nobody was told of; whether there was anything. Never raises: the document is safe."""
    from sellerops.notices.refused_columns import ColumnRefusal, refused_column_key, refused_columns_notice

    found = [ColumnRefusal(name, reason) for name, reason in columns.items()]
    try:
        return send_notice_of_new(
            ledger,
            found,
            lambda one: refused_column_key(spec, one),
            lambda new: refused_columns_notice(new, spec, slice_.account_id, slice_.label),
        )
    except Exception:
        # The fetch's end must not depend on what is said of it.
        log.exception("Nobody was told of the refused columns %s", ", ".join(columns))
        return False
