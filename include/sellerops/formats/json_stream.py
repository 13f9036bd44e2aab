"""Streams JSON: the items of one list; the rest is skipped, and at most one item or block is in memory.

The standard library's C scanner decodes items from a text buffer; only the path to the list is parsed here.
Numbers stay text, as written.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sellerops.base.bounded_json import TooDeep, check_depth
from sellerops.base.errors import DocumentDamaged, LimitExceeded, UnreadableDocument
from sellerops.base.limits import LONGEST_ITEM, MAX_DEPTH, megabytes
from sellerops.formats.json_exact import is_sound
from sellerops.formats.json_splitting import Block, ItemSplitter, LineSplitter, Splitter
from sellerops.formats.json_values import DECODER
from sellerops.formats.sniff import Document

# Bytes read at once, about the size of a block. Larger blocks do not fit the processor's cache; smaller ones
# pay the cost of every column more often.
CHUNK = 192 << 10
# A number is certainly complete only if this many characters follow it: `1`, then `.5`, then `e+7`.
_BEHIND_A_NUMBER = 3
_SPACE = re.compile(r"[ \t\n\r]*")
_SPACES = b" \t\n\r"
_NOT_ASCII = 0x80
_WORDS = ("true", "false", "null")


class JsonText:
    """A cursor on JSON text of any length. Raises DocumentDamaged (ends early) and UnreadableDocument."""

    def __init__(self, document: Document, where: str) -> None:
        self._document = document
        self._where = where
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._text = ""
        self._at = 0
        self._raw = b""  # bytes after the text, not decoded: blocks are read from bytes
        self._gone = 0  # how much has been consumed
        self._ended = False

    def next(self) -> str:
        """Peek at the next character that is not white space; empty at the end."""
        while True:
            if self._raw:
                self._raw = self._raw.lstrip(_SPACES)
                if self._raw and self._raw[0] < _NOT_ASCII:
                    return chr(self._raw[0])
            found = _SPACE.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._read(CHUNK)

    def take(self, expected: str) -> str:
        """Consume the next character, which must be one of ``expected``."""
        found = self.next()
        if not found:
            raise self._cut()
        if found not in expected:
            raise self._broken(f"found {found!r}, expected one of {' '.join(expected)}")
        if self._raw:
            self._raw = self._raw[1:]
        else:
            self._at += 1
        return found

    def value(self) -> Any:
        """Consume the next value."""
        if self._raw:
            self._read(len(self._raw))
        self.next()
        size = CHUNK
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._ended:
                    raise self._error(error) from error
                if len(self._text) - self._at > LONGEST_ITEM:
                    raise self._too_long() from error
            except RecursionError as error:
                raise self._too_deep() from error
            except ValueError as error:
                raise self._broken(str(error)) from error
            else:
                if self._ended or end + _BEHIND_A_NUMBER < len(self._text):
                    self._check(value, end)
                    self._at = end
                    return value
            self._read(size)
            size *= 2

    def items(self, outer: Sequence[dict[str, Any]] = ()) -> Iterator[Any]:
        """Consume the list that begins here; yields its items. ``outer``: the objects that enclose it.

        A Block may come before its items; if the reader takes it, the items do not follow.
        """
        self.take("[")
        if self.next() == "]":
            self.take("]")
            return
        splitter = ItemSplitter()
        while True:
            if block := self._block(splitter, outer):
                yield block
                if self._is_behind(block, splitter):
                    continue
            yield self.value()
            # Inlined for the usual case: this runs for every row.
            if self._text.startswith(",", self._at):
                self._at += 1
            elif self.take(",]") == "]":
                return

    def lines(self) -> Iterator[Any]:
        """Consume the whole document; yields its values, with Blocks as in ``items``."""
        splitter = LineSplitter()
        while self.next():
            if block := self._block(splitter, ()):
                yield block
                if self._is_behind(block, splitter):
                    continue
            yield self.value()

    def members(self) -> Iterator[str]:
        """Yield the keys of the object that begins here; the caller consumes the value after each key."""
        self.take("{")
        if self.next() == "}":
            self.take("}")
            return
        while True:
            if self.next() not in ('"', ""):
                raise self._broken("a key without quotes")
            key = self.value()
            self.take(":")
            yield str(key)
            if self.take(",}") == "}":
                return

    def skip(self, level: int = 0) -> None:
        """Skip the next value, of any length."""
        if level >= MAX_DEPTH:
            raise self._too_deep()
        start = self.next()
        if start == "[":
            for item in self.items():
                if isinstance(item, Block):
                    item.is_taken = is_sound(item)
        elif start == "{":
            for _ in self.members():
                self.skip(level + 1)
        else:
            self.value()

    def end(self) -> None:
        """Raise UnreadableDocument if anything follows."""
        if self.next():
            raise self._broken("there is more text after the end")

    def _block(self, splitter: Splitter, outer: Sequence[dict[str, Any]]) -> Block | None:
        """A block of the items that begin here; None if none can be cut."""
        self.next()
        if not splitter.is_due(self._gone + self._at):
            return None
        self._undecode()
        is_lines, size, is_last = isinstance(splitter, LineSplitter), CHUNK, False
        while True:
            while len(self._raw) < size and not is_last:
                more = self._document.read(CHUNK)
                self._raw, is_last = self._raw + more, not more
            end, step = splitter.end(self._raw, is_last=is_last)
            if 0 < end <= LONGEST_ITEM:
                return Block(self._raw[:end], outer, step, is_lines)
            if is_last or not is_lines or size > LONGEST_ITEM:
                splitter.missed(self._gone + len(self._raw))
                return None
            size *= 2

    def _is_behind(self, block: Block, splitter: Splitter) -> bool:
        """Skip a block that was taken; returns whether it was."""
        end = self._gone + block.step
        splitter.record(end, is_taken=block.is_taken)
        if block.is_taken:
            self._raw, self._gone = self._raw[block.step :], end
        return block.is_taken

    def _undecode(self) -> None:
        """Turn the text that is not consumed yet into bytes again."""
        if not self._raw:
            rest, _ = self._decoder.getstate()
            self._decoder.reset()
            self._raw = self._text[self._at :].encode() + rest
            self._gone += self._at
            self._text, self._at, self._ended = "", 0, False

    def _read(self, size: int) -> None:
        """Decode about ``size`` more bytes and append them to the text that is not consumed yet."""
        self._gone += self._at
        parts = [self._text[self._at :]]
        while size > 0 and not self._ended:
            data, self._raw = self._raw or self._document.read(CHUNK), b""
            size -= len(data)
            self._ended = not data
            try:
                parts.append(self._decoder.decode(data, final=self._ended))
            except UnicodeDecodeError as error:
                raise (self._cut() if self._ended else self._broken(f"not UTF-8 ({error.reason})")) from error
        self._text, self._at = "".join(parts), 0

    def _check(self, value: Any, end: int) -> None:
        """Refuse a value beyond the limits. Counting brackets is cheap and rules out depth for most items."""
        if end - self._at > LONGEST_ITEM:
            raise self._too_long()
        if self._text.count("[", self._at, end) + self._text.count("{", self._at, end) > MAX_DEPTH:
            try:
                check_depth(value)
            except TooDeep as error:
                raise self._too_deep() from error

    def _error(self, error: json.JSONDecodeError) -> DocumentDamaged | UnreadableDocument:
        rest = self._text[error.pos :]
        bare = rest.strip()
        is_cut = (
            error.msg.startswith("Unterminated")
            or not bare
            or bare == "-"
            or any(word.startswith(bare) and word != bare for word in _WORDS)
            or (error.msg.startswith("Invalid") and len(rest) <= 6)
        )
        return self._cut() if self._ended and is_cut else self._broken(error.msg)

    def _cut(self) -> DocumentDamaged:
        return DocumentDamaged("the JSON document ends early.", where=self._where)

    def _too_deep(self) -> LimitExceeded:
        return LimitExceeded(
            f"its objects and lists are nested more than {MAX_DEPTH} levels deep.",
            where=self._where,
            limit="MAX_DEPTH",
        )

    def _too_long(self) -> LimitExceeded:
        return LimitExceeded(
            f"the value {self._text[self._at : self._at + 40]!r}... is longer than "
            f"{megabytes(LONGEST_ITEM)}, or is never closed.",
            where=self._where,
            limit="LONGEST_ITEM",
        )

    def _broken(self, cause: str) -> UnreadableDocument:
        return UnreadableDocument(f"it is not valid JSON: {cause[:200]}.", where=self._where)
