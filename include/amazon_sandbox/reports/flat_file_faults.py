"""Content faults of flat files, applied line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from amazon_sandbox.core.faults import FaultNotApplicable
from amazon_sandbox.reports.headers import localized_headers

Options = Mapping[str, Any]
Cells = list[bytes]
RowEdit = Callable[[Cells, int], Cells | None]

_NUMBER = re.compile(rb"-?\d+(?:[.,]\d+)?")
_MEASURES = re.compile(rb"quantity|price|tax|discount|amount|units|supply|buyable")


def apply_flat_file_fault(
    name: str, options: Options, chunks: Iterator[bytes], charset: str
) -> Iterator[bytes]:
    """The changed bytes of a flat file. Raises FaultNotApplicable while they are read."""
    lines = _lines(chunks)
    first = next(lines, None)
    if first is None:
        raise FaultNotApplicable(f"fault {name!r}: the document is empty")
    header, end = _split(first)
    if name in _OF_ROWS:
        rows = _OF_ROWS[name](header, [_split(line)[0] for line in lines], options, charset)
        yield from (b"\t".join(cells) + end for cells in (header, *rows))
        return
    make = _FLAT[name]
    new_header, edit = make(header, options, charset)
    yield b"\t".join(new_header) + end
    for number, line in enumerate(lines, 1):
        cells, end = _split(line)
        changed = edit(cells, number)
        if changed is not None:
            yield b"\t".join(changed) + end


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        whole = (rest + chunk).split(b"\n")
        rest = whole.pop()
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest


def _split(line: bytes) -> tuple[Cells, bytes]:
    body = line.rstrip(b"\r\n")
    return body.split(b"\t"), line[len(body) :]


def _same(cells: Cells, number: int) -> Cells:
    return cells


def _index(header: Cells, options: Options, charset: str) -> int:
    wanted = options.get("column")
    if wanted is None:
        return len(header) - 1
    name = str(wanted).encode(charset)
    if name not in header:
        raise FaultNotApplicable(
            f"the file has no column {wanted!r}; it has {b', '.join(header).decode(charset)}"
        )
    return header.index(name)


def _column_added(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    name, value = (
        str(options.get(key, usual)).encode(charset)
        for key, usual in (("column", "new-column"), ("value", "x"))
    )
    position = int(options.get("position", len(header)))
    return _with(header, position, name), lambda cells, _: _with(cells, position, value)


def _with(cells: Cells, position: int, value: bytes) -> Cells:
    return [*cells[:position], value, *cells[position:]]


def _column_dropped(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    at = _index(header, options, charset)
    return header[:at] + header[at + 1 :], lambda cells, _: cells[:at] + cells[at + 1 :]


def _column_renamed(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    at = _index(header, options, charset)
    name = str(options.get("to", f"{header[at].decode(charset)}-v2")).encode(charset)
    return [*header[:at], name, *header[at + 1 :]], _same


def _column_duplicated(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    at = _index(header, options, charset)
    return [*header, header[at]], lambda cells, _: [*cells, cells[at] if at < len(cells) else b""]


def _columns_reordered(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    return header[::-1], lambda cells, _: cells[::-1]


def _localized_header(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    language = str(options.get("language", "de"))
    words = localized_headers().get(language)
    if words is None:
        raise FaultNotApplicable(
            f"no header in language {language!r}; use one of {', '.join(localized_headers())}"
        )
    return [
        words[name].encode(charset) if (name := cell.decode(charset)) in words else cell for cell in header
    ], _same


def _number_as_text(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    wanted = None if options.get("column") is None else _index(header, options, charset)
    value = str(options.get("value", "see note")).encode(charset)
    row = int(options.get("row", 1))
    measures = [at for at, name in enumerate(header) if _MEASURES.search(name)]

    def edit(cells: Cells, number: int) -> Cells:
        if number != row:
            return cells
        at = wanted
        if at is None:
            at = next((i for i in measures if i < len(cells) and _NUMBER.fullmatch(cells[i])), None)
        if at is None:
            raise FaultNotApplicable(f"row {row} holds no number")
        return [*cells[:at], value, *cells[at + 1 :]]

    return header, edit


def _short_row(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    row = int(options.get("row", 1))
    return header, lambda cells, number: cells[: len(cells) // 2] if number == row else cells


def _line_break(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    at, row = _index(header, options, charset), int(options.get("row", 1))

    def edit(cells: Cells, number: int) -> Cells:
        if number != row:
            return cells
        return [*cells[:at], b"first line\nsecond line", *cells[at + 1 :]]

    return header, edit


def _row_of_tabs(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    row = int(options.get("row", 1))
    tabs = b"\r\n" + b"\t" * (len(header) - 1)
    return header, lambda cells, number: [*cells[:-1], cells[-1] + tabs] if number == row else cells


def _lost_character(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    at, row = _index(header, options, charset), int(options.get("row", 1))

    def edit(cells: Cells, number: int) -> Cells:
        # A file with lost characters was written as UTF-8, whatever charset it is labelled with.
        cells = [cell.decode(charset).encode() for cell in cells]
        return [*cells[:at], cells[at] + "\ufffd".encode(), *cells[at + 1 :]] if number == row else cells

    return [name.decode(charset).encode() for name in header], edit


def _quoted(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    is_escaped = str(options.get("escaped", "no")) == "yes"

    def quote(cells: Cells) -> Cells:
        return [b'"' + (cell.replace(b'"', b'""') if is_escaped else cell) + b'"' for cell in cells]

    return quote(header), lambda cells, _: quote(cells)


def _header_respelled(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    spell = _SPELLINGS.get(str(options.get("style", "joined")))
    if spell is None:
        raise FaultNotApplicable(f"unknown style; use one of {', '.join(_SPELLINGS)}")
    return [spell(name.decode(charset)).encode(charset) for name in header], _same


def _joined(name: str) -> str:
    words = re.split(r"(?<!\d)[\s_-]+|[\s_-]+(?!\d)", name)  # keep 0-90 unchanged
    return "".join(word[:1].upper() + word[1:] for word in words)


def _british(name: str) -> str:
    return name.replace("ulfillment", "ulfilment").replace("enter", "entre").replace("anceled", "ancelled")


_SPELLINGS: dict[str, Callable[[str], str]] = {"joined": _joined, "british": _british}


def _zero_data(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    measures = {at for at, name in enumerate(header) if _MEASURES.search(name)}
    return header, lambda cells, _: [
        b"0" if at in measures and _NUMBER.fullmatch(cell) else cell for at, cell in enumerate(cells)
    ]


def _no_rows(header: Cells, options: Options, charset: str) -> tuple[Cells, RowEdit]:
    return header, lambda cells, _: None


def _lines_split(header: Cells, rows: list[Cells], options: Options, charset: str) -> Iterator[Cells]:
    """Split a line of several units in two that add up to it; all amounts are in the first."""
    at = _index(header, {"column": "quantity", **options}, charset)
    measures = {index for index, name in enumerate(header) if _MEASURES.search(name)}
    for cells in rows:
        units = int(cells[at]) if cells[at].isdigit() else 0
        if units < 2:
            yield cells
            continue
        yield [*cells[:at], b"1", *cells[at + 1 :]]
        rest = [
            b"0" if index in measures and _NUMBER.fullmatch(cell) else cell
            for index, cell in enumerate(cells)
        ]
        yield [*rest[:at], str(units - 1).encode(), *rest[at + 1 :]]


def _lines_lone(header: Cells, rows: list[Cells], options: Options, charset: str) -> Iterator[Cells]:
    """Only the last of the lines with the same id in the first column, such as those of an order."""
    return iter({cells[0]: cells for cells in rows}.values())


def _lines_reversed(header: Cells, rows: list[Cells], options: Options, charset: str) -> Iterator[Cells]:
    return reversed(rows)


def _lines_joined(header: Cells, rows: list[Cells], options: Options, charset: str) -> Iterator[Cells]:
    """The first two transactions of a settlement joined into one, with the sum of their amounts."""
    at = _index(header, {"column": "amount", **options}, charset)
    if len(rows) < 3:
        raise FaultNotApplicable("the settlement has no two lines to join")
    total, one, other, *rest = rows
    comma = b"," in one[at] or b"," in other[at]
    amount = sum(Decimal(each[at].decode().replace(",", ".")) for each in (one, other))
    joined = f"{amount:f}".replace(".", ",") if comma else f"{amount:f}"
    yield from (total, [*one[:at], joined.encode(), *one[at + 1 :]], *rest)


_OF_ROWS: dict[str, Callable[[Cells, list[Cells], Options, str], Iterator[Cells]]] = {
    "lines_split": _lines_split,
    "lines_lone": _lines_lone,
    "lines_reversed": _lines_reversed,
    "lines_joined": _lines_joined,
}

_FLAT: dict[str, Callable[[Cells, Options, str], tuple[Cells, RowEdit]]] = {
    "column_added": _column_added,
    "column_dropped": _column_dropped,
    "column_renamed": _column_renamed,
    "column_duplicated": _column_duplicated,
    "columns_reordered": _columns_reordered,
    "localized_header": _localized_header,
    "number_as_text": _number_as_text,
    "short_row": _short_row,
    "zero_data": _zero_data,
    "no_rows": _no_rows,
    "line_break": _line_break,
    "row_of_tabs": _row_of_tabs,
    "lost_character": _lost_character,
    "quoted": _quoted,
    "header_respelled": _header_respelled,
}
