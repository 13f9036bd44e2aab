"""The page a report's DAG shows about itself: effective spec, columns, how to repeat and to backfill."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from sellerops.accounts import Account
from sellerops.commands import typed, typed_in
from sellerops.specs import PeriodKind, ReportSpec, TableSpec

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def doc_md(spec: ReportSpec, accounts: Sequence[Account]) -> str:
    """Markdown for the DAG of ``spec``, which runs for ``accounts``."""
    tables = "\n\n".join(_table(spec, name, table) for name, table in spec.tables.items())
    names = ", ".join(f"`{account.id}`" for account in accounts)
    return "\n\n".join(
        [
            f"# {spec.name}",
            spec.description,
            f"Amazon's `{spec.report_type}`, for {names}.",
            "## Repeat and backfill",
            typed_in(_how_to_repeat(spec)),
            "## Tables",
            tables,
            "## Effective spec",
            f"```yaml\n{_effective(spec)}```",
        ]
    )


def _how_to_repeat(spec: ReportSpec) -> str:
    lines = [
        *(
            f"- **Clear `load_{name}`**: loads the archived document again; Amazon is not asked."
            for name in spec.all_destinations
        ),
        "- **Clear `fetch_report`** of one instance, with downstream: repeats exactly that shop and day.",
        "  A document that is young enough (`request.fresh_for`), or made since the data interval's end, is",
        "  used again.",
        "- **Clear `plan_slices`**, with downstream: the account's whole run anew.",
    ]
    if spec.period.kind is PeriodKind.SNAPSHOT:
        lines.append(
            "- **No backfill**: Amazon keeps no history of a snapshot. A missed one is marked expired."
        )
        return "\n".join(lines)
    lines += [
        "- **Some days by hand**: *Trigger*, with *From day* and *To day*.",
        "- **Backfill**: *Trigger > Backfill*, or for the days 2026-09-01 to 2026-10-31",
        "",
        "  ```sh",
        "  "
        + typed(
            f"airflow backfill create --dag-id {spec.dag_id} --from-date 2026-09-01 --to-date 2026-11-01"
        ),
        "  ```",
        "",
        "  A run is named by the start of its data interval, the last day it collects. What it will ask and",
        f"  how long the quota makes it take: `sellerops backfill plan --report {spec.name}"
        " --from 2026-09-01 --to 2026-10-31`.",
    ]
    return "\n".join(lines)


def _table(spec: ReportSpec, name: str, table: TableSpec) -> str:
    rows = [
        f"| `{column}` | {entry.type.value} | {_cell(table.header_of(column))} | {_notes(table, column)} |"
        for column, entry in table.columns.items()
    ]
    key = ", ".join(table.primary_key) or "none: equal lines are told apart by their hash and an ordinal"
    return "\n".join(
        [
            f"### `{spec.source}.{name}`",
            "",
            f"{table.description} Write disposition `{table.write_disposition.value}`; key: {key}.",
            "",
            "| column | type | in Amazon's document | |",
            "| --- | --- | --- | --- |",
            *rows,
        ]
    )


def _notes(table: TableSpec, name: str) -> str:
    column = table.columns[name]
    notes = [word for word, is_so in (("required", column.required), ("personal", column.personal)) if is_so]
    return _cell(", ".join([*notes, *([column.description] if column.description else [])]))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _effective(spec: ReportSpec) -> str:
    """Without the columns, which stand above, and without what is at its default and says nothing."""
    content = spec.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude={"tables": {"__all__": {"columns"}}}
    )
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
