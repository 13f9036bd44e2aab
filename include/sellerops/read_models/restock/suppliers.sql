WITH RECURSIVE marketplace AS (
    (SELECT account_id, marketplace_id FROM sellerops_marts.restock ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT further.account_id, further.marketplace_id
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT r.account_id, r.marketplace_id FROM sellerops_marts.restock AS r
        WHERE (r.account_id, r.marketplace_id) > (marketplace.account_id, marketplace.marketplace_id)
        ORDER BY 1, 2 LIMIT 1
    ) AS further
), newest AS MATERIALIZED (
    SELECT marketplace.account_id, max(last.day) AS day
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT max(r.day) AS day FROM sellerops_marts.restock AS r
        WHERE r.account_id = marketplace.account_id AND r.marketplace_id = marketplace.marketplace_id
    ) AS last
    WHERE %(accounts)s::text[] IS NULL OR marketplace.account_id = ANY (%(accounts)s)
    GROUP BY marketplace.account_id
), place AS MATERIALIZED (
    SELECT marketplace.account_id, marketplace.marketplace_id, newest.day, market.code,
           CASE WHEN %(in_reporting)s THEN setting.reporting_currency ELSE market.currency END AS currency,
           CASE WHEN NOT %(in_reporting)s OR setting.reporting_currency = market.currency THEN 1
                ELSE (SELECT rate FROM sellerops_reference.fx_rate AS fx
                      WHERE fx.day BETWEEN newest.day - 30 AND newest.day
                        AND fx.from_currency = market.currency AND fx.to_currency = setting.reporting_currency
                      ORDER BY fx.day DESC LIMIT 1) END AS factor
    FROM marketplace
    JOIN newest USING (account_id)
    LEFT JOIN sellerops.marketplace AS market ON market.id = marketplace.marketplace_id
    LEFT JOIN sellerops_reference.account_setting AS setting ON setting.account_id = marketplace.account_id
)
SELECT coalesce(r.supplier, '') AS supplier, p.currency, count(*) AS skus, sum(r.order_quantity)::bigint AS units,
       sum(r.cash_needed * p.factor) AS cash_needed, sum(r.cash_deposit * p.factor) AS cash_deposit,
       count(*) FILTER (WHERE r.cash_needed * p.factor IS NULL) AS without_cost, min(r.order_by) AS order_by
FROM place AS p
CROSS JOIN LATERAL (
    SELECT one.* FROM sellerops_marts.restock AS one
    WHERE one.account_id = p.account_id AND one.marketplace_id = p.marketplace_id AND one.day = p.day
    OFFSET 0
) AS r
    WHERE (%(marketplaces)s::text[] IS NULL OR r.marketplace_id = ANY (%(marketplaces)s)
           OR r.stock_pool IN (SELECT pool.stock_pool FROM sellerops_reference.stock_pool AS pool
                               WHERE pool.marketplace_id = ANY (%(marketplaces)s)))
  AND r.order_quantity > 0 AND (r.order_status IN ('order_now', 'soon') OR r.override_quantity IS NOT NULL)
GROUP BY 1, 2
ORDER BY CASE WHEN %(sees_costs)s THEN sum(r.cash_needed * p.factor) END DESC NULLS LAST, supplier, currency
