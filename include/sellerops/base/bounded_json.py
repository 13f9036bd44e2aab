"""Decoding JSON from outside with a limit on nesting depth."""

from __future__ import annotations

import json
from typing import Any

from sellerops.base.limits import MAX_DEPTH

TOO_DEEP = f"its objects and lists are nested more than {MAX_DEPTH} levels deep (limit MAX_DEPTH)"


class TooDeep(ValueError):
    """JSON nested deeper than MAX_DEPTH: a recursive reader would fail or exhaust the stack."""

    def __init__(self) -> None:
        super().__init__(TOO_DEEP)


def read_json(text: str | bytes) -> Any:
    """Decode a whole JSON text. Raises ValueError, or its subclass TooDeep beyond MAX_DEPTH."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise TooDeep from None
    check_depth(value)
    return value


def is_too_deep(text: str | bytes) -> bool:
    """Whether the text is valid JSON except for its depth."""
    try:
        read_json(text)
    except TooDeep:
        return True
    except ValueError:
        pass
    return False


def check_depth(value: Any) -> None:
    """Raise TooDeep when ``value`` nests lists and objects more than MAX_DEPTH levels deep."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [each for each in level if isinstance(each, (dict, list))]
        if not level:
            return
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    raise TooDeep
