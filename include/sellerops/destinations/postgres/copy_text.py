"""Rows as text for COPY: CSV with tabs as separators, backspaces as quotes, and empty fields for null."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sellerops.formats.rows import Rows, TextRows

# Only values that contain one of these characters need quotes; unquoted, it would end a field or row.
_SPECIAL = "[\t\n\r\b]"
_QUOTE = "\b"
# Arrow writes a decimal with its full scale; 12.5 is shorter than 12.500000 and means the same.
_DECIMAL = r"^(-?[0-9]+)(\.[0-9]*[1-9])?\.?0*$"


def copy_options() -> str:
    """The options of a COPY that reads ``copy_text``. The session's time zone must be UTC."""
    return "FORMAT csv, DELIMITER E'\\t', QUOTE E'\\b', NULL '', ENCODING 'UTF8'"


def copy_columns(rows: Rows) -> tuple[str, ...]:
    """The columns that ``copy_text`` writes, in order."""
    if isinstance(rows, TextRows):
        return (*rows.system.schema.names, *rows.columns)
    return tuple(rows.schema.names)


def copy_text(rows: Rows, end: bytes) -> memoryview:
    """``rows`` as text for COPY. Each line ends with ``end``, because one COPY must not mix line endings."""
    if isinstance(rows, TextRows):
        system = [_as_text(column).cast(pa.binary()) for column in rows.system.columns]
        joined = pc.binary_join_element_wise(*system, rows.lines, b"\t")
    else:
        fields = pc.binary_join_element_wise(*(_as_text(column) for column in rows.columns), "\t")
        joined = pc.binary_join_element_wise(fields, "", end.decode())
    return _content(joined)


def _as_text(column: pa.Array) -> pa.Array:
    """Each value as text that Postgres reads back exactly; null as empty text."""
    if pa.types.is_decimal(column.type):
        text = pc.replace_substring_regex(column.cast(pa.string()), _DECIMAL, r"\1\2")
    elif pa.types.is_string(column.type):
        text = column
        special = pc.match_substring_regex(column, _SPECIAL)
        if pc.any(special).as_py():
            doubled = pc.replace_substring(column, _QUOTE, _QUOTE * 2)
            quoted = pc.binary_join_element_wise(_QUOTE, doubled, _QUOTE, "")
            text = pc.if_else(special, quoted, column)
    else:
        text = column.cast(pa.string())
    return pc.fill_null(text, "")


def _content(texts: pa.Array) -> memoryview:
    """The concatenated bytes of all values."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return memoryview(b"")
    view = memoryview(offsets).cast("i")
    return memoryview(data)[view[texts.offset] : view[texts.offset + len(texts)]]
