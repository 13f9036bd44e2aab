-- title: Ads without sales
-- description: A SKU's ads cost money and brought no sale of any product, on days whose sales are no longer expected to change.
-- remedy: Stop the campaign or lower its bids; look at its search terms.
-- severity: warning
-- inputs: [ads_day]
-- thresholds:
--   days: How many days count.
--   final_days: Days up to today that are left out, because sales still come in.
--   least_spend: Spend on these days, in the reporting currency, below which it says nothing.
SELECT a.account_id, a.marketplace_id, a.sku AS subject,
       format('%%s %%s spent on %%s clicks from %%s to %%s without a sale', round(sum(a.spend), 2), a.currency, sum(a.clicks),
              min(a.day), max(a.day)) AS summary,
       sum(a.spend) / %(days)s AS money_per_day, a.currency,
       jsonb_build_object('spend', sum(a.spend), 'clicks', sum(a.clicks), 'impressions', sum(a.impressions)) AS evidence
FROM sellerops_marts.ads_day AS a
LEFT JOIN rate AS r USING (currency)
WHERE a.account_id = %(account_id)s AND a.sku <> ''
  AND a.day BETWEEN %(today)s::date - %(final_days)s - %(days)s + 1 AND %(today)s::date - %(final_days)s
GROUP BY a.account_id, a.marketplace_id, a.sku, a.currency, r.rate
HAVING sum(a.spend) * coalesce(r.rate, 1) >= %(least_spend)s AND coalesce(sum(a.attributed_sales), 0) = 0
