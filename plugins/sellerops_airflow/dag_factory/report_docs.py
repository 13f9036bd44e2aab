"""The documentation page of a report DAG: effective spec, columns, how to repeat and backfill."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from sellerops.base.commands import as_typed
from sellerops.settings.accounts import Account
from sellerops.settings.specs import PeriodKind, ReportSpec, TableSpec
from sellerops_airflow.dag_factory.report_origin import origin

# The UI shows the page in a 500-pixel panel. It wraps paragraphs and quotes, but not lists, code blocks or
# words in tables; inline code that wraps covers the line above it.
_CODE_WIDTH = 40  # yaml breaks at the first space beyond
_LONGEST_WORD = 20
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[./_-])")
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def doc_md(spec: ReportSpec, accounts: Sequence[Account]) -> str:
    """Markdown for the DAG of ``spec`` running for ``accounts``."""
    tables = "\n\n".join(_table(spec, name, table) for name, table in spec.tables.items())
    return "\n\n".join(
        [
            f"# {spec.name}",
            spec.description,
            *origin(spec, accounts),
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
            f"Clear `load_{name}` to load the archived document again without asking Amazon."
            for name in spec.all_destinations
        ),
        "Clear one `fetch_report` instance with downstream to repeat exactly that marketplace and day. "
        "A document that is recent enough (`request.fresh_for`), or newer than the end of the data interval, "
        "is reused.",
        "Clear `plan_slices` with downstream to repeat the account's whole run.",
    ]
    if spec.period.kind is PeriodKind.SNAPSHOT:
        return "\n\n".join(
            [*parts, "Snapshots cannot be backfilled: Amazon keeps no history, so a missed one is lost."]
        )
    backfill = f"airflow backfill create --dag-id {spec.dag_id} --from-date 2026-09-01 --to-date 2026-11-01"
    plan = f"sellerops backfill plan --report {spec.name} --from 2026-09-01 --to 2026-10-31"
    return "\n\n".join(
        [
            *parts,
            "To collect certain days once, choose *Trigger* and fill in *From day* and *To day*.",
            "To backfill, choose *Trigger*, then *Backfill*; or, for 2026-09-01 to 2026-10-31, run",
            f"> {as_typed(backfill)}",
            "To see what a backfill will request, and how long Amazon's quotas make it take, run",
            f"> {as_typed(plan)}",
            "A scheduled run's id contains the newest days it collects and its start.",
        ]
    )


def _table(spec: ReportSpec, name: str, table: TableSpec) -> str:
    rows = [f"| `{column}` | {_about(table, column)} |" for column in table.columns]
    key = ", ".join(table.primary_key) or "none (equal lines are distinguished by their hash and an ordinal)"
    return "\n".join(
        [
            f"### `{spec.source}.{name}`",
            "",
            f"{table.description} Write disposition `{table.write_disposition.value}`; key: {key}."
            f"{_evidence(table)}",
            "",
            "| column | type, name in Amazon's document |",
            "| --- | --- |",
            *rows,
        ]
    )


def _evidence(table: TableSpec) -> str:
    if table.evidence is None:
        return ""
    return f" Evidence of its headers: {table.evidence} (docs/portal-files.md)."


def _about(table: TableSpec, name: str) -> str:
    column = table.columns[name]
    notes = [word for word, is_so in (("required", column.required), ("personal", column.personal)) if is_so]
    header = _breakable(table.header_of(name))
    text = ", ".join(filter(None, [column.type.value, header, *notes, column.description]))
    return text.replace("|", "\\|")


def _breakable(name: str) -> str:
    """A long name with zero-width spaces between its words, where the UI can wrap it."""
    return _BETWEEN_WORDS.sub("\u200b", name) if len(name) > _LONGEST_WORD else name


def _effective(spec: ReportSpec) -> str:
    """The spec without its columns, which are listed above, and without unset keys."""
    content = spec.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude={"tables": {"__all__": {"columns"}}}
    )
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_CODE_WIDTH)
    return text
