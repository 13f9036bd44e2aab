"""Arrow's own casts, guarded: each raises ArrowInvalid for what it would misread.

A cast returns the typed column, and whether SQL reads every text the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from sellerops.formats import times
from sellerops.formats.column_bytes import contains_any, longest
from sellerops.formats.numbers import DecimalStyle
from sellerops.formats.value_rules import TIMESTAMP, ValueRules

_SAFE_DIGITS = 20
_TRUE, _FALSE = frozenset({"true", "yes", "y", "t", "1"}), frozenset({"false", "no", "n", "f", "0"})
_FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
PLAIN_DECIMAL = {
    DecimalStyle.POINT: r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$",
    DecimalStyle.LOCAL_POINT: r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$",
    DecimalStyle.LOCAL_COMMA: r"^-?[0-9]{1,9}(,[0-9]{1,9})?$",
    DecimalStyle.LOCAL_UNKNOWN: r"^-?[0-9]{1,9}([.,]([0-9]{1,2}|[0-9]{4,9}))?$",
}
_WITH_MINUTES = r"^.{10}$|^.{13}:"
# Postgres reads offsets below 16 hours, Arrow those below a day.
_FAR_OFFSET = r"[+-](1[6-9]|2[0-9]):?[0-9]{2}$"
FastCast = Callable[[pa.Array], tuple[pa.Array, bool]]


def matches(regex: str) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.fill_null(pc.match_substring_regex(values, regex), False)


def fast_integer(values: pa.Array) -> tuple[pa.Array, bool]:
    # Arrow reads 0x1F as 31; in a document it is text.
    if contains_any(values, b"x", b"X"):
        raise pa.ArrowInvalid("hexadecimal")
    return values.cast(pa.int64()), True


def fast_decimal(rules: ValueRules, target: pa.DataType) -> FastCast:
    """Arrow's cast, guarded: a number with too many digits wraps around silently (pyarrow 26)."""
    plain = matches(PLAIN_DECIMAL[rules.writing])

    def local(values: pa.Array) -> tuple[pa.Array, bool]:
        if pc.any(pc.and_(values.is_valid(), pc.invert(plain(values)))).as_py():
            raise pa.ArrowInvalid("needs the exact parser")
        return point(pc.replace_substring(values, ",", "."))[0], not contains_any(values, b",")

    def point(values: pa.Array) -> tuple[pa.Array, bool]:
        if longest(values) > _SAFE_DIGITS or contains_any(values, b"e", b"E"):
            raise pa.ArrowInvalid("may not fit")
        return values.cast(target), True

    return point if rules.writing is DecimalStyle.POINT else local


def fast_boolean(values: pa.Array) -> tuple[pa.Array, bool]:
    lower = pc.utf8_lower(values)
    true, false = (pc.is_in(lower, pa.array(sorted(words))) for words in (_TRUE, _FALSE))
    if pc.any(pc.and_(values.is_valid(), pc.invert(pc.or_(true, false)))).as_py():
        raise pa.ArrowInvalid("neither true nor false")
    return pc.if_else(values.is_valid(), true, None), True


def parse_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("neither true nor false")


def fast_date(patterns: Sequence[str]) -> FastCast:
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


def fast_timestamp(patterns: Sequence[str]) -> FastCast:
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
    """Whether all ISO texts have minutes, which SQL requires. Texts of 20 or more characters always do."""
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
