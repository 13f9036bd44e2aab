"""The offers of an account in a marketplace, from the newest snapshot of its listings."""

from __future__ import annotations

from psycopg import errors, sql

from sellerops.base.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.sources.common.operations import Offer

_LISTINGS = sql.Identifier("amazon_sp", "listings_all")


def is_amazon_fulfilled(channel: str | None) -> bool:
    """Whether the ``fulfillment_channel`` of a listing is Amazon's: AMAZON_NA, AMAZON_EU, ...

    The seller's own warehouse is DEFAULT; an offer without a channel does not count as Amazon's either.
    """
    return (channel or "").upper().startswith("AMAZON")


def listed_offers(ledger: Ledger, account_id: str, marketplace_id: str) -> list[Offer]:
    """The account's offers in a marketplace, sorted by SKU, from the table ``amazon_sp.listings_all``.

    Raises ConfigurationError when it has none.
    """
    offers = ledger.database.run(lambda connection: _listed(connection, account_id, marketplace_id))
    if offers:
        return offers
    country = marketplace_by_id(marketplace_id).code
    raise ConfigurationError(
        f"no offers and prices are known for {account_id} in {country}.",
        where="table amazon_sp.listings_all",
        remedy=f"Run the report listings_all for {country} first (DAG report__amazon_sp__listings_all), then "
        "clear the task.",
    )


def _listed(connection: Connection, account_id: str, marketplace_id: str) -> list[Offer]:
    """The offers of the marketplace's newest snapshot; empty if there is none."""
    statement = sql.SQL(
        """
        SELECT seller_sku, asin1, price, fulfillment_channel FROM {table} AS listing
        WHERE account_id = %(account)s AND marketplace_id = %(marketplace)s AND asin1 <> ''
          AND snapshot_at = (
            SELECT max(snapshot_at) FROM {table}
            WHERE account_id = %(account)s AND marketplace_id = %(marketplace)s
          )
        ORDER BY seller_sku
        """
    ).format(table=_LISTINGS)
    try:
        with connection.transaction():
            found = connection.execute(statement, {"account": account_id, "marketplace": marketplace_id})
            rows = found.fetchall()
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return []
    return [
        Offer(
            row["seller_sku"],
            row["asin1"],
            row["price"],
            is_amazon_fulfilled(row["fulfillment_channel"]),
        )
        for row in rows
    ]
