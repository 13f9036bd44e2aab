-- title: Data is stale
-- description: A marketplace's newest day of sales, traffic, stock, ads or money is older than usual.
-- remedy: "`sellerops completeness` shows the missing days and why; the figures of newer days are missing, not zero."
-- severity: urgent
-- inputs: [sales_day, traffic_sku_day, inventory_day, ads_campaign_day, transaction_line]
-- thresholds:
--   sales_days: Days from the newest day of orders to today from which on it is stale.
--   traffic_days: The same of sessions and page views.
--   stock_days: The same of stock.
--   ads_days: The same of advertising.
--   money_days: The same of transactions.
WITH newest AS (
    SELECT account_id, marketplace_id, 'sales' AS subject, max(day) AS day, %(sales_days)s AS allowed
    FROM sellerops_marts.sales_day WHERE account_id = %(account_id)s GROUP BY 1, 2
    UNION ALL
    SELECT account_id, marketplace_id, 'traffic', max(day), %(traffic_days)s
    FROM sellerops_marts.traffic_sku_day WHERE account_id = %(account_id)s GROUP BY 1, 2
    UNION ALL
    SELECT account_id, marketplace_id, 'stock', max(day), %(stock_days)s
    FROM sellerops_marts.inventory_day WHERE account_id = %(account_id)s AND snapshot_at IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT account_id, marketplace_id, 'ads', max(day), %(ads_days)s
    FROM sellerops_marts.ads_campaign_day WHERE account_id = %(account_id)s GROUP BY 1, 2
    UNION ALL
    SELECT account_id, '', 'money', max(day), %(money_days)s
    FROM sellerops_marts.transaction_line WHERE account_id = %(account_id)s GROUP BY 1
)
SELECT account_id, marketplace_id, subject,
       format('%%s are known up to %%s only', initcap(subject), day) AS summary,
       NULL::numeric AS money_per_day, '' AS currency,
       jsonb_build_object('newest_day', day, 'allowed_days', allowed) AS evidence
FROM newest
WHERE %(today)s::date - day > allowed
