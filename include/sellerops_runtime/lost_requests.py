"""Gives up requests that an earlier local Amazon forgot when it ended (the real Amazon does not)."""

from __future__ import annotations

from sellerops.base.errors import AmazonUnavailable
from sellerops.ledger import Ledger

# Each local Amazon numbers its reports from the beginning, so a lost report's id may soon name another one.
_GIVE_UP = """
    UPDATE sellerops.report_request
    SET status = 'FAILED', error_type = %s, error = %s, updated_at = sellerops.now()
    WHERE status IN ('CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
"""
_FORGET_LIST = "DELETE FROM sellerops.listed_report", "DELETE FROM sellerops.report_listing"
_CAUSE = "the local Amazon was restarted and no longer has this report."


def fail_lost_requests(ledger: Ledger) -> int:
    """Mark the requests that an earlier local Amazon left unanswered as failed; return how many there were.

    Their tasks fail with an error that Airflow retries, and then request the reports again, so a backfill
    continues where it stopped.
    """
    with ledger.connection() as connection:
        given_up = connection.execute(_GIVE_UP, (AmazonUnavailable.__name__, _CAUSE)).rowcount
        for statement in _FORGET_LIST:
            connection.execute(statement)
    return given_up
