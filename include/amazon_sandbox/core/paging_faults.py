"""Faults of paginated lists: a repeated page, entry or token, and endless lists."""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from amazon_sandbox.core.faults import FaultBook, FaultKind, Stage, Subject

MENU = (
    FaultKind("repeated_page", Stage.PAGE, "the next page is this one again, under a token of its own"),
    FaultKind("overlapping_page", Stage.PAGE, "the next page begins with the last entry of this one"),
    FaultKind(
        "endless_pages",
        Stage.PAGE,
        "from this page on there is always another one",
        {"empty": "true: the pages have no entries; else they are this one again"},
    ),
    FaultKind("repeated_token", Stage.PAGE, "the page names the token it was requested with"),
)
_TOKENS = ("nextToken", "NextToken")


class PagedCall(Protocol):
    """A call of any API, before its response."""

    request: Request
    body: bytes
    fault: str | None

    def subject(self) -> Subject: ...


@dataclass
class _Page:
    """The response behind a token made here, and whether it names another such token."""

    status: int
    body: dict[str, Any]
    is_endless: bool


class PageFaults:
    """Applies paging faults to responses, and keeps the next-page tokens that they create."""

    def __init__(self, faults: FaultBook) -> None:
        self._faults = faults
        self._pages: dict[str, _Page] = {}
        self._overlaps: dict[str, Any] = {}

    def clear(self) -> None:
        """Forget the tokens."""
        self._pages.clear()
        self._overlaps.clear()

    async def answer(
        self, call: PagedCall, handle: Callable[[], Awaitable[tuple[int, Any]]]
    ) -> tuple[int, Any]:
        """The response of ``handle`` with paging faults applied, or the one behind a token made here."""
        tokens = _tokens_of(call)
        page = next((self._pages[token] for token in tokens if token in self._pages), None)
        if page is None:
            status, body = await handle()
            return status, self._with_faults(call, tokens, status, body)
        body = copy.deepcopy(page.body)
        if page.is_endless:
            self._add_token(body, page)
        return page.status, body

    def _with_faults(self, call: PagedCall, tokens: list[str], status: int, body: Any) -> Any:
        if not isinstance(body, dict) or (entries := _list_in(body)) is None:
            return body
        for token in tokens:
            if token in self._overlaps:
                entries.insert(0, self._overlaps.pop(token))
        found = _token_in(body)
        is_page = found is not None or tokens
        fault = self._faults.draw(Stage.PAGE, call.subject()) if is_page else None
        if fault is None:
            return body
        call.fault = fault.kind.name
        match fault.kind.name:
            case "repeated_page" if found:
                self._add_token(body, _Page(status, copy.deepcopy(body), is_endless=False))
            case "overlapping_page" if found and entries:
                self._overlaps[found[0][found[1]]] = copy.deepcopy(entries[-1])
            case "endless_pages":
                page = copy.deepcopy(body)
                if fault.options.get("empty"):
                    (_list_in(page) or []).clear()
                self._add_token(body, _Page(status, page, is_endless=True))
            case "repeated_token" if found and tokens:
                found[0][found[1]] = tokens[0]
        return body

    def _add_token(self, body: dict[str, Any], page: _Page) -> None:
        """Put a new token for ``page`` into ``body``."""
        token = secrets.token_urlsafe(24)
        self._pages[token] = page
        holder, name = _token_in(body) or (body, "nextToken")
        holder[name] = token


def _parts(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield body
    for name in ("payload", "pagination"):
        if isinstance(body.get(name), dict):
            yield body[name]


def _token_in(body: dict[str, Any]) -> tuple[dict[str, Any], str] | None:
    """The object and key that hold the token of the next page."""
    for part in _parts(body):
        for name in _TOKENS:
            if part.get(name):
                return part, name
    return None


def _list_in(body: dict[str, Any]) -> list[Any] | None:
    for part in _parts(body):
        for value in part.values():
            if isinstance(value, list):
                return value
    return None


def _tokens_of(call: PagedCall) -> list[str]:
    """The page tokens of a call, from its query or body."""
    values: dict[str, Any] = dict(call.request.query_params)
    if call.body:
        try:
            parsed = json.loads(call.body)
        except (ValueError, RecursionError):
            parsed = None
        values |= parsed if isinstance(parsed, dict) else {}
    return [str(value) for name, value in values.items() if name.lower().endswith("token")]
