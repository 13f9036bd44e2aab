"""Times in the payments files, in the store's form: the five forms of public samples, and Spain's, which the
other Romance languages are taken to share.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from amazon_sandbox.portal.files.layouts import label
from amazon_sandbox.simulation.marketplaces import Marketplace

_AMERICAN = frozenset({"US", "CA", "MX", "BR"})
_ROMANCE = {"ES": "es_ES", "FR": "fr_FR", "IT": "it_IT"}


@lru_cache(maxsize=8_192)
def written_instant(marketplace: Marketplace, seconds: int) -> str:
    """UTC epoch seconds as the store's payments file writes them:

    - `Sep 4, 2026 1:05:07 AM PDT` in the Americas, in the store's zone;
    - `29 June 2026 5:39:32 pm GMT+10` in Australia, in the user's zone, taken to be the store's;
    - `02.06.2026 18:28:02 UTC` in Germany; `2026/07/03 12:34:56 JST` in Japan;
    - `1 ago 2026 10:00:00 CEST` in Spain, and likewise, with their months, in France and Italy (inferred);
    - `27/06/2026 10:00:00` in India; `15 Mar 2026 3:22:08 PM UTC` elsewhere.
    """
    at = datetime.fromtimestamp(seconds, UTC)
    local = at.astimezone(ZoneInfo(marketplace.timezone))
    country = marketplace.country
    if country in _AMERICAN:
        return f"{_month(local)} {local.day}, {local.year} {_twelve(local)} {_half(local)} {local:%Z}"
    if country == "AU":
        month = label("long months", "en_US").split()[local.month - 1]
        return f"{local.day} {month} {local.year} {_twelve(local)} {_half(local).lower()} {_offset(local)}"
    if country == "DE":
        return f"{at:%d.%m.%Y %H:%M:%S} UTC"
    if country == "JP":
        return f"{local:%Y/%m/%d %H:%M:%S} JST"
    if country == "IN":
        return f"{local:%d/%m/%Y %H:%M:%S}"
    if country in _ROMANCE:
        return f"{local.day} {_month(local, _ROMANCE[country])} {local.year} {local:%H:%M:%S} {local:%Z}"
    return f"{at.day} {_month(at)} {at.year} {_twelve(at)} {_half(at)} UTC"


def _month(at: datetime, language: str = "en_US") -> str:
    return label("months", language).split()[at.month - 1]


def _twelve(at: datetime) -> str:
    return f"{at.hour % 12 or 12}:{at:%M:%S}"


def _half(at: datetime) -> str:
    return "AM" if at.hour < 12 else "PM"


def _offset(at: datetime) -> str:
    """GMT+10, GMT+9:30."""
    hours, minutes = divmod(int((at.utcoffset() or at - at).total_seconds()) // 60, 60)
    return f"GMT{hours:+d}" + (f":{minutes:02d}" if minutes else "")
