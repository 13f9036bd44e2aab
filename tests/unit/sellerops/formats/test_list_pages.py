"""Entries that two archived pages of a list hold are read once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sellerops.formats.list_pages import ListPages
from sellerops.formats.trees import RowWalker, Unit

ROWS = ("answer", "payload", "things")


def line(entries: Sequence[Any], token: str | None = None, **request: str) -> dict[str, Any]:
    asked = {"operation": "listThings", **request, **({"nextToken": token} if token else {})}
    return {"request": asked, "answer": {"payload": {"things": list(entries)}}}


def read(
    lines: Sequence[dict[str, Any]], rows: tuple[str, ...] = ROWS, *, is_keyed: bool = True
) -> list[Any]:
    units = [Unit(each, []) for each in lines]
    return [row.value for row in RowWalker(ListPages(units, rows, is_keyed=is_keyed), rows, "test")]


@given(st.lists(st.integers(), unique=True, max_size=30), st.data())
def test_any_overlap_of_pages_is_read_once(entries: list[int], data: st.DataObject) -> None:
    """Pages that go on before where the last one ended, and pages that come again."""
    lines, at = [line(entries[:3])], min(3, len(entries))
    while at < len(entries):
        back = data.draw(st.integers(0, at))
        ahead = data.draw(st.integers(1, 5))
        lines.append(line(entries[at - back : at + ahead], token=f"t{at}"))
        at += ahead
    assert read(lines) == entries


def test_the_items_of_a_repeated_entry_are_read_once() -> None:
    """They have no key; their entry does."""
    first = {"id": 1, "items": ["a", "a"]}
    lines = [line([first]), line([first, {"id": 2, "items": ["a"]}], token="t")]
    assert read(lines, (*ROWS, "items"), is_keyed=False) == ["a", "a", "a"]


def test_without_a_key_only_whole_pages_are_suspicious() -> None:
    lines = [line(["a", "b"]), line(["b", "c"], token="t"), line(["a", "b"], token="u")]
    assert read(lines, is_keyed=False) == ["a", "b", "b", "c"]


def test_lists_are_told_apart() -> None:
    """What another call lists may be equal: items of two plans."""
    lines = [
        line(["a"], plan="1"),
        line(["b"], "t", plan="1"),
        line(["a"], plan="2"),
        line(["b"], "u", plan="2"),
    ]
    assert read(lines) == ["a", "b", "a", "b"]


def test_lines_of_no_operation_are_left_alone() -> None:
    assert read([{"answer": {"payload": {"things": ["a"]}}}] * 2) == ["a", "a"]
