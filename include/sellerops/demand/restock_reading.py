"""Reads the inputs of the mart ``restock``, by home marketplace and SKU."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sellerops.demand.reading import pools_of
from sellerops.destinations.mart_store import Span
from sellerops.marts.computed import Work

STALE = 7  # days after which a stock level is too old to use
Cells = Mapping[str, Any]
Place = tuple[str, str]  # home marketplace, SKU

_FORECASTS = """SELECT f.marketplace_id, f.stock_pool, f.sku, f.day, f.horizon_days, f.lead_time_days,
       f.lead_time_sd_days,
       f.review_days, f.p10, f.p50, f.p80, f.p90, f.p95, f.daily_units, f.status, f.missing
FROM {{ ref('forecast') }} AS f"""
_STOCK = """SELECT s.marketplace_id, s.stock_pool, s.sku, s.day, s.fnsku, s.available, s.fc_transfer,
       s.fc_processing,
       s.reserved_customer_orders, s.inbound_working, s.inbound_shipped, s.inbound_receiving,
       s.awd_available,
       s.awd_reserved, s.awd_replenishing, s.awd_inbound, s.status
FROM (
    SELECT i.marketplace_id, i.stock_pool, i.sku, i.day, i.fnsku, i.available, i.fc_transfer,
       i.fc_processing,
           i.reserved_customer_orders, i.inbound_working, i.inbound_shipped, i.inbound_receiving,
       i.awd_available,
           i.awd_reserved, i.awd_replenishing, i.awd_inbound, i.status,
           ROW_NUMBER() OVER (PARTITION BY i.stock_pool, i.sku ORDER BY i.day DESC) AS place
    FROM {{ ref('inventory_day') }} AS i
    WHERE i.is_counted AND COALESCE(i.available,
          i.awd_available, i.awd_reserved, i.awd_replenishing, i.awd_inbound) IS NOT NULL
) AS s
WHERE s.place = 1"""
_SNAPSHOTS = """SELECT i.marketplace_id, MAX(i.day) AS day FROM {{ ref('inventory_day') }} AS i
WHERE COALESCE(i.available,
          i.awd_available, i.awd_reserved, i.awd_replenishing, i.awd_inbound) IS NOT NULL
GROUP BY i.marketplace_id"""
_LEVELS = """SELECT i.stock_pool, i.sku, i.day,
       SUM(COALESCE(i.available, i.ledger_sellable, 0) + COALESCE(i.fc_transfer,
       0) + COALESCE(i.fc_processing, 0)) AS units
FROM {{ ref('inventory_day') }} AS i
WHERE i.is_counted AND i.marketplace_id <> ''
GROUP BY i.stock_pool, i.sku, i.day"""
_SHIPPED = (
    """SELECT d.marketplace_id, d.sku, d.day, d.units FROM {{ ref('demand_day') }} AS d WHERE d.units > 0"""
)
_SHIPMENTS = """SELECT f.marketplace_id, f.sku, f.stage, f.expected_on, f.units_open
FROM {{ ref('fba_shipments') }} AS f WHERE f.units_open > 0"""
_MARGINS = """SELECT p.marketplace_id, p.sku, p.currency, SUM(p.cm1) AS cm1, SUM(p.units) AS units
FROM {{ ref('profit_sku_day') }} AS p WHERE p.cm1 IS NOT NULL AND p.units > 0
GROUP BY p.marketplace_id, p.sku, p.currency"""
_PRODUCTS = "SELECT p.sku, p.fnsku, p.size_tier FROM {{ ref('product') }} AS p"
_COSTS = """SELECT c.marketplace_id, c.sku, c.valid_from, c.valid_to, c.manufacturing, c.freight, c.duty,
       c.prep,
       c.other, c.currency
FROM {{ source('reference.cost') }} AS c"""
_ELSEWHERE = """SELECT e.sku, e.kind, e.valid_from, e.valid_to, e.quantity, e.expected_date
FROM {{ source('reference.stock_elsewhere') }} AS e"""
_FEE_RULES = """SELECT r.rule, r.marketplace_id, r.size_tier, r.lower, r.upper, r.amount, r.currency,
       r.valid_from,
       r.valid_to
FROM {{ source('reference.fee_rule') }} AS r
WHERE r.rule IN ('low_inventory_fee', 'low_inventory_days', 'low_inventory_exempt_units')"""
_RATES = (
    """SELECT r.day, r.from_currency, r.to_currency, r.rate FROM {{ source('reference.fx_rate') }} AS r"""
)
_ACCOUNT = """SELECT a.service_level, a.reporting_currency, a.order_budget
FROM {{ source('reference.account_setting') }} AS a"""
_AMAZON = """SELECT r.marketplace_id, r.merchant_sku AS sku, r.snapshot_at,
       r.recommended_replenishment_qty AS quantity,
       r.recommended_ship_date AS ship_by
FROM {{ source('amazon_sp.restock_recommendations') }} AS r"""
_PLANNING = """SELECT p.marketplace_id, p.sku, p.snapshot_date, p.snapshot_at,
       p.fba_minimum_inventory_level AS minimum,
       p.recommended_ship_in_quantity AS quantity, p.recommended_ship_in_date AS ship_by,
       p.exempted_from_low_inventory_level_fee AS exempted
FROM {{ source('amazon_sp.fba_inventory_planning') }} AS p"""

_PREVIEW = """SELECT p.marketplace_id, p.msku AS sku, p.first_day,
       SUM(CASE WHEN p.fee_type_name IN ('LowInventoryLevelFee', 'LOW_INVENTORY_LEVEL_FEE')
                THEN p.total_amount ELSE 0 END) AS fee
