-- title: Size tier changed
-- description: Amazon charges fulfilment of a SKU by another size tier than a month before, usually after measuring it anew.
-- remedy: Compare the measures in the fee preview with your packaging; ask Amazon to measure it again if they are wrong.
-- severity: warning
-- inputs: [listing_month, fees_day]
-- thresholds:
--   days: For how many days of the new month the change is reported.
WITH months AS (
    SELECT l.account_id, l.marketplace_id, l.sku, l.month_first, l.size_tier, l.seen_at,
           lag(l.size_tier) OVER (PARTITION BY l.account_id, l.marketplace_id, l.sku ORDER BY l.month_first) AS before
    FROM sellerops_marts.listing_month AS l
    WHERE l.account_id = %(account_id)s AND l.size_tier IS NOT NULL
),
-- Expected fees of the units ordered in these days, less what they would have been at the rate before.
fees AS (
    SELECT f.marketplace_id, f.sku, m.month_first, max(f.currency) AS currency,
           -avg(f.rate_expected) FILTER (WHERE f.day >= m.month_first) AS rate_now,
           -avg(f.rate_expected) FILTER (WHERE f.day < m.month_first) AS rate_before,
           sum(f.units_expected) / 31.0 AS units_per_day
    FROM sellerops_marts.fees_day AS f
    JOIN months AS m USING (account_id, marketplace_id, sku)
    WHERE f.fee_type = 'fee.fba_fulfilment' AND m.size_tier <> m.before
      AND f.day BETWEEN %(today)s::date - 31 AND %(today)s
    GROUP BY 1, 2, 3
)
SELECT account_id, marketplace_id, sku AS subject, format('%%s, before %%s', size_tier, before) AS summary,
       (f.rate_now - f.rate_before) * f.units_per_day AS money_per_day, f.currency,
       jsonb_build_object('tier', size_tier, 'before', before, 'month', month_first) AS evidence
FROM months
LEFT JOIN fees AS f USING (marketplace_id, sku, month_first)
WHERE size_tier <> before AND month_first > %(today)s::date - %(days)s
