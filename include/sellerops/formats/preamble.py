"""Finds the header of a web page's file, and reads the lines above it.

Payments files have 7 to 9 lines of definitions above the header, AWD's inventory has 2 or 3 such as
``Timestamp``, and Brand Analytics has one with brand and period. The number differs by store and year, so the
header is found by its names.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sellerops.formats.charsets import LineDecoder
from sellerops.formats.headers import Header
from sellerops.formats.names import snake_case
from sellerops.formats.records import Quoting
from sellerops.formats.spelling import plain
from sellerops.formats.web_times import month_number
from sellerops.settings.localized_headers import HEADERS
from sellerops.settings.marketplaces import all_marketplaces

MOST_LINES_ABOVE = 20
_DELIMITERS = (",", "\t", ";")
# Facts that the lines above a header state.
CURRENCY, PERIOD_FIRST_DAY, PERIOD_LAST_DAY = "currency", "period_first_day", "period_last_day"

# Brand=["X"], as Brand Analytics writes it raw, with doubled quotes, or one item per cell.
_ITEM = re.compile(r'([^\s,;"=\[\]][^,;"=\[\]]*)=\[\s*"?(.*?)"?\s*\](?="?\s*(?:[,;\t]|$))')
_DAYS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\s*[-\u2013~]\s*([0-9]{4}-[0-9]{2}-[0-9]{2})")
_LABEL = re.compile(r"([^:=]{2,30}?)\s*[:\uff1a]\s*(\S.*)")
_EURO = re.compile(r"\beuros?\b", re.IGNORECASE)
_LONGEST_FACT = 300


@dataclass(frozen=True)
class Start:
    """Where a file's header is. ``lines`` and ``size`` (bytes): how much text is above it; ``facts``: what
    that text states.
    """

    lines: int
    size: int = 0
    delimiter: str = ","
    facts: Mapping[str, str] = field(default_factory=dict)


def find_start(data: bytes, header: Header, decoder: LineDecoder) -> Start:
    """The start of a text file. ``data``: its first bytes.

    If no line has all needed columns, the one with the most known columns is taken, so that the error about
    missing columns shows it.
    """
    ends = data.split(b"\n")[:MOST_LINES_ABOVE]
    lines = [text.removesuffix("\r") for text in decoder.decode_lines(b"\n".join(ends))]
    tables = {
        delimiter: [Quoting(delimiter, is_everywhere=False).split(line) for line in lines]
        for delimiter in _DELIMITERS
    }
    ranks = {
        (_rank(cells, header), -number, -place): (number, delimiter)
        for place, delimiter in enumerate(_DELIMITERS)
        for number, cells in enumerate(tables[delimiter])
    }
    number, delimiter = ranks[max(ranks)]
    size = sum(len(line) + 1 for line in ends[:number])
    return Start(number, size, delimiter, facts_of(tables[delimiter][:number], lines[:number]))


def find_row(rows: Sequence[Sequence[str]], header: Header) -> tuple[int, bool]:
    """The row of a sheet that is most likely its header, and whether it has all needed columns."""
    ranks = [(_rank(cells, header), -number) for number, cells in enumerate(rows)]
    best = max(ranks)
    return -best[1], best[0][0]


def _rank(cells: Sequence[str], header: Header) -> tuple[bool, int, int]:
    """Whether all needed columns are there, how many are known, and how many cells have text."""
    known, is_whole = header.recognize(cells)
    return is_whole, known, sum(bool(cell.strip()) for cell in cells)


def facts_of(rows: Iterable[Sequence[str]], lines: Iterable[str] | None = None) -> dict[str, str]:
    """What the rows above a header say: items such as ``Brand=["X"]``, labels and values, the currency.

    Names are English and snake_case. A period that they state is in ``period_first_day`` and
    ``period_last_day``.
    """
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    texts = list(lines) if lines is not None else [",".join(row) for row in cells]
    facts: dict[str, str] = {}
    items: dict[str, str] = {}
    for row, text in zip(cells, texts, strict=True):
        found = _ITEM.findall(text.replace('""', '"'))
        items.update((_fact_name(key), value) for key, value in found)
        if found:
            continue
        label = _LABEL.fullmatch(row[0]) if len(row) == 1 else None
        key, value = row if len(row) == 2 else label.groups() if label else ("", "")
        if key and len(value) <= _LONGEST_FACT:
            facts.setdefault(_fact_name(key.rstrip(":")), value)
    return {**facts, **_currency(texts), **items, **_period(items)}


def _fact_name(label: str) -> str:
    """The English name of a label as a fact: ``Marke`` is ``brand``."""
    written = plain(label)
    for english, translations in HEADERS.load().items():
        if any(written == plain(word) for words in translations.values() for word in words):
            return snake_case(english)
    return snake_case(label)


def _currency(texts: Iterable[str]) -> dict[str, str]:
    """The one currency that the lines name (``All amounts in USD, unless specified``)."""
    known = "|".join(sorted({each.currency for each in all_marketplaces().values()}))
    together = "\n".join(texts)
    named = set(re.findall(rf"(?<![A-Za-z])({known})(?![A-Za-z])", together))
    named |= {"EUR"} if _EURO.search(together) else set()
    return {CURRENCY: named.pop()} if len(named) == 1 else {}


def _period(items: Mapping[str, str]) -> dict[str, str]:
    """The period that a metadata row states: two days, or a year and a month in separate items."""
    for value in items.values():
        found = _DAYS.search(value)
        if found:
            return {PERIOD_FIRST_DAY: found[1], PERIOD_LAST_DAY: found[2]}
    year, month = items.get("select_year", ""), month_number(items.get("select_month", ""))
    if not year.isdigit() or not month:
        return {}
    last = calendar.monthrange(int(year), month)[1]
    days = date(int(year), month, 1), date(int(year), month, last)
    return dict(zip((PERIOD_FIRST_DAY, PERIOD_LAST_DAY), map(str, days), strict=True))
