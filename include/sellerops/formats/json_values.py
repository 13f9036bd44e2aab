"""The exact JSON decoder: numbers stay text as written, and repeated keys are kept."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any


class Number(str):
    """A JSON number as written."""

    __slots__ = ()


class LongNumber(Number):
    """A number with an exponent, to be written out unless the result would be too long."""

    __slots__ = ()


class Repeating(dict[str, Any]):
    """An object with repeated keys: the second ``sku`` has the key ``sku``, U+0001, 2."""

    _MARK = re.compile("\u0001[0-9]+")

    @classmethod
    def original(cls, path: str) -> str:
        """A key, or a path of keys, as written in the document."""
        return cls._MARK.sub("", path) if "\u0001" in path else path


def number(text: str) -> Number:
    """Wrap the text of a number."""
    return LongNumber(text) if "e" in text or "E" in text else Number(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    repeating = Repeating()
    times: Counter[str] = Counter()
    for key, value in pairs:
        name = key
        # Counting makes n equal keys cost n steps. The loop handles a key that contains the mark itself.
        while name in repeating:
            times[key] += 1
            name = f"{key}\u0001{times[key] + 1}"
        repeating[name] = value
    return repeating


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# The reference: reads all valid JSON exactly. Faster readers must agree with it.
DECODER = json.JSONDecoder(
    parse_float=number, parse_int=Number, parse_constant=_refuse_constant, object_pairs_hook=_object
)
