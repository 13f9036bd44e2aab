"""What a format yields: typed rows, the rows it refused, and how the document differs from its spec."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeAlias

import numpy as np
import pyarrow as pa

# A reject is kept as text; these two cannot or must not stand in a Postgres text.
_ESCAPED = str.maketrans({"\x00": "\\x00", "\ufffd": "\\ufffd"})
# What no text column can hold, or what stands where a character was lost before us.
_DAMAGE = re.compile("[\x00\ufffd\ud800-\udfff]")
_UNDECODED = range(0xDC80, 0xDD00)


class RejectReason(StrEnum):
    """Why a row of a document is not in the table."""

    UNREADABLE_VALUE = "unreadable_value"
    UNDECODABLE = "undecodable"
    TOO_FEW_FIELDS = "too_few_fields"
    TOO_MANY_FIELDS = "too_many_fields"
    TORN_ROW = "torn_row"
    MISSING_KEY = "missing_key"
    KEY_TOO_LONG = "key_too_long"
    OUTSIDE_WINDOW = "outside_window"
    DUPLICATE_KEY = "duplicate_key"


# Reasons that say "this is not the document the spec describes" rather than "this row is odd". What replay
# has accepted before is judged by these alone.
STRUCTURAL = frozenset(
    {
        RejectReason.UNREADABLE_VALUE,
        RejectReason.UNDECODABLE,
        RejectReason.TOO_FEW_FIELDS,
        RejectReason.TOO_MANY_FIELDS,
        RejectReason.TORN_ROW,
    }
)
# Reasons that keep a row of the window out of the table. Rows of other days and rows that another row of the
# same key replaces are ordinary.
LOST = STRUCTURAL | {RejectReason.MISSING_KEY}


@dataclass(frozen=True)
class RowReject:
    """One refused row. ``source_line``: the line of the file, whose header is 1; in JSON the item from 1.

    ``raw_line`` is the row as it stood, complete; what no text column can hold is written as an escape.
    """

    source_line: int
    reason: RejectReason
    column_name: str | None = None
    value: str | None = None
    raw_line: str | None = None

    def masked(self, personal: Collection[str]) -> RowReject:
        """The same without the row's text and without values of ``personal`` columns."""
        value = None if self.column_name in personal else self.value
        return RowReject(self.source_line, self.reason, self.column_name, value)

    def storable(self) -> RowReject:
        """The same with NUL, U+FFFD and lone surrogates written as escapes."""
        return RowReject(
            self.source_line, self.reason, self.column_name, _storable(self.value), _storable(self.raw_line)
        )


def _storable(text: str | None) -> str | None:
    if text is None:
        return None
    return text.translate(_ESCAPED).encode("utf-8", "backslashreplace").decode("utf-8")


def is_damaged(text: str) -> bool:
    """Whether characters of a text were lost: U+FFFD, NUL, half a surrogate pair, bytes nobody could read."""
    return "\x00" in text or (not text.isascii() and _DAMAGE.search(text) is not None)


def has_unread_bytes(text: str) -> bool:
    """Whether bytes that no charset reads stand in a text, as ``surrogateescape`` decodes them."""
    return any(ord(character) in _UNDECODED for character in text)


def marked(text: str) -> str:
    """A damaged text with an escape for each lost character: ``\\ufffd``, ``\\x00``, ``\\ud83d``; for a byte
    of no charset (as ``surrogateescape`` decodes it) ``\\x81``.
    """
    return _DAMAGE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code in _UNDECODED:
        return f"\\x{code - 0xDC00:02x}"
    return "\\x00" if not code else f"\\u{code:04x}"


@dataclass
class DriftReport:
    """How a document's columns differ from the spec's.

    ``added``: canonical name to the document's own name of columns the spec does not know, stored as text.
    ``duplicated``: the subset of ``added`` whose name stands more than once in the header.
    ``missing``: spec columns the document lacks; they are null. ``personal``: unknown columns whose names
    read like personal data; they are not among the rows. Complete once the rows are exhausted.
    """

    added: dict[str, str] = field(default_factory=dict)
    duplicated: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    personal: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TextRows:
    """Accepted rows as text, where SQL's own reading of every value is the checked one.

    ``lines``: each row's UTF-8 bytes with its line end (``end``), fields parted by tabs, empty ones null, no
    quoting. ``columns``: canonical names of the fields, in their order. ``system``: source_line and,
    where the table needs them, marketplace_id and line_hash of the same rows.
    """

    lines: pa.Array
    columns: tuple[str, ...]
    system: pa.RecordBatch
    end: bytes


