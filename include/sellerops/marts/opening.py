"""Opens a builder of all marts in a destination."""

from __future__ import annotations

from typing import Any

from sellerops.destinations.registry import open_mart_store
from sellerops.ledger import Ledger
from sellerops.marts.build import MartBuilder
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import marts_and_failures


def open_builder(
    ledger: Ledger, destination: str, address: Any, *, run: tuple[str, str] | None = None
) -> MartBuilder:
    """Open a builder of the marts of ``include/marts`` in ``destination`` at ``address``
    (``open_destination``).

    :param run: ids of the DAG and its run, to be recorded.

    Raises ConfigurationError for a destination that cannot hold marts.
    """
    store = open_mart_store(destination, address, ledger=ledger.database.conninfo)
    marts, failures = marts_and_failures()
    broken = {failure.path.stem for failure in failures} - {mart.name for mart in marts}
    return MartBuilder(ledger, store, marts, declared_columns(), run=run, broken=broken)
