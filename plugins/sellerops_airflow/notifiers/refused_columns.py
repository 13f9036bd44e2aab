"""Sends the notice of columns that a source refused, once per column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import BestEffort, send_notice_of_new

if TYPE_CHECKING:
    from sellerops.calendar.slices import Slice
    from sellerops.ledger import Ledger
    from sellerops.settings.specs import ReportSpec


def send_refused_columns_notice(
    ledger: Ledger, spec: ReportSpec, slice_: Slice, columns: Mapping[str, str]
) -> bool:
    """Send a notice of the newly refused columns. Returns whether there were any; never raises."""
    from sellerops.notices.refused_columns import ColumnRefusal, refused_column_key, refused_columns_notice

    found = [ColumnRefusal(name, reason) for name, reason in columns.items()]
    with BestEffort(f"refused columns {', '.join(columns)}"):
        return send_notice_of_new(
            ledger,
            found,
            lambda one: refused_column_key(spec, one),
            lambda new: refused_columns_notice(new, spec, slice_.account_id, slice_.label),
        )
    return False
