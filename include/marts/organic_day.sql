-- description: >-
--   Ordered sales of each SKU and day, split into ad sales and organic sales. Ad sales count on the day of the click and
--   may include units of other sellers, so they can exceed what was ordered that day: organic is then 0, and the excess
--   is shown. Prefer sums over seven days and more.
-- group: daily
-- grain: [account_id, marketplace_id, day, sku]
-- inputs:
--   sales_day: {day: day}
--   ads_day: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day in the marketplace's time zone."}
--   sku: {type: text, description: "Seller's SKU; empty: not known."}
--   currency: {type: text, description: "Currency of all amounts."}
--   sales_ordered: {type: decimal, unit: currency, description: "Ordered sales of the SKU (sales_day)."}
--   spend: {type: decimal, unit: currency, description: "Ad spend on the SKU, positive (ads_day). TACOS = spend / sales_ordered."}
--   ad_sales: {type: decimal, unit: currency, description: "Sales of the SKU attributed to ads of all ad products (ads_day)."}
--   organic_sales: {type: decimal, unit: currency, description: "sales_ordered minus ad_sales, at least 0."}
--   excess_sales: {type: decimal, unit: currency, description: "By how much ad_sales exceeds sales_ordered."}
--   warning: {type: text, description: "attribution_exceeds_sales, or empty. The row without a SKU never has it: its ad sales are of products that no SKU is known for."}
--   status: {type: text, description: "complete, estimated or incomplete: the worst of sales and ads."}
--   missing: {type: text, description: "ads: no ads are reported for the marketplace and day; orders: no orders or a price are missing. Ads without a row for the SKU are 0 if others have one."}
WITH parts AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency, s.sales_ordered, 0 AS spend, 0 AS ad_sales,
           CASE WHEN s.sales_ordered IS NULL THEN 1 ELSE 0 END AS lacks_sales,
           CASE WHEN s.status = 'estimated' THEN 1 ELSE 0 END AS unsettled
    FROM {{ ref('sales_day') }} AS s
    UNION ALL
    SELECT a.account_id, a.marketplace_id, a.day, a.sku, a.currency, 0, COALESCE(a.spend, 0), COALESCE(a.ad_sales, 0), 0,
           CASE WHEN a.status = 'estimated' THEN 1 ELSE 0 END
    FROM {{ ref('ads_day') }} AS a
),
summed AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, MAX(p.currency) AS currency, SUM(p.sales_ordered) AS sales_ordered,
           SUM(p.spend) AS spend, SUM(p.ad_sales) AS ad_sales, SUM(p.lacks_sales) AS lacks_sales,
           SUM(p.unsettled) AS unsettled
    FROM parts AS p
    GROUP BY p.account_id, p.marketplace_id, p.day, p.sku
),
sales_days AS (
    SELECT s.account_id, s.marketplace_id, s.day,
           SUM(CASE WHEN s.units_ordered IS NOT NULL THEN 1 ELSE 0 END) AS known
    FROM {{ ref('sales_day') }} AS s
    GROUP BY s.account_id, s.marketplace_id, s.day
),
ads_days AS (
    SELECT a.account_id, a.marketplace_id, a.day FROM {{ ref('ads_day') }} AS a
    GROUP BY a.account_id, a.marketplace_id, a.day
),
known AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency, s.unsettled,
           CASE WHEN d.known > 0 AND s.lacks_sales = 0 THEN s.sales_ordered END AS sales_ordered,
           CASE WHEN a.day IS NOT NULL THEN s.spend END AS spend,
           CASE WHEN a.day IS NOT NULL THEN s.ad_sales END AS ad_sales
    FROM summed AS s
    LEFT JOIN sales_days AS d ON d.account_id = s.account_id AND d.marketplace_id = s.marketplace_id AND d.day = s.day
    LEFT JOIN ads_days AS a ON a.account_id = s.account_id AND a.marketplace_id = s.marketplace_id AND a.day = s.day
)
SELECT k.account_id, k.marketplace_id, k.day, k.sku, k.currency, k.sales_ordered, k.spend, k.ad_sales,
       CASE WHEN k.sales_ordered >= k.ad_sales THEN k.sales_ordered - k.ad_sales
            WHEN k.sales_ordered < k.ad_sales THEN 0 END AS organic_sales,
       CASE WHEN k.sales_ordered >= k.ad_sales THEN 0
            WHEN k.sales_ordered < k.ad_sales THEN k.ad_sales - k.sales_ordered END AS excess_sales,
       CASE WHEN k.sku <> '' AND k.sales_ordered < k.ad_sales THEN 'attribution_exceeds_sales' ELSE '' END AS warning,
       CASE WHEN k.sales_ordered IS NULL OR k.ad_sales IS NULL THEN 'incomplete'
            WHEN k.unsettled > 0 THEN 'estimated'
            ELSE 'complete' END AS status,
       LTRIM(CASE WHEN k.ad_sales IS NULL THEN ', ads' ELSE '' END
             || CASE WHEN k.sales_ordered IS NULL THEN ', orders' ELSE '' END, ', ') AS missing
FROM known AS k
