"""The 22 report types of reporting v3: what each supports.

The tables beside this module follow Amazon's guide to the version 3 report types (July 2026).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ALL = "(all)"


@dataclass(frozen=True, slots=True)
class ReportType:
    """One report type. `columns` are those of every groupBy; `own` maps a groupBy to the columns that it
    alone has, `filters` to the fields that can be filtered and their values.
    """

    id: str
    ad_product: str
    time_units: tuple[str, ...]
    formats: tuple[str, ...]
    max_days: int
    retention_days: int
    columns: tuple[str, ...]
    own: dict[str, tuple[str, ...]]
    filters: dict[str, dict[str, tuple[str, ...]]]

    @property
    def group_bys(self) -> tuple[str, ...]:
        """All values of groupBy."""
        return tuple(self.own)

    def allowed(self, group_by: tuple[str, ...]) -> tuple[str, ...]:
        """Columns that can be requested with these groupBys."""
        return tuple(
            dict.fromkeys((*self.columns, *(name for group in group_by for name in self.own[group])))
        )


@cache
def report_types() -> dict[str, ReportType]:
    """reportTypeId -> type."""
    columns: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in _rows("report_columns"):
        columns[row["report_type_id"]][row["group_by"]].append(row["column"])
    return {
        row["report_type_id"]: _type(row, columns[row["report_type_id"]]) for row in _rows("report_types")
    }


def _type(row: dict[str, str], columns: dict[str, list[str]]) -> ReportType:
    groups = dict.fromkeys((*row["group_by"].split("|"), *(group for group in columns if group != _ALL)))
    return ReportType(
        id=row["report_type_id"],
        ad_product=row["ad_product"],
        time_units=tuple(row["time_units"].split("|")),
        formats=tuple(row["format"].split("|")),
        max_days=int(row["max_range_days"]),
        retention_days=int(row["data_retention_days"]),
        columns=tuple(columns.get(_ALL, ())),
        own={group: tuple(columns.get(group, ())) for group in groups},
        filters=_filters(row["filters"], tuple(groups)),
    )


def _filters(text: str, groups: tuple[str, ...]) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {group: {} for group in groups}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        field, _, rest = part.partition("=")
        values, _, group = rest.partition("@")
        for each in (group,) if group else groups:
            found[each][field] = tuple(values.split("|"))
    return found


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("amazon_sandbox.ads").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
