"""Tests of the Airflow connections that the configuration uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sellerops.base.errors import FormError

if TYPE_CHECKING:
    from sellerops.ledger import Ledger


def run_tests(ledger: Ledger, asked: Sequence[str], run_id: str) -> dict[str, str]:
    """Test connections (none: all that the configuration uses) and record the results. Returns their states.

    Raises FormError for a connection that the configuration does not use.
    """
    from sellerops.ledger.connection_tests import record_tests
    from sellerops.preflight.connections import required_connections
    from sellerops_airflow.hooks.connection_tests import check_connections

    known = [each.conn_id for each in required_connections()]
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise FormError(
            f"the configuration does not use connection {unknown[0]!r}.",
            where="params, connections",
            remedy=f"Use one of: {', '.join(known)}.",
        )
    answers = check_connections(list(dict.fromkeys(asked)) or known)
    with ledger.connection() as connection:
        record_tests(connection, answers, run_id)
    return {name: answer["state"] for name, answer in answers.items()}
