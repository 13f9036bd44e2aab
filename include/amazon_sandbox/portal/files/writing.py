"""Numbers and text files as the pages write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from amazon_sandbox.simulation.marketplaces import Marketplace

BOM = b"\xef\xbb\xbf"
_NO_BREAK = "\u00a0"
# (between thousands, before decimals) by country; others write 1,234.56. Payments files follow the store.
_SIGNS = {
    **dict.fromkeys(("DE", "ES", "IT", "NL", "BE", "BR", "TR"), (".", ",")),
    **dict.fromkeys(("FR", "PL", "SE"), (_NO_BREAK, ",")),
}
_SYMBOLS = {
    "USD": "$", "CAD": "$", "AUD": "$", "MXN": "MX$", "GBP": "£", "INR": "₹", "JPY": "¥", "EUR": "€",
    "AED": "AED" + _NO_BREAK, "SAR": "SAR" + _NO_BREAK,
}  # fmt: skip


def csv_bytes(
    rows: Iterable[Sequence[object]], *, newline: str = "\n", bom: bool = False, quote_all: bool = False
) -> bytes:
    """Rows as CSV in UTF-8. Without `quote_all` only fields with a comma, quote or line end are quoted."""
    lines = (",".join([_field(str(value), quote_all) for value in row]) for row in rows)
    return (BOM if bom else b"") + "".join(line + newline for line in lines).encode()


def _field(text: str, always: bool) -> str:
    if always or "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


@lru_cache(maxsize=16_384)
def amount(marketplace: Marketplace, minor: int) -> str:
    """Minor units in the store's way: 1,052.64 or 1.052,64; in India 1,08,218.36; yen without decimals."""
    thousands, point = _SIGNS.get(marketplace.country, (",", "."))
    whole, _, decimals = marketplace.money(abs(minor)).partition(".")
    grouped = _indian(whole) if marketplace.country == "IN" else f"{int(whole):,}".replace(",", thousands)
    return ("-" if minor < 0 else "") + grouped + (point + decimals if decimals else "")


def price(marketplace: Marketplace, minor: int) -> str:
    """Minor units with the currency's sign: $1,807.00, MX$5,310.54, 5.255,61 €."""
    symbol = _SYMBOLS.get(marketplace.currency, marketplace.currency + _NO_BREAK)
    text = amount(marketplace, abs(minor))
    sign = "-" if minor < 0 else ""
    if marketplace.country in _SIGNS:
        return f"{sign}{text}{_NO_BREAK}{symbol.strip()}"
    return f"{sign}{symbol}{text}"


def minor_units(marketplace: Marketplace, value: float) -> int:
    """An amount of the API's documents in minor units."""
    return round(value * (100 if marketplace.decimals else 1))


def count(value: int) -> str:
    """A count with a comma between thousands, in every language."""
    return f"{value:,}"


def percent(value: float) -> str:
    """12.02%"""
    return f"{value:.2f}%"


def _indian(whole: str) -> str:
    """108218 -> 1,08,218."""
    head, tail = whole[:-3], whole[-3:]
    parts = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(parts), tail])
