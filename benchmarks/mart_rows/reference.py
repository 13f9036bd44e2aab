"""What the generated seller says of its own: unit costs, and how its supplier delivers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg

from mart_rows.shops import Shop

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


def write_reference(connection: psycopg.Connection[Any], shops: Sequence[Shop], first: date) -> None:
    """A cost of every SKU from ``first`` on, and one supplier, in each account. Needs ``bench.sku``."""
    for shop in {shop.account_id: shop for shop in reversed(shops)}.values():
        values = {
            "account": shop.account_id,
            "first": first,
            "rate": shop.rate,
            "currency": shop.currency,
        }
        connection.execute(_COSTS, values)
        connection.execute(_SUPPLIERS, values)
