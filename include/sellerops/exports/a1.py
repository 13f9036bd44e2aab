"""A1 notation: converts ``Sheet!A1`` to columns and rows counted from 1, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ANCHOR = re.compile(r"(?:(?P<tab>'(?:[^']|'')+'|[^'!]+)!)?(?P<column>[A-Z]{1,3})(?P<row>[1-9][0-9]*)")


@dataclass(frozen=True)
class Anchor:
    """The cell of an export's first header. ``column`` and ``row`` count from 1."""

    tab: str
    column: int
    row: int

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Parse ``Sales!A1`` or ``'My sheet'!B3``. Raises ValueError that says what to write instead."""
        found = _ANCHOR.fullmatch(text.strip())
        if not found or not found["tab"]:
            raise ValueError(
                f"{text!r} is not a cell of a sheet; write the sheet's name and a cell, such as Sales!A1"
            )
        tab = found["tab"]
        if tab.startswith("'"):
            tab = tab[1:-1].replace("''", "'")
        return cls(tab, column_number(found["column"]), int(found["row"]))

    def __str__(self) -> str:
        return f"{quoted(self.tab)}!{column_letters(self.column)}{self.row}"

    def area(self, first: tuple[int, int], last: tuple[int, int]) -> str:
        """The range of this sheet between two cells, both included; each is (row, column)."""
        (top, left), (bottom, right) = first, last
        return f"{quoted(self.tab)}!{column_letters(left)}{top}:{column_letters(right)}{bottom}"


def quoted(tab: str) -> str:
    """A sheet's name as written in a range: in quotes, with inner quotes doubled."""
    return "'" + tab.replace("'", "''") + "'"


def column_letters(number: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
