"""Runs one export: reads and checks all rows, then writes them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.row_sources import Result, RowSource
from sellerops.exports import export_records as records
from sellerops.exports.a1 import column_letters
from sellerops.exports.cells import MOST_CELLS, MOST_CHARACTERS, Cell, Key, cell, key_of
from sellerops.exports.layout import Layout, plan_layout, read_header
from sellerops.exports.sheet import Sheet, SheetContent, SheetsApi
from sellerops.exports.spec import ExportMode, ExportSpec
from sellerops.exports.spool import BATCH_ROWS, Spool
from sellerops.ledger import Ledger, RunRef

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExportResult:
    """What one export did. ``rows_read = rows_known + rows_written``; ``rows_known`` were already there."""

    rows_read: int
    rows_known: int
    rows_written: int
    cells_written: int
    written_range: str | None
    titles: tuple[str, ...]
    new_titles: tuple[str, ...]


@dataclass
class _Plan:
    """What to write where. ``emptied``: the columns whose values are cleared."""

    layout: Layout
    first_row: int
    emptied: tuple[int, ...]
    rows_read: int = 0
    rows_known: int = 0


def run_export(
    ledger: Ledger,
    spec: ExportSpec,
    source: RowSource,
    api: SheetsApi,
    *,
    run: RunRef | None = None,
    spreadsheet_id: str = "",
    dry_run: bool = False,
    batch_rows: int = BATCH_ROWS,
) -> ExportResult:
    """Copy the spec's table or query to its sheet; with ``dry_run``, only return what would be written.

    Safe to repeat at any time, also after a run was killed: ``replace`` rewrites everything, and ``append``
    first reads the keys in the sheet and writes rows to named cells. Nothing is written until every row has
    been checked. Raises ConfigurationError for what a person must fix, RetryableError for what a retry may
    fix.

    :param spreadsheet_id: a spreadsheet to use instead of the spec's, for a trial.
    """
    target = spreadsheet_id or spec.spreadsheet_id
    if not target:
        raise ConfigurationError(
            "has no spreadsheet.",
            where=spec.path,
            remedy="Set `spreadsheet_id`, then clear the task.",
        )
    with records.exclusive_sheet(ledger, target, spec.anchor.tab):
        if dry_run:
            return _Export(ledger, spec, source, api, target, batch_rows).run(dry_run=True)
        export_id = records.record_start(ledger, spec, target, run)
        try:
            result = _Export(ledger, spec, source, api, target, batch_rows).run(dry_run=False)
        except BaseException as error:
            # BaseException includes interruptions, such as stopping the task.
            records.record_failure(ledger, export_id, error)
            raise
        kept = {name: value for name, value in vars(result).items() if name != "new_titles"}
        records.record_end(ledger, export_id, {**kept, "titles": list(result.titles)})
        return result


class _Export:
    def __init__(
        self,
        ledger: Ledger,
        spec: ExportSpec,
        source: RowSource,
        api: SheetsApi,
        target: str,
        batch_rows: int,
    ) -> None:
        self.ledger = ledger
        self.spec = spec
        self.source = source
        self.api = api
        self.target = target
        self.batch_rows = batch_rows

    def run(self, *, dry_run: bool) -> ExportResult:
        sheet = Sheet(self.api, self.target, self.spec.anchor)
        with Spool() as spool:
            with self.source.open(self.spec) as result:
                plan, present = self._plan(sheet, result)
                self._read(result, plan, present, spool)
            last_row = plan.first_row + spool.rows - 1
            sheet.check_size(plan.layout, last_row)
            if not dry_run:
                self._write(sheet, plan, spool, last_row)
        written = ExportResult(
            rows_read=plan.rows_read,
            rows_known=plan.rows_known,
            rows_written=spool.rows,
            cells_written=spool.rows * len(plan.layout.titles) + len(plan.layout.new),
            written_range=_range(plan, last_row) if spool.rows else None,
            titles=plan.layout.titles,
            new_titles=plan.layout.new,
        )
        log.info("%s%s: %s", self.spec.name, " (nothing is written)" if dry_run else "", written)
        return written

    def _plan(self, sheet: Sheet, result: Result) -> tuple[_Plan, SheetContent]:
        """Plan which columns to write where, and read what the sheet already contains."""
        titles = self.spec.titles(result.names)
        at = [result.names.index(name) for name in self.spec.append_only]
        keys, days = [titles[each] for each in at], [result.days[each] for each in at]
        header = sheet.header()
        present = SheetContent(sheet.anchor.row)
        if keys or set(titles) - set(read_header(sheet.anchor, header)):
            present = sheet.read_content(header, titles, keys, days)
        if not header and present.used_columns:
            raise ConfigurationError(
                "there are values below an empty header row: the sheet is used for something else.",
                where=f"sheet {sheet.anchor}",
                remedy="Correct `range`, or choose an empty sheet for the export.",
            )
        layout = plan_layout(sheet.anchor, header, titles, keys, present.used_columns)
        if self.spec.mode is ExportMode.APPEND:
            return _Plan(layout, present.last_row + 1, ()), present
        stale = set(records.last_titles(self.ledger, self.spec, self.target)) - set(titles)
        known = read_header(sheet.anchor, header)
        emptied = tuple(known[title] for title in stale if title in known)
        return _Plan(layout, layout.first_row, (*layout.columns, *emptied)), present

    def _read(self, result: Result, plan: _Plan, present: SheetContent, spool: Spool) -> None:
        """Check all rows and spool them as cells; rows whose key is already in the sheet are only counted."""
        at = [result.names.index(name) for name in self.spec.append_only]
        days = [result.days[each] for each in at]
        seen: set[Key] = set()
        for values in result.rows:
            plan.rows_read += 1
            row = self._cells(values, plan)
            if at:
                key = key_of([row[each] for each in at], days)
                self._check_key(key, seen, plan)
                if key in present.keys:
                    plan.rows_known += 1
                    continue
            spool.add(row)
            if spool.rows * len(row) > MOST_CELLS:
                raise self._too_much()

    def _cells(self, values: Sequence[object], plan: _Plan) -> list[Cell]:
        row = []
        for title, value in zip(plan.layout.titles, values, strict=True):
            try:
                content = cell(value)
            except ConfigurationError as error:
                error.where = f"{self.spec.path}, column {title!r}, row {plan.rows_read:,} of the result"
                raise
            if isinstance(content, str) and len(content) > MOST_CHARACTERS:
                raise ConfigurationError(
                    f"has {len(content):,} characters; a cell of Google Sheets can have {MOST_CHARACTERS:,}. "
                    "Nothing was written.",
                    where=f"{self.spec.path}, column {title!r}, row {plan.rows_read:,} of the result",
                    remedy=f"Leave the column out, or shorten it in a query: left(..., {MOST_CHARACTERS}).",
                )
            row.append(content)
        return row

    def _check_key(self, key: Key, seen: set[Key], plan: _Plan) -> None:
        """Raise ConfigurationError for an empty or repeated key; such rows would be lost or written twice."""
        if any(key) and key not in seen:
            seen.add(key)
            return
        what = "occurs twice" if any(key) else "is empty"
        raise ConfigurationError(
            f"the key {', '.join(self.spec.append_only)} = {', '.join(key)} {what} in the result (row "
            f"{plan.rows_read:,}): it does not identify a row. Nothing was written.",
            where=f"{self.spec.path}, key `append_only`",
            remedy="List all columns that identify a row, or combine the rows in a query.",
        )

    def _too_much(self) -> ConfigurationError:
        return ConfigurationError(
            f"has more than {MOST_CELLS:,} cells, the limit of a Google spreadsheet. Nothing was written.",
            where=self.spec.path,
            remedy="Export fewer rows or columns with a `query`.",
        )

    def _write(self, sheet: Sheet, plan: _Plan, spool: Spool, last_row: int) -> None:
        sheet.grow(plan.layout, max(last_row, sheet.anchor.row))
        sheet.write_header(plan.layout)
        # Clear old values first: a killed run then leaves too few rows, which is obvious, instead of a
        # mixture of old and new ones.
        sheet.clear_under_header(plan.emptied)
        row = plan.first_row
        for batch in spool.batches(self.batch_rows):
            sheet.write_rows(plan.layout, row, batch)
            row += len(batch)


def _range(plan: _Plan, last_row: int) -> str:
    columns = plan.layout.columns
    left, right = column_letters(min(columns)), column_letters(max(columns))
    return f"{plan.layout.anchor.tab}!{left}{plan.first_row}:{right}{last_row}"
