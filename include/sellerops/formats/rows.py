"""What a format yields: typed rows, rejected rows, and how the document differs from its spec."""

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

# Rejects are stored as text; Postgres cannot store the first of these, and the second marks lost text.
_ESCAPED = str.maketrans({"\x00": "\\x00", "\ufffd": "\\ufffd"})
# Characters that no text column can store, and the mark of text lost before the document reached us.
_DAMAGE = re.compile("[\x00\ufffd\ud800-\udfff]")
_UNDECODED = range(0xDC80, 0xDD00)


class RejectReason(StrEnum):
    """Why a row of a document was rejected."""

    UNREADABLE_VALUE = "unreadable_value"
    UNDECODABLE = "undecodable"
    TOO_FEW_FIELDS = "too_few_fields"
    TOO_MANY_FIELDS = "too_many_fields"
    TORN_ROW = "torn_row"
    MISSING_KEY = "missing_key"
    KEY_TOO_LONG = "key_too_long"
    OUTSIDE_WINDOW = "outside_window"
    DUPLICATE_KEY = "duplicate_key"


# Reasons that mean "this document does not match the spec" rather than "this row is odd". Replay judges
# documents that were accepted before by these alone.
STRUCTURAL = frozenset(
    {
        RejectReason.UNREADABLE_VALUE,
        RejectReason.UNDECODABLE,
        RejectReason.TOO_FEW_FIELDS,
        RejectReason.TOO_MANY_FIELDS,
        RejectReason.TORN_ROW,
    }
)
# Reasons that lose a row of the window. Rows of other days, and rows replaced by another row with the same
# key, are normal.
LOST = STRUCTURAL | {RejectReason.MISSING_KEY}


@dataclass(frozen=True)
class RowReject:
    """One rejected row. ``source_line``: line of the file (the header is 1); in JSON and XML the row, from 1.

    ``raw_line``: the complete row as written; characters that no text column can store are escaped.
    """

    source_line: int
    reason: RejectReason
    column_name: str | None = None
    value: str | None = None
    raw_line: str | None = None

    def masked(self, personal: Collection[str]) -> RowReject:
        """A copy without the row's text and without values of ``personal`` columns."""
        value = None if self.column_name in personal else self.value
        return RowReject(self.source_line, self.reason, self.column_name, value)

    def storable(self) -> RowReject:
        """A copy with NUL, U+FFFD and lone surrogates escaped."""
        return RowReject(
            self.source_line, self.reason, self.column_name, _storable(self.value), _storable(self.raw_line)
        )


def _storable(text: str | None) -> str | None:
    if text is None:
        return None
    return text.translate(_ESCAPED).encode("utf-8", "backslashreplace").decode("utf-8")


def is_damaged(text: str) -> bool:
    """Whether a text has lost characters: U+FFFD, NUL, a lone surrogate or undecodable bytes."""
    return "\x00" in text or (not text.isascii() and _DAMAGE.search(text) is not None)


def has_unread_bytes(text: str) -> bool:
    """Whether a text contains undecodable bytes, as decoded by ``surrogateescape``."""
    return any(ord(character) in _UNDECODED for character in text)


def marked(text: str) -> str:
    """A damaged text with an escape for each lost character: ``\\ufffd``, ``\\x00``, ``\\ud83d``, and
    ``\\x81`` for an undecodable byte.
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

    ``added``: undeclared columns, stored as text: canonical name to the document's name. ``duplicated``: the
    subset of ``added`` whose name occurs more than once in the header. ``missing``: spec columns that the
    document lacks; they are null. ``personal``: undeclared columns whose names look like personal data; they
    are not in the rows. Complete once the rows are exhausted.
    """

    added: dict[str, str] = field(default_factory=dict)
    duplicated: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    personal: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TextRows:
    """Accepted rows as text: SQL reads every value as it was checked.

    ``lines``: UTF-8 bytes of each row with its line end (``end``), fields separated by tabs, empty ones null,
    no quoting. ``columns``: canonical names of the fields in their order. ``system``: source_line of the same
    rows and, if the table needs them, marketplace_id and line_hash.
    """

    lines: pa.Array
    columns: tuple[str, ...]
    system: pa.RecordBatch
    end: bytes


Rows: TypeAlias = "pa.RecordBatch | TextRows"


class Reader(Protocol):
    """Reads the rows of one document."""

    @property
    def drift(self) -> DriftReport: ...

    @property
    def schema(self) -> pa.Schema: ...

    def batches(self) -> Iterator[pa.RecordBatch]: ...

    def texts(self) -> Iterator[Rows]: ...


@dataclass
class Tally:
    """Counts the rows of one document and passes on the rejects.

    ``personal``: declared columns with personal data; ``personal_up_to``: the undeclared ones found so far,
    or in the rows up to a line. Rejects of a document with such columns lose their text here, before it can
    reach the ledger, errors, logs and messages; line and document stay known. ``inspect`` receives the
    columns (text) and lines of rows before any of them is rejected. ``marked``: number of damaged texts in
    accepted rows, stored with a mark. ``lost_by_day``: rows of each day rejected for a reason in ``LOST``;
    None if the row's day is unknown. ``rows_far_outside``: rows more than two days outside the window.
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
        """Count a rejected row and pass it on. ``day``: the local day it would have counted for."""
        self.rejected[row.reason] += 1
        if row.reason in LOST:
            self.lost_by_day[day] += 1
        personal = self.personal | self.personal_up_to(row.source_line)
        kept = (row.masked(personal) if personal else row).storable()
        self.first_reject = self.first_reject or kept
        self.on_reject(kept)


class RowStream:
    """The rows of one table of one document, read once.

    ``schema``: the columns known at the start: the spec's, the document's undeclared ones as text, then
    ``source_line`` (int64) and, if the table needs them, ``marketplace_id`` and ``line_hash``. Later batches
    of a JSON or XML document may have more columns, and lack undeclared ones that turned out to be personal.
    Iterating raises DocumentDamaged, UnreadableDocument or CheckFailed; counts are complete after the last
    batch.
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
        """Number of texts in accepted rows with marks for lost characters."""
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
        """Rows that were not rejected while reading."""
        return self.rows_in_file - self.rejected.total()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self._check(self._reader.batches())

    def texts(self) -> Iterator[Rows]:
        """The same rows for a destination that reads text itself: as written if that is safe, else typed."""
        return self._reader.texts() if self._check is iter else iter(self)
