"""Date ranges: two plain inputs, or the inner inputs of a ``kat-date-range-picker``."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.controls import Controls

# The parts of an input's placeholder as strptime directives. Without a placeholder the store's usual format
# applies.
_PARTS = {"YYYY": "%Y", "JJJJ": "%Y", "年": "%Y", "MM": "%m", "月": "%m", "DD": "%d", "TT": "%d", "日": "%d"}


def set_dates(controls: Controls, first: date, last: date, within: Locator | None, usual: str) -> None:
    """See ``Controls.set_dates``."""
    fields = _fields(controls, within)
    for field, day in zip(fields, (first, last), strict=True):
        if field.get_attribute("type") == "date":
            # A native field takes typed digits in the browser's order, which the page does not show.
            field.fill(day.isoformat())
            continue
        # Press keys instead of setting a value: the element accepts only what was typed.
        field.click()
        field.press("ControlOrMeta+a")
        field.press_sequentially(_written(field, day, usual))
        field.press("Tab")
    if dates(controls, within, usual) != (first, last):
        raise controls.changed("date range")


def dates(controls: Controls, within: Locator | None, usual: str) -> tuple[date, date]:
    """See ``Controls.dates``."""
    first, last = (_read(controls, field, usual) for field in _fields(controls, within))
    return first, last


def _fields(controls: Controls, within: Locator | None) -> tuple[Locator, Locator]:
    scope = within or controls.page.locator("body")
    picker = scope.locator("kat-date-range-picker").filter(visible=True).first
    inputs = (picker if picker.count() else scope).locator(
        'input[type="date"], input[data-date], kat-date-picker input, '
        'input[placeholder*="YY"], input[placeholder*="JJ"], input[placeholder*="年"]'
    )
    controls.find("date range", inputs)
    if inputs.count() < 2:
        raise controls.changed("date range")
    return inputs.nth(0), inputs.nth(1)


def _written(field: Locator, day: date, usual: str) -> str:
    return day.strftime(_format(field, usual))


def _read(controls: Controls, field: Locator, usual: str) -> date:
    text = field.input_value().strip()
    try:
        if field.get_attribute("type") == "date":
            return date.fromisoformat(text)
        return datetime.strptime(text, _format(field, usual)).date()  # noqa: DTZ007 - a day
    except ValueError:
        raise controls.changed("date range") from None


def _format(field: Locator, usual: str) -> str:
    shown = (field.get_attribute("placeholder") or "").strip().upper()
    written = re.sub("|".join(_PARTS), lambda part: _PARTS[part.group()], shown)
    return written if all(part in written for part in ("%Y", "%m", "%d")) else usual
