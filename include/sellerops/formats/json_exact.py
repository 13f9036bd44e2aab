"""Decodes whole blocks of JSON with msgspec if the result is certain to equal the plain reader's.

msgspec keeps the last of two equal keys and reads ``-0`` as 0. So key-value pairs are counted in the text and
in the result, and a block in which the two differ is refused. Decimals stay text; whole numbers become
``int``, whose text is the number as written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from sellerops.base.limits import MAX_DEPTH
from sellerops.formats.json_splitting import Block
from sellerops.formats.json_values import DECODER, number

# What decoding may raise. RecursionError: too deep. UnicodeError, a ValueError: not UTF-8, a lone surrogate.
UNREAD = (msgspec.DecodeError, RecursionError, ValueError)
_MINUS_ZERO = re.compile(rb"-0(?![.0-9eE])")
_BEFORE_A_VALUE = b":[, \t\n\r"
_QUOTE, _COLON, _SPACE = 34, 58, 32
_MINUS, _ZERO, _POINT, _NINE = 45, 48, 46, 57


def decoder_of(kind: Any, float_hook: Callable[[str], Any] | None = None) -> Callable[[Block], list[Any]]:
    """A decoder for blocks of items of type ``kind``. It raises one of UNREAD."""
    lines = msgspec.json.Decoder(kind, float_hook=float_hook).decode_lines
    items = msgspec.json.Decoder(list[kind], float_hook=float_hook).decode
    return lambda block: lines(block.whole) if block.is_lines else items(block.whole)


_values = decoder_of(Any, number)
_texts = decoder_of(Any, str)
_raws = decoder_of(msgspec.Raw)


def values_of(block: Block) -> list[Any] | None:
    """The items of a block; None if the plain reader must read them."""
    try:
        values = _values(block)
    except UNREAD:
        return None
    pairs = pairs_read(values)
    return values if pairs is not None and pairs == pairs_written(block.whole) else None


def is_sound(block: Block) -> bool:
    """Whether a block to be skipped is certainly valid and within the limits."""
    try:
        return pairs_read(_texts(block)) is not None
    except UNREAD:
        return False


class Items:
    """The items of a valid block, each decoded on access by the plain reader's decoder."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._raws: list[msgspec.Raw] = []

    def __getitem__(self, place: int) -> Any:
        self._raws = self._raws or _raws(self._block)
        return DECODER.decode(bytes(self._raws[place]).decode())


def pairs_read(values: Iterable[Any]) -> int | None:
    """The number of key-value pairs in items; None if one is nested beyond MAX_DEPTH."""
    count = 0
    level = list(values)
    for _ in range(MAX_DEPTH + 1):
        objects = [each for each in level if type(each) is dict]
        lists = [each for each in level if type(each) is list]
        if not objects and not lists:
            return count
        count += sum(map(len, objects))
        level = list(chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(lists)))
    return None


def pairs_written(text: bytes) -> int | None:
    """The number of key-value pairs in valid JSON text, or more; None if only the plain reader can read it.

    A pair is a colon after a quote, with at most one white space between them; more could hide a pair. A
    colon after an escaped quote within a text is counted as well.
    """
    octets = np.frombuffer(text, np.uint8)
    if _has_minus_zero(text, octets):
        return None
    is_colon, before = octets[1:] == _COLON, octets[:-1]
    count = int(np.count_nonzero(is_colon & (before == _QUOTE)))
    is_spaced = is_colon & (before <= _SPACE)
    if not is_spaced.any():
        return count
    spaced = octets[np.flatnonzero(is_spaced) - 1]
    if bool((spaced <= _SPACE).any()):
        return None
    return count + int(np.count_nonzero(spaced == _QUOTE))


def _has_minus_zero(text: bytes, octets: np.ndarray) -> bool:
    is_zero = (octets[:-2] == _MINUS) & (octets[1:-1] == _ZERO)
    # In most texts a point, a slash or a digit follows; a slash never occurs in a number.
    if not (is_zero & (octets[2:] - _POINT > _NINE - _POINT)).any() and not text.endswith(b"-0"):
        return False
    places = (found.start() for found in _MINUS_ZERO.finditer(text))
    return any(not place or text[place - 1] in _BEFORE_A_VALUE for place in places)
