"""The sums by which a load is judged in BigQuery before it replaces anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sellerops.destinations.bigquery.statements import Statements
from sellerops.destinations.plausibility import Total
from sellerops.destinations.quarantining import Totals


@dataclass(frozen=True)
class BigQuerySums:
    """``Sums`` of the rows that a load is about to write, and of those it would replace."""

    statements: Statements
    run: Callable[[str, tuple[str, Any]], Any]

    def new(self, measure: str | None, days: Sequence[date]) -> Totals:
        return _totals(self.run("sums_new", self.statements.sums_of_document(measure)))

    def stored(self, measure: str | None, days: Sequence[date]) -> Totals:
        return _totals(self.run("sums_stored", self.statements.sums_of_stored(measure, days)))


def _totals(rows: Iterable[Any]) -> Totals:
    return {
        (marketplace, day): Total(int(count), Decimal(amount or 0))
        for marketplace, day, count, amount in (tuple(row.values()) for row in rows)
    }
