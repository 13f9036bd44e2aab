"""Amazon's marketplaces and regions, from ``config/marketplaces.yaml``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from sellerops.config_files import config_dir, read_yaml
from sellerops.errors import ConfigurationError


@dataclass(frozen=True)
class Marketplace:
    """One shop: ISO country code, Amazon's id, region (NA, EU, FE), currency, zone of its business day.

    ``dates``: the orders in which it writes dates: ``dmy``, ``mdy`` or ``ymd``.
    """

    code: str
    id: str
    region: str
    name: str
    sales_channel: str
    currency: str
    timezone: str
    charset: str
    locale: str
    dates: tuple[str, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@lru_cache(maxsize=8)
def _tables(directory: str) -> tuple[dict[str, Marketplace], dict[str, str]]:
    content = read_yaml(config_dir() / "marketplaces.yaml")
    marketplaces = {
        code: Marketplace(code=code, **{**fields, "dates": tuple(fields["dates"])})
        for code, fields in content["marketplaces"].items()
    }
    endpoints = {code: fields["endpoint"] for code, fields in content["regions"].items()}
    return marketplaces, endpoints


def all_marketplaces() -> dict[str, Marketplace]:
    """Every known marketplace by ISO country code."""
    return _tables(str(config_dir()))[0]


def region_endpoint(region: str) -> str:
    """The Selling Partner API address of a region (NA, EU, FE)."""
    endpoints = _tables(str(config_dir()))[1]
    if region not in endpoints:
        raise ConfigurationError(f"unknown region {region!r}; known: {', '.join(endpoints)}.")
    return endpoints[region]


def marketplace(code: str) -> Marketplace:
    """The marketplace of an ISO country code. Raises ConfigurationError that suggests the nearest code."""
    known = all_marketplaces()
    if code in known:
        return known[code]
    nicknames = {"UK": "GB", "UAE": "AE"}
    guess = nicknames.get(code) or next(iter(difflib.get_close_matches(code, known, n=1, cutoff=0.5)), None)
    hint = f"write {guess}" if guess else f"use one of {', '.join(known)}"
    raise ConfigurationError(f"unknown marketplace {code!r}.", remedy=f"Use the ISO country code: {hint}.")


def marketplace_by_id(marketplace_id: str) -> Marketplace:
    """The marketplace with Amazon's id ``marketplace_id``."""
    for item in all_marketplaces().values():
        if item.id == marketplace_id:
            return item
    raise ConfigurationError(f"unknown marketplace id {marketplace_id!r}; see config/marketplaces.yaml.")
