"""Stored recommendations: what to order, what a change would do, and a purchase order as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TextIO

import numpy as np
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.base.errors import ConfigurationError
from sellerops.demand.demand_path import DemandPath
from sellerops.demand.lead_times import Days
from sellerops.demand.metrics import QUANTILES
from sellerops.demand.order_quantity import BuyingRules
from sellerops.demand.position import Arrival, Position, Stock
from sellerops.demand.restock import Policy, Proposal, propose
from sellerops.demand.settings import load_demand_settings
from sellerops.destinations.mart_store import MARTS

Connection = psycopg.Connection[Any]
Row = Mapping[str, Any]
ORDER_COLUMNS = (
    "supplier", "route", "sku", "fnsku", "marketplace", "quantity", "cartons", "case_pack", "unit_cost",
    "currency", "total", "order_by", "expected_on",
)  # fmt: skip


def newest_proposals(
    connection: Connection,
    *,
    account_id: str | None = None,
    marketplace_id: str | None = None,
    sku: str | None = None,
) -> list[dict[str, Any]]:
    """The rows of the newest day of mart ``restock`` of each account, the most urgent first.

    Empty while the mart has not been built.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        exists = cursor.execute("SELECT to_regclass(%s) AS name", (f"{MARTS}.restock",)).fetchone()
        if not exists or exists["name"] is None:
            return []
        return cursor.execute(
            sql.SQL(
                "SELECT r.* FROM {mart} AS r "
                "JOIN (SELECT account_id, max(day) AS day FROM {mart} GROUP BY 1) AS n "
                "USING (account_id, day) WHERE (%(account)s::text IS NULL OR r.account_id = %(account)s) "
                "AND (%(place)s::text IS NULL OR r.marketplace_id = %(place)s) "
                "AND (%(sku)s::text IS NULL OR r.sku = %(sku)s) "
                "ORDER BY r.order_by NULLS LAST, r.lost_margin DESC NULLS LAST, "
                "r.lost_units DESC NULLS LAST, r.sku"
            ).format(mart=sql.Identifier(MARTS, "restock")),
            {"account": account_id, "place": marketplace_id, "sku": sku},
        ).fetchall()


@dataclass(frozen=True)
class Change:
    """What to assume instead of what is stored; None: as it is."""

    service_level: float | None = None
    lead_time: float | None = None
    lead_time_sd: float | None = None
    review_days: int | None = None
    demand_factor: float = 1.0
    extra_units: int = 0  # at Amazon today


def what_if(connection: Connection, row: Row, change: Change) -> Proposal:
    """The recommendation of a stored row under other assumptions. Nothing is stored.

    Raises ConfigurationError if the row has no forecast or no stock.
    """
    quantiles = _quantiles(connection, row)
    if quantiles is None or row["position"] is None:
        raise ConfigurationError(
            f"no order can be worked out: {row['missing']} missing.",
            where=f"{row['account_id']}, SKU {row['sku']}",
            remedy="See `sellerops marts show restock` for what each word means.",
        )
    values, horizon = quantiles
    settings = load_demand_settings(row["account_id"])
    lead = Days(
        _or(change.lead_time, row["lead_time_days"]), _or(change.lead_time_sd, row["lead_time_sd_days"])
    )
    policy = Policy(
        lead=lead,
        review_days=round(_or(change.review_days, row["review_days"])),
        service_level=_or(change.service_level, row["service_level"]),
        rules=BuyingRules(row["case_pack"], row["moq"]),
        min_cover=settings.min_cover_days,
        max_cover=settings.max_cover_days,
        holding_rate=settings.holding_rate,
    )
    demand = DemandPath(values * change.demand_factor, horizon)
    return propose(_position(row, change.extra_units), demand, policy)


def write_order(rows: Sequence[Row], marketplaces: Mapping[str, str], file: TextIO) -> int:
    """Write what is due, now or within a week, as CSV; returns how many lines. Quantities of 0 are left out.

    :param marketplaces: code by id.
    """
    writer = csv.DictWriter(file, ORDER_COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in due(rows):
        writer.writerow(_order_line(row, marketplaces))
        count += 1
    return count


def due(rows: Iterable[Row]) -> list[Row]:
    """Rows to order: due within a week, or set by a person."""
    return [
        row
        for row in rows
        if row["order_quantity"]
        and (row["order_status"] in ("order_now", "soon") or row["override_quantity"] is not None)
    ]


def _order_line(row: Row, marketplaces: Mapping[str, str]) -> dict[str, Any]:
    today, order_by = row["day"], row["order_by"] or row["day"]
    arrives: date = max(today, order_by) + timedelta(days=round(row["lead_time_days"]))
    return {
        "supplier": row["supplier"],
        "route": row["route"],
        "sku": row["sku"],
        "fnsku": row["fnsku"],
        "marketplace": marketplaces.get(row["marketplace_id"], row["marketplace_id"]),
        "quantity": row["order_quantity"],
        "cartons": -(-row["order_quantity"] // max(1, row["case_pack"] or 1)),
        "case_pack": row["case_pack"],
        "unit_cost": row["unit_cost"],
        "currency": row["currency"],
        "total": row["cash_needed"],
        "order_by": order_by,
        "expected_on": arrives,
    }


def _quantiles(connection: Connection, row: Row) -> tuple[Any, int] | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            sql.SQL(
                "SELECT * FROM {} WHERE account_id = %s AND marketplace_id = %s AND sku = %s AND day = %s"
            ).format(sql.Identifier(MARTS, "forecast")),
            (row["account_id"], row["marketplace_id"], row["sku"], row["forecast_day"]),
        ).fetchone()
    if found is None or found["p50"] is None:
        return None
    return np.array([float(found[f"p{round(q * 100)}"]) for q in QUANTILES]), int(found["horizon_days"])


def _position(row: Row, extra: int) -> Position:
    """The stored position; what is not at Amazon yet arrives on the stored day of the next arrival."""
    at_amazon = int(row["sellable_position"] or 0) + extra
    coming = int(row["position"]) - int(row["sellable_position"] or 0)
    first = row["next_arrival_on"]
    days = max(0, (first - row["day"]).days) if first else 0
    arrivals = (Arrival(days, coming),) if coming > 0 else ()
    return Position(Stock(available=at_amazon, open_orders=max(0, coming)), arrivals)


def _or(given: float | None, stored: Any) -> float:
    return float(stored) if given is None else given
