"""The notices of changed columns and rejected rows: all other data is stored; the spec may need a change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sellerops.base.redaction import redact
from sellerops.formats.names import snake_case
from sellerops.ledger.findings import MOST_LOADS_BEFORE, ColumnChange, RejectedRows
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import ReportSpec, TableSpec

_MOST_LINES = 10
_LONGEST_VALUE = 60
# Fields of these formats are optional: one counts as dropped only if _STEADY_LOADS loads in a row had it.
_WITHOUT_HEADER = frozenset({"json", "jsonl", "xml"})
_STEADY_LOADS = MOST_LOADS_BEFORE


def is_news(change: ColumnChange, spec: ReportSpec) -> bool:
    """Whether to send a notice about a change.

    Not if the table is not in the spec, if the spec has the new column or reads the dropped unknown one by
    now, or for an optional field that was not in all recent loads.
    """
    table = _table(change.table_name, spec)
    if table is None:
        return False
    if change.kind != "dropped":
        return change.column_name not in table.columns
    if change.column_name not in table.columns and change.column_name in _named_by(table):
        return False
    if spec.format.kind in _WITHOUT_HEADER:
        return change.loads_before >= _STEADY_LOADS and not change.was_absent
    return True


def change_key(change: ColumnChange) -> str:
    """The key of a change of a table: the same whichever slice, account or marketplace shows it."""
    return f"drift|{change.table_name}|{change.column_name}|{change.kind}"


def rejects_key(rejects: RejectedRows) -> str:
    """The key of rejects: the same for all loads of a report, account and marketplace on one day (UTC)."""
    return f"rejects|{rejects.report}|{rejects.account_id}|{rejects.marketplace_id}|{rejects.day}"


def drift_notice(changes: Sequence[ColumnChange], spec: ReportSpec) -> Notice:
    """One message for all new changes of one report; ``changes`` is not empty."""
    first = changes[0]
    tables = sorted({change.table_name for change in changes})
    headline = f"{spec.name}: Amazon changed columns of {', '.join(tables)}"
    lines = [_change_line(change) for change in changes[:_MOST_LINES]]
    if len(changes) > _MOST_LINES:
        lines.append(f"... and {len(changes) - _MOST_LINES} more in `sellerops.schema_change`.")
    sections = [
        "\n".join(lines),
        f"First seen in {escape(f'{first.account_id} {first.label}')} (load {first.load_id}), whose rows are "
        "stored. Other days, marketplaces and accounts may follow; each change is sent once.",
        "Next: check Amazon's document. A renamed column appears as a new one and a dropped one: add its new "
        f"header to `also` of the column in `{spec.name}.yaml`. Give a new column a type there, or leave it "
        f"as text. Then clear {_load_tasks(spec)} of the slices.",
    ]
    accounts = (change.account_id for change in changes)
    personal = [change for change in changes if change.kind == "personal"]
    if personal:
        sections.append(
            "Columns that look like personal data are not stored, and the documents that contain "
            f"them are deleted after {spec.personal_archive_retention.days} days. To store such a column, "
            f"declare it in `{spec.name}.yaml`: with `personal: true` it goes to a table with retention, "
            f"without it to the main table. Then clear {_load_tasks(spec)}."
        )
    return _notice(change_key(first), accounts, spec, headline, sections)


def rejects_notice(rejects: Sequence[RejectedRows], spec: ReportSpec) -> Notice:
    """One message for loads of one report, account, marketplace and day; ``rejects`` is not empty.

    Values of tables with personal columns are not shown.
    """
    first = rejects[0]
    rejected = sum(each.rejected for each in rejects)
    where = " ".join(filter(None, [first.account_id, _code(first.marketplace_id)]))
    rows = "row" if rejected == 1 else "rows"
    headline = f"{spec.name}: {rejected:,} {rows} rejected, {where}"
    lines = [_rejects_line(each, spec) for each in rejects[:_MOST_LINES]]
    if len(rejects) > _MOST_LINES:
        lines.append(f"... and {len(rejects) - _MOST_LINES} more loads in `sellerops.load`.")
    sections = [
        "\n".join(lines),
        "All other rows are stored. Rejects in other slices of this report and marketplace send no further "
        "notice today.",
        f"Next: `SELECT * FROM sellerops.rejected_row WHERE load_id = {first.load_id}` lists each row and "
        f"its reason. Correct `{spec.name}.yaml` if it is wrong, then clear {_load_tasks(spec)} of the "
        "slices.",
    ]
    return _notice(rejects_key(first), [first.account_id], spec, headline, sections)


def group_rejects(rejects: Iterable[RejectedRows]) -> list[list[RejectedRows]]:
    """Loads that share a notice."""
    groups: dict[str, list[RejectedRows]] = {}
    for each in rejects:
        groups.setdefault(rejects_key(each), []).append(each)
    return list(groups.values())


def _change_line(change: ColumnChange) -> str:
    what = {
        "added": "is new, stored as text",
        "duplicated": "appears twice; the second is stored as text",
        "dropped": "is gone and will be null",
        "personal": "looks like personal data and is not stored",
    }[change.kind]
    return escape(redact(f"`{change.table_name}`: column `{change.column_name}` {what}."))


def _rejects_line(rejects: RejectedRows, spec: ReportSpec) -> str:
    share = rejects.rejected / rejects.rows_in_file
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(rejects.reasons.items()))
    column = f" in `{rejects.column_name}`" if rejects.column_name else ""
    table = _table(rejects.table_name, spec)
    value = ""
    if rejects.value is not None and table is not None and not table.personal_columns:
        value = f": {redact(rejects.value)[:_LONGEST_VALUE]!r}"
    return escape(
        f"`{rejects.table_name}` {rejects.label} (load {rejects.load_id}): {rejects.rejected:,} of "
        f"{rejects.rows_in_file:,} rows ({share:.1%}): {reasons}. First: line {rejects.source_line}, "
        f"{rejects.reason}{redact(column)}{value}"
    )


def _notice(
    key: str, accounts: Iterable[str], spec: ReportSpec, headline: str, sections: Sequence[str]
) -> Notice:
    return Notice.build(
        key,
        Event.DRIFT,
        headline,
        sections,
        family=spec.family,
        account_ids=tuple(dict.fromkeys(accounts)),
        report=spec.name,
    )


def _named_by(table: TableSpec) -> set[str]:
    """The names that the columns of the spec's headers had while the headers were unknown."""
    headers = ((table.header_of(name), *column.also) for name, column in table.columns.items())
    return {snake_case(header) for known in headers for header in known}


def _table(full_name: str, spec: ReportSpec) -> TableSpec | None:
    source, _, name = full_name.partition(".")
    return spec.tables.get(name) if source == spec.source else None


def _code(marketplace_id: str) -> str:
    codes = {each.id: each.code for each in all_marketplaces().values()}
    return codes.get(marketplace_id, marketplace_id)


def _load_tasks(spec: ReportSpec) -> str:
    return " and ".join(f"`load_{name}`" for name in spec.all_destinations)
