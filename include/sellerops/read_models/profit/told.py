"""Status and missing words of a row, as marts write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator


def _split(value: Any) -> Any:
    return sorted({word for word in value.split(", ") if word}) if isinstance(value, str) else value or []


# The words that say what is missing, each once; marts write them as one text.
MissingWords = Annotated[list[str], BeforeValidator(_split)]


def worst(statuses: Iterable[str]) -> str:
    """The status of a figure made of others; ``incomplete`` if there are none."""
    found = set(statuses)
    if not found or "incomplete" in found:
        return "incomplete"
    return "estimated" if "estimated" in found else "complete"


def words(lists: Iterable[Sequence[str]]) -> list[str]:
    """All missing words of these lists, each once, in alphabetical order."""
    return sorted({word for each in lists for word in each})
