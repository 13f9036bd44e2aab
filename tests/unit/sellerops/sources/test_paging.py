"""Paged lists: a repeated page counts once, and a list without an end is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from support.fake_runtime import NOW, SLICE

from sellerops.base.errors import UnexpectedAnswer
from sellerops.sources.amazon_ads.operations import OPERATIONS
from sellerops.sources.common import paging
from sellerops.sources.common.operations import Operation, OperationInput, Page
from sellerops.sources.common.paging import MOST_REPEATS, read_pages

LISTS = {"listPortfolios": "portfolios", "listSpKeywords": "keywords"}


class Script:
    """Returns its answers in order, whatever the call."""

    def __init__(self, answers: Sequence[Mapping[str, Any]]) -> None:
        self.left = list(answers)

    async def post(self, operation: str, path: str, body: Any) -> Mapping[str, Any]:
        return self.left.pop(0)

    async def get(self, operation: str, path: str, query: Any = None) -> Mapping[str, Any]:
        return self.left.pop(0)

    async def asins(self, marketplace_id: str) -> Sequence[str]:
        return []

    async def offers(self, marketplace_id: str) -> Sequence[Any]:
        return []


def page(name: str, entries: Sequence[int], token: str | None = None) -> dict[str, Any]:
    return {name: [{"id": each} for each in entries], **({"nextToken": token} if token else {})}


def read(pages: Operation, answers: Sequence[Mapping[str, Any]]) -> list[int]:
    """The entries of the pages that count."""

    async def whole() -> list[Page]:
        return [each async for each in pages(Script(answers), OperationInput(SLICE, {}, NOW))]

    found = asyncio.run(whole())
    return [
        entry["id"]
        for each in found
        for value in each.answer.values()
        if isinstance(value, list)
        for entry in value
    ]


def a_list(calls: Any, asked: OperationInput) -> Any:
    return read_pages(calls, "listThings", "/things", {}, list_at="things", token_at="nextToken")


ALL = [*((OPERATIONS[name], key) for name, key in LISTS.items()), (a_list, "things")]


@pytest.mark.parametrize(("pages", "key"), ALL)
def test_a_page_under_another_token_counts_once(pages: Operation, key: str) -> None:
    answers = [page(key, [1, 2], "a"), page(key, [1, 2], "b"), page(key, [3], "c"), page(key, [1, 2])]
    assert read(pages, answers) == [1, 2, 3]


@pytest.mark.parametrize(("pages", "key"), ALL)
def test_equal_entries_of_one_page_are_two(pages: Operation, key: str) -> None:
    assert read(pages, [page(key, [1, 1], "a"), page(key, [1])]) == [1, 1, 1]


@pytest.mark.parametrize(("pages", "key"), ALL)
def test_a_circle_is_given_up(pages: Operation, key: str) -> None:
    answers = [page(key, [1], f"token {number}") for number in range(MOST_REPEATS + 1)]
    with pytest.raises(UnexpectedAnswer, match="no end"):
        read(pages, answers)


@pytest.mark.parametrize(("pages", "key"), ALL)
def test_the_same_token_is_given_up(pages: Operation, key: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="no end"):
        read(pages, [page(key, [1], "a"), page(key, [2], "a"), page(key, [3])])


@pytest.mark.parametrize(("pages", "key"), ALL)
def test_empty_pages_are_no_repeats_but_are_counted(
    pages: Operation, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = [page(key, [], f"token {number}") for number in range(5)]
    assert read(pages, [*empty, page(key, [1])]) == [1]
    monkeypatch.setattr(paging.PageWatch.__init__, "__kwdefaults__", {"most_pages": 3})
    with pytest.raises(UnexpectedAnswer, match="more than 3 pages"):
        read(pages, [*empty, page(key, [1])])
