"""Following next-page tokens, as most operations that list something do."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sellerops.base.errors import UnexpectedAnswer
from sellerops.sources.common.operations import Calls, Page

log = logging.getLogger(__name__)

# Far more than any list has; one that reaches it has no end.
MOST_PAGES = 10_000
# So many pages in a row that all came before: the list runs in a circle.
MOST_REPEATS = 3


class PageWatch:
    """Looks at the pages of one list, in their order, for what would double rows or never end.

    Amazon may send a page again under another token; each token is used once, each page counts once.
    ``where`` is what errors name.
    """

    def __init__(self, operation: str, where: str, *, most_pages: int = MOST_PAGES) -> None:
        self._operation, self._where, self._most_pages = operation, where, most_pages
        self._tokens: set[str] = set()
        self._pages: set[bytes] = set()
        self._count = self._repeats = 0

    def is_repeat(self, entries: Any) -> bool:
        """Whether a page with just these entries came before. UnexpectedAnswer when only such pages come, or
        too many pages.
        """
        self._count += 1
        if self._count > self._most_pages:
            raise self._endless(f"sends {self._most_pages} pages and still another")
        if not entries:
            return False
        digest = _digest(entries)
        if digest not in self._pages:
            self._pages.add(digest)
            self._repeats = 0
            return False
        self._repeats += 1
        if self._repeats >= MOST_REPEATS:
            raise self._endless(f"sends {self._repeats} times in a row a page that came before")
        log.warning("%s sends page %s for the second time; it counts once", self._operation, self._count)
        return True

    def use(self, token: str) -> str:
        """``token``, for the next page. UnexpectedAnswer when it was used."""
        if token in self._tokens:
            raise self._endless("repeats a next-page token")
        self._tokens.add(token)
        return token

    def _endless(self, what: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(
            f"{self._operation} {what}: the list has no end.",
            where=self._where,
            remedy="Nothing was stored: clear the task to read the list anew.",
        )


async def read_pages(
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
    """Every page of a list, each once; its token stands at ``token_at`` (dotted) and is sent as ``token_as``.

    ``beside``: what goes with the token in the following calls; None: all arguments are repeated. ``name``:
    as in ``Page``.
    UnexpectedAnswer when nothing stands at ``list_at`` (dotted), which is no empty list, and for a list that
    has no end (``PageWatch``).
    """
    asked, watch = dict(query), PageWatch(operation, path)
    while True:
        answer = await calls.get(operation, path, asked)
        entries = value_at(answer, list_at)
        if entries is None:
            raise UnexpectedAnswer(f"{operation} answered without `{list_at}`.", where=path)
        token = value_at(answer, token_at)
        if not watch.is_repeat(_without_token(entries, token_at, list_at)):
            yield Page({"operation": operation, **asked}, answer, name)
        if not token:
            return
        asked = {**(query if beside is None else beside), token_as: watch.use(str(token))}


def value_at(answer: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    value: Any = answer
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _without_token(entries: Any, token_at: str, list_at: str) -> Any:
    """What of ``entries`` is content: where the list may be left out, its parent, token and all, is named."""
    parent, _, token = token_at.rpartition(".")
    if not isinstance(entries, Mapping) or parent != list_at:
        return entries
    content = {name: value for name, value in entries.items() if name != token}
    return content if any(content.values()) else None


def _digest(entries: Sequence[Any] | Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(entries, sort_keys=True, default=str).encode()).digest()
