"""The seller accounts, from ``config/accounts.yaml``. Credentials stand in Airflow connections, not here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sellerops.config_files import config_dir, read_yaml
from sellerops.errors import ConfigurationError
from sellerops.marketplaces import Marketplace, marketplace, region_endpoint
from sellerops.sources.registry import SOURCES

_ALLOWED = {"region", "marketplaces", "connection", "application", "sources"}
_DEFAULT_SOURCES = ("amazon_sp",)


@dataclass(frozen=True)
class Account:
    """One seller account in one region: what one refresh token reaches.

    ``application`` names the developer application; Amazon counts quotas per application and account.
    ``sources``: the systems it is collected from; ``connection`` is that of the Selling Partner API.
    """

    id: str
    region: str
    marketplaces: tuple[Marketplace, ...]
    connection: str
    application: str = "default"
    sources: tuple[str, ...] = _DEFAULT_SOURCES

    @property
    def pool(self) -> str:
        """The Airflow pool that bounds how many tasks work for this account at the Selling Partner API."""
        return self.pool_of("amazon_sp")

    def pool_of(self, source: str) -> str:
        """The Airflow pool that bounds how many tasks work for this account at a source at once."""
        return f"{source}_{self.id}"

    def connection_of(self, source: str) -> str:
        """The Airflow connection that holds the account's credentials for a source."""
        return self.connection if source == "amazon_sp" else f"{source}_{self.id}"


def load_accounts() -> dict[str, Account]:
    """All accounts by id. Raises ConfigurationError naming file, account and remedy."""
    path = config_dir() / "accounts.yaml"
    entries = read_yaml(path).get("accounts")
    if not isinstance(entries, dict) or not entries:
        raise ConfigurationError("names no account under `accounts:`.", where=str(path))
    return {name: _account(str(path), name, fields) for name, fields in entries.items()}


def _account(path: str, name: str, fields: object) -> Account:
    where = f"{path}, accounts.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", str(name)):
        raise ConfigurationError("is no usable name.", where=where, remedy="Use a-z, 0-9 and _ only.")
    if (
        not isinstance(fields, dict)
        or set(fields) - _ALLOWED
        or not {"region", "marketplaces"} <= set(fields)
    ):
        raise ConfigurationError(
            "needs `region` and `marketplaces`, and may have `connection`, `application` and `sources`.",
            where=where,
        )
    try:
        region_endpoint(fields["region"])
        shops = tuple(marketplace(code) for code in fields["marketplaces"])
    except ConfigurationError as error:
        raise ConfigurationError(error.cause, where=where, remedy=error.remedy) from error
    strangers = [shop.code for shop in shops if shop.region != fields["region"]]
    if strangers:
        raise ConfigurationError(
            f"{', '.join(strangers)} is not in region {fields['region']}.",
            where=where,
            remedy="One account entry for each region: Amazon authorises them apart.",
        )
    return Account(
        id=name,
        region=fields["region"],
        marketplaces=shops,
        connection=fields.get("connection", f"amazon_sp_{name}"),
        application=fields.get("application", "default"),
        sources=_sources(where, fields.get("sources", _DEFAULT_SOURCES)),
    )


def _sources(where: str, names: object) -> tuple[str, ...]:
    unknown = [name for name in names if name not in SOURCES] if isinstance(names, list | tuple) else [names]
    if unknown or not names:
        raise ConfigurationError(
            f"`sources` names {', '.join(map(repr, unknown)) or 'nothing'}.",
            where=where,
            remedy=f"Write a list of {', '.join(SOURCES)}.",
        )
    assert isinstance(names, list | tuple)
    return tuple(names)
