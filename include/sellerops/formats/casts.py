"""Casts whole columns of text to typed Arrow arrays.

Arrow's casts read most values; ``numbers`` and ``times`` read those that Arrow refuses, and their result
counts. One bad value costs one slow read, not a slow block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sellerops.formats import times
from sellerops.formats.column_bytes import content, has_only, longest, made_of
from sellerops.formats.numbers import DecimalStyle, at_scale, fits, parse_decimal, parse_integer
from sellerops.settings.specs import ColumnType

TIMESTAMP = pa.timestamp("us", "UTC")
# Flat files: 20 digits before the point, 18 after. JSON numbers are doubles: 17 digits after many zeros.
FLAT_DECIMAL = pa.decimal128(38, 18)
JSON_DECIMAL = pa.decimal256(76, 38)
# What Amazon writes for a missing number, date or flag; it differs by account and marketplace.
_DASHES = {"-", "--", "\u2013", "\u2014"}
NOTHING = frozenset({"", "none", "null", "n/a", "n.a.", "na", "not applicable", *_DASHES})

_SAFE_DIGITS = 20
# With so few characters, a number has no more digits after the point than any of our decimals.
_SURE_DIGITS = 18
# The characters that nearly all values of a type consist of.
_CHARACTERS = {
    ColumnType.INTEGER: b"-0123456789",
    ColumnType.DECIMAL: b"-.0123456789",
    ColumnType.DATE: b"-0123456789",
    ColumnType.TIMESTAMP: b"-+.: 0123456789TZ",
}
_TRUE, _FALSE = frozenset({"true", "yes", "y", "t", "1"}), frozenset({"false", "no", "n", "f", "0"})
_MADE_OF = {kind: made_of(characters) for kind, characters in _CHARACTERS.items()}
_FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
_PLAIN_DECIMAL = {
    DecimalStyle.POINT: r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$",
    DecimalStyle.LOCAL_POINT: r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$",
    DecimalStyle.LOCAL_COMMA: r"^-?[0-9]{1,9}(,[0-9]{1,9})?$",
    DecimalStyle.LOCAL_UNKNOWN: r"^-?[0-9]{1,9}([.,]([0-9]{1,2}|[0-9]{4,9}))?$",
}
_WITH_MINUTES = r"^.{10}$|^.{13}:"
# Postgres reads offsets below 16 hours, Arrow those below a day.
_FAR_OFFSET = r"[+-](1[6-9]|2[0-9]):?[0-9]{2}$"
_PLAIN_ISO = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})$"
)

FastCast = Callable[[pa.Array], tuple[pa.Array, bool]]


@dataclass(frozen=True)
class Cast:
    """A typed column: null at the ``failures`` (positions) and where the document has no value.

    ``as_written``: SQL reads the text of every value (failures aside) the same.
    """

    values: pa.Array
    failures: Sequence[int] = ()
    as_written: bool = True


@dataclass(frozen=True)
class ValueRules:
    """How a document writes its values, and the Arrow type that holds its decimals.

    ``nothing``: further words, beside the common ones in ``NOTHING``, for a missing number, time or flag.
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


