"""Checks any settlement file against the rules: what its lines add up to, and which lines no rule fits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import plan_slices
from sellerops.formats import open_rows
from sellerops.marts.settlement_rules import UNMAPPED, SettlementRules
from sellerops.settings.accounts import Account
from sellerops.settings.specs import load_spec

Names = tuple[str, str, str]
ZERO = Decimal(0)


@dataclass
class UnmappedName:
    """Lines of one name that no rule fits: their number and their sum."""

    names: Names
    lines: int = 0
    amount: Decimal = ZERO


@dataclass
class SettlementCheck:
    """What a settlement's lines add up to, by level and in total, and the total of its header row."""

    settlement_id: str
    currency: str = ""
    total: Decimal | None = None
    lines: int = 0
    levels: dict[str, Decimal] = field(default_factory=dict)
    unmapped: dict[Names, UnmappedName] = field(default_factory=dict)

    @property
    def lines_total(self) -> Decimal:
        return sum(self.levels.values(), ZERO)

    @property
    def difference(self) -> Decimal | None:
        """Total minus the sum of the lines: 0 in a sound file; None without a header row."""
        return None if self.total is None else self.total - self.lines_total

    @property
    def unmapped_total(self) -> Decimal:
        return self.levels.get(UNMAPPED, ZERO)

    @property
    def is_sound(self) -> bool:
        return self.difference == 0 and not self.unmapped


def check_file(path: Path, account: Account, rules: SettlementRules) -> list[SettlementCheck]:
    """One result for each settlement of a flat file V2, in the file's order.

    :param account: the account that the file is from. Its marketplaces decide how numbers and dates are read.

    Raises UnreadableDocument and DocumentDamaged for other files, ConfigurationError for a rejected row.
    """
    checks: dict[str, SettlementCheck] = {}
    for row in _rows(path, account):
        found = checks.setdefault(row["settlement_id"], SettlementCheck(row["settlement_id"]))
        found.currency = found.currency or row["currency"] or ""
        amount = row["amount"]
        if amount is None:
            found.total = row["total_amount"] if found.total is None else found.total
            continue
        names = (row["transaction_type"] or "", row["amount_type"] or "", row["amount_description"] or "")
        place = rules.place(*names, amount)
        found.lines += 1
        found.levels[place.level] = found.levels.get(place.level, ZERO) + amount
        if place.level == UNMAPPED:
            name = found.unmapped.setdefault(names, UnmappedName(names))
            name.lines += 1
            name.amount += amount
    return list(checks.values())


def rule_line(names: Names) -> str:
    """The line to add to config/settlement_rules.csv for lines of these names. P&L line and level are left to
    fill in.
    """
    cells = [name or "(blank)" for name in names] + ["", "<P&L line>", "<level>", "own file", ""]
    return ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)


def _rows(path: Path, account: Account) -> Iterator[dict[str, Any]]:
    spec = load_spec("settlements")
    # Without the table's checks: the sum must be shown here whether it is right or not.
    table = spec.tables["settlements"].model_copy(update={"checks": ()})
    now = datetime.now(UTC)
    slice_ = plan_slices(spec, account, run_at=now, now=now)[0]
    rejects: list[str] = []
    with closing(_opened(path)) as stream:
        rows = open_rows(
            table,
            stream,
            file_format=spec.format,
            slice_=slice_,
            on_reject=lambda reject: rejects.append(
                f"line {reject.source_line} ({reject.reason.value}: {reject.value})"
            ),
            where=str(path),
        )
        for batch in rows:
            yield from batch.to_pylist()
    if rejects:
        raise ConfigurationError(
            f"{len(rejects)} rows cannot be read, such as {rejects[0]}.",
            where=str(path),
            remedy="Name the account that the file is from with --account, or request the file again.",
        )


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}.",
            where=str(path),
            remedy="Name a settlement file (flat file V2) that you may read.",
        ) from error
