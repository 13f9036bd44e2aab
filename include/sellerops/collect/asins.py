"""The ASINs that an account sells in a marketplace: as configured, else from the newest listings."""

from __future__ import annotations

from psycopg import sql

from sellerops.base.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.settings.asins_file import ASINS
from sellerops.settings.config_files import config_dir, shown
from sellerops.settings.marketplaces import marketplace_by_id

_LISTINGS = sql.Identifier("amazon_sp", "listings_all")
# In some marketplaces the file has no asin1; there the product id of type 1 is the ASIN.
_ASIN = {
    "asin1": sql.SQL("asin1"),
    "product_id": sql.SQL("CASE WHEN product_id_type = '1' THEN product_id END"),
}


def known_asins(ledger: Ledger, account_id: str, marketplace_id: str) -> list[str]:
    """The account's ASINs in a marketplace, sorted, each once.

    They come from ``config/asins.yaml`` (account, marketplace, list of ASINs) if it names them, else from the
    newest snapshot in the table ``amazon_sp.listings_all``. Raises ConfigurationError when neither has any.
    """
    country = marketplace_by_id(marketplace_id).code
    configured = _configured(account_id, country)
    if configured is not None:
        return configured
    listed = ledger.database.run(lambda connection: _listed(connection, account_id, marketplace_id))
    if listed:
        return listed
    raise ConfigurationError(
        f"no ASINs are known for {account_id} in {country}.",
        where=shown(config_dir() / ASINS.name),
        remedy=f"Run the report listings_all for {country} first (DAG report__amazon_sp__listings_all), or "
        f"list them in config/asins.yaml: `{account_id}: {{{country}: [B0...]}}`; then clear the task.",
    )


def _configured(account_id: str, country: str) -> list[str] | None:
    """The file's ASINs; None if there is no file or it does not name the marketplace."""
    return ASINS.read().get((account_id, country))  # as it is now: outdated ASINs would collect wrong data


def _listed(connection: Connection, account_id: str, marketplace_id: str) -> list[str]:
    """The ASINs of the marketplace's newest snapshot; empty if there is none."""
    columns = {
        row["column_name"]
        for row in connection.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_schema = 'amazon_sp' AND table_name = 'listings_all'"
        )
    }
    known = [expression for name, expression in _ASIN.items() if name in columns]
    if not known:
        return []
    statement = sql.SQL(
        """
        SELECT DISTINCT asin FROM (
            SELECT coalesce({asin}) AS asin FROM {table}
            WHERE account_id = %(account)s AND marketplace_id = %(marketplace)s AND snapshot_at = (
                SELECT max(snapshot_at) FROM {table}
                WHERE account_id = %(account)s AND marketplace_id = %(marketplace)s
            )
        ) AS listed WHERE asin <> ''
        """
    ).format(asin=sql.SQL(", ").join(known), table=_LISTINGS)
    rows = connection.execute(statement, {"account": account_id, "marketplace": marketplace_id})
    return sorted(row["asin"] for row in rows)
