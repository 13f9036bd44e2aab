"""How a document writes its values, and the Arrow types that hold them."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from sellerops.formats import times
from sellerops.formats.numbers import DecimalStyle
from sellerops.settings.specs import ColumnType

TIMESTAMP = pa.timestamp("us", "UTC")
# Flat files: 20 digits before the point, 18 after. JSON numbers are doubles: 17 digits after many zeros.
FLAT_DECIMAL = pa.decimal128(38, 18)
JSON_DECIMAL = pa.decimal256(76, 38)
# What Amazon writes for a missing number, date or flag; it differs by account and marketplace.
_DASHES = {"-", "--", "\u2013", "\u2014"}
NOTHING = frozenset({"", "none", "null", "n/a", "n.a.", "na", "not applicable", *_DASHES})


@dataclass(frozen=True)
class ValueRules:
    """How a document writes its values, and the Arrow type that holds its decimals.

    ``nothing``: further words, besides the common ones in ``NOTHING``, for a missing number, time or flag.
    """

    writing: DecimalStyle = DecimalStyle.POINT
    timestamps: tuple[str, ...] = (times.ISO,)
    decimal: pa.DataType = FLAT_DECIMAL
    nothing: frozenset[str] = frozenset()


def arrow_type(column_type: ColumnType, rules: ValueRules) -> pa.DataType:
    """The Arrow type for a column type of the spec."""
    return {
        ColumnType.TEXT: pa.string(),
        ColumnType.INTEGER: pa.int64(),
        ColumnType.DECIMAL: rules.decimal,
        ColumnType.DATE: pa.date32(),
        ColumnType.TIMESTAMP: TIMESTAMP,
        ColumnType.BOOLEAN: pa.bool_(),
    }[column_type]
