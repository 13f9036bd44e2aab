"""The seller accounts, from ``config/accounts.yaml``. Credentials are in Airflow connections, not here."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import shown
from sellerops.settings.known_sources import ACCOUNT_SOURCES, SOURCES
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.marketplaces import Marketplace, marketplace, region_endpoint

_ALLOWED = {"region", "marketplaces", "connection", "application", "sources"}
_DEFAULT_SOURCES = ("amazon_sp",)


@dataclass(frozen=True)
class Account:
    """One seller account in one region: what one refresh token gives access to.

    ``application``: the developer application; Amazon counts quotas per application and account.
    ``connection``: the Selling Partner API connection. ``sources``: the systems to collect from; an account
    whose only sources are ``seller_portal`` and ``folder`` needs neither application nor connection.
    """

    id: str
    region: str
    marketplaces: tuple[Marketplace, ...]
    connection: str
    application: str = "default"
    sources: tuple[str, ...] = _DEFAULT_SOURCES

    @property
    def api_sources(self) -> tuple[str, ...]:
        """The sources for which the account needs its own connection and pool."""
        return tuple(source for source in self.sources if source in ACCOUNT_SOURCES)

    @property
    def pool(self) -> str:
        """The Airflow pool that limits this account's concurrent Selling Partner API tasks."""
        return self.pool_of("amazon_sp")

    def pool_of(self, source: str) -> str:
        """The Airflow pool that limits this account's concurrent tasks for a source."""
        return f"{source}_{self.id}"

    def connection_of(self, source: str) -> str:
        """The Airflow connection with the account's credentials for a source."""
        return self.connection if source == "amazon_sp" else f"{source}_{self.id}"


def load_accounts() -> dict[str, Account]:
    """All accounts by id; while the file is invalid, those of its last valid version.

    Raises ConfigurationError with file, account and remedy if the file never was valid.
    """
    return ACCOUNTS.load()


def _build(files: Files, path: Path) -> dict[str, Account]:
    where = shown(path)
    content = files.yaml(path)
    unknown = sorted(str(key) for key in set(content) - {"accounts"})
    if unknown:
        raise ConfigurationError(
            f"unknown key {unknown[0]!r}.", where=where, remedy="Put every account under `accounts:`."
        )
    entries = content.get("accounts")
    if not isinstance(entries, dict) or not entries:
        raise ConfigurationError(
            "has no account under `accounts:`.", where=where, remedy="Add one (docs/first-account.md)."
        )
    return {str(name): _account(where, name, fields) for name, fields in entries.items()}


ACCOUNTS = ConfigFile("accounts.yaml", _build)


def _account(path: str, name: object, fields: object) -> Account:
    where = f"{path}, accounts.{name}"
    # The id is part of task and pool names, whose length Airflow limits.
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
        raise ConfigurationError(
            "is not a usable account id.",
            where=where,
            remedy="Use up to 60 characters of a-z, 0-9 and _, starting with a letter.",
        )
    if not isinstance(fields, dict):
        raise ConfigurationError(
            "has no keys.", where=where, remedy="Add `marketplaces`; check the indentation."
        )
    for key in fields:
        if key not in _ALLOWED:
            guess = difflib.get_close_matches(str(key), _ALLOWED, n=1)
            raise ConfigurationError(
                f"unknown key {key!r}.",
                where=where,
                remedy=f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(sorted(_ALLOWED))}.",
            )
    if "marketplaces" not in fields:
        raise ConfigurationError("the key 'marketplaces' is missing.", where=where, remedy="Add it.")
    try:
        marketplaces = tuple(marketplace(code) for code in _codes(where, fields["marketplaces"]))
        region = _text(where, fields, "region", marketplaces[0].region)
        region_endpoint(region)
    except ConfigurationError as error:
        raise ConfigurationError(error.cause, where=where, remedy=error.remedy) from error
    elsewhere = [each.code for each in marketplaces if each.region != region]
    if elsewhere:
        raise ConfigurationError(
            f"{', '.join(elsewhere)} is not in region {region}.",
            where=where,
            remedy="Add one account entry per region: Amazon authorises each region separately.",
        )
    return Account(
        id=name,
        region=region,
        marketplaces=marketplaces,
        connection=_text(where, fields, "connection", f"amazon_sp_{name}"),
        application=_text(where, fields, "application", "default"),
        sources=_sources(where, fields.get("sources", _DEFAULT_SOURCES)),
    )


def _text(where: str, fields: dict[str, Any], key: str, default: str) -> str:
    value = fields.get(key, default)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{value!r} is not a name.", where=f"{where}.{key}", remedy="Write a name.")
    return value


def _codes(where: str, codes: object) -> list[str]:
    if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
        raise ConfigurationError(
            f"{codes!r} is not a list of marketplaces.",
            where=where,
            remedy="Write the ISO country codes: `marketplaces: [US, CA]`.",
        )
    doubled = sorted({code for code in codes if codes.count(code) > 1})
    if doubled:
        raise ConfigurationError(
            f"`marketplaces` lists {', '.join(doubled)} twice.", where=where, remedy="Remove one of them."
        )
    return codes


def _sources(where: str, names: object) -> tuple[str, ...]:
    unknown = (
        [name for name in names if name not in tuple(SOURCES)] if isinstance(names, list | tuple) else [names]
    )
    if unknown or not names:
        raise ConfigurationError(
            f"`sources` has {', '.join(map(repr, unknown)) or 'no entry'}.",
            where=where,
            remedy=f"Write a list with any of {', '.join(SOURCES)}.",
        )
    assert isinstance(names, list | tuple)
    return tuple(names)