Rows: TypeAlias = "pa.RecordBatch | TextRows"


class Reader(Protocol):
    """A format at work on one document."""

    @property
    def drift(self) -> DriftReport: ...

    @property
    def schema(self) -> pa.Schema: ...

    def batches(self) -> Iterator[pa.RecordBatch]: ...

    def texts(self) -> Iterator[Rows]: ...


@dataclass
class Tally:
    """Counts of one document, and where its refused rows go.

    ``personal``: columns with personal data; ``personal_up_to``: the unknown ones that have come up, or those that
    have in the rows up to a line. Rows from there on are refused without their text, already here: it would
    go on into the ledger, errors, logs and messages. Line and document stay known. ``inspect``: is shown the
    columns (text) and lines of rows before one of them is refused.
    ``marked``: texts of accepted rows that were damaged, and are stored with a mark.
    ``lost_by_day``: how many rows of each day were refused for one of ``LOST``; None where the row does not
    tell its day. ``rows_far_outside``: rows more than two days away from the window.
    """

    on_reject: Callable[[RowReject], None]
    rows_in_file: int = 0
    marked: int = 0
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    first_reject: RowReject | None = None
    personal: frozenset[str] = frozenset()
    personal_up_to: Callable[..., frozenset[str]] = lambda line=None: frozenset()
    inspect: Callable[[Mapping[str, pa.Array], Sequence[int] | np.ndarray], None] = lambda columns, lines: (
        None
    )
    lost_by_day: Counter[date | None] = field(default_factory=Counter)
    rows_far_outside: int = 0

    def reject(self, row: RowReject, day: date | None = None) -> None:
        """Count a refused row and hand it over. ``day``: the local day it would have counted for."""
        self.rejected[row.reason] += 1
        if row.reason in LOST:
            self.lost_by_day[day] += 1
        personal = self.personal | self.personal_up_to(row.source_line)
        kept = (row.masked(personal) if personal else row).storable()
        self.first_reject = self.first_reject or kept
        self.on_reject(kept)


class RowStream:
    """The rows of one table of one document, read once.

    ``schema``: the columns known from the start: the spec's, the document's unknown ones as text, then
    ``source_line`` (int64) and, where the table needs them, ``marketplace_id`` and ``line_hash``. A JSON
    document may show more columns later: then later batches carry them as well, never fewer. Iterating raises
    DocumentDamaged, UnreadableDocument or CheckFailed; counts are complete after the last batch.
    """

    def __init__(
        self,
        reader: Reader,
        tally: Tally,
        check: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]] = iter,
    ) -> None:
        self._reader = reader
        self._tally = tally
        self._check = check

    @property
    def schema(self) -> pa.Schema:
        return self._reader.schema

    @property
    def drift(self) -> DriftReport:
        return self._reader.drift

    @property
    def rows_in_file(self) -> int:
        return self._tally.rows_in_file

    @property
    def rejected(self) -> Counter[RejectReason]:
        return self._tally.rejected

    @property
    def marked_texts(self) -> int:
        """Texts of accepted rows that came damaged and carry a mark where characters were lost."""
        return self._tally.marked

    @property
    def first_reject(self) -> RowReject | None:
        return self._tally.first_reject

    @property
    def lost_by_day(self) -> Counter[date | None]:
        return self._tally.lost_by_day

    @property
    def rows_far_outside(self) -> int:
        return self._tally.rows_far_outside

    @property
    def accepted(self) -> int:
        """Rows that were not refused while they were read."""
        return self.rows_in_file - self.rejected.total()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self._check(self._reader.batches())

    def texts(self) -> Iterator[Rows]:
        """The same rows for a destination that reads text itself: as they stand where safe, else typed."""
        return self._reader.texts() if self._check is iter else iter(self)
