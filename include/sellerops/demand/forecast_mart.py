"""The mart ``forecast``: one row per SKU and origin day, kept as it was made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from sellerops.demand.backtest import TESTS
from sellerops.demand.classes import DemandClass
from sellerops.demand.forecast import AMAZON, NONE, Forecasts, make_forecasts
from sellerops.demand.lead_times import Days, LeadTime, learn_check_in
from sellerops.demand.looks import PROFILE, TREES
from sellerops.demand.metrics import MEDIAN, QUANTILES
from sellerops.demand.models import YEAR
from sellerops.demand.reading import Demand, pools_of, read_demand
from sellerops.demand.series import Bools, Floats
from sellerops.demand.settings import DemandSettings, load_demand_settings
from sellerops.demand.suppliers import SUPPLIERS, Suppliers
from sellerops.destinations.mart_store import Span
from sellerops.marts.computed import Row, Work
from sellerops.marts.templates import is_reference
from sellerops.settings.marketplaces import all_marketplaces

RECENT = 91
STRICT = 28  # a day with unknown sales among the last so many refuses the forecast
FORGOTTEN = 182  # SKUs whose demand could not be seen for so many days are not forecast
STALE = 60  # accounts without orders for so many days are not forecast
# A marketplace whose orders end more than so many days before the newest is refused, not waited for.
LATE = 3

_NEWEST = """SELECT d.marketplace_id, MAX(CASE WHEN d.units IS NOT NULL THEN d.day END) AS day
FROM {{ ref('demand_day') }} AS d GROUP BY d.marketplace_id"""
_PRODUCTS = "SELECT p.sku, p.asin, p.product_group FROM {{ ref('product') }} AS p"
_RECEIVED = """SELECT f.marketplace_id, f.shipment_id, MIN(f.first_received_on) AS first_day,
       MAX(f.last_received_on) AS last_day
FROM {{ ref('fba_shipments') }} AS f
WHERE f.stage = 'closed' AND f.first_received_on IS NOT NULL AND f.last_received_on IS NOT NULL
GROUP BY f.marketplace_id, f.shipment_id"""
_AMAZON = """SELECT r.marketplace_id, r.merchant_sku, r.total_units,
       r.total_days_of_supply AS days, r.snapshot_at
