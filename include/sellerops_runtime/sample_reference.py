"""Gives the demo's sellers costs, suppliers and exchange rates, without which profit is unknown."""

from __future__ import annotations

from sellerops.base import postgres
from sellerops.base.postgres import UPKEEP
from sellerops.reference.edits import stored_rows
from sellerops.reference.filling import refresh_rates
from sellerops.reference.importing import given_table, import_csv
from sellerops_runtime.home import PROJECT_ROOT

SAMPLES = PROJECT_ROOT / "include" / "samples" / "reference"
_FILES = {"cost": "costs.csv", "supplier": "suppliers.csv"}


def give_samples(conninfo: str, rates_address: str) -> list[str]:
    """Import the samples into tables that are empty, and read the bank's rates; return what was imported.

    Raises httpx.HTTPError when the address of the rates does not answer.
    """
    given = []
    with postgres.connect(conninfo, UPKEEP, autocommit=True) as connection:
        for name, file in _FILES.items():
            table = given_table(name)
            if not stored_rows(connection, table):
                content = (SAMPLES / file).read_bytes()
                done = import_csv(connection, table, content, source=f"samples/{file}", allow_unknown=True)
                given.append(f"{done.rows} rows of {name}")
        refresh_rates(connection, rates_address)
    return given
