"""The notices of changed columns and of rejected rows: the rows are stored, the spec should be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sellerops.base.redaction import redact
from sellerops.formats.names import snake_case
from sellerops.ledger.findings import MOST_LOADS_BEFORE, ColumnChange, RejectedRows
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, slack_blocks
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import ReportSpec, TableSpec

_MOST_LINES = 10
_LONGEST_VALUE = 60
# Items of these have a field or not; only one that so many loads in a row had is a column that went.
_WITHOUT_HEADER = frozenset({"json", "jsonl", "xml"})
_STEADY_LOADS = MOST_LOADS_BEFORE


def is_news(change: ColumnChange, spec: ReportSpec) -> bool:
    """Whether people need to hear of it: not of what may be lacking, is back, or is named by now."""
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
    """The same for the same change of a table, whichever slice, account or shop shows it."""
    return f"drift|{change.table_name}|{change.column_name}|{change.kind}"


def rejects_key(refused: RejectedRows) -> str:
    """The same for all loads of a report, account and shop on one day."""
    place = f"{refused.report}|{refused.account_id}|{refused.marketplace_id}"
    return f"rejects|{place}|{refused.day}"


def drift_notice(changes: Sequence[ColumnChange], spec: ReportSpec) -> Notice:
    """One message for all changes of one report that are new; ``changes`` is not empty."""
    first = changes[0]
    tables = sorted({change.table_name for change in changes})
    headline = f"{spec.name}: Amazon changed columns of {', '.join(tables)}"
    lines = [_change_line(change) for change in changes[:_MOST_LINES]]
    if len(changes) > _MOST_LINES:
        lines.append(f"... and {len(changes) - _MOST_LINES} more in `sellerops.schema_change`.")
    sections = [
        "\n".join(lines),
        f"First seen in {escape(f'{first.account_id} {first.label}')} (load {first.load_id}), whose rows are "
        "stored. Other days, shops and accounts may follow; each change is told once.",
        "Next: look into Amazon's document. A renamed column shows as a new one and a lost one: name its new "
        f"header under `also` of the column in `{spec.name}.yaml`. Give a new one a type there, or leave it "
        f"as text. Then clear {_load_tasks(spec)} of the slices.",
    ]
    accounts = (change.account_id for change in changes)
    held_out = [change for change in changes if change.kind == "personal"]
    if held_out:
        sections.append(
            "Columns that look like personal data are kept out of every table, and the documents that have "
            f"them are deleted after {spec.personal_archive_retention.days} days. To store such a column, "
            f"declare it in `{spec.name}.yaml`: with `personal: true` it goes to a table with retention, "
            f"without into the main table. Then clear {_load_tasks(spec)}."
        )
    return _notice(change_key(first), accounts, spec, headline, sections)


def rejects_notice(refused: Sequence[RejectedRows], spec: ReportSpec) -> Notice:
    """One message for loads of the same report, account, shop and day; ``refused`` is not empty.

    Values of tables with personal columns are not shown.
    """
    first = refused[0]
    rejected = sum(each.rejected for each in refused)
    place = " ".join(filter(None, [first.account_id, _shop(first.marketplace_id)]))
    rows = "row" if rejected == 1 else "rows"
    headline = f"{spec.name}: {rejected:,} {rows} rejected, {place}"
    lines = [_refused_line(each, spec) for each in refused[:_MOST_LINES]]
    if len(refused) > _MOST_LINES:
        lines.append(f"... and {len(refused) - _MOST_LINES} more loads in `sellerops.load`.")
    sections = [
        "\n".join(lines),
        "All other rows are stored. Other slices of this report and shop may follow; they are not told again "
        "today.",
        f"Next: `SELECT * FROM sellerops.rejected_row WHERE load_id = {first.load_id}` has each row and its "
        f"reason. Correct `{spec.name}.yaml` where it is wrong, then clear {_load_tasks(spec)} of the "
        "slices.",
    ]
    return _notice(rejects_key(first), [first.account_id], spec, headline, sections)


def group_rejects(refused: Iterable[RejectedRows]) -> list[list[RejectedRows]]:
    """Loads that are told of together."""
    groups: dict[str, list[RejectedRows]] = {}
    for each in refused:
        groups.setdefault(rejects_key(each), []).append(each)
    return list(groups.values())


def _change_line(change: ColumnChange) -> str:
    what = {
        "added": "is new, stored as text",
        "duplicated": "is the second of its name, stored as text",
        "dropped": "is no longer there, null from now on",
        "personal": "looks like personal data and is not stored",
    }[change.kind]
    return escape(redact(f"`{change.table_name}`: column `{change.column_name}` {what}."))


def _refused_line(refused: RejectedRows, spec: ReportSpec) -> str:
    share = refused.rejected / refused.rows_in_file
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(refused.reasons.items()))
    column = f" in `{refused.column_name}`" if refused.column_name else ""
    table = _table(refused.table_name, spec)
    value = ""
    if refused.value is not None and table is not None and not table.personal_columns:
        value = f": {redact(refused.value)[:_LONGEST_VALUE]!r}"
    return escape(
        f"`{refused.table_name}` {refused.label} (load {refused.load_id}): {refused.rejected:,} of "
        f"{refused.rows_in_file:,} rows ({share:.1%}): {reasons}. First: line {refused.source_line}, "
        f"{refused.reason}{redact(column)}{value}"
    )


def _notice(
    key: str, accounts: Iterable[str], spec: ReportSpec, headline: str, sections: Sequence[str]
) -> Notice:
    return Notice(
        key,
        Event.DRIFT,
        "\n".join([headline, *sections]),
        slack_blocks(headline, sections),
        family=spec.family,
        account_ids=tuple(dict.fromkeys(accounts)),
        report=spec.name,
    )


def _named_by(table: TableSpec) -> set[str]:
    """What headers the spec has come to know were called as unknown columns before."""
    headers = ((table.header_of(name), *column.also) for name, column in table.columns.items())
    return {snake_case(header) for known in headers for header in known}


def _table(full_name: str, spec: ReportSpec) -> TableSpec | None:
    source, _, name = full_name.partition(".")
    return spec.tables.get(name) if source == spec.source else None


def _shop(marketplace_id: str) -> str:
    codes = {shop.id: shop.code for shop in all_marketplaces().values()}
    return codes.get(marketplace_id, marketplace_id)


def _load_tasks(spec: ReportSpec) -> str:
    return " and ".join(f"`load_{name}`" for name in spec.all_destinations)
