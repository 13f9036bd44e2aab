"""What is sold, advertised, returned and in stock: one row per SKU and day, from which all tables follow.

Every figure is a function of the seed, the SKU and the day, so equal arguments give equal rows.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

from mart_rows.marketplaces import Marketplace

Connection = psycopg.Connection[Any]

CYCLE_DAYS = 28
REFUNDED_AFTER = 14
COMMISSION = 0.15
# Daily order items of the best-selling SKU in the largest marketplace; the SKU of rank r sells r^-0.8 of it.
BEST_SELLER = 40

# A number in [0, 1) for each SKU, day and purpose.
_DICE = """
    CREATE FUNCTION bench.dice(n int, day int, purpose int) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
        (hashint8extended(n::bigint * 1000003 + day, purpose)::bigint & 1073741823) / 1073741824.0
"""
_SKUS = """
    CREATE UNLOGGED TABLE bench.sku AS
    SELECT n, 'NW-' || lpad(n::text, 5, '0') AS sku, 'B0' || upper(substr(md5('a' || n), 1, 8)) AS asin,
           'B0' || upper(substr(md5('p' || (n + 3) / 4), 1, 8)) AS parent_asin,
           'X00' || upper(substr(md5('f' || n), 1, 7)) AS fnsku, 'Product ' || n AS title,
           power(n, -0.8) * {best} AS base_rate,
           899 + (bench.dice(n, 0, {seed} + 1) * 6000)::int AS usd_cents,
           260 + (bench.dice(n, 0, {seed} + 2) * 500)::int AS usd_fulfilment,
           round((0.02 + bench.dice(n, 0, {seed} + 3) * 0.6)::numeric, 4) AS cubic_feet,
           n % 3 = 0 AS is_advertised, (n + 9) / 10 AS campaign
    FROM generate_series(1, {skus}) AS n
"""
_DEMAND = """
    CREATE UNLOGGED TABLE bench.demand_{marketplace} AS
    SELECT s.n, d.day,
           floor(s.base_rate * {size} * d.season * (0.6 + 0.8 * bench.dice(s.n, d.number, {seed} + 11))
                 + bench.dice(s.n, d.number, {seed} + 12))::int AS units,
           floor(10 * s.base_rate * {size} * d.season * (0.8 + 0.4 * bench.dice(s.n, d.number, {seed} + 13))
                 + bench.dice(s.n, d.number, {seed} + 14))::int AS visits,
           bench.dice(s.n, d.number, {seed} + 15) AS luck,
           (d.number + s.n %% {cycle}) / {cycle} AS cycle
    FROM (SELECT day::date AS day, day::date - date '2020-01-01' AS number,
                 1 + 0.3 * cos(2 * pi() * (extract(doy FROM day) - 340) / 365.25) AS season
          FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS day) AS d
    CROSS JOIN bench.sku AS s
"""
# Stock: each cycle begins with the delivery of what it sells; below that is a reserve that never sells.
_DAYS = """
    CREATE UNLOGGED TABLE bench.day_{marketplace} AS
    SELECT d.n, d.day, d.units, greatest(d.visits, d.units) AS sessions,
           round(s.usd_cents * {rate})::bigint AS price,
           round(s.usd_fulfilment * {rate})::bigint AS fulfilment,
           round(s.usd_cents * {rate} * {commission})::bigint AS commission,
           round(s.usd_cents * {rate} * 0.08)::bigint AS tax, d.luck,
           CASE WHEN d.units > 0 AND d.luck < 0.04 THEN 1 ELSE 0 END AS refunded,
           CASE WHEN s.is_advertised AND d.units > 0 THEN greatest(d.visits / 4, 1)
                WHEN s.is_advertised THEN d.visits / 4 ELSE 0 END AS clicks,
           CASE WHEN s.is_advertised THEN (d.units + 1) / 3 ELSE 0 END AS ad_units,
           round((30 + d.luck * 60) * {rate})::bigint AS click_price,
           5 + sum(d.units) OVER cycle - sum(d.units) OVER so_far AS stock,
           CASE WHEN row_number() OVER so_far = 1 THEN sum(d.units) OVER cycle ELSE 0 END AS received,
           lag(CASE WHEN d.units > 0 AND d.luck < 0.04 THEN 1 ELSE 0 END, {refunded_after}, 0)
               OVER (PARTITION BY d.n ORDER BY d.day) AS refunded_now
    FROM bench.demand_{marketplace} AS d JOIN bench.sku AS s USING (n)
    WINDOW cycle AS (PARTITION BY d.n, d.cycle),
           so_far AS (PARTITION BY d.n, d.cycle ORDER BY d.day)
    ORDER BY d.day, d.n
"""


def make_skus(connection: Connection, skus: int, seed: int, best_seller: float) -> None:
    """Create the catalogue, which is the same in all marketplaces, as it is for global sellers."""
    connection.execute("DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench")
    connection.execute(_DICE)
    connection.execute(_SKUS.format(skus=skus, seed=seed, best=best_seller).encode())
    connection.execute("CREATE UNIQUE INDEX ON bench.sku (n); ANALYZE bench.sku")


def make_days(connection: Connection, marketplace: Marketplace, first: date, last: date, seed: int) -> None:
    """Create ``bench.day_<marketplace>``, with money in cents of the marketplace's currency.

    ``refunded`` is a unit of this day's orders that will be refunded; ``refunded_now`` is one that is
    refunded today. Orders ship on the day they are placed.
    """
    values = {
        "marketplace": marketplace.number,
        "size": marketplace.size,
        "rate": marketplace.rate,
        "seed": seed * 1000 + marketplace.number * 100,
        "cycle": CYCLE_DAYS,
        "commission": COMMISSION,
        "refunded_after": REFUNDED_AFTER,
    }
    connection.execute(_DEMAND.format(**values).encode(), {"first": first, "last": last})
    connection.execute(_DAYS.format(**values).encode())
    connection.execute(f"DROP TABLE bench.demand_{marketplace.number}".encode())
    # Ordered by day, a month is a few adjacent pages.
    connection.execute(f"CREATE INDEX ON bench.day_{marketplace.number} USING brin (day)".encode())
    connection.execute(f"ANALYZE bench.day_{marketplace.number}".encode())
