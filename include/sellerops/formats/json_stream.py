"""JSON read piece by piece: the items of one list, the rest skipped, never more in memory than one item.

Items are decoded by the standard library's C scanner out of a text buffer; only the way to the list is walked
by hand. Numbers stay the text they are written in.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sellerops.bounded_json import TooDeep, check_depth
from sellerops.errors import DocumentDamaged, LimitExceeded, UnreadableDocument
from sellerops.formats.sniff import Document
from sellerops.formats.trees import Unit
from sellerops.limits import LONGEST_ITEM, MAX_DEPTH, megabytes

CHUNK = 1 << 18
# A number is whole for certain only when this many characters follow it: `1`, then `.5`, then `e+7`.
_BEHIND_A_NUMBER = 3
_SPACE = re.compile(r"[ \t\n\r]*")
_WORDS = ("true", "false", "null")


class Number(str):
    """A JSON number, as written."""

    __slots__ = ()


class LongNumber(Number):
    """A number with an exponent: its digits must be written out, or not."""

    __slots__ = ()


class Repeating(dict[str, Any]):
    """An object whose repeated keys are kept: the second ``sku`` is ``sku``, U+0001 and 2."""

    _MARK = re.compile("\u0001[0-9]+")

    @classmethod
    def original(cls, path: str) -> str:
        """A key, or a path of keys, as the document has it."""
        return cls._MARK.sub("", path) if "\u0001" in path else path


def _number(text: str) -> Number:
    return LongNumber(text) if "e" in text or "E" in text else Number(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    repeating = Repeating()
    times: Counter[str] = Counter()
    for key, value in pairs:
        name = key
        # Counted, so that n equal keys cost n steps. The loop is for a key that holds the mark itself.
        while name in repeating:
            times[key] += 1
            name = f"{key}\u0001{times[key] + 1}"
        repeating[name] = value
    return repeating


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(
    parse_float=_number, parse_int=Number, parse_constant=_refuse_constant, object_pairs_hook=_object
)


class JsonText:
    """A cursor on JSON text of any length. Raises DocumentDamaged (it ends early) and UnreadableDocument."""

    def __init__(self, document: Document, where: str) -> None:
        self._document = document
        self._where = where
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._text = ""
        self._at = 0
        self._ended = False

    def next(self) -> str:
        """The next character that is no space, not taken; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._read(CHUNK)

    def take(self, expected: str) -> str:
        """The next character, which must be one of ``expected``."""
        found = self.next()
        if not found:
            raise self._cut()
        if found not in expected:
            raise self._broken(f"{found!r} where one of {' '.join(expected)} is expected")
        self._at += 1
        return found

    def value(self) -> Any:
        """The next value, whole."""
        self.next()
        size = CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
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

    def items(self) -> Iterator[Any]:
        """The items of the list that begins here, to its end."""
        self.take("[")
        if self.next() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            # The usual case without a call: this is done for every row.
            if self._text.startswith(",", self._at):
                self._at += 1
            elif self.take(",]") == "]":
                return

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; between two of them the caller takes the value."""
        self.take("{")
        if self.next() == "}":
            self._at += 1
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
        """Go behind the next value, however long it is."""
        if level >= MAX_DEPTH:
            raise self._too_deep()
        start = self.next()
        if start == "[":
            for _ in self.items():
                pass
        elif start == "{":
            for _ in self.members():
                self.skip(level + 1)
        else:
            self.value()

    def end(self) -> None:
        """Raise when anything follows."""
        if self.next():
            raise self._broken("something follows the end")

    def _read(self, size: int) -> None:
        """Some ``size`` bytes more behind what is not taken yet."""
        pieces = [self._text[self._at :]]
        while size > 0 and not self._ended:
            data = self._document.read(CHUNK)
            size -= len(data)
            self._ended = not data
            try:
                pieces.append(self._decoder.decode(data, final=self._ended))
            except UnicodeDecodeError as error:
                raise (self._cut() if self._ended else self._broken(f"not UTF-8 ({error.reason})")) from error
        self._text, self._at = "".join(pieces), 0

    def _check(self, value: Any, end: int) -> None:
        """Refuse a value beyond the limits. Few brackets cannot be deep, and most items have few."""
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
        return UnreadableDocument(f"this is no valid JSON: {cause[:200]}.", where=self._where)


class JsonUnits:
    """The items of the outermost list on the way to the rows."""

    def __init__(
        self, document: Document, rows: Sequence[str], wanted: Sequence[set[str]], where: str
    ) -> None:
        """``wanted``: for each name of ``rows`` the keys beside it that columns read."""
        self._text = JsonText(document, where)
        self._rows = tuple(rows)
        self._wanted = wanted
        self._where = where
        self._found = False
        self._given = False

    def __iter__(self) -> Iterator[Unit]:
        yield from self._walk(0, [])
        self._text.end()
        if not self._found:
            wanted = f"there is no list `{'.'.join(self._rows)}` in it" if self._rows else "it is no list"
            raise UnreadableDocument(f"{wanted}.", where=self._where)

    def _walk(self, level: int, outer: list[dict[str, Any]]) -> Iterator[Unit]:
        start = self._text.next()
        if start == "[" and (level or not self._rows):
            self._found = True
            for item in self._text.items():
                self._given = True
                yield Unit(item, outer)
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
            self._found = self._found or level == len(self._rows)  # an empty list, Amazon's other way
            self._text.value()
        else:
            self._text.skip()

    def _refuse_late(self, key: str, level: int) -> None:
        if self._given:
            path = ".".join([*self._rows[:level], key])
            raise UnreadableDocument(
                f"`{path}`, which every row needs, stands behind the rows.", where=self._where
            )


class JsonLines:
    """Each line of the document, whole."""

    def __init__(self, document: Document, where: str) -> None:
        self._text = JsonText(document, where)

    def __iter__(self) -> Iterator[Unit]:
        while self._text.next():
            yield Unit(self._text.value(), [])
