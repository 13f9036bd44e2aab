"""Follows next-page tokens, which most list operations use."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sellerops.base.errors import UnexpectedAnswer
from sellerops.sources.common.operations import Calls, Page

log = logging.getLogger(__name__)

# Far more than any real list has.
MOST_PAGES = 10_000
# After this many repeated pages in a row, the list is considered endless.
MOST_REPEATS = 3


class PageWatch:
    """Checks the pages of one list, in order, for repeats and for a list without an end.

    Amazon may send a page again under another token, so each token is used once and each page counts once.
    ``where``: the place that errors name.
    """

    def __init__(self, operation: str, where: str, *, most_pages: int = MOST_PAGES) -> None:
        self._operation, self._where, self._most_pages = operation, where, most_pages
        self._tokens: set[str] = set()
        self._pages: set[bytes] = set()
        self._count = self._repeats = 0

    def is_repeat(self, entries: Any) -> bool:
        """Whether a page with exactly these entries came before. UnexpectedAnswer after too many such pages
        in a row, or too many pages.
        """
        self._count += 1
        if self._count > self._most_pages:
            raise self._endless(f"sent more than {self._most_pages} pages")
        if not entries:
            return False
        digest = _digest(entries)
        if digest not in self._pages:
            self._pages.add(digest)
            self._repeats = 0
            return False
        self._repeats += 1
        if self._repeats >= MOST_REPEATS:
            raise self._endless(f"repeated earlier pages {self._repeats} times in a row")
        log.warning("%s repeated an earlier page as page %s; it counts once", self._operation, self._count)
        return True

    def use(self, token: str) -> str:
        """``token``, for the next page. UnexpectedAnswer if it was used before."""
        if token in self._tokens:
            raise self._endless("repeated a next-page token")
        self._tokens.add(token)
        return token

    def _endless(self, what: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(
            f"{self._operation} {what}: the list has no end.",
            where=self._where,
            remedy="Nothing was stored: clear the task to read the list again.",
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
    is_post: bool = False,
) -> AsyncIterator[Page]:
    """Every page of a list, each once; ``token_at`` (dotted) is the path of its token, sent as ``token_as``.

    ``beside``: the arguments sent with the token in the following calls; if None, all are repeated.
    ``name``: as in ``Page``. ``is_post``: the arguments are the body of a POST that only reads.
    UnexpectedAnswer when ``list_at`` (dotted) is missing, which is not an empty list, and for a list without
    an end (``PageWatch``).
    """
    arguments, watch = dict(query), PageWatch(operation, path)
    send = calls.post if is_post else calls.get
    while True:
        answer = await send(operation, path, arguments)
        entries = value_at(answer, list_at)
        if entries is None:
            raise UnexpectedAnswer(f"{operation} answered without `{list_at}`.", where=path)
        token = value_at(answer, token_at)
        if not watch.is_repeat(_without_token(entries, token_at, list_at)):
            yield Page({"operation": operation, **arguments}, answer, name)
        if not token:
            return
        arguments = {**(query if beside is None else beside), token_as: watch.use(str(token))}


def value_at(answer: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None if there is none."""
    value: Any = answer
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _without_token(entries: Any, token_at: str, list_at: str) -> Any:
    """``entries`` without the token. Where Amazon may omit an empty list, ``list_at`` is the list's parent,
    which has the token, too; None if nothing else is in it.
    """
    parent, _, token = token_at.rpartition(".")
    if not isinstance(entries, Mapping) or parent != list_at:
        return entries
    content = {name: value for name, value in entries.items() if name != token}
    return content if any(content.values()) else None


def _digest(entries: Sequence[Any] | Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(entries, sort_keys=True, default=str).encode()).digest()
