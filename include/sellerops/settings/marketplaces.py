"""Amazon's marketplaces and regions, from ``config/marketplaces.yaml``."""

from __future__ import annotations

import codecs
import difflib
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import config_dir, shown
from sellerops.settings.last_valid import ConfigFile, Files


@dataclass(frozen=True)
class Marketplace:
    """One marketplace. ``code``: ISO country code; ``id``: Amazon's id; ``region``: NA, EU or FE.

    ``timezone``: the time zone of its business day. ``dates``: the orders in which it writes day, month and
    year: ``dmy``, ``mdy``, ``ymd``.
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


DATE_ORDERS = ("dmy", "mdy", "ymd")
# Marketplaces by code, endpoints by region, ids of marketplaces by stock pool.
_Tables = tuple[dict[str, Marketplace], dict[str, str], dict[str, tuple[str, ...]]]
_KNOWN = {each.name for each in fields(Marketplace)} - {"code"}
_REQUIRED = {each.name for each in fields(Marketplace) if each.default is MISSING} - {"code"}


def _build(files: Files, path: Path) -> _Tables:
    content = files.yaml(path)
    marketplaces = {}
    for code, entry in _entries(content, "marketplaces", path).items():
        where = f"{shown(path)}, marketplaces.{code}"
        is_whole = isinstance(entry, dict) and _REQUIRED <= set(entry) <= _KNOWN
        if not is_whole or not all(_is_valid(key, entry[key]) for key in _REQUIRED):
            raise ConfigurationError(
                f"must have exactly the keys {', '.join(sorted(_REQUIRED))}, each a text (`dates`: a list of "
                "texts).",
                where=where,
                remedy="Compare it with the entries next to it.",
            )
        try:
            ZoneInfo(entry["timezone"])
            codecs.lookup(entry["charset"])
        except (ZoneInfoNotFoundError, ValueError, OSError, LookupError) as error:
            raise ConfigurationError(
                f"unknown time zone or charset: {error}.",
                where=where,
                remedy="Use an IANA time zone and a charset that Python knows.",
            ) from error
        marketplaces[str(code)] = Marketplace(code=str(code), **{**entry, "dates": tuple(entry["dates"])})
    endpoints = {}
    for name, entry in _entries(content, "regions", path).items():
        if not isinstance(entry, dict) or not _is_text(entry.get("endpoint")):
            raise ConfigurationError(
                "has no `endpoint`.", where=f"{shown(path)}, regions.{name}", remedy="Add its https address."
            )
        endpoints[str(name)] = str(entry["endpoint"])
    unknown = sorted({each.region for each in marketplaces.values()} - set(endpoints))
    if unknown:
        raise ConfigurationError(
            f"the region {unknown[0]!r}, which a marketplace uses, is missing.",
            where=f"{shown(path)}, regions",
        )
    return marketplaces, endpoints, _pools(content.get("stock_pools", {}), marketplaces, path)


def _pools(pools: Any, marketplaces: dict[str, Marketplace], path: Path) -> dict[str, tuple[str, ...]]:
    """The ids of the marketplaces in each pool, by the pool's name."""
    if not isinstance(pools, dict):
        raise ConfigurationError(
            "is not a mapping.", where=f"{shown(path)}, stock_pools", remedy="Write `eu: [DE, FR]`."
        )
    ids = {}
    for name, codes in pools.items():
        unknown = [code for code in codes if code not in marketplaces] if isinstance(codes, list) else [codes]
        if unknown:
            raise ConfigurationError(
                f"unknown marketplace {unknown[0]!r}.",
                where=f"{shown(path)}, stock_pools.{name}",
                remedy="List codes of the marketplaces above.",
            )
        ids[str(name)] = tuple(marketplaces[code].id for code in codes)
    return ids


MARKETPLACES = ConfigFile("marketplaces.yaml", _build)


def _entries(content: dict[str, Any], key: str, path: Path) -> dict[Any, Any]:
    entries = content.get(key)
    if not isinstance(entries, dict) or not entries:
        raise ConfigurationError(f"has nothing under `{key}:`.", where=shown(path), remedy="Restore it.")
    return entries


def _is_valid(key: str, value: object) -> bool:
    if key == "dates":
        return isinstance(value, list) and bool(value) and all(each in DATE_ORDERS for each in value)
    return _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


@lru_cache(maxsize=8)
def _tables(directory: str) -> _Tables:
    return MARKETPLACES.load()


def all_marketplaces() -> dict[str, Marketplace]:
    """All known marketplaces by ISO country code."""
    return _tables(str(config_dir()))[0]


def stock_pools() -> dict[str, tuple[str, ...]]:
    """Ids of marketplaces that sell from one stock, by the pool's name."""
    return _tables(str(config_dir()))[2]


def region_endpoint(region: str) -> str:
    """The Selling Partner API address of a region (NA, EU, FE). Raises ConfigurationError if unknown."""
    endpoints = _tables(str(config_dir()))[1]
    if region not in endpoints:
        raise ConfigurationError(f"unknown region {region!r}; known: {', '.join(endpoints)}.")
    return endpoints[region]


def marketplace(code: str) -> Marketplace:
    """The marketplace with an ISO country code.

    Raises ConfigurationError that suggests the nearest code if the code is unknown.
    """
    known = all_marketplaces()
    if code in known:
        return known[code]
    nicknames = {"UK": "GB", "UAE": "AE"}
    guess = nicknames.get(code) or next(iter(difflib.get_close_matches(code, known, n=1, cutoff=0.5)), None)
    hint = f"Did you mean {guess}?" if guess else f"Use one of {', '.join(known)}."
    raise ConfigurationError(f"unknown marketplace {code!r}.", remedy=hint)


def marketplace_by_id(marketplace_id: str) -> Marketplace:
    """The marketplace with Amazon's id ``marketplace_id``. Raises ConfigurationError if unknown."""
    for item in all_marketplaces().values():
        if item.id == marketplace_id:
            return item
    raise ConfigurationError(f"unknown marketplace id {marketplace_id!r}; see config/marketplaces.yaml.")
