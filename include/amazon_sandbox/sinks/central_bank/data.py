"""Rates for one euro on working days, made from the factors by which the simulation scales dollar prices."""

from __future__ import annotations

import io
import math
import zipfile
from datetime import date, datetime, timedelta

from amazon_sandbox.simulation.marketplaces import all_marketplaces

GET_RATES = "getExchangeRates"
OPERATIONS = (GET_RATES,)
DAYS = 120
# Published at about 16:00 in Frankfurt (ecb.europa.eu, euro foreign exchange reference rates).
_PUBLISHED_HOUR = 15  # UTC


def rates_file(now: datetime) -> bytes:
    """``eurofxref-hist.zip``: a CSV with a row for each working day up to ``now`` (UTC), newest first."""
    per_dollar = {each.currency: each.usd_rate for each in all_marketplaces()}
    currencies = sorted(set(per_dollar) - {"EUR"})
    last = now.date() - timedelta(days=1 if now.hour < _PUBLISHED_HOUR else 0)
    days = [last - timedelta(days=number) for number in range(DAYS)]
    lines = [",".join(["Date", *currencies, ""])]
    for day in days:
        if day.weekday() < 5:
            cells = [_rate(per_dollar[name] / per_dollar["EUR"], day, name) for name in currencies]
            lines.append(",".join([day.isoformat(), *cells, ""]))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", "\n".join(lines) + "\n")
    return content.getvalue()


def _rate(mean: float, day: date, currency: str) -> str:
    """The rate of a day, within 2 % of its mean."""
    phase = sum(map(ord, currency))
    return f"{mean * (1 + 0.02 * math.sin(day.toordinal() / 29 + phase)):.6g}"
