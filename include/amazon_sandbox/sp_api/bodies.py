"""Reads the JSON body of a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from amazon_sandbox.core.answers import ApiError, invalid_input

_TYPE_NAMES: Sequence[tuple[type, str]] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def body_object(raw: bytes, content_type: str | None) -> dict[str, Any]:
    """The JSON object of a POST. Raises ApiError: 415 for another media type, 400 for anything else."""
    if content_type is not None and content_type.split(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "UnsupportedMediaType", "Unsupported Media Type", f"Content-Type {content_type}")
    try:
        parsed = json.loads(raw) if raw else {}
    except (ValueError, RecursionError) as error:
        raise invalid_input("Invalid request body: it is not JSON", "") from error
    if not isinstance(parsed, dict):
        raise wrong_type(parsed, "object")
    return parsed


def wrong_type(value: object, allowed: str) -> ApiError:
    """The error for a value of the wrong JSON type."""
    found = next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "null")
    mismatch = f'instance type ({found}) does not match any allowed primitive type (allowed: ["{allowed}"])'
    return invalid_input(f"Invalid request body: [{mismatch}]")
