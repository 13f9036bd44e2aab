"""Checks that need all rows of a document, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

import pyarrow as pa

from sellerops.base.errors import CheckFailed
from sellerops.settings.specs import HeaderSumCheck

# The default context would round sums of more than 28 digits.
_EXACT = Context(prec=120)


def checked(
    batches: Iterator[pa.RecordBatch], checks: Sequence[HeaderSumCheck], *, where: str
) -> Iterator[pa.RecordBatch]:
    """Yield ``batches``; raises CheckFailed after the last one if their rows do not add up."""
    sums = [HeaderSum(check) for check in checks]
    for batch in batches:
        for each in sums:
            each.add(batch)
        yield batch
    for each in sums:
        each.verify(where=where)


@dataclass
class _Group:
    headers: int = 0
    lines: int = 0
    total: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


class HeaderSum:
    """Compares each group's amounts with the total in its header row (the one row with a total)."""

    def __init__(self, check: HeaderSumCheck) -> None:
        self._check = check
        self._groups: dict[str, _Group] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        table = pa.table(
            {
                "key": batch.column(self._check.group_by),
                "total": batch.column(self._check.total),
                "amount": batch.column(self._check.amount),
            }
        )
        summed = table.group_by("key").aggregate(
            [("total", "sum"), ("total", "count"), ("amount", "sum"), ("amount", "count")]
        )
        for row in summed.to_pylist():
            group = self._groups.setdefault(row["key"], _Group())
            group.headers += row["total_count"]
            group.lines += row["amount_count"]
            group.total = _EXACT.add(group.total, row["total_sum"] or Decimal(0))
            group.amount = _EXACT.add(group.amount, row["amount_sum"] or Decimal(0))

    def verify(self, *, where: str) -> None:
        """Raise CheckFailed naming the first group that does not add up, to the last digit."""
        for key, group in self._groups.items():
            if group.headers != 1:
                raise CheckFailed(
                    f"{self._check.group_by} {key} has {group.headers} header rows with "
                    f"`{self._check.total}` instead of one.",
                    where=where,
                    group=key,
                )
            if group.total != group.amount:
                raise CheckFailed(
                    f"{self._check.group_by} {key}: its {group.lines} lines sum to {_plain(group.amount)}, "
                    f"its header says {_plain(group.total)}.",
                    where=where,
                    group=key,
                    total=_plain(group.total),
                    amount=_plain(group.amount),
                )


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
