-- title: Margin below floor
-- description: A SKU's contribution margin (CM2) as a share of its sales is below margin_floor of account_settings.yaml.
-- remedy: Raise the price, lower advertising, or check the cost in reference table cost.
-- severity: warning
-- tells_costs: true
-- inputs: [profit_sku_day, sellerops_reference.account_setting]
-- thresholds:
--   days: How many days up to yesterday count.
--   least_sales: Sales in these days, in the reporting currency, below which the margin says nothing.
WITH sums AS (
    SELECT p.account_id, p.marketplace_id, p.sku, p.currency, sum(p.product_sales) AS sales, sum(p.cm2) AS cm2,
           sum(p.ads) AS ads, count(*) FILTER (WHERE p.cm2 IS NULL) AS unknown
    FROM sellerops_marts.profit_sku_day AS p
    WHERE p.account_id = %(account_id)s AND p.sku <> ''
      AND p.day BETWEEN %(today)s::date - %(days)s AND %(today)s::date - 1
    GROUP BY 1, 2, 3, 4
)
SELECT account_id, s.marketplace_id, s.sku AS subject,
       format('CM2 is %%s %%%% of sales over %%s days; your floor is %%s %%%%', round(100 * s.cm2 / s.sales, 1),
              %(days)s::integer, round(100 * a.margin_floor, 1)) AS summary,
       (a.margin_floor * s.sales - s.cm2) / %(days)s AS money_per_day, currency,
       jsonb_build_object('sales', s.sales, 'cm2', s.cm2, 'ads', s.ads, 'floor', a.margin_floor) AS evidence
FROM sums AS s
JOIN sellerops_reference.account_setting AS a USING (account_id)
LEFT JOIN rate AS r USING (currency)
WHERE s.unknown = 0 AND s.sales * coalesce(r.rate, 1) >= %(least_sales)s AND s.sales > 0 AND s.cm2 < a.margin_floor * s.sales
