"""Declares the computed reference tables: daily exchange rates, and the calendar."""

from __future__ import annotations

from sellerops.reference.table import Column, Origin, ReferenceTable
from sellerops.settings.specs import ColumnType

_DATE, _INTEGER, _TEXT = ColumnType.DATE, ColumnType.INTEGER, ColumnType.TEXT

FX_RATE = ReferenceTable(
    "fx_rate",
    "A rate for each day and pair of used currencies, a currency and itself included. No row: no rate of the "
    "last 30 days is known. Marts that read it declare `{day: day, account: false, marketplace: false}`.",
    Origin.COMPUTED,
    {
        "day": Column(_DATE, "Day to convert at."),
        "from_currency": Column(_TEXT, "ISO code of the currency to convert."),
        "to_currency": Column(_TEXT, "ISO code of the currency of the result."),
        "rate": Column(ColumnType.DECIMAL, "One unit of from_currency in to_currency."),
        "source": Column(_TEXT, "`ecb`, `peg`, `given`, or `same` of a currency and itself."),
        "age_days": Column(_INTEGER, "Days since the rate was published; weekends use Friday's."),
    },
    key=("day", "from_currency", "to_currency"),
    day="day",
)

FX_PUBLISHED = ReferenceTable(
    "fx_published",
    "Rates as the European Central Bank published them (it permits free reuse, naming it as the source).",
    Origin.COMPUTED,
    {
        "day": Column(_DATE, "Day of publication."),
        "currency": Column(_TEXT, "ISO code."),
        "per_euro": Column(ColumnType.DECIMAL, "Units of the currency for one euro."),
        "fetched_at": Column(ColumnType.TIMESTAMP, "When sellerops read it (UTC)."),
    },
    key=("day", "currency"),
    day="day",
)

CALENDAR = ReferenceTable(
    "calendar",
    "Every day from 2020 to two years ahead. Marts that read it declare "
    "`{day: day, account: false, marketplace: false}`.",
    Origin.COMPUTED,
    {
        "day": Column(_DATE, "The day."),
        "week_monday": Column(_DATE, "Monday of its week."),
        "week_sunday": Column(_DATE, "Sunday that begins its week, as Amazon's weekly reports count."),
        "month_first": Column(_DATE, "First day of its month."),
        "quarter_first": Column(_DATE, "First day of its quarter."),
        "year": Column(_INTEGER, "Year."),
        "month": Column(_INTEGER, "Month, 1 to 12."),
        "quarter": Column(_INTEGER, "Quarter, 1 to 4."),
        "weekday": Column(_INTEGER, "1: Monday, 7: Sunday."),
        "iso_year": Column(_INTEGER, "Year of its ISO week."),
        "iso_week": Column(_INTEGER, "ISO week, 1 to 53."),
        "same_weekday_last_year": Column(_DATE, "The day 52 weeks before."),
        "day_number": Column(_INTEGER, "Days since 1970-01-01: subtract two of them to count days."),
    },
    key=("day",),
    day="day",
)

RATE_TABLES = (FX_RATE, FX_PUBLISHED, CALENDAR)
