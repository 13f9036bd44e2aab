"""Stores rows on disk between reading and writing, so that all are checked before the first is written."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType

from sellerops.exports.cells import Cell

# Google recommends requests of at most 2 MB (Sheets API, usage limits).
BATCH_BYTES = 1_500_000
BATCH_ROWS = 20_000


class Spool:
    """Rows of cells in order, in a temporary file that is deleted at the end of the ``with`` block."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="ascii", newline="\n")  # noqa: SIM115 - closed in __exit__
        self.rows = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, row: Sequence[Cell]) -> None:
        self._file.write(json.dumps(row) + "\n")
        self.rows += 1

    def batches(
        self, most_rows: int = BATCH_ROWS, most_bytes: int = BATCH_BYTES
    ) -> Iterator[list[list[Cell]]]:
        """The rows in batches that fit into one request; a row that is too large gets its own batch."""
        self._file.seek(0)
        batch: list[list[Cell]] = []
        size = 0
        for line in self._file:
            if batch and (len(batch) >= most_rows or size + len(line) > most_bytes):
                yield batch
                batch, size = [], 0
            batch.append(json.loads(line))
            size += len(line)
        if batch:
            yield batch
