"""Following next-page tokens, as most operations that list something do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from sellerops.errors import UnexpectedAnswer
from sellerops.sources.common.operations import Calls, Page


async def paged(
    calls: Calls,
    operation: str,
    path: str,
    query: Mapping[str, Any],
    *,
    list_at: str,
    token_at: str,
    token_as: str = "nextToken",
    beside: Mapping[str, Any] | None = None,
    name: str = "answer",
) -> AsyncIterator[Page]:
    """Every page of a list; its token stands at ``token_at`` (dotted) and is sent as ``token_as``.

    ``beside``: what goes with the token in the following calls; None: all arguments are repeated. ``name``:
    as in ``Page``.
    UnexpectedAnswer when nothing stands at ``list_at`` (dotted), which is no empty list, and when a token
    comes a second time: such a list has no end.
    """
    asked, seen = dict(query), set[str]()
    while True:
        answer = await calls.get(operation, path, asked)
        if value_at(answer, list_at) is None:
            raise UnexpectedAnswer(f"{operation} answered without `{list_at}`.", where=path)
        yield Page({"operation": operation, **asked}, answer, name)
        token = value_at(answer, token_at)
        if not token:
            return
        if token in seen:
            raise UnexpectedAnswer(f"{operation} repeats a next-page token.", where=path)
        seen.add(token)
        asked = {**(query if beside is None else beside), token_as: token}


def value_at(answer: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    value: Any = answer
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
