"""The period controls of the pages that list requested files, and what their forms mean.

Which elements they are depends on the store: the same report has different ones in different stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape

from amazon_sandbox.portal import list_texts
from amazon_sandbox.portal.list_view import say
from amazon_sandbox.portal.routes import PortalCall

PRESET_DAYS = (3, 7, 14, 30, 90, 180)
EXACT = "-1"
_NATIVE_PRESETS = ("CA", "GB", "IT", "AU")
_WITHOUT_PRESETS = ("FR", "ES")
_WITHOUT_HINT = ("GB",)
_PLAIN_FIELDS = ("CA", "DE", "FR", "ES", "AU")


def days_controls(call: PortalCall) -> str:
    """Presets that end today, "Exact dates" last, and date fields: which elements they are depends on the
    store.
    """
    country = call.marketplace.country
    fields = date_fields(call)
    if country in _WITHOUT_PRESETS:
        return f'<div id="daily-time-picker-style">{fields}</div>'
    presets = _native_presets(call) if country in _NATIVE_PRESETS else _kat_presets(call)
    return f'<div id="daily-time-picker-style">{presets}<div id="exact-dates" hidden>{fields}</div></div>'


def date_fields(call: PortalCall) -> str:
    """Two date fields: plain ones, or those of a picker."""
    return _plain_fields(call) if call.marketplace.country in _PLAIN_FIELDS else _picker(call)


def month_controls(call: PortalCall) -> str:
    """Two drop-downs; the values count months from 0, as some pages do."""
    language, today = call.language[:2], call.now.date()
    last = today.replace(day=1) - timedelta(days=1)
    months = [(str(month - 1), list_texts.month_name(month, language)) for month in range(1, 13)]
    years = [(str(year), str(year)) for year in range(today.year - 2, today.year + 1)]
    return _kat_dropdown(say(call, "month"), "month", months, str(last.month - 1)) + _kat_dropdown(
        say(call, "year"), "year", years, str(last.year)
    )


def chosen_days(call: PortalCall) -> tuple[date, date]:
    """The days of a form with ``days_controls``. Without exact dates: the preset's, which end today; a range
    that was never typed is today alone.
    """
    today = call.now.date()
    preset = call.form.get("preset", EXACT)
    if preset != EXACT:
        return today - timedelta(days=int(preset)), today
    form = list_texts.date_form(call.marketplace)
    first, last = (_day(call.form.get(name, ""), form) for name in ("startDate", "endDate"))
    return first or today, last or today


def chosen_month(call: PortalCall) -> tuple[date, date]:
    """The days of the month of a form with ``month_controls``."""
    first = date(int(call.form["year"]), int(call.form["month"]) + 1, 1)
    return first, list_texts.last_day_of(first)


def _presets(call: PortalCall) -> list[tuple[str, str]]:
    days = [(str(count), say(call, "last_days", days=count)) for count in PRESET_DAYS]
    return [("1", say(call, "yesterday")), *days, (EXACT, say(call, "exact"))]


def _kat_presets(call: PortalCall) -> str:
    options = "".join(
        f'<kat-option value="{value}">{escape(text)}</kat-option>' for value, text in _presets(call)
    )
    return (
        f'<kat-dropdown class="daily-time-picker-kat-dropdown-normal" name="preset">{options}</kat-dropdown>'
    )


def _native_presets(call: PortalCall) -> str:
    options = "".join(f'<option value="{value}">{escape(text)}</option>' for value, text in _presets(call))
    return f'<select name="preset">{options}</select>'


def _kat_dropdown(label: str, name: str, options: Sequence[tuple[str, str]], value: str) -> str:
    made = "".join(f'<kat-option value="{key}">{escape(text)}</kat-option>' for key, text in options)
    return f'<kat-dropdown label="{escape(label)}" name="{name}" value="{value}">{made}</kat-dropdown>'


def _picker(call: PortalCall) -> str:
    hint = " no-hint" if call.marketplace.country in _WITHOUT_HINT else ""
    return (
        '<kat-date-range-picker id="daily-time-picker-kat-date-range-picker" '
        f'start-label="{escape(say(call, "start"))}" end-label="{escape(say(call, "end"))}" '
        f'date-format="{list_texts.placeholder(call.marketplace, "en")}"{hint}></kat-date-range-picker>'
    )


def _plain_fields(call: PortalCall) -> str:
    hint = escape(list_texts.placeholder(call.marketplace, call.language[:2]))
    return "".join(
        f"<label>{escape(say(call, name))} "
        f'<input name="{field}" placeholder="{hint}" autocomplete="off"></label>'
        for name, field in (("start", "startDate"), ("end", "endDate"))
    )


def _day(text: str, form: str) -> date | None:
    """A day as the picker submits it (ISO) or as it was typed into a plain field."""
    for each in ("%Y-%m-%d", form):
        try:
            return datetime.strptime(text.strip(), each).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
    return None