FROM {{ source('amazon_sp.restock_recommendations') }} AS r"""


class ForecastMart:
    """Forecasts from the newest day of each account. Those from earlier days stay as they were made.

    Learning takes minutes for many SKUs, and orders change every hour. So an account learns once for each
    day, and again only if sales were missing, or if somebody requests it or changes a reference table.
    """

    def due(self, work: Work) -> Iterable[Span]:
        """Nothing is due by time: without new orders there is no new forecast."""
        return ()

    def compute(self, work: Work, spans: Sequence[Span]) -> Iterator[tuple[Span, Iterable[Row]]]:
        for account_id in sorted({span.account_id for span in spans}):
            day = newest_day(work, account_id)
            if day is not None and not _is_learned(work, account_id, day):
                rows = forecast_rows(work, account_id, day, load_demand_settings(account_id))
                yield Span(account_id, None, day, day), rows


def _is_learned(work: Work, account_id: str, day: date) -> bool:
    """Whether a forecast from the day with complete sales exists, and nobody has requested another."""
    arriving = {name for name in work.mart.inputs if not is_reference(name)}
    if not work.causes.get(account_id, frozenset()) <= arriving:
        return False
    table = work.store.table_sql(work.mart.table.full_name)
    (row,) = work.store.rows(
        f"SELECT COUNT(*) AS n, COUNT(CASE WHEN f.missing LIKE '%sales%' THEN 1 END) AS refused "
        f"FROM {table} AS f WHERE f.account_id = '{account_id}' AND f.day = DATE '{day}'"
    )
    return bool(row["n"] and not row["refused"])


def newest_day(work: Work, account_id: str) -> date | None:
    """The newest day that is over and whose orders are known in all marketplaces, except late ones."""
    now = work.ledger.clock().now()
    zones = {place.id: place.zone for place in all_marketplaces().values()}
    days = []
    today = now.date()
    for row in work.rows(_NEWEST, Span(account_id, None, today - timedelta(days=STALE), today)):
        zone = zones.get(row["marketplace_id"])
        if zone is not None and row["day"] is not None:
            days.append(min(row["day"], now.astimezone(zone).date() - timedelta(days=1)))
    on_time = [day for day in days if day >= max(days) - timedelta(days=LATE)]
    return min(on_time, default=None)


def forecast_rows(work: Work, account_id: str, day: date, settings: DemandSettings) -> list[dict[str, Any]]:
    """The rows of a day, including those of refused SKUs, which have no figures."""
    span = Span(account_id, None, day, day)
    products = {row["sku"]: row for row in work.rows(_PRODUCTS, span)}
    groups = {sku: row["product_group"] or "" for sku, row in products.items()}
    demand = read_demand(work, account_id, day, groups)
    if demand is None:
        return []
    suppliers = Suppliers(work.rows(SUPPLIERS, span), (), settings)
    check_ins = check_in_days(work, span, settings)
    supplies = [suppliers.supply_of(key.sku) for key in demand.keys]
    leads = [
        supply.lead_time(check_ins.get(key.marketplace_id, settings.check_in))
        for key, supply in zip(demand.keys, supplies, strict=True)
    ]
    reviews = [supply.review_days for supply in supplies]
    horizon = np.array([horizon_of(lead, review) for lead, review in zip(leads, reviews, strict=True)])
    mapped = np.array([bool((products.get(key.sku) or {}).get("asin")) for key in demand.keys])
    missing = _missing(demand, mapped)
    refused = _refused(missing, settings)
    wanted = np.asarray(~demand.panel.masked[:, -FORGOTTEN:].all(axis=1))
    amazon = _amazon_daily(work, account_id, span, demand)
    made = make_forecasts(demand.panel, horizon, spikes=settings.spikes, amazon_daily=amazon)
    common = {"account_id": account_id, "day": day}
    return [
        {**common, **_row(demand, made, n, leads[n], reviews[n], amazon[n], missing[n], refused[n])}
        for n in range(len(demand.keys))
        if wanted[n]
    ]


def horizon_of(lead: LeadTime, review_days: int) -> int:
    """The whole days that a forecast must cover, until the next order could arrive; 7 to 365."""
    return min(365, max(7, round(lead.total.mean + review_days)))


def check_in_days(work: Work, span: Span, settings: DemandSettings) -> dict[str, Days]:
    """The check-in of each home marketplace, learned from the account's closed shipments."""
    received: dict[str, list[tuple[date, date]]] = defaultdict(list)
    pools = pools_of(span.account_id)
    for row in work.rows(_RECEIVED, span):
        home, _ = pools.get(row["marketplace_id"], (row["marketplace_id"], ""))
        received[home].append((row["first_day"], row["last_day"]))
    return {home: learn_check_in(days, settings.check_in) for home, days in received.items()}


def _missing(demand: Demand, mapped: Bools) -> list[list[str]]:
    sales = np.asarray(~demand.with_sales[:, -STRICT:].all(axis=1))
    stock = np.asarray(~demand.complete[:, -RECENT:].all(axis=1)) & ~sales
    flags = {"sales": sales, "stock": stock, "unmapped": ~mapped}
    return [[word for word, flag in flags.items() if flag[n]] for n in range(len(demand.keys))]


def _refused(missing: list[list[str]], settings: DemandSettings) -> list[bool]:
    refusing = {
        *([] if settings.force else ["sales"]),
        *([] if settings.force or settings.include_unmapped else ["unmapped"]),
    }
    return [bool(refusing.intersection(words)) for words in missing]


