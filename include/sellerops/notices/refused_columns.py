"""The notice of columns that a source refused: reports are requested without them, and the rows load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape
from sellerops.settings.specs import ReportSpec

_MOST_LINES = 10
_LONGEST_REASON = 200


@dataclass(frozen=True)
class ColumnRefusal:
    """A column, by its name at the source, and why it is no longer requested."""

    column: str
    reason: str


def refused_column_key(spec: ReportSpec, column: ColumnRefusal) -> str:
    """The key of a report's refused column: the same whichever slice, account or marketplace lacks it."""
    return f"drift|{spec.source}.{spec.name}|{column.column}|refused"


def refused_columns_notice(
    columns: Sequence[ColumnRefusal], spec: ReportSpec, account_id: str, label: str
) -> Notice:
    """One message for all newly refused columns of one report; ``columns`` is not empty."""
    headline = f"{spec.name}: {len(columns)} column{'s' if len(columns) > 1 else ''} refused"
    lines = [
        escape(redact(f"`{one.column}`: {one.reason[:_LONGEST_REASON]}")) for one in columns[:_MOST_LINES]
    ]
    if len(columns) > _MOST_LINES:
        lines.append(f"... and {len(columns) - _MOST_LINES} more.")
    sections = [
        "\n".join(lines),
        f"First seen in {escape(f'{account_id} {label}')}. The report is requested without them: its rows "
        "load, these columns stay null. They are requested again after two weeks.",
        f"Next: `sellerops ads columns` lists them all. Remove a column that is gone for good from "
        f"`{spec.name}.yaml`; correct its `from` if it has a new name.",
    ]
    return Notice.build(
        refused_column_key(spec, columns[0]),
        Event.DRIFT,
        headline,
        sections,
        family=spec.family,
        account_ids=(account_id,),
        report=spec.name,
    )
