-- title: Ads above break-even
-- description: A SKU's advertising costs more per sale (ACOS) than the sale earns before advertising, on days whose sales are no longer expected to change.
-- remedy: Lower bids or raise the price; the break-even ACOS is the margin before ads.
-- severity: warning
-- tells_costs: true
-- inputs: [ads_day, profit_sku_day]
-- thresholds:
--   days: How many days count.
--   final_days: Days up to today that are left out, because sales still come in.
--   least_spend: Spend on these days, in the reporting currency, below which it says nothing.
WITH spent AS (
    SELECT a.account_id, a.marketplace_id, a.sku, a.currency, sum(a.spend) AS spend, sum(a.attributed_sales) AS sales
    FROM sellerops_marts.ads_day AS a
    WHERE a.account_id = %(account_id)s AND a.sku <> ''
      AND a.day BETWEEN %(today)s::date - %(final_days)s - %(days)s + 1 AND %(today)s::date - %(final_days)s
    GROUP BY 1, 2, 3, 4
),
earned AS (
    SELECT p.account_id, p.marketplace_id, p.sku, p.currency, sum(p.product_sales) AS sales,
           sum(p.cm2 - coalesce(p.ads, 0)) AS before_ads, count(*) FILTER (WHERE p.cm2 IS NULL) AS unknown
    FROM sellerops_marts.profit_sku_day AS p
    WHERE p.account_id = %(account_id)s AND p.sku <> ''
      AND p.day BETWEEN %(today)s::date - %(final_days)s - %(days)s + 1 AND %(today)s::date - %(final_days)s
    GROUP BY 1, 2, 3, 4
)
SELECT account_id, marketplace_id, sku AS subject,
       format('ACOS is %%s %%%%, break-even is %%s %%%%', round(100 * s.spend / s.sales, 1),
              round(100 * e.before_ads / e.sales, 1)) AS summary,
       (s.spend - greatest(e.before_ads, 0) / e.sales * s.sales) / %(days)s AS money_per_day, currency,
       jsonb_build_object('spend', s.spend, 'attributed_sales', s.sales, 'sales', e.sales, 'before_ads', e.before_ads)
           AS evidence
FROM spent AS s
JOIN earned AS e USING (account_id, marketplace_id, sku, currency)
LEFT JOIN rate AS r USING (currency)
WHERE s.spend * coalesce(r.rate, 1) >= %(least_spend)s AND s.sales > 0 AND e.sales > 0 AND e.unknown = 0
  AND s.spend / s.sales > e.before_ads / e.sales
