"""Reference data of the generated seller: unit costs, and how its supplier delivers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg

from mart_rows.marketplaces import Marketplace

# A third of the price in dollars, all of it in the currency of the account's first marketplace.
_COSTS = """
    INSERT INTO sellerops_reference.cost (account_id, sku, valid_from, manufacturing, freight, currency)
    SELECT %(account)s, s.sku, %(first)s, round(s.usd_cents * %(rate)s::numeric * 0.25 / 100, 2),
           round(s.usd_cents * %(rate)s::numeric * 0.08 / 100, 2), %(currency)s
    FROM bench.sku AS s
"""
_SUPPLIERS = """
    INSERT INTO sellerops_reference.supplier (account_id, supplier, production_days, production_sd_days,
        transit_days, transit_sd_days, review_days, minimum_order_quantity, case_pack)
    VALUES (%(account)s, 'Harbour', 20, 4, 25, 5, 14, 24, 12)
"""


def write_reference(
    connection: psycopg.Connection[Any], marketplaces: Sequence[Marketplace], first: date
) -> None:
    """Write a cost for each SKU from ``first`` on, and one supplier, in each account. Needs ``bench.sku``."""
    for marketplace in {
        marketplace.account_id: marketplace for marketplace in reversed(marketplaces)
    }.values():
        values = {
            "account": marketplace.account_id,
            "first": first,
            "rate": marketplace.rate,
            "currency": marketplace.currency,
        }
        connection.execute(_COSTS, values)
        connection.execute(_SUPPLIERS, values)
