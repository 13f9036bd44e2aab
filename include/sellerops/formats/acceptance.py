"""Decides whether a file of a web page is the requested one, before it is archived.

Pages may provide other files than the requested ones: another store's (the session decides, not the address),
today's instead of the wanted days (a date picker that ignored what was typed), or an error page under the
name of a CSV.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from sellerops.base.errors import DocumentDamaged, LimitExceeded, NotTheReport, UnreadableDocument, WrongFile
from sellerops.calendar.slices import Slice, days_label
from sellerops.formats.arrow_without_pandas import avoid_pandas_import
from sellerops.formats.preamble import CURRENCY, PERIOD_FIRST_DAY, PERIOD_LAST_DAY
from sellerops.formats.row_rules import marketplace_names
from sellerops.formats.rows import RejectReason, RowReject, Tally
from sellerops.formats.web_files import open_web_file
from sellerops.formats.web_times import month_number
from sellerops.settings.marketplaces import all_marketplaces, marketplace
from sellerops.settings.specs import ReportSpec, TableSpec

# What page objects say about a file, if the page shows it (``DownloadedFile.facts``). Days are ISO and
# inclusive, read back from the page or from the row of its list, never copied from the request.
FIRST_DAY, LAST_DAY = "first_day", "last_day"
# The store that the page names: a country code (`GB`), Amazon's id or its English name. `store`: the same in
# the session's language; a name that is not English is not compared.
MARKETPLACE, STORE = "marketplace", "store"
# The account in the page's header, and the one that was chosen in the account picker.
ACCOUNT, WANTED_ACCOUNT = "account", "wanted_account"
# The brand chosen on the page. Also stated by the first row of Brand Analytics files.
BRAND = "brand"

# Rows of the day before and after are normal: a page may cut days in another time zone than its rows use.
_NEAR = timedelta(days=1)
# 2026Jan1-2026Aug25CustomTransaction.csv
_RANGE_IN_NAME = re.compile(r"(\d{4})([A-Z][a-z]{2})(\d{1,2})-(\d{4})([A-Z][a-z]{2})(\d{1,2})Custom")


def check_file(path: Path, name: str, facts: Mapping[str, str], spec: ReportSpec, slice_: Slice) -> None:
    """Accept a file, or raise WrongFile with the reason.

    :param path: the downloaded file; ``name``: the name that the page gave it.
    :param facts: what the page said about it, under the names above; further ones are ignored.
    :param slice_: what was requested. Without days (a drop folder, a snapshot), days are not compared.

    A file with a header and no rows is accepted, and so is one whose header the spec does not know: it is
    archived, and its load fails with the header in the error, until the spec names it. Raises LimitExceeded
    for a file that exceeds a limit in ``sellerops.base.limits``.
    """
    _compare_days(facts.get(FIRST_DAY), facts.get(LAST_DAY), slice_, name, "the page showed")
    _compare_store(facts, slice_, name)
    _compare_days(*_range_of(name), slice_, name, "its name says")
    if spec.format.style != "web":
        return
    try:
        contents = _read(path, facts, spec, slice_, name)
    except LimitExceeded:
        raise
    except (DocumentDamaged, NotTheReport) as error:
        raise _wrong(name, error.cause) from error
    except UnreadableDocument as error:
        if "found" in error.details:
            return
        raise _wrong(name, error.cause) from error
    _compare_stated(contents.stated, facts, spec, slice_, name)
    _compare_rows(contents, slice_, name)


@dataclass
class _Contents:
    """What a file says. ``stated``: facts above its header; ``days``: the days of its rows; ``outside``: the
    first value outside the window; ``marketplaces``: ids that rows name; ``has_stores_in_rows``: every row
    belongs to the store that it names.
    """

    stated: Mapping[str, str]
    days: set[date] = field(default_factory=set)
    outside: str | None = None
    marketplaces: set[str] = field(default_factory=set)
    has_stores_in_rows: bool = False

    def note(self, row: RowReject) -> None:
        if row.reason is RejectReason.OUTSIDE_WINDOW and self.outside is None:
            self.outside = row.value


def _read(path: Path, facts: Mapping[str, str], spec: ReportSpec, slice_: Slice, name: str) -> _Contents:
    """The whole file, read with the report's first table."""
    avoid_pandas_import()
    table = next(iter(spec.tables.values()))
    contents = _Contents({}, has_stores_in_rows=table.marketplace_from is not None)
    tally = Tally(contents.note)
    marketplaces = [marketplace(code) for code in slice_.marketplaces]
    with path.open("rb") as stream:
        reader = open_web_file(
            table, stream, spec.format, slice_, marketplaces, tally, facts, where=name, declared=None
        )
        contents.stated = reader.stated
        for batch in reader.batches():
            contents.days |= _days_in(batch, table, slice_)
            contents.marketplaces |= _marketplaces_in(batch, table)
    return contents


