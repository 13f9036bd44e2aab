"""What a load changes in stored rows: queried before the write, recorded in the ledger."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sellerops.destinations.bigquery.bounds import Bounds
from sellerops.destinations.bigquery.shape import quoted
from sellerops.destinations.bigquery.statements import Parameters, Statements
from sellerops.destinations.bigquery.units import UnitMerge
from sellerops.destinations.intents import Change

_IN_OWN_COLUMNS = ("account_id", "marketplace_id")


@dataclass(frozen=True)
class History:
    """The changed cells of one load. ``new_columns``: added by this load, so no row had them before."""

    statements: Statements
    new_columns: frozenset[str]
    reported_at: datetime

    def of_days(self, days: Sequence[date]) -> tuple[str, Parameters]:
        """Select the rows that replacing ``days``, all loaded before, will change, delete or add."""
        it = self.statements
        bounds = it.bounds(days)
        statement = self._select(
            f"FROM (SELECT * FROM ({it.accepted()}) AS r WHERE {it.day('r')} IN UNNEST(@days)) AS r "
            f"FULL JOIN (SELECT * FROM {it.rows(bounds)} WHERE {it.in_place()} "
            f"AND {it.day('t')} IN UNNEST(@days)) AS t ON {it.same_key()} "
            f"WHERE t.account_id IS NULL OR r.account_id IS NULL OR {it.differs(self.cells)}"
        )
        return statement, {**it.parameters(), **it.bound_parameters(bounds), "days": ("DATE", list(days))}

    def of_merge(self, bounds: Bounds | None) -> tuple[str, Parameters]:
        """Select the stored rows that later rows with the same key will replace."""
        it = self.statements
        statement = self._select(
            f"FROM ({it.accepted()}) AS r JOIN {it.rows(bounds)} ON {it.same_key()} "
            f"WHERE t.account_id = @account_id AND {it.differs(self.cells)} AND {it.is_later()}"
        )
        return statement, {**it.parameters(), **it.bound_parameters(bounds)}

    def of_units(self, merge: UnitMerge) -> tuple[str, Parameters]:
        """Select rows of units that were stored before: changed, deleted, or new in their unit."""
        it = self.statements
        statement = self._select(
            f"{merge.pairs()} WHERE t.account_id IS NULL OR r.account_id IS NULL OR {it.differs(self.cells)}"
        )
        return statement, {**it.parameters(), **it.bound_parameters(merge.bounds)}

    def changes(self, rows: Collection[Any] | Any) -> Iterator[Change]:
        """The changed cells of the ``rows`` that ``of_days``, ``of_merge`` or ``of_units`` selected."""
        names = self._names
        for row in rows:
            values = tuple(row.values())
            new = dict(zip(names, values[: len(names)], strict=True))
            old = dict(zip(names, values[len(names) :], strict=True))
            yield from self._of_row(new, old)

    @property
    def cells(self) -> list[str]:
        """The columns whose changes are recorded."""
        shape = self.statements.shape
        done = {*shape.system_types, *shape.key, *self.new_columns}
        return [name for name in self.statements.types if name not in done]

    @property
    def _key(self) -> list[str]:
        return [name for name in self.statements.shape.key if name not in _IN_OWN_COLUMNS]

    @property
    def _day_column(self) -> str | None:
        return self.statements.shape.day or self.statements.shape.table.age_from

    @property
    def _names(self) -> list[str]:
        named = ["account_id", "marketplace_id", *self._key, *self.cells, "load_id", "reported_at"]
        return list(dict.fromkeys([*named, *([self._day_column] if self._day_column else [])]))

    def _select(self, rest: str) -> str:
        cells = [
            f"{alias}.{quoted(name)} AS {alias}_{number}"
            for alias in "rt"
            for number, name in enumerate(self._names)
        ]
        return f"SELECT {', '.join(cells)} {rest}"

    def _of_row(self, new: dict[str, Any], old: dict[str, Any]) -> Iterator[Change]:
        is_old, is_new = old["account_id"] is not None, new["account_id"] is not None
        some = new if is_new else old
        day = self._day(new) or self._day(old)
        marketplace = new["marketplace_id"] if new["marketplace_id"] is not None else old["marketplace_id"]

        def change(column: str, was: str | None, becomes: str | None) -> Change:
            return Change(
                marketplace_id=marketplace,
                key={name: as_json(some[name]) for name in self._key},
                day=day,
                age_days=(self._local(self.reported_at) - day).days if day else None,
                column=column,
                old_value=was,
                new_value=becomes,
                old_load_id=old["load_id"],
                old_reported_at=old["reported_at"],
            )

        if not (is_old and is_new):
            yield change("", self._whole(old) if is_old else None, self._whole(new) if is_new else None)
            return
        for name in self.cells:
            if old[name] != new[name]:
                yield change(name, as_text(old[name]), as_text(new[name]))

    def _whole(self, row: dict[str, Any]) -> str | None:
        return as_object({name: row[name] for name in self.cells}) if self.cells else None

    def _day(self, row: dict[str, Any]) -> date | None:
        value = row[self._day_column] if self._day_column else None
        return self._local(value) if isinstance(value, datetime) else value

    def _local(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.statements.timezone)).date()


def as_text(value: Any) -> str | None:
    """A cell in Postgres' text format."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _moment(value, " ", "+00")
    if isinstance(value, Decimal):
        return _number(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def as_json(value: Any) -> Any:
    """A cell in Postgres' JSON format; whole decimals become integers."""
    if isinstance(value, datetime):
        return _moment(value, "T", "+00:00")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else _number(value)
    return value.isoformat() if isinstance(value, date) else value


def as_object(row: dict[str, Any]) -> str:
    """A row in Postgres' jsonb format, without nulls."""
    names = sorted((name for name in row if row[name] is not None), key=lambda name: (len(name), name))
    cells = []
    for name in names:
        value = row[name]
        text = (
            _number(value) if isinstance(value, Decimal) else json.dumps(as_json(value), ensure_ascii=False)
        )
        cells.append(f"{json.dumps(name)}: {text}")
    return "{" + ", ".join(cells) + "}"


def _moment(value: datetime, between: str, zone: str) -> str:
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat(between)
    return (text.rstrip("0") if "." in text else text) + zone


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
