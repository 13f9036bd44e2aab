"""Tokens of next pages: opaque, bound to the operation and its arguments, with a place and a time inside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.core.clock import life

_MARK = 16


class Continued(NamedTuple):
    """Where a page begins. `as_of`: when the first page was made; all pages show that moment."""

    place: tuple[int, ...]
    as_of: float
    made_at: float


def next_token(
    key: bytes,
    operation: str,
    arguments: Mapping[str, Any],
    place: Sequence[int],
    as_of: float,
    made_at: float,
) -> str:
    """The token of the page at `place` of an operation called with `arguments`."""
    content = json.dumps([list(place), as_of, made_at], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mark(key, operation, arguments, content) + content).decode()


def continued(
    key: bytes,
    operation: str,
    arguments: Mapping[str, Any],
    token: str,
    *,
    now: float,
    speed: float,
    lifetime: float | None = None,
    name: str = "nextToken",
) -> Continued:
    """What a token says. Raises ApiError (400) for one of another call, or one too old."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        mark, content = raw[:_MARK], raw[_MARK:]
        if not hmac.compare_digest(mark, _mark(key, operation, arguments, content)):
            raise ValueError("another call's")
        place, as_of, made_at = json.loads(content)
    except (ValueError, TypeError) as error:
        raise invalid_input(f"Invalid {name}", token[:200]) from error
    if lifetime is not None and now - made_at > life(lifetime, speed):
        raise invalid_input(f"The {name} has expired", f"It lives {lifetime:g} seconds.")
    return Continued(tuple(place), float(as_of), float(made_at))


def _mark(key: bytes, operation: str, arguments: Mapping[str, Any], content: bytes) -> bytes:
    said = json.dumps([operation, sorted(arguments.items())], default=str).encode()
    return hmac.new(key, said + content, hashlib.sha256).digest()[:_MARK]
