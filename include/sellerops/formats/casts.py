"""Casts whole columns of text to typed Arrow arrays.

Arrow's casts read most values; ``numbers`` and ``times`` read those that Arrow refuses, and are the reference
that the casts must agree with. One bad value costs one slow read, not a slow block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sellerops.formats import times
from sellerops.formats.column_bytes import has_only, longest, made_of
from sellerops.formats.fast_casts import (
    PLAIN_DECIMAL,
    FastCast,
    fast_boolean,
    fast_date,
    fast_decimal,
    fast_integer,
    fast_timestamp,
    matches,
    parse_boolean,
)
from sellerops.formats.numbers import DecimalStyle, at_scale, fits, parse_decimal, parse_integer
from sellerops.formats.value_rules import NOTHING, ValueRules, arrow_type
from sellerops.settings.specs import ColumnType

# A number of at most this many characters has no more digits after the point than our decimals store.
_SURE_DIGITS = 18
# The characters that nearly all values of a type consist of.
_CHARACTERS = {
    ColumnType.INTEGER: b"-0123456789",
    ColumnType.DECIMAL: b"-.0123456789",
    ColumnType.DATE: b"-0123456789",
    ColumnType.TIMESTAMP: b"-+.: 0123456789TZ",
}
_MADE_OF = {kind: made_of(characters) for kind, characters in _CHARACTERS.items()}
_PLAIN_ISO = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})$"
)


@dataclass(frozen=True)
class Cast:
    """A typed column: null at the ``failures`` (positions) and where the document has no value.

    ``as_written``: SQL reads the text of every value (failures aside) the same.
    """

    values: pa.Array
    failures: Sequence[int] = ()
    as_written: bool = True


def cast_column(values: pa.Array, column_type: ColumnType, rules: ValueRules) -> Cast:
    """``values`` (text, null where the document has no value) as ``column_type``."""
    if column_type is ColumnType.TEXT:
        return Cast(values)
    target = arrow_type(column_type, rules)
    if values.null_count == len(values):
        return Cast(pa.nulls(len(values), target))
    fast, plain, reference = _ways(column_type, rules, target)
    try:
        typed, as_written = fast(values)
        return Cast(typed, (), as_written)
    except pa.ArrowInvalid:
        pass
    # Usually the culprit is a word among numbers: a scan for odd characters is cheaper than a regular
    # expression.
    for is_easy in filter(None, (_MADE_OF.get(column_type), plain)):
        easy = is_easy(values)
        if easy is None:
            continue
        try:
            typed, as_written = fast(pc.if_else(easy, values, _null_of(values.type)))
        except pa.ArrowInvalid:
            continue
        hard = pc.and_(values.is_valid(), pc.invert(easy))
        break
    else:
        typed, hard, as_written = pa.nulls(len(values), target), values.is_valid(), False
    return _by_reference(values, typed, hard, _or_nothing(reference, rules.nothing), as_written)


def is_read_by_sql(values: pa.Array, column_type: ColumnType, rules: ValueRules) -> bool:
    """Whether SQL reads every text as ``cast_column`` does. False is inconclusive."""
    if column_type is ColumnType.DECIMAL:
        return is_plain_decimal(values, rules)
    target = arrow_type(column_type, rules)
    try:
        return column_type is ColumnType.TEXT or _ways(column_type, rules, target)[0](values)[1]
    except pa.ArrowInvalid:
        return False


def is_plain_decimal(values: pa.Array, rules: ValueRules) -> bool:
    """Whether every text is a decimal that SQL reads as ``cast_column`` does. False is inconclusive.

    Quick: Arrow parses doubles, which have the same form of digits and one point, in a third of the time.
    """
    if rules.writing not in (DecimalStyle.POINT, DecimalStyle.LOCAL_POINT) or longest(values) > _SURE_DIGITS:
        return False
    if not has_only(values, _CHARACTERS[ColumnType.DECIMAL]):
        return False
    try:
        values.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _null_of(kind: pa.DataType) -> pa.Scalar:
    return pa.nulls(1, kind)[0]


def _or_nothing(reference: Callable[[str], Any], nothing: frozenset[str]) -> Callable[[str], Any]:
    words = NOTHING | {word.casefold() for word in nothing}
    return lambda text: None if text.strip().casefold() in words else reference(text)


def _by_reference(
    values: pa.Array, typed: pa.Array, hard: pa.Array, reference: Callable[[str], Any], as_written: bool
) -> Cast:
    """``typed`` with the values at ``hard`` read one by one."""
    places = np.flatnonzero(hard.to_numpy(zero_copy_only=False))
    parsed: list[Any] = []
    failures: list[int] = []
    for place, text in zip(places.tolist(), values.take(pa.array(places)).to_pylist(), strict=True):
        try:
            parsed.append(reference(text))
        except ValueError:
            parsed.append(None)
            failures.append(place)
    mended = pc.replace_with_mask(typed, hard, pa.array(parsed, typed.type))
    return Cast(mended, failures, as_written and len(failures) == len(places))


def _ways(
    column_type: ColumnType, rules: ValueRules, target: pa.DataType
) -> tuple[FastCast, Callable[[pa.Array], pa.Array | None], Callable[[str], Any]]:
    """The fast cast of a column, a mask of values it can read, and the exact parser for one value."""
    if column_type is ColumnType.INTEGER:
        return fast_integer, matches(r"^-?[0-9]{1,18}$"), parse_integer
    if column_type is ColumnType.DECIMAL:
        return fast_decimal(rules, target), matches(PLAIN_DECIMAL[rules.writing]), _exact(rules, target)
    if column_type is ColumnType.BOOLEAN:
        return fast_boolean, lambda values: None, parse_boolean
    patterns = rules.timestamps
    if column_type is ColumnType.DATE:
        plain = matches(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$") if times.ISO in patterns else lambda values: None
        return fast_date(patterns), plain, lambda text: times.parse_date(text, patterns)
    plain = matches(_PLAIN_ISO) if patterns[:1] == (times.ISO,) else lambda values: None
    return fast_timestamp(patterns), plain, lambda text: times.parse_timestamp(text, patterns)


def _exact(rules: ValueRules, target: pa.DataType) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = parse_decimal(text, rules.writing)
        if not fits(value, target.precision, target.scale):
            raise ValueError("more digits than are stored")
        return at_scale(value, target.scale)

    return parse
