"""The keys that select the rows of a figure, and the SQL conditions they become."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from psycopg import sql

from sellerops.base.errors import ConfigurationError
from sellerops.marts.specs import MartInput, MartSpec
from sellerops.settings.mart_tables import Span
from sellerops.settings.spec_files import suggestion

# Up to so many days are listed one by one, so that an index finds each with the SKU; more become a range.
_MOST_DAYS = 400


@dataclass(frozen=True)
class Keys:
    """The rows of a mart whose sum a figure is.

    ``accounts``, ``marketplaces``: empty for all. ``first_day``, ``last_day``: both included; None for no
    bound. ``values``: further columns of the mart's grain (``sku``, ``settlement_id``, ...), each with its
    value.
    """

    accounts: tuple[str, ...] = ()
    marketplaces: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    def check(self, mart: MartSpec, column: str) -> None:
        """Raise ConfigurationError if the mart lacks the figure's column or a key's."""
        for name in (column, *self.values):
            if name not in mart.columns:
                raise ConfigurationError(
                    f"unknown column {name!r}.",
                    where=f"mart {mart.name}",
                    remedy=suggestion(name, sorted(mart.columns)),
                )

    def read_by(self, given: MartInput) -> Keys:
        """The keys of the input rows that these rows read. Inputs may be read for more days, and some name no
        marketplace or account.
        """
        span = Span("", None, self.first_day, self.last_day).widened(*given.reach)
        has_days = given.column is not None
        return Keys(
            accounts=self.accounts if given.account else (),
            marketplaces=self.marketplaces if given.marketplace else (),
            first_day=span.first_day if has_days and not given.since else None,
            last_day=span.last_day if has_days else None,
            values=self.values,
        )


def conditions(
    keys: Keys, columns: Collection[str], *, day: str | None, moment: str | None = None
) -> tuple[sql.Composable, dict[str, Any]]:
    """A WHERE clause over alias ``t``, and its values. Keys whose column the table lacks restrict nothing.

    :param day: date column with a row's day.
    :param moment: timestamp column instead; days are UTC days.
    """
    parts: list[sql.Composable] = []
    values: dict[str, Any] = {}

    def add(column: str, operator: str, value: Any) -> None:
        name = f"key{len(values)}"
        values[name] = value
        parts.append(
            sql.SQL("t.{} {}").format(sql.Identifier(column), sql.SQL(operator).format(sql.Placeholder(name)))
        )

    if keys.accounts and "account_id" in columns:
        add("account_id", "= ANY ({})", list(keys.accounts))
    if keys.marketplaces and "marketplace_id" in columns:
        add("marketplace_id", "= ANY ({})", list(keys.marketplaces))
    if day and day in columns:
        _add_days(add, day, keys)
    if moment and moment in columns:
        if keys.first_day:
            add(moment, ">= {}", keys.first_day)
        if keys.last_day:
            add(moment, "< {}", keys.last_day + timedelta(days=1))
    for column, value in keys.values.items():
        if column in columns:
            add(column, "= {}", value)
    clause = sql.SQL(" WHERE {}").format(sql.SQL(" AND ").join(parts)) if parts else sql.SQL("")
    return clause, values


def _add_days(add: Any, column: str, keys: Keys) -> None:
    if keys.first_day and keys.last_day and (keys.last_day - keys.first_day).days < _MOST_DAYS:
        add(column, "= ANY ({})", _days(keys.first_day, keys.last_day))
        return
    if keys.first_day:
        add(column, ">= {}", keys.first_day)
    if keys.last_day:
        add(column, "<= {}", keys.last_day)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def columns_of(names: Sequence[str]) -> sql.Composable:
    """Columns of alias ``t`` as a comma-separated list."""
    return sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(name)) for name in names)
