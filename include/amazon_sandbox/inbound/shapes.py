"""Checks JSON bodies against the bounds of Amazon's model; fields it does not have are ignored."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.core.instants import parse_instant


def bad_request(message: str, details: str = "") -> ApiError:
    """400 BadRequest, the code this API uses for whatever it refuses."""
    return ApiError(400, "BadRequest", message, details)


class Shape(Protocol):
    """What a value must look like."""

    def check(self, value: Any, place: str) -> None:
        """Raises ApiError for a value the model does not allow; `place` is its path in the body."""


def _wrong(place: str, rule: str, value: Any) -> ApiError:
    return bad_request(f"Invalid value for {place}: it must {rule}", f"{value!r}"[:200])


@dataclass(frozen=True)
class Text:
    """A string: its length, pattern (of the whole) or the values of its enum."""

    least: int = 0
    most: int = 1 << 20
    pattern: str | None = None
    values: tuple[str, ...] = ()

    def check(self, value: Any, place: str) -> None:
        if not isinstance(value, str):
            raise _wrong(place, "be a string", value)
        if not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _wrong(place, "be valid Unicode", value)
        if self.values and value not in self.values:
            raise _wrong(place, f"be one of {', '.join(self.values)}", value)
        if not self.least <= len(value) <= self.most:
            raise _wrong(place, f"have {self.least} to {self.most} characters", value)
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise _wrong(place, f"match {self.pattern}", value)


@dataclass(frozen=True)
class Day:
    """A calendar day, YYYY-MM-DD."""

    def check(self, value: Any, place: str) -> None:
        try:
            if not isinstance(value, str) or date.fromisoformat(value).isoformat() != value:
                raise ValueError(value)
        except ValueError as error:
            raise _wrong(place, "be a day, YYYY-MM-DD", value) from error


@dataclass(frozen=True)
class Instant:
    """An ISO 8601 date-time."""

    def check(self, value: Any, place: str) -> None:
        if not isinstance(value, str) or "T" not in value.upper() or parse_instant(value) is None:
            raise _wrong(place, "be an ISO 8601 date-time such as 2026-11-24T15:00Z", value)


@dataclass(frozen=True)
class Number:
    """A number within bounds, both included."""

    least: float = float("-inf")
    most: float = float("inf")
    is_whole: bool = False

    def check(self, value: Any, place: str) -> None:
        kinds = (int,) if self.is_whole else (int, float)
        if isinstance(value, float) and self.is_whole and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
            raise _wrong(place, "be a whole number" if self.is_whole else "be a number", value)
        if not self.least <= value <= self.most:
            raise _wrong(place, f"be from {self.least:g} to {self.most:g}", value)


@dataclass(frozen=True)
class Items:
    """An array and the shape of its elements."""

    of: Shape
    least: int = 0
    most: int = 1 << 20

    def check(self, value: Any, place: str) -> None:
        if not isinstance(value, list):
            raise _wrong(place, "be an array", value)
        if not self.least <= len(value) <= self.most:
            raise _wrong(place, f"have {self.least} to {self.most} elements", len(value))
        for index, element in enumerate(value):
            self.of.check(element, f"{place}[{index}]")


@dataclass(frozen=True)
class Record:
    """An object: its fields by name, and which of them are required."""

    fields: Mapping[str, Shape]
    required: frozenset[str] = field(default_factory=frozenset)

    def check(self, value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise _wrong(place or "body", "be an object", value)
        prefix = f"{place}." if place else ""
        for name in sorted(self.required):
            if value.get(name) is None:
                raise bad_request(f"{prefix}{name} is required and missing")
        for name, shape in self.fields.items():
            if name in value:
                shape.check(value[name], f"{prefix}{name}")


def record(required: Mapping[str, Shape] | None = None, **optional: Shape) -> Record:
    """A Record from its required and its optional fields."""
    needed = dict(required or {})
    return Record({**needed, **optional}, frozenset(needed))
