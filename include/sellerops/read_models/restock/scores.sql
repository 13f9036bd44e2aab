WITH RECURSIVE marketplace AS (
    (SELECT account_id, marketplace_id FROM sellerops_marts.restock_grade ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT further.account_id, further.marketplace_id
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT r.account_id, r.marketplace_id FROM sellerops_marts.restock_grade AS r
        WHERE (r.account_id, r.marketplace_id) > (marketplace.account_id, marketplace.marketplace_id)
        ORDER BY 1, 2 LIMIT 1
    ) AS further
), graded AS (
    SELECT g.day, g.is_final, g.short_units, g.over_units, g.amazon_short_units, g.amazon_over_units,
           g.stock_out_days, g.demand
    FROM marketplace
    CROSS JOIN LATERAL (
        -- The newest day whose protection period is over, else the oldest that is followed yet.
        SELECT coalesce(max(one.day) FILTER (WHERE one.is_final), min(one.day)) AS day
        FROM generate_series(%(since)s::date, %(end)s::date, interval '1 day') AS every (day)
        CROSS JOIN LATERAL (
            SELECT any_row.day, any_row.is_final FROM sellerops_marts.restock_grade AS any_row
            WHERE any_row.account_id = marketplace.account_id AND any_row.marketplace_id = marketplace.marketplace_id
              AND any_row.day = every.day::date
            LIMIT 1
        ) AS one
    ) AS last
    CROSS JOIN LATERAL (
        SELECT one.* FROM sellerops_marts.restock_grade AS one
        WHERE one.account_id = marketplace.account_id AND one.marketplace_id = marketplace.marketplace_id
          AND one.day = last.day
        OFFSET 0
    ) AS g
    WHERE (%(accounts)s::text[] IS NULL OR g.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR g.marketplace_id = ANY (%(marketplaces)s)
           OR g.stock_pool IN (SELECT pool.stock_pool FROM sellerops_reference.stock_pool AS pool
                               WHERE pool.marketplace_id = ANY (%(marketplaces)s)))
      AND g.demand IS NOT NULL
)
SELECT min(day) AS day, bool_and(is_final) AS is_final, count(*) AS skus,
       count(amazon_short_units) AS compared_skus,
       sum(demand) FILTER (WHERE amazon_short_units IS NOT NULL) AS demand,
       sum(short_units) FILTER (WHERE amazon_short_units IS NOT NULL) AS short_units,
       sum(amazon_short_units) AS amazon_short_units,
       sum(over_units) FILTER (WHERE amazon_over_units IS NOT NULL) AS over_units,
       sum(amazon_over_units) AS amazon_over_units,
       sum(stock_out_days)::bigint AS stock_out_days
FROM graded
HAVING count(*) > 0