def _amazon_daily(work: Work, account_id: str, span: Span, demand: Demand) -> Floats:
    """(n,) Daily demand implied by Amazon's days of supply; NaN where these are missing or `365+`."""
    newest: dict[tuple[str, str], Mapping[str, Any]] = {}
    pools = pools_of(account_id)
    for row in sorted(work.rows(_AMAZON, span), key=lambda each: each["snapshot_at"]):
        home, _ = pools.get(row["marketplace_id"], (row["marketplace_id"], ""))
        newest[home, row["merchant_sku"]] = row
    found = np.full(len(demand.keys), np.nan)
    for number, key in enumerate(demand.keys):
        said = newest.get((key.marketplace_id, key.sku))
        days = str(said["days"] or "") if said else ""
        if said and days.replace(".", "", 1).isdigit() and 0 < float(days) < 365 and said["total_units"]:
            found[number] = said["total_units"] / float(days)
    return found


def _row(
    demand: Demand,
    made: Forecasts,
    n: int,
    lead: LeadTime,
    review_days: int,
    amazon: float,
    missing: list[str],
    is_refused: bool,
) -> dict[str, Any]:
    key, scores, horizon = demand.keys[n], made.scores, int(made.horizon[n])
    model = NONE if is_refused else made.models[n]
    is_untested = made.models[n] == NONE or scores.origins[n] < TESTS
    words = sorted({*missing, *(["history"] if is_untested else [])})
    values = made.quantiles[n] if model != NONE else np.full(len(QUANTILES), np.nan)
    panel, pinball = demand.panel, scores.pinball[n] if model not in (NONE, AMAZON) else np.full(5, np.nan)
    started = ~panel.masked[n]
    history = int(len(started) - started.argmax()) if started.any() else 0
    return {
        "marketplace_id": key.marketplace_id,
        "sku": key.sku,
        "stock_pool": key.stock_pool,
        "class": made.classes[n].value,
        "model": model,
        "horizon_days": horizon,
        "lead_time_days": number(lead.total.mean),
        "lead_time_sd_days": number(lead.total.sd),
        "review_days": review_days,
        **{f"p{round(q * 100)}": number(values[place]) for place, q in enumerate(QUANTILES)},
        "daily_units": number(values[MEDIAN] / horizon),
        "seasonal_naive": number(made.seasonal_naive[n]),
        "in_stock_mean": number(made.in_stock_mean[n]),
        "amazon_units": number(amazon * horizon),
        "origins": int(scores.origins[n]),
        "wape": number(scores.wape[n]),
        "mase": number(scores.mase[n]),
        **{f"pinball_{round(q * 100)}": number(pinball[QUANTILES.index(q)]) for q in (0.5, 0.8, 0.9, 0.95)},
        "coverage_80": number(scores.coverage[n]),
        "bias": number(scores.bias[n]),
        "poisson_floor": number(scores.poisson_floor[n]),
        "baseline_wape": number(scores.baseline_wape[n]),
        "seasonality": _seasonality(model, history),
        "history_days": history,
        "masked_days": int(panel.masked[n, -RECENT:].sum()),
        "event_days": int(panel.events[n, -RECENT:].sum()),
        "drift": bool(made.has_drifted[n]),
        "data_quality": number(demand.complete[n, -RECENT:].mean()),
        "status": _status(model, is_refused, words, made.classes[n]),
        "missing": ", ".join(words),
    }


def _seasonality(model: str, history: int) -> str:
    if model == PROFILE:
        return "group"
    if model != TREES:
        return "none"
    return "own" if history >= 2 * YEAR - 28 else "group"


def _status(model: str, is_refused: bool, words: list[str], kind: DemandClass) -> str:
    if is_refused or model == NONE:
        return "incomplete"
    return "estimated" if words or model == AMAZON or kind is DemandClass.SHORT else "complete"


def number(value: float) -> float | None:
    """A figure as it is stored: rounded to six places; None for NaN."""
    return None if value != value else round(float(value), 6)
