"""The page a report's DAG shows about itself: effective spec, columns, how to repeat and to backfill."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from sellerops.base.commands import as_typed
from sellerops.settings.accounts import Account
from sellerops.settings.specs import PeriodKind, ReportSpec, TableSpec

# The UI shows the page in a panel of 500 pixels. It breaks lines of paragraphs and quotes, but neither of
# lists and code blocks nor words in tables; code within a paragraph, when broken, covers the line above it.
_CODE_WIDTH = 40  # yaml breaks at the first space beyond
_LONGEST_WORD = 20
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[./_-])")
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
            _how_to_repeat(spec),
            "## Tables",
            tables,
            "## Effective spec",
            f"```yaml\n{_effective(spec)}```",
        ]
    )


def _how_to_repeat(spec: ReportSpec) -> str:
    parts = [
        *(
            f"Clear `load_{name}` to load the archived document again. No request is made."
            for name in spec.all_destinations
        ),
        "Clear `fetch_report` of one instance, with downstream, to repeat exactly that marketplace and day. "
        "A document that is young enough (`request.fresh_for`), or made since the end of the data interval, "
        "is reused.",
        "Clear `plan_slices`, with downstream, to repeat the whole run of the account.",
    ]
    if spec.period.kind is PeriodKind.SNAPSHOT:
        return "\n\n".join(
            [*parts, "There is no backfill: Amazon keeps no history of a snapshot. A missed one has expired."]
        )
    backfill = f"airflow backfill create --dag-id {spec.dag_id} --from-date 2026-09-01 --to-date 2026-11-01"
    plan = f"sellerops backfill plan --report {spec.name} --from 2026-09-01 --to 2026-10-31"
    return "\n\n".join(
        [
            *parts,
            "To collect some days by hand, choose *Trigger* and fill in *From day* and *To day*.",
            "To backfill, choose *Trigger*, then *Backfill*. Or, for the days 2026-09-01 to 2026-10-31:",
            f"> {as_typed(backfill)}",
            "What a backfill will request, and how long Amazon's quotas make it take:",
            f"> {as_typed(plan)}",
            "The id of a scheduled run names the newest days it collects, then its start.",
        ]
    )


def _table(spec: ReportSpec, name: str, table: TableSpec) -> str:
    rows = [f"| `{column}` | {_about(table, column)} |" for column in table.columns]
    key = ", ".join(table.primary_key) or "none: equal lines are told apart by their hash and an ordinal"
    return "\n".join(
        [
            f"### `{spec.source}.{name}`",
            "",
            f"{table.description} Write disposition `{table.write_disposition.value}`; key: {key}.",
            "",
            "| column | type, name in Amazon's document |",
            "| --- | --- |",
            *rows,
        ]
    )


def _about(table: TableSpec, name: str) -> str:
    column = table.columns[name]
    notes = [word for word, is_so in (("required", column.required), ("personal", column.personal)) if is_so]
    header = _breakable(table.header_of(name))
    told = ", ".join(filter(None, [column.type.value, header, *notes, column.description]))
    return told.replace("|", "\\|")


def _breakable(name: str) -> str:
    """A long name with invisible spaces between its words, at which the UI may break the line."""
    return _BETWEEN_WORDS.sub("\u200b", name) if len(name) > _LONGEST_WORD else name


def _effective(spec: ReportSpec) -> str:
    """Without the columns, which stand above, and without what is at its default and says nothing."""
    content = spec.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude={"tables": {"__all__": {"columns"}}}
    )
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_CODE_WIDTH)
    return text
