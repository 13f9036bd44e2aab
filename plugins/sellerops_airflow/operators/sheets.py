"""Copies a table or query result to Google Sheets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context

from sellerops.exports import ExportSpec, load_export
from sellerops_airflow.runs.run_context import run_ref
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.destinations.row_sources import RowSource

log = logging.getLogger(__name__)


class ExportToSheetOperator(BaseOperator):
    """Runs one export; returns how many rows were read, already known and written. Safe to clear.

    :param export: name of a file in ``config/exports``.
    :param spreadsheet_id: spreadsheet to write to instead of the spec's; empty for the spec's.
    :param check_only: ``"True"`` reads and checks everything but writes nothing.
    """

    ui_color = "#e6f4ea"
    template_fields: Sequence[str] = ("spreadsheet_id", "check_only")

    def __init__(self, *, export: str, spreadsheet_id: str = "", check_only: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.export = export
        self.spreadsheet_id = spreadsheet_id
        self.check_only = check_only

    def execute(self, context: Context) -> dict[str, int]:
        """Run the export and record it in the ledger."""
        from sellerops.exports.export_run import run_export
        from sellerops_airflow.hooks.sheets import GoogleSheets

        with task_outcome(context):
            spec = load_export(self.export)
            result = run_export(
                get_runtime().ledger,
                spec,
                _source(spec),
                GoogleSheets(),
                run=run_ref(context, self.export),
                spreadsheet_id=self.spreadsheet_id.strip(),
                dry_run=self.check_only.strip().lower() == "true",
            )
        return {
            "rows_read": result.rows_read,
            "rows_known": result.rows_known,
            "rows_written": result.rows_written,
        }


def _source(spec: ExportSpec) -> RowSource:
    from sellerops.destinations.registry import open_row_source
    from sellerops_airflow.hooks.destinations import address_of

    runtime = get_runtime()
    # Only the owner of the tables may read personal data.
    warehouse = runtime.conninfo if spec.personal else runtime.reader_conninfo
    return open_row_source(spec.destination, address_of(spec.destination, warehouse))
