"""What JSON text is decoded to here: numbers stay the text they are written in, repeated keys are kept."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any


class Number(str):
    """A JSON number, as written."""

    __slots__ = ()


class LongNumber(Number):
    """A number with an exponent: its digits must be written out, or not."""

    __slots__ = ()


class Repeating(dict[str, Any]):
    """An object whose repeated keys are kept: the second ``sku`` is ``sku``, U+0001 and 2."""

    _MARK = re.compile("\u0001[0-9]+")

    @classmethod
    def original(cls, path: str) -> str:
        """A key, or a path of keys, as the document has it."""
        return cls._MARK.sub("", path) if "\u0001" in path else path


def number(text: str) -> Number:
    """A number's text as a value."""
    return LongNumber(text) if "e" in text or "E" in text else Number(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    repeating = Repeating()
    times: Counter[str] = Counter()
    for key, value in pairs:
        name = key
        # Counted, so that n equal keys cost n steps. The loop is for a key that holds the mark itself.
        while name in repeating:
            times[key] += 1
            name = f"{key}\u0001{times[key] + 1}"
        repeating[name] = value
    return repeating


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


# Reads everything that is JSON, and all of it exactly: the judge of what a document says.
DECODER = json.JSONDecoder(
    parse_float=number, parse_int=Number, parse_constant=_refuse_constant, object_pairs_hook=_object
)
