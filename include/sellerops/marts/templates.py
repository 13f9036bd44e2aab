"""The SQL of a span: a mart's SELECT with every input restricted to what the span reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from sellerops.destinations.mart_dialect import MartDialect
from sellerops.destinations.mart_store import MARTS, REFERENCE, CheckQuery, MartStore, Span
from sellerops.destinations.registry import mart_dialect_of
from sellerops.marts.dialects import translate
from sellerops.marts.hours import hours_from_utc
from sellerops.marts.specs import MartInput, MartSpec
from sellerops.marts.trees import PLACE, Columns, marked
from sellerops.settings.specs import ColumnType

DECIMALS = 6


class SpanSql:
    """Writes the SELECT of a mart for spans, in one destination's dialect.

    :param existing: the columns of the mart's inputs that exist in the destination. Inputs that do not exist
        are read as empty tables, and columns that no load has created yet as nulls.
    :param declared: the columns that an input has according to its spec.
    """

    def __init__(
        self,
        mart: MartSpec,
        store: MartStore,
        existing: Mapping[str, frozenset[str]],
        declared: Callable[[str], Columns],
    ) -> None:
        self._mart = mart
        self._store = store
        self._existing = existing
        self._declared = declared
        self._dialect = mart_dialect_of(store.dialect)

    def select(self, span: Span) -> str:
        """The SELECT of the span's rows. Columns are cast to their types, decimals rounded to ``DECIMALS``
        places.
        """
        mart = self._mart
        types = self._dialect.types
        cells = ", ".join(_cell(name, each.type, types) for name, each in mart.columns.items())
        where = _partition_condition(mart, span)
        return f"SELECT {cells} FROM (\n{self.restricted(mart.sql, span)}\n) AS m{where}"

    def checks(self, span: Span) -> list[CheckQuery]:
        """The header's tests, restricted to the span."""
        return [
            CheckQuery(name, test.description, self.restricted(test.sql, span))
            for name, test in self._mart.tests.items()
        ]

    def restricted(self, sql: str, span: Span) -> str:
        """Fill in the templates of a statement, restricted to the span and in the destination's dialect."""
        translated = translate(marked(sql), self._store.dialect, where=self._mart.path)
        return PLACE.sub(lambda found: self._relation(found, span), translated)

    def _relation(self, found: re.Match[str], span: Span) -> str:
        kind, first, second = found.groups()
        if kind == "this":
            condition = _partition_condition(self._mart, span, "t")
            return f"(SELECT * FROM {self._store.table_sql(self._mart.table.full_name)} AS t{condition})"
        name = first if kind == "ref" else f"{first}.{second}"
        table = f"{MARTS}.{first}" if kind == "ref" else physical_name(name)
        columns = self._existing.get(table)
        declared = self._declared(name)
        if columns is None:
            nulls = ", ".join(_null(self._dialect, column, kind) for column, kind in declared.items())
            return f"(SELECT {nulls} FROM (SELECT 1 AS one) AS nothing WHERE 1 = 0)"
        cells = ", ".join(
            self._dialect.read_cell(column, kind) if column in columns else _null(self._dialect, column, kind)
            for column, kind in declared.items()
        )
        condition = input_condition(
            self._mart.inputs[name], columns, span, self._mart, self._store.filters(table)
        )
        return f"(SELECT {cells} FROM {self._store.table_sql(table)} AS t{condition})"


def is_reference(name: str) -> bool:
    """Whether an input is a reference table, which exists only in the ledger's database."""
    return name.startswith("reference.")


def physical_name(name: str) -> str:
    """``<schema>.<table>`` of an input named ``<schema>.<table>`` or ``reference.<table>``."""
    schema, _, table = name.partition(".")
    if schema != "reference":
        return name
    return "sellerops.marketplace" if table == "marketplace" else f"{REFERENCE}.{table}"


def _null(dialect: MartDialect, name: str, kind: ColumnType) -> str:
    return f"CAST(NULL AS {dialect.types[kind]}) AS {dialect.quoted(name)}"


def _cell(name: str, kind: ColumnType, types: Mapping[ColumnType, str]) -> str:
    value = f"CAST(m.{name} AS {types[kind]})"
    return f"ROUND({value}, {DECIMALS}) AS {name}" if kind is ColumnType.DECIMAL else f"{value} AS {name}"


def _partition_condition(mart: MartSpec, span: Span, alias: str = "m") -> str:
    parts = [f"{alias}.account_id = {_text(span.account_id)}"]
    if span.marketplace_id is not None and mart.has_marketplace:
        parts.append(f"{alias}.marketplace_id = {_text(span.marketplace_id)}")
    bounds = _between(f"{alias}.{mart.day}", span.first_day, span.last_day) if mart.day else []
    if bounds:
        # A row without a day must not be dropped silently: the table refuses it.
        parts.append(f"({' AND '.join(bounds)} OR {alias}.{mart.day} IS NULL)")
    return f" WHERE {' AND '.join(parts)}"


def input_condition(
    given: MartInput, columns: frozenset[str], span: Span, mart: MartSpec, needed: str
) -> str:
    parts = [needed] if needed else []
    if given.account and "account_id" in columns:
        parts.append(f"t.account_id = {_text(span.account_id)}")
    if (
        given.marketplace
        and mart.has_marketplace
        and span.marketplace_id is not None
        and ("marketplace_id" in columns)
    ):
        parts.append(f"t.marketplace_id = {_text(span.marketplace_id)}")
    read = span.widened(*given.reach)
    if given.day:
        parts += _between(f"t.{given.day}", read.first_day, read.last_day)
    elif given.is_local:
        parts += _local(f"t.{given.moment}", span.widened(given.before, given.after))
    elif given.moment:
        parts += _moments(f"t.{given.moment}", read.first_day, read.last_day)
    if (given.day or given.moment) and not (read.first_day or read.last_day):
        # As with a bound: rows without a day belong to no day.
        parts.append(f"t.{given.day or given.moment} IS NOT NULL")
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def _between(column: str, first: date | None, last: date | None) -> list[str]:
    return [
        *([f"{column} >= DATE '{first}'"] if first else []),
        *([f"{column} <= DATE '{last}'"] if last else []),
    ]


def _moments(column: str, first: date | None, last: date | None) -> list[str]:
    """Conditions for moments of the days, both included, in UTC: the session's time zone in Postgres, that of
    literals in BigQuery.
    """
    return [
        *([f"{column} >= TIMESTAMP '{first} 00:00:00'"] if first else []),
        *([f"{column} <= TIMESTAMP '{last} 23:59:59.999999'"] if last else []),
    ]


def _local(column: str, span: Span) -> list[str]:
    """Conditions for moments on the span's days, in UTC or in a time zone of the account's region."""
    hours = hours_from_utc(span.account_id)
    return [
        *([f"{column} >= TIMESTAMP '{hours.begins(span.first_day)}'"] if span.first_day else []),
        *([f"{column} < TIMESTAMP '{hours.ends(span.last_day)}'"] if span.last_day else []),
    ]


def _text(value: str) -> str:
    """A literal that both dialects read alike."""
    if not re.fullmatch(r"[A-Za-z0-9_.:@ -]*", value):
        raise ValueError(f"{value!r} cannot be an account or a marketplace")
    return f"'{value}'"
