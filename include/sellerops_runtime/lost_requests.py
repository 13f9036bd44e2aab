"""What the former local Amazon had in hand: it forgets everything when it ends, as Amazon never does."""

from __future__ import annotations

from sellerops.base.errors import AmazonUnavailable
from sellerops.ledger import Ledger

# Report ids begin anew with each local Amazon: the id of a forgotten report may soon be another one's.
_GIVE_UP = """
    UPDATE sellerops.report_request
    SET status = 'FAILED', error_type = %s, error = %s, updated_at = sellerops.now()
    WHERE status IN ('CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
"""
_FORGET_LIST = "DELETE FROM sellerops.listed_report", "DELETE FROM sellerops.report_listing"
_CAUSE = "the local Amazon was started anew and no longer knows this report."


def fail_lost_requests(ledger: Ledger) -> int:
    """Give up the requests that the former local Amazon had not answered; how many there were.

    Their tasks get an error that Airflow retries, and ask anew: a backfill goes on where it was.
    """
    with ledger.connection() as connection:
        given_up = connection.execute(_GIVE_UP, (AmazonUnavailable.__name__, _CAUSE)).rowcount
        for statement in _FORGET_LIST:
            connection.execute(statement)
    return given_up