def contains_any(values: pa.Array, *parts: bytes) -> bool:
    """Whether the concatenated bytes of all texts contain one of ``parts``."""
    texts = content(values)
    return any(part in texts for part in parts)


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
        return _fast_integer, _matches(r"^-?[0-9]{1,18}$"), parse_integer
    if column_type is ColumnType.DECIMAL:
        return _fast_decimal(rules, target), _matches(_PLAIN_DECIMAL[rules.writing]), _exact(rules, target)
    if column_type is ColumnType.BOOLEAN:
        return _fast_boolean, lambda values: None, _parse_boolean
    patterns = rules.timestamps
    if column_type is ColumnType.DATE:
        plain = _matches(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$") if times.ISO in patterns else lambda values: None
        return _fast_date(patterns), plain, lambda text: times.parse_date(text, patterns)
    plain = _matches(_PLAIN_ISO) if patterns[:1] == (times.ISO,) else lambda values: None
    return _fast_timestamp(patterns), plain, lambda text: times.parse_timestamp(text, patterns)


def _matches(regex: str) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.fill_null(pc.match_substring_regex(values, regex), False)


def _fast_integer(values: pa.Array) -> tuple[pa.Array, bool]:
    # Arrow reads 0x1F as 31; in a document it is text.
    if contains_any(values, b"x", b"X"):
        raise pa.ArrowInvalid("hexadecimal")
    return values.cast(pa.int64()), True


def _fast_decimal(rules: ValueRules, target: pa.DataType) -> FastCast:
    """Arrow's cast, guarded: a number with too many digits wraps around silently (pyarrow 26)."""
    plain = _matches(_PLAIN_DECIMAL[rules.writing])

    def local(values: pa.Array) -> tuple[pa.Array, bool]:
        if pc.any(pc.and_(values.is_valid(), pc.invert(plain(values)))).as_py():
            raise pa.ArrowInvalid("needs the exact parser")
        return point(pc.replace_substring(values, ",", "."))[0], not contains_any(values, b",")

    def point(values: pa.Array) -> tuple[pa.Array, bool]:
        if longest(values) > _SAFE_DIGITS or contains_any(values, b"e", b"E"):
            raise pa.ArrowInvalid("may not fit")
        return values.cast(target), True

    return point if rules.writing is DecimalStyle.POINT else local


def _exact(rules: ValueRules, target: pa.DataType) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = parse_decimal(text, rules.writing)
        if not fits(value, target.precision, target.scale):
            raise ValueError("more digits than are stored")
        return at_scale(value, target.scale)

    return parse


def _fast_boolean(values: pa.Array) -> tuple[pa.Array, bool]:
    lower = pc.utf8_lower(values)
    true, false = (pc.is_in(lower, pa.array(sorted(words))) for words in (_TRUE, _FALSE))
    if pc.any(pc.and_(values.is_valid(), pc.invert(pc.or_(true, false)))).as_py():
        raise pa.ArrowInvalid("neither true nor false")
    return pc.if_else(values.is_valid(), true, None), True


def _parse_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("neither true nor false")


def _fast_date(patterns: Sequence[str]) -> FastCast:
    rewrites = [times.iso_rewrite(pattern) for pattern in patterns if pattern != times.ISO]

    def cast(values: pa.Array) -> tuple[pa.Array, bool]:
        if times.ISO in patterns:
            try:
                return _in_our_era(values.cast(pa.date32()), date.min, date.max), True
            except pa.ArrowInvalid:
                pass
        for rewrite in rewrites:
            if (
                rewrite
                and " " not in rewrite.replacement
                and pc.all(_matches_or_null(values, rewrite.regex)).as_py()
            ):
                rewritten = pc.replace_substring_regex(values, rewrite.regex, rewrite.replacement)
                return _in_our_era(rewritten.cast(pa.date32()), date.min, date.max), False
        raise pa.ArrowInvalid("needs the exact parser")

    return cast


def _fast_timestamp(patterns: Sequence[str]) -> FastCast:
    rewrites = [times.iso_rewrite(pattern) for pattern in patterns if pattern != times.ISO]

    def cast(values: pa.Array) -> tuple[pa.Array, bool]:
        if times.ISO in patterns:
            for zone in (TIMESTAMP, pa.timestamp("us")):
                try:
                    moments = values.cast(zone).cast(TIMESTAMP)
                except pa.ArrowInvalid:
                    continue
                return _in_our_era(moments, _FIRST_INSTANT, _LAST_INSTANT), _is_read_by_sql(values)
        for rewrite in rewrites:
            if rewrite and pc.all(_matches_or_null(values, rewrite.regex)).as_py():
                rewritten = pc.replace_substring_regex(values, rewrite.regex, rewrite.replacement)
                moments = rewritten.cast(pa.timestamp("us")).cast(TIMESTAMP)
                return _in_our_era(moments, _FIRST_INSTANT, _LAST_INSTANT), False
        raise pa.ArrowInvalid("needs the exact parser")

    return cast


def _is_read_by_sql(values: pa.Array) -> bool:
    """Whether SQL reads these ISO texts as Arrow does."""
    return _tells_minutes(values) and not _has_far_offset(values)


def _has_far_offset(values: pa.Array) -> bool:
    if any(pc.all(pc.ends_with(values, zone)).as_py() for zone in ("+00:00", "Z")):
        return False
    return bool(pc.any(pc.match_substring_regex(values, _FAR_OFFSET)).as_py())


def _tells_minutes(values: pa.Array) -> bool:
    """Whether all ISO texts have minutes, which SQL requires. A text of 20 characters always does."""
    lengths = pc.min_max(pc.binary_length(values))
    shortest, longest = lengths["min"].as_py() or 20, lengths["max"].as_py() or 20
    return (
        shortest >= 20
        or shortest == longest == 10
        or bool(pc.all(_matches_or_null(values, _WITH_MINUTES)).as_py())
    )


def _matches_or_null(values: pa.Array, regex: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(values, regex), True)


def _in_our_era(typed: pa.Array, first: date, last: date) -> pa.Array:
    """Refuse what only Arrow accepts: the year 0, and instants after the end of the year 9999."""
    ends = pc.min_max(typed)
    least, most = ends["min"], ends["max"]
    if least.is_valid and (
        pc.less(least, pa.scalar(first, typed.type)).as_py()
        or pc.greater(most, pa.scalar(last, typed.type)).as_py()
    ):
        raise pa.ArrowInvalid("outside the years 1 to 9999")
    return typed
