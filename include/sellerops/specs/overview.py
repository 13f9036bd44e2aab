"""The page of all reports, made from their specs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sellerops.specs.durations import format_duration
from sellerops.specs.model import PeriodKind, ReportSpec, Schedule

_HOW = {
    "created": "asked for",
    "listed": "made by Amazon, found",
    "called": "API operation",
    "queried": "Data Kiosk query",
}
_HEAD = """\
# Reports

Made from the specs in `include/config/reports` by `make docs`; a test holds it in step. A spec and its DAG
(`report__<source>__<name>`) have the report's name. What each column means stands in the DAG's own page in
Airflow; `python -m sellerops specs show <report>` prints the effective spec.
"""


def overview(specs: Sequence[ReportSpec]) -> str:
    """Markdown: one table a family, families and reports in alphabetical order."""
    parts = [_HEAD]
    ordered = sorted(specs, key=lambda spec: (spec.source, spec.family, spec.name))
    for (source, family), group in groupby(ordered, key=lambda spec: (spec.source, spec.family)):
        parts.append(f"## {source}: {family.replace('_', ' ')}\n\n{_table(list(group))}")
    return "\n".join(parts)


def _table(specs: Sequence[ReportSpec]) -> str:
    rows = [
        "| report | Amazon's type | how | where and when | collects | tables: grain |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows += [
        f"| `{spec.name}` | {spec.report_type} | {_HOW[spec.request.how]} "
        f"| {_where(spec)}; {_when(spec.schedule)} | {_collects(spec)} | {_tables(spec)} |"
        for spec in specs
    ]
    return "\n".join(rows) + "\n"


def _where(spec: ReportSpec) -> str:
    scope = "each marketplace" if spec.scope == "marketplace" else "account and region"
    return scope if spec.marketplaces == "all" else f"{scope} of {', '.join(spec.marketplaces)}"


def _when(schedule: Schedule) -> str:
    times = f"cron `{schedule.cron}`" if schedule.cron else ", ".join(schedule.between)
    day = f"{schedule.weekday} " if schedule.weekday else ""
    day = f"day {schedule.day_of_month}, " if schedule.day_of_month else day
    return f"{day}{times} {schedule.timezone}"


def _collects(spec: ReportSpec) -> str:
    period = spec.period
    if period.kind is PeriodKind.SNAPSHOT:
        return "the moment"
    lookback = "as long as figures move" if period.lookback_auto else format_duration(period.lookback)
    unit = {PeriodKind.RANGE: "a range", PeriodKind.LISTING: "what is listed"}.get(
        period.kind, f"each {period.kind}"
    )
    return f"{unit}, back {lookback}; served {format_duration(period.history)}"


def _tables(spec: ReportSpec) -> str:
    return "<br>".join(
        f"`{spec.source}.{name}`: {', '.join(table.primary_key) or 'line hash'}"
        + (f", {table.ordinal_by} ordinal" if table.ordinal_by else "")
        + f" ({table.write_disposition.value})"
        for name, table in spec.tables.items()
    )