def _days_in(batch: pa.RecordBatch, table: TableSpec, slice_: Slice) -> set[date]:
    if not table.day or table.day not in table.read_columns:
        return set()
    zone = ZoneInfo(slice_.timezone)
    values = pc.unique(batch.column(table.day)).to_pylist()
    return {
        value.astimezone(zone).date() if isinstance(value, datetime) else value for value in values if value
    }


def _marketplaces_in(batch: pa.RecordBatch, table: TableSpec) -> set[str]:
    """The ids of the known marketplaces that rows name."""
    column = table.marketplace_from or "marketplace"
    if column not in table.read_columns or not pa.types.is_string(batch.column(column).type):
        return set()
    names, ids = marketplace_names()
    written = pc.utf8_lower(pc.utf8_trim_whitespace(pc.unique(batch.column(column))))
    return set(ids.take(pc.index_in(written, names)).drop_null().to_pylist())


def _compare_store(facts: Mapping[str, str], slice_: Slice, name: str) -> None:
    account, chosen = facts.get(ACCOUNT), facts.get(WANTED_ACCOUNT)
    if account and chosen and account.casefold() != chosen.casefold():
        raise _wrong(name, f"the page showed the account {account}, not {chosen}.")
    wanted = slice_.marketplace
    for fact in (MARKETPLACE, STORE):
        told = facts.get(fact)
        shown = next(
            (each for each in all_marketplaces().values() if told in (each.code, each.id, each.name)), None
        )
        if wanted and shown and shown.code != wanted.code:
            raise _wrong(name, f"the page showed the store {told}, not {wanted.name}.")


def _compare_stated(
    stated: Mapping[str, str], facts: Mapping[str, str], spec: ReportSpec, slice_: Slice, name: str
) -> None:
    """Compare the lines above the file's header with what was requested."""
    _compare_days(
        stated.get(PERIOD_FIRST_DAY), stated.get(PERIOD_LAST_DAY), slice_, name, "its first row says"
    )
    for wanted in (facts.get(BRAND), spec.request.options.get(BRAND)):
        if wanted and stated.get(BRAND, wanted).casefold() != wanted.casefold():
            raise _wrong(name, f"its first row says brand {stated[BRAND]!r}, not {wanted!r}.")
    marketplace = slice_.marketplace
    if marketplace and stated.get(CURRENCY, marketplace.currency) != marketplace.currency:
        raise _wrong(
            name, f"its amounts are in {stated[CURRENCY]}, not {marketplace.currency} ({marketplace.name})."
        )


def _compare_rows(contents: _Contents, slice_: Slice, name: str) -> None:
    named = contents.marketplaces
    if named and not named & set(slice_.marketplace_ids):
        codes = sorted(each.code for each in all_marketplaces().values() if each.id in named)
        raise _wrong(name, f"its rows are of {', '.join(codes)}, not {', '.join(slice_.marketplaces)}.")
    others = named - set(slice_.marketplace_ids)
    if slice_.marketplace and others and not contents.has_stores_in_rows:
        codes = sorted(each.code for each in all_marketplaces().values() if each.id in others)
        raise _wrong(name, f"it also has rows of {', '.join(codes)}, besides {slice_.marketplace.code}.")
    if not slice_.first_day or not slice_.last_day:
        return
    first, last = date.fromisoformat(slice_.first_day), date.fromisoformat(slice_.last_day)
    asked = days_label(first, last)
    if contents.outside:
        raise _wrong(name, f"it has rows of {contents.outside}, outside {asked}.")
    far = {day for day in contents.days if not first - _NEAR <= day <= last + _NEAR}
    if far:
        raise _wrong(name, f"it has rows of {min(far)}, outside {asked}.")
    if contents.days and not any(first <= day <= last for day in contents.days):
        covered = days_label(min(contents.days), max(contents.days))
        raise _wrong(name, f"it only has rows from {covered}, none from {asked}.")


def _compare_days(first: str | None, last: str | None, slice_: Slice, name: str, who: str) -> None:
    """Compare days that were shown or stated with the requested ones; skip a missing day."""
    if not slice_.first_day or not slice_.last_day:
        return
    for told, wanted in ((first, slice_.first_day), (last, slice_.last_day)):
        if told and date.fromisoformat(told) != date.fromisoformat(wanted):
            asked = days_label(date.fromisoformat(slice_.first_day), date.fromisoformat(slice_.last_day))
            raise _wrong(name, f"{who} {' to '.join(filter(None, (first, last)))}, not {asked}.")


def _range_of(name: str) -> tuple[str | None, str | None]:
    """The range in the name of a payments file."""
    found = _RANGE_IN_NAME.search(name)
    if not found:
        return None, None
    first, last = (_iso(*found.groups()[place : place + 3]) for place in (0, 3))
    return first, last


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), month_number(month) or 0, int(day)).isoformat()
    except ValueError:
        return None


def _wrong(name: str, cause: str) -> WrongFile:
    return WrongFile(f"it is not the requested file: {cause}", where=name)
