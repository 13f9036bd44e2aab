"""The parts of a JSON document that hold rows: items of the outermost list, or lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sellerops.base.errors import UnreadableDocument
from sellerops.formats.json_splitting import Block
from sellerops.formats.json_stream import JsonText
from sellerops.formats.sniff import Document
from sellerops.formats.trees import Unit


class JsonUnits:
    """Yields the items of the outermost list on the path to the rows."""

    def __init__(
        self,
        document: Document,
        rows: Sequence[str],
        wanted: Sequence[set[str]],
        where: str,
        *,
        is_list: bool = False,
    ) -> None:
        """``wanted``: for each name of ``rows``, the sibling keys that columns read.

        ``is_list``: the document itself is the outermost list.
        """
        self._text = JsonText(document, where)
        self._rows = tuple(rows)
        self._wanted = wanted
        self._where = where
        self._is_list = is_list or not rows
        self._found = False
        self._given = False

    def __iter__(self) -> Iterator[Unit | Block]:
        yield from self._walk(0, [])
        self._text.end()
        if not self._found:
            wanted = f"it has no list `{'.'.join(self._rows)}`" if self._rows else "it is not a list"
            raise UnreadableDocument(f"{wanted}.", where=self._where)

    def _walk(self, level: int, outer: list[dict[str, Any]]) -> Iterator[Unit | Block]:
        start = self._text.next()
        if start == "[" and (level or self._is_list):
            self._found = True
            for item in self._text.items(outer):
                self._given = True
                yield item if isinstance(item, Block) else Unit(item, outer)
        elif start == "{" and level < len(self._rows):
            here: dict[str, Any] = {}
            for key in self._text.members():
                if key == self._rows[level]:
                    yield from self._walk(level + 1, [*outer, here])
                elif key in self._wanted[level]:
                    self._refuse_late(key, level)
                    here[key] = self._text.value()
                else:
                    self._text.skip()
        elif start == "n":
            self._found = self._found or level == len(self._rows)  # Amazon also writes an empty list as null
            self._text.value()
        else:
            self._text.skip()

    def _refuse_late(self, key: str, level: int) -> None:
        if self._given:
            path = ".".join([*self._rows[:level], key])
            raise UnreadableDocument(
                f"`{path}`, which every row needs, comes after the rows.", where=self._where
            )


class JsonLines:
    """Yields each line of the document."""

    def __init__(self, document: Document, where: str) -> None:
        self._text = JsonText(document, where)

    def __iter__(self) -> Iterator[Unit | Block]:
        for line in self._text.lines():
            yield line if isinstance(line, Block) else Unit(line, [])
