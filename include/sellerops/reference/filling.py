"""Fills the computed tables: ``calendar``, ``fx_rate`` and, from the bank's file, ``fx_published``."""

from __future__ import annotations

import hashlib
import logging
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.reference.calendar_rows import FIRST_DAY, calendar_rows, last_day
from sellerops.reference.edits import Edit, lock_table, stored_rows, tuples, write_rows
from sellerops.reference.published_rates import (
    RateSettings,
    fetch_rates,
    packaged_rates,
    rate_settings,
    stored_rates,
)
from sellerops.reference.rates import EURO, Given, filled_rates
from sellerops.reference.tables import TABLES
from sellerops.settings.accounts import load_accounts

log = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]
_CURRENCIES = (
    ("account_setting", "reporting_currency"),
    ("cost", "currency"),
    ("supplier", "currency"),
    ("price_break", "currency"),
)


def fill_calendar(connection: Connection) -> Edit:
    """Add the days up to the end of the year after next."""
    last = last_day(_today(connection))
    if not has_changed(connection, "calendar", f"{FIRST_DAY} {last}"):
        return Edit()
    return write_rows(connection, TABLES["calendar"], calendar_rows(FIRST_DAY, last), source="the calendar")


def fill_rates(connection: Connection) -> Edit:
    """Fill ``fx_rate`` up to today for each pair of the currencies in use."""
    settings, today = rate_settings(), _today(connection)
    currencies = used_currencies(connection, settings)
    given = [
        Given(row["day"], row["from_currency"], row["to_currency"], row["rate"])
        for row in stored_rows(connection, TABLES["fx_given"])
    ]
    read_from_bank = tuples(
        connection, "SELECT max(fetched_at), count(*), sum(per_euro) FROM sellerops_reference.fx_published"
    )
    from currency_converter import __version__ as package

    state = f"{settings} {currencies} {given} {read_from_bank} {package} {today}"
    if not has_changed(connection, "fx_rate", state):
        return Edit()
    since = settings.first_day - timedelta(days=settings.refuse_after)
    read = {*currencies, *(peg.to for peg in settings.pegs), *(each.to_currency for each in given)}
    read |= {each.from_currency for each in given}
    published = packaged_rates(read, since)
    for currency, days in stored_rates(connection, read, since).items():
        published = {**published, currency: {**published.get(currency, {}), **days}}
    rows = filled_rates(
        published,
        currencies,
        settings.first_day,
        today,
        pegs=settings.pegs,
        given=given,
        refuse_after=settings.refuse_after,
    )
    return write_rows(connection, TABLES["fx_rate"], rows, source="exchange rates", replace=True)


def refresh_rates(connection: Connection, address: str = "") -> int:
    """Read newly published rates from the bank, and fill ``fx_rate``; returns how many are new or revised.

    :param address: the address of the bank's file; empty: the one in the settings.

    Raises httpx.HTTPError if the bank cannot be reached, UnexpectedAnswer if the answer is not its file.
    """
    settings = rate_settings()
    found = fetch_rates(address or settings.address, _today(connection))
    with connection.transaction():
        lock_table(connection, TABLES["fx_published"])
        ((now,),) = tuples(connection, "SELECT sellerops.now()")
        known = {
            (row["day"], row["currency"]): row["per_euro"]
            for row in stored_rows(connection, TABLES["fx_published"])
        }
        rows = [
            {"day": day, "currency": currency, "per_euro": value, "fetched_at": now}
            for currency, days in found.items()
            for day, value in days.items()
            if known.get((day, currency)) != value
        ]
        write_rows(connection, TABLES["fx_published"], rows, source="European Central Bank")
        fill_rates(connection)
    return len(rows)


def old_rates(connection: Connection) -> list[dict[str, Any]]:
    """Pairs of used currencies whose newest rate is too old; ``age_days``: its age, None if there is none."""
    settings = rate_settings()
    currencies = used_currencies(connection, settings)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT DISTINCT ON (from_currency, to_currency) from_currency, to_currency, day, age_days "
            "FROM sellerops_reference.fx_rate ORDER BY from_currency, to_currency, day DESC"
        ).fetchall()
    today = _today(connection)
    newest = {(row["from_currency"], row["to_currency"]): row for row in rows}
    found = []
    for one in currencies:
        for other in currencies:
            row = newest.get((one, other))
            age = None if row is None else (today - row["day"]).days + row["age_days"]
            if age is None or age > settings.warn_after:
                found.append({"from_currency": one, "to_currency": other, "age_days": age})
    return found


def used_currencies(connection: Connection, settings: RateSettings) -> list[str]:
    """Currencies of accounts' marketplaces, account settings, costs and suppliers, and of ``settings``."""
    found = {EURO, *settings.currencies}
    found |= {place.currency for account in load_accounts().values() for place in account.marketplaces}
    found |= set(_currencies_in(connection))
    return sorted(found)


def _currencies_in(connection: Connection) -> list[str]:
    union = " UNION ".join(
        f"SELECT {column} FROM sellerops_reference.{table}" for table, column in _CURRENCIES
    )
    return [name for (name,) in tuples(connection, union.encode()) if name]


def _today(connection: Connection) -> date:
    ((day,),) = tuples(connection, "SELECT (sellerops.now() AT TIME ZONE 'UTC')::date")
    assert isinstance(day, date)
    return day


def has_changed(connection: Connection, table: str, state: str) -> bool:
    """Whether the table was last filled from another state; records this one within the transaction."""
    lock_table(connection, TABLES[table])
    digest = hashlib.sha256(state.encode()).hexdigest()
    found = connection.execute(
        "INSERT INTO sellerops.reference_digest AS d (table_name, digest) VALUES (%s, %s) "
        "ON CONFLICT (table_name) DO UPDATE SET digest = excluded.digest, noted_at = sellerops.now() "
        "WHERE d.digest <> excluded.digest RETURNING 1",
        (table, digest),
    ).fetchone()
    return found is not None
