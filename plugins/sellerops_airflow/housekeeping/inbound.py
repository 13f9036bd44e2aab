"""Notices of confirmed FBA shipments, from the ledger: deadlines, and units that did not arrive."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from sellerops_airflow.runs.urls import dag_url, run_url

if TYPE_CHECKING:
    from sellerops.ledger import Ledger

log = logging.getLogger(__name__)


def announce_deadlines(ledger: Ledger) -> int:
    """Send one notice about each deadline that ends soon. Returns how many do."""
    from sellerops.inbound.follow_up.announcing import announce_deadlines as announce
    from sellerops.inbound.settings import INBOUND
    from sellerops_airflow.notifiers import send_notice

    following = INBOUND.load().following
    return announce(ledger, partial(send_notice, ledger), run_url, dag_url, void_notice=following.void_notice)


def report_differences(ledger: Ledger) -> str:
    """Send notices of units that did not arrive, and close the runs that are complete. Returns one line for
    the log. Run it after the shipments have been read.
    """
    from sellerops.inbound.follow_up.announcing import close_runs, report_differences
    from sellerops.inbound.settings import INBOUND
    from sellerops_airflow.notifiers import send_notice

    following = INBOUND.load().following
    found = report_differences(ledger, partial(send_notice, ledger), received_after=following.received_after)
    closed = close_runs(ledger, stop_after=following.stop_after)
    names = ", ".join(each.confirmation_id or each.shipment_id for each in found)
    line = f"differences reported: {names or 'none'}; runs closed: {', '.join(map(str, closed)) or 'none'}"
    log.info("%s", line)
    return line


__all__ = ["announce_deadlines", "report_differences"]
