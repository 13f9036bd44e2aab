"""Excel workbooks, written directly: equal content gives equal bytes (a library would put the time into them)
and a thousand rows take milliseconds.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

Cell = str | int | float | Decimal | date | None

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DAY_ZERO = date(1899, 12, 30).toordinal()
_DATE_STYLE, _INSTANT_STYLE = 1, 2
# The cell styles: general, a day (built-in format 14), a day with its time (22).
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
    '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


@dataclass(frozen=True)
class Sheet:
    """A sheet: rows of cells, and ranges (such as `A1:D1`) of merged cells."""

    name: str
    rows: Iterable[Sequence[Cell]] = ()
    merged: Sequence[str] = field(default=())


def workbook_bytes(sheets: Sequence[Sheet]) -> bytes:
    """The workbook's file."""
    strings: dict[str, int] = {}
    parts = {
        f"xl/worksheets/sheet{number}.xml": _sheet(sheet, strings) for number, sheet in enumerate(sheets, 1)
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in {**_frame(sheets), **parts, "xl/sharedStrings.xml": _shared(strings)}.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, text)
    return target.getvalue()


def _frame(sheets: Sequence[Sheet]) -> dict[str, str]:
    """The parts that say what is where."""
    numbers = range(1, len(sheets) + 1)
    others = (("styles", len(sheets) + 1), ("sharedStrings", len(sheets) + 2))
    types = [
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        for n in numbers
    ] + [f'<Override PartName="/xl/{name}.xml" ContentType="{_TYPES}.{name}+xml"/>' for name, _ in others]
    links = [
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    ] + [f'<Relationship Id="rId{n}" Type="{_OFFICE}/{name}" Target="{name}.xml"/>' for name, n in others]
    named = [
        f'<sheet name="{_attribute(sheet.name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, 1)
    ]
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f"{''.join(types)}</Types>",
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{"".join(named)}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{''.join(links)}</Relationships>",
        "xl/styles.xml": _STYLES,
    }


def _sheet(sheet: Sheet, strings: dict[str, int]) -> str:
    rows = [
        f'<row r="{number}">{"".join(_cells(number, row, strings))}</row>'
        for number, row in enumerate(sheet.rows, 1)
    ]
    merged = "".join(f'<mergeCell ref="{where}"/>' for where in sheet.merged)
    merges = f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else ""
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData>{merges}</worksheet>'


def _cells(number: int, row: Sequence[Cell], strings: dict[str, int]) -> Iterable[str]:
    for index, value in enumerate(row):
        where = f"{column_name(index)}{number}"
        if value is None or value == "":
            continue
        if isinstance(value, str):
            yield f'<c r="{where}" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'
        elif isinstance(value, date):
            style = _INSTANT_STYLE if isinstance(value, datetime) else _DATE_STYLE
            yield f'<c r="{where}" s="{style}"><v>{_serial(value)}</v></c>'
        else:
            yield f'<c r="{where}"><v>{value}</v></c>'


def _serial(value: date) -> str:
    """Days since the end of 1899, as Excel counts them."""
    days = value.toordinal() - _DAY_ZERO
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return repr(days + seconds / 86_400)
    return str(days)


def column_name(index: int) -> str:
    """0 -> A, 26 -> AA."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = chr(65 + digit) + name
    return name


def _shared(strings: dict[str, int]) -> str:
    items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    return f'{_HEAD}<sst xmlns="{_MAIN}" count="{len(strings)}" uniqueCount="{len(strings)}">{items}</sst>'


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
