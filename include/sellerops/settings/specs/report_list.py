"""The page of all reports, made from their specs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sellerops.settings.specs.durations import format_duration
from sellerops.settings.specs.model import PeriodKind, ReportSpec, Schedule, WriteDisposition

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
Airflow; `bin/sellerops specs show <report>` prints the effective spec. Which of these reports
replaces which job of before, and at which hours, is in [schedules.md](schedules.md).

## Switching a report off

Every spec has a line `enabled: true`. Write `enabled: false` there, and the report is off for everybody:
its DAG disappears, nothing of it is expected, late, missing or filled, and nobody gets notices about it.
Its tables, its runs of before and its place in the ledger stay; retention, `replay` and `tables` still know
it, and `completeness` shows its days under `<report> (off)`. A task that is running ends as it would. Write
`true` again, and the DAG is back with its history; the days in between are expected again, and filled as
gaps or by a backfill.

To stop a report in one Airflow only, or for a while, pause its DAG there. To leave out one account or
marketplace, use `accounts` or `marketplaces` in its spec. `bin/sellerops specs list` shows which
reports are on and off.
"""


_TABLES = """\
Tables and columns are made with the first load that needs them; columns are added and never dropped. The
system columns and write dispositions are explained in [tables.md](tables.md).
"""


_ROLES = """\
The roles that Amazon asks of your application, and the reports that need them. Where a report names several
roles with *or*, one of them is enough. Ask for a role in the developer profile and the app in Seller
Central, then let the seller authorise the application again: without it, Amazon answers 403, and the
failure names the role.
"""


def overview(specs: Sequence[ReportSpec]) -> str:
    """Markdown: one table a family, families and reports in alphabetical order."""
    parts = [_HEAD]
    ordered = sorted(specs, key=lambda spec: (spec.source, spec.family, spec.name))
    for (source, family), group in groupby(ordered, key=lambda spec: (spec.source, spec.family)):
        parts.append(f"## {source}: {family.replace('_', ' ')}\n\n{_table(list(group))}")
    parts.append(f"## Roles\n\n{_ROLES}\n{_all_roles(ordered)}")
    parts.append(f"## Tables\n\n{_TABLES}\n{_all_tables(ordered)}")
    return "\n".join(parts)


def grain(spec: ReportSpec, name: str) -> tuple[str, ...]:
    """The columns that tell the rows of a table apart; nulls are equal."""
    table = spec.tables[name]
    names = ["account_id"]
    if table.write_disposition is WriteDisposition.MERGE and table.unit:
        names += [*(["marketplace_id"] if spec.scope == "marketplace" else []), *table.unit]
    if spec.scope == "marketplace" or table.marketplace_from:
        names.append("marketplace_id")
    if not table.primary_key:
        names += [each for each in (table.day_from_window or table.day, "line_hash") if each]
    names += table.primary_key
    if spec.keeps_equal_rows(name) or not table.primary_key:
        names.append("ordinal")
    if table.write_disposition is WriteDisposition.SNAPSHOT:
        names.append("snapshot_at")
    return tuple(dict.fromkeys(names))


def _all_roles(specs: Sequence[ReportSpec]) -> str:
    rows = ["| role | reports |", "| --- | --- |"]
    for role in sorted({spec.role for spec in specs}):
        names = sorted(spec.name for spec in specs if spec.role == role)
        rows.append(f"| {role or 'not stated'} | {', '.join(f'`{name}`' for name in names)} |")
    return "\n".join(rows) + "\n"


def _all_tables(specs: Sequence[ReportSpec]) -> str:
    rows = ["| table | report | what | grain | write disposition |", "| --- | --- | --- | --- | --- |"]
    rows += sorted(
        f"| `{spec.source}.{name}` | `{spec.name}` | {table.description} "
        f"| `{', '.join(grain(spec, name))}` | {table.write_disposition.value} |"
        for spec in specs
        for name, table in spec.tables.items()
    )
    return "\n".join(rows) + "\n"


def _table(specs: Sequence[ReportSpec]) -> str:
    rows = [
        "| report | Amazon's type | how | where and when | collects | tables | role |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows += [
        f"| `{spec.name}` | {_type(spec)} | {_HOW[spec.request.how]} "
        f"| {_off(spec)}{_where(spec)}; {when(spec.schedule)} | {_collects(spec)} | {_tables(spec)} "
        f"| {spec.role} |"
        for spec in specs
    ]
    return "\n".join(rows) + "\n"


def _type(spec: ReportSpec) -> str:
    """Amazon's name of it, and by what it is grouped where one type has several grains."""
    grouped = spec.request.options.get("group_by")
    return f"{spec.report_type}, by {grouped}" if grouped else spec.report_type


def _off(spec: ReportSpec) -> str:
    return "" if spec.enabled else "**switched off**; "


def _where(spec: ReportSpec) -> str:
    scope = "each marketplace" if spec.scope == "marketplace" else "account and region"
    return scope if spec.marketplaces == "all" else f"{scope} of {', '.join(spec.marketplaces)}"


def when(schedule: Schedule) -> str:
    """Windows or cron, with day and time zone: ``day 15, 01:00-11:00 UTC``."""
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
    return ", ".join(f"`{name}`" for name in spec.tables)
