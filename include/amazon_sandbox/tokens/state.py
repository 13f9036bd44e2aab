"""The body of createRestrictedDataToken, validated as Amazon's model requires."""

from __future__ import annotations

import json

from amazon_sandbox.tokens import data


def resources_of(body: bytes) -> frozenset[tuple[str, str]]:
    """The (method, path) pairs a request names. Raises ApiError."""
    try:
        wanted = json.loads(body)["restrictedResources"]
        pairs = [(each["method"], each["path"]) for each in wanted]
    except (ValueError, KeyError, TypeError):
        raise data.invalid("Resource not provided.") from None
    if not pairs or len(pairs) > data.MOST_RESOURCES:
        raise data.invalid(f"From 1 to {data.MOST_RESOURCES} resources can be named.")
    for method, path in pairs:
        if method not in data.METHODS or not isinstance(path, str) or not path.startswith("/"):
            raise data.invalid("Resource not provided.")
        if "{" in path and path.startswith("/reports/"):
            raise data.invalid("The path of a report document must be specific.")
    return frozenset(pairs)
