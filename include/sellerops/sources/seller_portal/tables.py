"""Tables: ``kat-table`` and plain ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.controls import Controls

# A cell's text, with the labels of the elements in it, which are attributes and not text.
_ROWS = """rows => rows.map(row => [row.outerHTML, Array.from(row.children)
    .filter(cell => /^(KAT-TABLE-CELL|TD|TH)$/.test(cell.tagName))
    .map(cell => [cell.innerText, ...Array.from(cell.querySelectorAll('[label]'),
        each => each.getAttribute('label'))].join(' ').replace(/\\s+/g, ' ').trim())])"""
_TEXT = """element => [element.innerText, ...Array.from(element.querySelectorAll('[label]'),
    each => each.getAttribute('label'))].join(' ').replace(/\\s+/g, ' ').trim()"""


@dataclass(frozen=True)
class Row:
    """A row: its texts by header (as the page writes it) and in order, and its element, in which to find its
    own buttons: ``controls.press("Download", within=row.locator)``. ``html``: the row's, for ids in
    attributes.
    """

    cells: Mapping[str, str]
    texts: tuple[str, ...]
    locator: Locator
    html: str = ""


def rows(controls: Controls, within: Locator | None) -> list[Row]:
    """See ``Controls.rows``."""
    scope = within or controls.page.locator("body")
    table = controls.find("table", scope.locator("kat-table"), scope.locator("table"))
    lines = table.locator("kat-table-row, tr")
    found = [(html, tuple(texts)) for html, texts in lines.evaluate_all(_ROWS)]
    if not found:
        raise controls.changed("header of the table")
    header = found[0][1]
    return [
        Row(dict(zip(header, texts, strict=False)), texts, lines.nth(index), html)
        for index, (html, texts) in enumerate(found[1:], start=1)
    ]


def text_of(element: Locator) -> str:
    """The whole text of an element, labels included."""
    return str(element.evaluate(_TEXT)) if element.count() else ""
