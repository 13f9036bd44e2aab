WITH tiers AS (
    SELECT l.marketplace_id, l.seen_at::date AS day, l.size_tier, l.asin,
           lag(l.size_tier) OVER months AS tier_before, lag(l.asin) OVER months AS asin_before
    FROM sellerops_marts.listing_month AS l
    WHERE l.account_id = %(account)s AND l.marketplace_id = ANY (%(marketplaces)s) AND l.sku = %(sku)s
    WINDOW months AS (PARTITION BY l.marketplace_id ORDER BY l.month_first)
),
rates AS (
    SELECT f.marketplace_id, f.day, f.currency, -f.rate_expected AS rate,
           -lag(f.rate_expected) OVER (PARTITION BY f.marketplace_id ORDER BY f.day) AS before
    FROM sellerops_marts.fees_day AS f
    WHERE f.account_id = %(account)s AND f.marketplace_id = ANY (%(marketplaces)s) AND f.day = ANY (%(days)s::date[])
      AND f.sku = %(sku)s AND f.fee_type = 'fee.fba_fulfilment' AND f.rate_expected IS NOT NULL
),
-- Days in a row with the same trouble are one change: their day less their number is the same.
troubled AS (
    SELECT d.marketplace_id, d.day, d.mask_reason AS kind
    FROM sellerops_marts.demand_day AS d
    WHERE d.account_id = %(account)s AND d.marketplace_id = ANY (%(marketplaces)s) AND d.day = ANY (%(days)s::date[])
      AND d.sku = %(sku)s AND d.mask_reason IN ('stock_out', 'suppressed')
    UNION ALL
    SELECT t.marketplace_id, t.day, 'buy_box'
    FROM sellerops_marts.traffic_sku_day AS t
    WHERE t.account_id = %(account)s AND t.marketplace_id = ANY (%(marketplaces)s) AND t.day = ANY (%(days)s::date[])
      AND t.sku = %(sku)s AND t.page_views >= 10
    GROUP BY 1, 2
    HAVING sum(t.buy_box_views) < 0.5 * sum(t.page_views)
),
spells AS (
    SELECT marketplace_id, kind, min(day) AS day, max(day) AS until
    FROM (
        SELECT *, day - (row_number() OVER (PARTITION BY marketplace_id, kind ORDER BY day))::integer AS spell FROM troubled
    ) AS numbered
    GROUP BY marketplace_id, kind, spell
),
costs AS (
    SELECT c.marketplace_id, c.valid_from AS day, c.currency, c.landed,
           lag(c.landed) OVER (PARTITION BY c.marketplace_id, c.currency ORDER BY c.valid_from) AS before
    FROM (
        SELECT *, manufacturing + coalesce(freight, 0) + coalesce(duty, 0) + coalesce(prep, 0) + coalesce(other, 0) AS landed
        FROM sellerops_reference.cost
        WHERE account_id = %(account)s AND sku = %(sku)s AND (marketplace_id = '' OR marketplace_id = ANY (%(marketplaces)s))
    ) AS c
),
found AS (
    SELECT day, NULL::date AS until, marketplace_id, 'size_tier' AS kind, tier_before AS before, size_tier AS after, '' AS detail
    FROM tiers WHERE size_tier <> tier_before
    UNION ALL
    SELECT day, NULL, marketplace_id, 'asin', asin_before, asin, '' FROM tiers WHERE asin <> asin_before
    UNION ALL
    SELECT day, NULL, marketplace_id, 'fee', round(before, 2)::text, round(rate, 2)::text, currency
    FROM rates WHERE abs(rate - before) >= 0.02 * abs(before) AND abs(rate - before) >= 0.01
    UNION ALL
    SELECT day, until, marketplace_id, kind, '', '', '' FROM spells
    UNION ALL
    SELECT day, NULL, marketplace_id, 'cost', round(before, 2)::text, round(landed, 2)::text, currency
    FROM costs WHERE landed <> before
    UNION ALL
    SELECT a.opened_at::date, a.ended_at::date, a.marketplace_id, 'alert', '', a.name,
           CASE WHEN a.name = ANY (%(alerts_without_costs)s) THEN a.summary ELSE '' END
    FROM sellerops.alert AS a
    WHERE a.account_id = %(account)s AND a.subject = %(sku)s
      AND (a.marketplace_id = '' OR a.marketplace_id = ANY (%(marketplaces)s))
)
SELECT * FROM found
WHERE day <= %(end)s::date + 1 AND coalesce(until, day) >= %(start)s
ORDER BY day DESC, kind, marketplace_id
