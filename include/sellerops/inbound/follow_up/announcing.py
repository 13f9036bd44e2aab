"""Sends notices about followed shipments: deadlines before they pass, and differences once they are certain.

Reads the ledger only, so it can run every few minutes and while Amazon does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from sellerops.base.redaction import redact
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.notices import Notice
from sellerops.notices.inbound_following import deadline_notice, difference_notice
from sellerops.read_models.inbound_deadlines import Deadline, DeadlineKind, NoticePeriods, due_deadlines
from sellerops.read_models.inbound_differences import Difference, OfRun, due_differences
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.seller_central import SELLER_CENTRAL

CANCEL_DAG = "fba_inbound_cancel"

_REPORTED = """
    UPDATE sellerops.inbound_shipment_item SET difference_reported_at = sellerops.now()
    WHERE inbound_run_id = %s AND shipment_id = %s AND sku = ANY (%s) AND difference_reported_at IS NULL
      AND EXISTS (SELECT FROM sellerops.notice WHERE key = %s)
"""
# All shipments have ended, their units were read after that or reported as missing, and every difference has
# been reported.
_CLOSE = """
    UPDATE sellerops.inbound_run AS run
    SET state = 'closed', updated_at = sellerops.now()
    WHERE state = 'shipped'
      AND NOT EXISTS (
          SELECT FROM sellerops.inbound_shipment AS shipment
          LEFT JOIN sellerops.inbound_shipment_item AS item
              ON (item.inbound_run_id, item.shipment_id) = (shipment.inbound_run_id, shipment.shipment_id)
          WHERE shipment.inbound_run_id = run.id AND shipment.is_chosen
            AND (shipment.closed_at IS NULL
                 OR (shipment.status NOT IN ('CANCELLED', 'DELETED') AND item.sku IS NOT NULL
                     AND item.difference_reported_at IS NULL
                     AND (item.checked_at IS NULL OR item.checked_at < shipment.closed_at
                          OR item.received IS DISTINCT FROM coalesce(item.shipped, item.planned)))))
    RETURNING id
"""
_STOP = """
    UPDATE sellerops.inbound_run AS run
    SET state = 'closed', updated_at = sellerops.now(),
        problem = 'Amazon has not closed all its shipments in the time that shipments are followed.',
        remedy = 'Look at the shipments in Seller Central. `following.stop_after_days` in '
                 'config/inbound.yaml sets the time.'
    WHERE state IN ('confirmed', 'shipped') AND (
        SELECT max(confirmed_at) FROM sellerops.inbound_shipment
        WHERE inbound_run_id = run.id AND is_chosen) < sellerops.now() - %s
    RETURNING id
"""


def announce_deadlines(
    ledger: Ledger,
    send: Callable[[Notice], object],
    url_of_run: Callable[[str, str], str],
    url_of_dag: Callable[[str], str],
    *,
    void_notice: timedelta,
) -> int:
    """Send a notice about each deadline that is near; a notice that was sent before is not sent again.

    :param send: sends a notice once per key, and never raises.
    :param url_of_run: address of a run's page by its DAG and id; ``url_of_dag``: of a DAG's page.
    :param void_notice: how long before the end of free cancellation its notice is due.
    Returns how many deadlines are near.
    """
    due = ledger.database.run(lambda c: due_deadlines(c, NoticePeriods(void=void_notice)))
    for deadline in due:
        send(deadline_notice(deadline, _url(deadline, url_of_run, url_of_dag)))
    return len(due)


def report_differences(
    ledger: Ledger, send: Callable[[Notice], object], *, received_after: timedelta
) -> Sequence[Difference]:
    """Send a notice about each shipment with missing or surplus units; returns the differences.

    They are marked as reported once the ledger has the notice, so none is lost. A notice may be repeated
    under the same key, but it is not delivered twice.

    :param send: sends a notice once per key, and never raises.
    :param received_after: how long after the delivery a difference is certain enough to be reported.
    """
    due = ledger.database.run(lambda c: due_differences(c, received_after))
    for difference in due:
        notice = difference_notice(difference, shipment_url(difference.run, difference.confirmation_id))
        send(notice)
        ledger.database.run(partial(_record_reported, difference=difference, key=notice.key))
    return due


def close_runs(ledger: Ledger, *, stop_after: timedelta) -> tuple[int, ...]:
    """Close runs that are complete, and those followed for too long; returns their ids."""

    def work(connection: Connection) -> tuple[int, ...]:
        closed = connection.execute(_CLOSE.encode()).fetchall()
        stopped = connection.execute(_STOP.encode(), (stop_after,)).fetchall()
        return tuple(row["id"] for row in [*closed, *stopped])

    return ledger.database.run(work)


def shipment_url(run: OfRun, confirmation_id: str | None) -> str:
    """The address of the shipment's contents in Seller Central, or else of the list of shipments."""
    code = next((each.code for each in all_marketplaces().values() if each.id == run.marketplace_id), "")
    return SELLER_CENTRAL.load().shipment_page(code, confirmation_id)


def _record_reported(connection: Connection, difference: Difference, key: str) -> None:
    skus = [each.sku for each in difference.units]
    connection.execute(_REPORTED, (difference.run.inbound_run_id, difference.shipment_id, skus, redact(key)))


def _url(deadline: Deadline, url_of_run: Callable[[str, str], str], url_of_dag: Callable[[str], str]) -> str:
    if deadline.kind is DeadlineKind.VOID:
        return url_of_dag(CANCEL_DAG)
    if deadline.kind is DeadlineKind.DELIVERY_WINDOW:
        return shipment_url(deadline.run, deadline.shipments[0] if deadline.shipments else None)
    return url_of_run(*deadline.run.request_run)