FROM {{ source('amazon_sp.economics_preview_fees') }} AS p
GROUP BY p.marketplace_id, p.msku, p.first_day"""


@dataclass(frozen=True)
class RestockFacts:
    """The inputs of a day's recommendations. ``Place`` keys name home marketplaces.

    In rows of ``stock`` and ``elsewhere``, ``is_lacking`` says that a newer snapshot lacks the SKU.
    """

    forecasts: dict[Place, Cells]  # the newest of each SKU
    stock: dict[Place, Cells]
    elsewhere: dict[str, Cells]  # AWD by SKU
    shipments: dict[Place, list[Cells]]
    levels: dict[Place, dict[date, float]]
    shipped: dict[Place, dict[date, float]]
    margins: dict[Place, Cells]
    products: dict[str, Cells]
    costs: dict[str, list[Cells]]
    own: dict[str, list[Cells]]  # own warehouses and open orders
    fee_rules: list[Cells]
    rates: dict[tuple[str, str], float]
    account: Cells
    amazon: dict[Place, Cells]
    planning: dict[Place, Cells]
    previewed_fees: dict[Place, float]  # low-inventory-level fees that Amazon expects, as costs


def read_facts(work: Work, account_id: str, day: date) -> RestockFacts:
    """Read everything that a day's recommendations need."""
    span = Span(account_id, None, day, day)
    pools = pools_of(account_id)
    home_of_pool = {pool: home for home, pool in reversed(pools.values())}

    def home(row: Cells) -> Place:
        found = str(row["marketplace_id"] or "")
        return pools.get(found, (found, ""))[0], row["sku"]

    def of_pool(row: Cells) -> Place:
        pool = str(row["stock_pool"] or "")
        return home_of_pool.get(pool, pool), row["sku"]

    def rows(statement: str) -> list[dict[str, Any]]:
        return work.rows(statement, span)

    since = day - timedelta(days=STALE)
    newest = {row["marketplace_id"]: row["day"] for row in rows(_SNAPSHOTS)}
    stock = [
        {**row, "is_lacking": row["day"] < newest[row["marketplace_id"]]}
        for row in rows(_STOCK)
        if row["day"] >= since
    ]
    valid = [row for row in rows(_ELSEWHERE) if row["valid_from"] <= day <= (row["valid_to"] or day)]
    return RestockFacts(
        forecasts=_newest(rows(_FORECASTS), home, "day"),
        stock={of_pool(row): row for row in stock if row["marketplace_id"]},
        elsewhere={row["sku"]: row for row in stock if not row["marketplace_id"]},
        shipments=_lists(rows(_SHIPMENTS), home),
        levels=_series(rows(_LEVELS), of_pool),
        shipped=_series(rows(_SHIPPED), home),
        margins={(row["marketplace_id"], row["sku"]): row for row in rows(_MARGINS)},
        products={row["sku"]: row for row in rows(_PRODUCTS)},
        costs=_lists([row for row in rows(_COSTS) if _holds(row, day)], lambda row: row["sku"]),
        own=_lists(valid, lambda row: row["sku"]),
        fee_rules=[row for row in rows(_FEE_RULES) if _holds(row, day)],
        rates=_newest_rates(rows(_RATES)),
        account=next(iter(rows(_ACCOUNT)), {}),
        amazon=_newest(rows(_AMAZON), home, "snapshot_at"),
        planning=_newest(rows(_PLANNING), home, "snapshot_at"),
        previewed_fees=_previewed(rows(_PREVIEW), home),
    )


def _holds(row: Cells, day: date) -> bool:
    return bool(row["valid_from"] <= day <= (row["valid_to"] or day))


def _newest(rows: Iterable[Cells], place: Callable[[Cells], Place], by: str) -> dict[Place, Cells]:
    return {place(row): row for row in sorted(rows, key=lambda each: each[by])}


def _lists(rows: Iterable[Cells], place: Callable[[Cells], Any]) -> dict[Any, list[Cells]]:
    found: dict[Any, list[Cells]] = defaultdict(list)
    for row in rows:
        found[place(row)].append(row)
    return dict(found)


def _series(rows: Iterable[Cells], place: Callable[[Cells], Place]) -> dict[Place, dict[date, float]]:
    found: dict[Place, dict[date, float]] = defaultdict(dict)
    for row in rows:
        days = found[place(row)]
        days[row["day"]] = days.get(row["day"], 0.0) + float(row["units"])
    return dict(found)


def _previewed(rows: list[dict[str, Any]], home: Callable[[Cells], Place]) -> dict[Place, float]:
    """The fees of each marketplace's newest preview, summed over the marketplaces of a pool."""
    newest: dict[str, date] = {}
    for row in rows:
        newest[row["marketplace_id"]] = max(row["first_day"], newest.get(row["marketplace_id"], date.min))
    found: dict[Place, float] = defaultdict(float)
    for row in rows:
        if row["first_day"] == newest[row["marketplace_id"]]:
            found[home(row)] += abs(float(row["fee"] or 0))
    return dict(found)


def _newest_rates(rows: Iterable[Cells]) -> dict[tuple[str, str], float]:
    return {
        (row["from_currency"], row["to_currency"]): float(row["rate"])
        for row in sorted(rows, key=lambda each: each["day"])
        if row["rate"] is not None
    }
