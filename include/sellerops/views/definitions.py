"""The definitions of the views, and their SQL in a database's dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sellerops.base.yaml_parser import parse_yaml
from sellerops.settings.marketplaces import stock_pools
from sellerops.settings.specs import ColumnType

SCHEMA = "sellerops_views"


@dataclass(frozen=True)
class Dialect:
    """What differs between databases.

    ``table``: the SQL name of ``<source>.<table>``; ``marketplace``: the SQL name of the table of
    marketplaces; ``eight_days_ago``: SQL for that instant.
    """

    types: Mapping[ColumnType, str]
    table: Callable[[str], str]
    quoted: Callable[[str], str]
    marketplace: str
    eight_days_ago: str


@dataclass(frozen=True)
class ViewColumn:
    """A column of a view: its type and description."""

    type: ColumnType
    description: str


@dataclass(frozen=True)
class StarterView:
    """One view. ``parts``: SQL by landing table; ``query``: SQL over the parts, or over the ledger.

    ``is_of_ledger``: the view reads the ledger's tables, which are only in Postgres. It may also read landing
    tables; ``no_part`` is then a part without rows, for when none of them exists.
    """

    name: str
    description: str
    columns: Mapping[str, ViewColumn]
    parts: Mapping[str, str]
    query: str
    is_of_ledger: bool = False
    no_part: str = ""

    def sql(self, dialect: Dialect, landed: frozenset[str]) -> str:
        """The view's SELECT if only the tables in ``landed`` exist. Columns and types are always the same."""
        parts = [self.no_part] if self.no_part else []
        parts += [
            text.replace("{table}", dialect.table(table))
            for table, text in self.parts.items()
            if table in landed
        ]
        if self.parts and not parts:
            return self.empty_sql(dialect)
        query = self.query.replace("{parts}", "\nUNION ALL\n".join(parts))
        for name, value in {
            "{marketplace}": dialect.marketplace,
            "{eight_days_ago}": dialect.eight_days_ago,
            "{pool_of_n}": _pool_of("n.marketplace_id"),
        }.items():
            query = query.replace(name, value)
        return f"SELECT {self._cells(dialect, 'v.')} FROM (\n{query}) AS v"

    def empty_sql(self, dialect: Dialect) -> str:
        """A SELECT with the same columns and no rows that reads no table."""
        return f"SELECT {self._cells(dialect, '')} FROM (SELECT 1) AS nothing WHERE false"

    def _cells(self, dialect: Dialect, qualifier: str) -> str:
        """Every column cast to its type; nulls without a ``qualifier``."""

        def cell(name: str, kind: ColumnType) -> str:
            value = f"{qualifier}{dialect.quoted(name)}" if qualifier else "NULL"
            return f"CAST({value} AS {dialect.types[kind]}) AS {dialect.quoted(name)}"

        return ", ".join(cell(name, each.type) for name, each in self.columns.items())


@cache
def starter_views() -> tuple[StarterView, ...]:
    """All starter views, sorted by name."""
    return tuple(_read(path) for path in sorted(Path(__file__).parent.glob("*.yaml")))


def views_over(table: str) -> tuple[StarterView, ...]:
    """The views that read the landing table ``<source>.<table>``."""
    return tuple(view for view in starter_views() if table in view.parts)


def _read(path: Path) -> StarterView:
    content = parse_yaml(path.read_text(encoding="utf-8"))
    columns = {
        name: ViewColumn(ColumnType(each["type"]), each["description"])
        for name, each in content["columns"].items()
    }
    return StarterView(
        name=path.stem,
        description=content["description"],
        columns=columns,
        parts=content.get("parts", {}),
        query=content.get("ledger") or content["query"],
        is_of_ledger="ledger" in content,
        no_part=content.get("no_part", ""),
    )


def _pool_of(column: str) -> str:
    """SQL for the stock pool of a marketplace id; null if it shares its stock with no other."""
    cases = " ".join(
        "WHEN {} IN ({}) THEN '{}'".format(column, ", ".join(f"'{one}'" for one in ids), pool)
        for pool, ids in stock_pools().items()
    )
    return f"CASE {cases} END" if cases else "NULL"
