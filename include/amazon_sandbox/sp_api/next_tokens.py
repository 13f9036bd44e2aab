"""Next-page tokens: opaque, bound to the operation and its arguments; they hold a position and a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.core.sandbox import Sandbox

_SIGNATURE_BYTES = 16


class PagePosition(NamedTuple):
    """Where a page begins. `as_of`: when the first page was made; all pages show that moment."""

    position: tuple[int, ...]
    as_of: float


def next_token(
    sandbox: Sandbox, operation: str, arguments: Mapping[str, Any], position: Sequence[int], as_of: float
) -> str:
    """The token of the page that begins at `position`; `as_of`: the moment that all pages show."""
    made_at = sandbox.clock.now()
    content = json.dumps([list(position), as_of, made_at], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(
        _signature(sandbox.signing_key, operation, arguments, content) + content
    ).decode()


def read_next_token(
    sandbox: Sandbox,
    operation: str,
    arguments: Mapping[str, Any],
    token: str,
    *,
    lifetime: float | None = None,
    name: str = "nextToken",
) -> PagePosition:
    """The position in a token, the request's parameter `name`.

    Raises ApiError (400) for a token of another call, or one older than `lifetime` (virtual seconds).
    """
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        expected = _signature(sandbox.signing_key, operation, arguments, content)
        if not hmac.compare_digest(signature, expected):
            raise ValueError("another call's")
        position, as_of, made_at = json.loads(content)
    except (ValueError, TypeError) as error:
        raise invalid_input(f"Invalid {name}", token[:200]) from error
    if lifetime is not None and sandbox.clock.now() - made_at > sandbox.clock.lifetime(lifetime):
        raise invalid_input(f"The {name} has expired", f"It lives {lifetime:g} seconds.")
    return PagePosition(tuple(position), float(as_of))


def _signature(key: bytes, operation: str, arguments: Mapping[str, Any], content: bytes) -> bytes:
    signed = json.dumps([operation, sorted(arguments.items())], default=str).encode()
    return hmac.new(key, signed + content, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
