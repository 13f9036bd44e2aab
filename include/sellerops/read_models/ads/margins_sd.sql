-- Margin before advertising of what campaigns advertised, weighted by spend, over the last 28 days of the scope. Keys are
-- given in full, because these tables are large.
WITH days AS (
    SELECT day::date AS day FROM generate_series(greatest(%(start)s::date, %(end)s::date - 27), %(end)s::date, '1 day') AS day
),
spent AS MATERIALIZED (
    SELECT k.account_id, k.marketplace_id, k.campaign_id, a.sku, sum(a.cost) AS spend
    FROM unnest(%(accounts)s::text[], %(marketplaces)s::text[], %(campaigns)s::text[])
        AS k (account_id, marketplace_id, campaign_id)
    CROSS JOIN days AS d
    CROSS JOIN LATERAL (
        SELECT coalesce(p.promoted_sku, '') AS sku, p.cost
        FROM amazon_ads.sd_advertised_products AS p
        WHERE p.account_id = k.account_id AND p.marketplace_id = k.marketplace_id AND p.date = d.day
          AND p.campaign_id = k.campaign_id
        OFFSET 0  -- By key: a scan of the whole table looks cheaper than it is.
    ) AS a
    GROUP BY 1, 2, 3, 4
    HAVING sum(a.cost) > 0
),
margins AS MATERIALIZED (
    SELECT s.account_id, s.marketplace_id, s.sku,
           sum(p.cm2 - p.ads) / nullif(sum(p.product_sales) FILTER (WHERE p.cm2 IS NOT NULL), 0) AS before_ads
    FROM (SELECT DISTINCT account_id, marketplace_id, sku FROM spent WHERE sku <> '') AS s
    CROSS JOIN days AS d
    JOIN sellerops_marts.profit_sku_day AS p
        ON p.account_id = s.account_id AND p.marketplace_id = s.marketplace_id AND p.day = d.day AND p.sku = s.sku
    GROUP BY 1, 2, 3
)
SELECT s.account_id, s.marketplace_id, s.campaign_id,
       CASE WHEN count(*) = count(m.before_ads) THEN round(sum(s.spend * m.before_ads) / sum(s.spend), 6) END AS break_even
FROM spent AS s
LEFT JOIN margins AS m
    ON m.account_id = s.account_id AND m.marketplace_id = s.marketplace_id AND m.sku = s.sku
GROUP BY 1, 2, 3
