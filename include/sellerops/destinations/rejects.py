"""Rejected rows of a document, kept in memory while there are few and on disk when there are many."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from types import TracebackType

from sellerops.formats.rows import RejectReason, RowReject

_MEMORY_BYTES = 1 << 20


class RejectSpool:
    """Collects rejects and iterates over them in order, any number of times. A context manager."""

    def __init__(self) -> None:
        # Closed by __exit__.
        self._file = tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES, mode="w+b")  # noqa: SIM115
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, row: RowReject) -> None:
        """Keep one reject."""
        fields = (row.source_line, row.reason, row.column_name, row.value, row.raw_line)
        self._file.write(json.dumps(fields).encode() + b"\n")
        self._count += 1

    def __iter__(self) -> Iterator[RowReject]:
        self._file.seek(0)
        for line in self._file:
            source_line, reason, column_name, value, raw_line = json.loads(line)
            yield RowReject(source_line, RejectReason(reason), column_name, value, raw_line)

    def __enter__(self) -> RejectSpool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
